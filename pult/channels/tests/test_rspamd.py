"""Against a real rspamd: it is asked about mails and told what people say of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from pult.channels.adapters.email import rspamd as asking
from pult.channels.adapters.email.channel import Adapter
from pult.channels.base import InboxInfo, Opinion, PermanentFailure, Raw
from pult.channels.tests.mailservers import open_folder
from pult.channels.tests.rspamd_server import PASSWORD, Rspamd, missing, rspamd
from pult.platform import httpclient

pytestmark = [
    pytest.mark.mailserver,
    pytest.mark.skipif(bool(missing()), reason=missing() or "-"),
    pytest.mark.timeout(150),
]
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
ENVELOPE = {
    "transport": "smtp",
    "peer": "198.51.100.7",
    "helo": "mx.sender.example",
    "sender": "ana@sender.example",
    "recipients": ["help@shop.example", "pomoc@shop.example"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Rspamd]:
    with open_folder() as folder, rspamd(folder) as running:
        yield running


@pytest.fixture(autouse=True)
def _allowed(settings: Any, request: pytest.FixtureRequest) -> Iterator[None]:
    settings.HTTP_ALLOW_HOSTS = [f"127.0.0.1:{request.getfixturevalue('server').port}"]
    asking.forget()
    yield
    asking.forget()
    httpclient.close_clients()


def mail(number: int, text: str) -> Raw:
    head = f"From: Ana <ana@sender.example>\r\nTo: help@shop.example\r\nMessage-ID: <{number}@sender.example>\r\n"
    now = datetime.now(UTC)
    head += f"Date: {format_datetime(now)}\r\nSubject: Vprašanje\r\nContent-Type: text/plain; charset=utf-8\r\n"
    return Raw(f"{head}\r\n{text}\r\n".encode(), ENVELOPE, now)


def inbox(server: Rspamd, **more: str) -> InboxInfo:
    values = {"rspamd_url": server.url, "rspamd_password": PASSWORD, **more}
    return InboxInfo(1, "help@shop.example", "Help", "Shop", "sl", values)


def asked(place: InboxInfo, raw: Raw) -> Opinion:
    check = Adapter().spam_check(place, raw)
    assert check is not None
    return check(time.monotonic() + 10)


def test_a_mail_that_it_would_reject_is_spam(server: Rspamd) -> None:
    said = asked(inbox(server), mail(1, GTUBE))
    assert (said.by, said.spam, said.action, said.trouble) == ("rspamd", True, "reject", "")
    assert said.score is not None
    assert said.limit is not None
    assert said.score >= said.limit


def test_an_ordinary_mail_is_none(server: Rspamd) -> None:
    said = asked(inbox(server), mail(2, "Pozdravljeni, kje je moj paket s čevlji? Lep pozdrav, Ana"))
    assert (said.spam, said.action, said.trouble) == (False, "no action", "")


def test_what_people_say_is_learned_and_the_later_word_counts(server: Rspamd) -> None:
    place, words = inbox(server), "casino bonus winner claim prize today cheap pills offer limited winner lottery money"
    parcel = "parcel shoes delivery address courier invoice size exchange refund store order number question thanks"
    for number in range(4):
        assert Adapter().teach(place, mail(100 + number, f"{words} {number}"), spam=True) == "rspamd"
        Adapter().teach(place, mail(100 + number, f"{words} {number}"), spam=True)
        Adapter().teach(place, mail(110 + number, f"{parcel} {number}"), spam=False)
    assert asked(place, mail(120, words)).spam is True
    assert asked(place, mail(121, parcel)).spam is False
    for number in range(4):
        Adapter().teach(place, mail(100 + number, f"{words} {number}"), spam=False)
    assert asked(place, mail(122, words)).spam is False


def test_a_mail_with_too_few_words_teaches_nothing_and_is_no_failure(server: Rspamd) -> None:
    assert Adapter().teach(inbox(server), mail(20, "ok"), spam=True) == "rspamd"


def test_a_wrong_password_is_said(server: Rspamd) -> None:
    place = inbox(server, rspamd_password="wrong")
    said = asked(place, mail(30, "Pozdravljeni"))
    assert said.spam is None
    assert "401" in said.trouble
    with pytest.raises(PermanentFailure, match="401"):
        Adapter().teach(place, mail(30, "Pozdravljeni"), spam=True)
    checks = {check.name: check for check in Adapter().check(place)}
    assert (checks["rspamd"].ok, "401" in checks["rspamd"].detail) == (False, True)


def test_the_settings_are_tried_out(server: Rspamd) -> None:
    checks = {check.name: check for check in Adapter().check(inbox(server))}
    assert checks["rspamd"].ok
    assert checks["rspamd"].detail.startswith("rspamd ")


def test_it_is_not_asked_inside_the_network_unless_that_is_allowed(server: Rspamd, settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = [f"127.0.0.1:{server.port + 1}"]
    assert "not on the open internet" in asked(inbox(server), mail(40, GTUBE)).trouble
