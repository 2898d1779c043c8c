"""What comes back marks the address it went to, as dead or as refused for now, and what proves it alive clears it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pult.channels.base import DeliveryStatus, PermanentFailure
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows.tests.conftest import mail
from pult.flows.tests.test_desk import fail, wire
from pult.platform import queue

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
MAJA = "maja@customers.example"
REPORT = """Return-Path: <>
From: MAILER-DAEMON@relay.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary=rep

--rep
Content-Type: text/plain

About your mail.

--rep
Content-Type: message/{kind}

{fields}

--rep
Content-Type: text/rfc822-headers

Message-ID: <{message_id}>

--rep--
"""


def bounce(message_id: str, said: str) -> bytes:
    fields = f"Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; {MAJA}\nAction: failed\n"
    fields += f"Status: {said.split()[1]}\nDiagnostic-Code: smtp; {said}"
    return REPORT.format(kind="delivery-status", fields=fields, message_id=message_id).encode()


def complaint(message_id: str, feedback: str = "abuse") -> bytes:
    fields = f"Feedback-Type: {feedback}\nUser-Agent: Provider/1\nVersion: 1"
    return REPORT.format(kind="feedback-report", fields=fields, message_id=message_id).encode()


@pytest.fixture
def sent(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Message-ID of an answer that has left."""
    with monkeypatch.context() as patch:
        out = wire(patch)
        api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."})
        queue.run_due()
    return out.sent[0].external_id


def fate(api: Call, opened: int) -> tuple[str, str]:
    """What became of the answer."""
    messages = api("GET", f"/conversations/{opened}").json()["messages"]
    return next((m["state"], m["state_reason"]) for m in messages if m["direction"] == "out")


def category(api: Call, opened: int) -> str:
    """Why the answer did not arrive, in one word."""
    messages = api("GET", f"/conversations/{opened}").json()["messages"]
    return next(str(m["state_category"]) for m in messages if m["direction"] == "out")


def marked(api: Call, opened: int) -> tuple[str, str, str]:
    identities = api("GET", f"/conversations/{opened}").json()["customer_card"]["identities"]
    one = next(i for i in identities if i["value"] == MAJA)
    return one["undeliverable_kind"], one["undeliverable_reason"], one["undeliverable"]


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("550 5.1.1 User unknown", "hard", "unknown_user"),
        ("550 5.1.2 Host or domain name not found", "hard", "unknown_host"),
        ("552 5.2.2 Mailbox full", "soft", "mailbox_full"),
        ("554 5.7.1 Message rejected as spam", "soft", "spam"),
        ("552 5.3.4 Message size exceeds fixed limit", "soft", "too_large"),
    ],
)
def test_a_returned_mail_marks_its_message_and_its_address(
    opened: int, api: Call, arrive: Call, sent: str, said: str, kind: str, reason: str
) -> None:
    arrive(bounce(sent, said))
    state, words = fate(api, opened)
    assert state == "failed"
    assert said in words
    assert category(api, opened) == reason
    assert marked(api, opened)[:2] == (kind, reason)
    assert said in marked(api, opened)[2]


def test_a_mail_from_a_refused_address_clears_it_and_from_a_dead_one_leaves_it_to_a_person(
    opened: int, api: Call, arrive: Call, sent: str
) -> None:
    arrive(bounce(sent, "552 5.2.2 Mailbox full"))
    arrive(mail(message_id="<2@customers.example>", Auto_Submitted="auto-replied"))
    assert marked(api, opened)[0] == "soft"
    arrive(mail(message_id="<3@customers.example>"))
    assert marked(api, opened) == ("", "", "")
    arrive(bounce(sent, "550 5.1.1 User unknown"))
    arrive(mail(message_id="<4@customers.example>"), bounce(sent, "552 5.2.2 Mailbox full"))
    assert marked(api, opened)[:2] == ("hard", "unknown_user")
    card = api("GET", f"/conversations/{opened}").json()["customer_card"]
    identity = next(i for i in card["identities"] if i["value"] == MAJA)
    assert api("POST", f"/customers/{card['id']}/identities/{identity['id'] + 999}/trust").status_code == 404
    answer = api("POST", f"/customers/{card['id']}/identities/{identity['id']}/trust")
    assert answer.status_code == 200
    assert marked(api, opened) == ("", "", "")


def test_a_delivered_mail_clears_what_was_refused(opened: int, api: Call, inbox: InboxRecord, sent: str) -> None:
    inbound.take_status(inbox, DeliveryStatus(sent, "failed", MAJA, "5.2.2", "full", category="mailbox_full"))
    assert marked(api, opened)[0] == "soft"
    inbound.take_status(inbox, DeliveryStatus(sent, "delivered", MAJA))
    assert marked(api, opened)[0] == ""


def test_a_complaint_marks_the_address_it_went_to_and_the_message_stays_sent(
    opened: int, api: Call, arrive: Call, sent: str
) -> None:
    arrive(complaint(sent, "not-spam"))
    assert marked(api, opened)[0] == ""
    arrive(complaint(sent))
    assert marked(api, opened)[:2] == ("complaint", "complaint")
    assert fate(api, opened)[0] == "sent"
    arrive(mail(message_id="<3@customers.example>"))
    assert marked(api, opened)[0] == "complaint"


def test_a_refusal_while_sending_says_why(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = PermanentFailure("550 5.1.1 nobody here", recipient_dead=True, category="unknown_user")
    wire(monkeypatch, fail(refused), handed_over=False)
    api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."})
    queue.run_due()
    assert marked(api, opened) == ("hard", "unknown_user", "550 5.1.1 nobody here")
    assert category(api, opened) == "unknown_user"
