"""Two machines never talk to each other: what Pult sends by itself asks for no answer, and gets none from a Pult."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pult.channels.adapters.email.compose import compose
from pult.channels.adapters.email.parse import read
from pult.channels.adapters.email.provider_send import _mail
from pult.channels.adapters.email.settings import Settings
from pult.channels.adapters.email.test_sending import message
from pult.channels.adapters.email.tests import DESK
from pult.channels.base import InboundMessage, Raw


def seen(raw: bytes) -> InboundMessage:
    """Return a mail as another Pult reads it."""
    return read(Raw(raw, {}, datetime.now(UTC))).message


@pytest.mark.parametrize("parent", ["", "1@customers.example"])
def test_an_automatic_mail_of_one_pult_is_not_answered_by_another(parent: str) -> None:
    automatic = message(automatic=True, in_reply_to=parent)
    for raw in (compose(DESK, Settings(), automatic), _mail(DESK, Settings(), automatic).message().as_bytes()):
        assert seen(raw).loop_safe is False
        for removed in (b"Auto-Submitted", b"X-Auto-Response-Suppress", b"X-Pult-Loop"):
            kept = raw.replace(removed, b"X-Gone", 1)
            assert seen(kept).loop_safe is False, removed


def test_what_a_person_wrote_may_be_answered() -> None:
    written = message()
    for raw in (compose(DESK, Settings(), written), _mail(DESK, Settings(), written).message().as_bytes()):
        assert seen(raw).loop_safe is True


@pytest.mark.parametrize(
    "subject",
    ["Odsoten: Re: x", "Automatski odgovor: x", "Αυτόματη απάντηση: x", "Autoodpowiedź: x", "Out of office: x"],
)
def test_an_out_of_office_reply_is_never_answered(subject: str) -> None:
    head = f"From: a@b.example\nSubject: {subject}\nAuto-Submitted: auto-replied\n\n"
    assert seen(f"{head}away".encode()).loop_safe is False
