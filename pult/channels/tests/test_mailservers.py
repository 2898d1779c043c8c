"""Against a real Dovecot and a real Postfix: reading on after outages, taking mail by LMTP, sending."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from pult.channels.adapters.email import imap, smtp_send
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.parse import html_to_text
from pult.channels.adapters.email.smtp import serve
from pult.channels.base import (
    Address,
    DeliveryStatus,
    File,
    InboundMessage,
    InboxInfo,
    Incoming,
    OutboundMessage,
    PermanentFailure,
    Quote,
    Raw,
)
from pult.channels.tests.mailservers import PASSWORD, Dovecot, Postfix, dovecot, missing, open_folder, postfix

pytestmark = [
    pytest.mark.mailserver,
    pytest.mark.skipif(bool(missing("dovecot")), reason=missing("dovecot") or "-"),
    pytest.mark.timeout(90),
]
DESK = "desk@shop.example"
LONG = "Dolga vrstica, ki jo program prelomi. " * 9 + "Konec."


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with open_folder() as folder, dovecot(folder) as running:
        yield running


def mail(number: int, extra: str = "") -> bytes:
    head = f"From: a@b.example\r\nMessage-ID: <{number}@b.example>\r\nSubject: {number}\r\n"
    return f"{head}\r\nmail {number}{extra}\r\n".encode()


class Reader:
    """A listener in a thread, what it stored by name, and the place it kept."""

    def __init__(self, server: Dovecot, user: str, **settings: Any) -> None:
        values = {
            "receive": "imap",
            "imap_host": "127.0.0.1",
            "imap_port": server.imap_port,
            "imap_tls": "none",
            "imap_user": user,
            "imap_password": PASSWORD,
        }
        self.inbox = InboxInfo(1, user, "Desk", "Shop", "en", values | settings)
        self.stored: dict[str, bytes] = {}
        self.envelopes: dict[str, Mapping[str, Any]] = {}
        self.arrivals = 0
        self.place: dict[str, Any] = {}
        self.errors: list[str] = []
        self.before_store: Callable[[], None] = lambda: None
        self._halt = threading.Event()
        self._thread: threading.Thread | None = None

    def receive(self, inbox_id: int, external_id: str, envelope: Mapping[str, Any], body: bytes) -> None:
        self.before_store()
        self.arrivals += 1
        self.stored.setdefault(external_id, body)
        self.envelopes[external_id] = envelope

    def save(self, value: Mapping[str, Any] | None, error: str) -> None:
        if value is not None:
            self.place = dict(value)
        self.errors.append(error)

    def start(self) -> None:
        self._halt.clear()
        listener = Adapter().listener(self.inbox, self.place, self.save)
        assert listener is not None
        self._thread = threading.Thread(target=listener.run, args=(self.receive, self._halt.is_set))
        self._thread.start()

    def stop(self) -> None:
        self._halt.set()
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()

    def subjects(self) -> list[int]:
        return sorted(int(message_from_bytes(body)["Subject"]) for body in self.stored.values())


@pytest.fixture
def reader(server: Dovecot, request: pytest.FixtureRequest) -> Iterator[Reader]:
    made = Reader(server, f"{request.node.name}@shop.example".replace("[", "-").replace("]", ""))
    yield made
    made.stop()


def eventually(check: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def began(reader: Reader) -> Callable[[], bool]:
    return lambda: bool(reader.place) and "" in reader.errors


def test_new_mail_comes_at_once_and_old_mail_is_left_alone(server: Dovecot, reader: Reader) -> None:
    server.put(reader.inbox.address, mail(1), mail(2))
    reader.start()
    eventually(began(reader))
    time.sleep(0.5)
    server.put(reader.inbox.address, mail(3))
    at = time.monotonic()
    eventually(lambda: reader.subjects() == [3])
    assert time.monotonic() - at < 3
    with server.client(reader.inbox.address) as client:
        client.select_folder("INBOX")
        assert all(b"\\Seen" not in flags for flags in client.get_flags(client.search()).values())


def test_after_an_outage_everything_since_is_read_however_old(server: Dovecot, reader: Reader) -> None:
    reader.start()
    eventually(began(reader))
    reader.stop()
    with server.client(reader.inbox.address) as client:
        for number in range(250):
            client.append("INBOX", mail(number), msg_time=datetime(2020, 1, 1, tzinfo=UTC))
    reader.start()
    eventually(lambda: len(reader.stored) == 250)
    assert reader.arrivals == 250


def test_a_lost_connection_is_made_anew_and_shown_meanwhile(
    server: Dovecot, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PAUSES", (0.2,))
    reader.start()
    eventually(began(reader))
    server.stop()
    eventually(lambda: reader.errors[-1] != "")
    server.start()
    server.put(reader.inbox.address, mail(7))
    eventually(lambda: reader.subjects() == [7])
    eventually(lambda: reader.errors[-1] == "")


def test_new_uidvalidity_brings_what_is_new_and_nothing_twice(server: Dovecot, reader: Reader) -> None:
    reader.start()
    eventually(began(reader))
    server.put(reader.inbox.address, mail(1), mail(2), mail(3))
    eventually(lambda: reader.subjects() == [1, 2, 3])
    reader.stop()
    before = reader.place["uidvalidity"]
    server.put(reader.inbox.address, mail(4))
    server.new_uidvalidity(reader.inbox.address, 123456)
    reader.start()
    eventually(lambda: reader.subjects() == [1, 2, 3, 4])
    assert reader.place["uidvalidity"] == 123456 != before
    server.put(reader.inbox.address, mail(5))
    eventually(lambda: reader.subjects() == [1, 2, 3, 4, 5])


def test_a_failed_store_is_tried_again_and_the_place_waits(
    server: Dovecot, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "PAUSES", (0.1,))
    reader.start()
    eventually(began(reader))
    failures = [OSError("database is away"), OSError("still away")]

    def fail_twice() -> None:
        if failures:
            raise failures.pop()

    reader.before_store = fail_twice
    server.put(reader.inbox.address, mail(1))
    eventually(lambda: reader.subjects() == [1])
    assert any("away" in error for error in reader.errors)


@pytest.mark.parametrize("after", ["seen", "move"])
def test_mails_are_marked_or_moved_only_where_the_inbox_says_so(server: Dovecot, reader: Reader, after: str) -> None:
    reader.inbox = InboxInfo(
        1, reader.inbox.address, "Desk", "Shop", "en",
        {**reader.inbox.settings, "imap_after": after, "imap_move_to": "Done"},
    )  # fmt: skip
    reader.start()
    eventually(began(reader))
    server.put(reader.inbox.address, mail(1))
    eventually(lambda: reader.subjects() == [1])
    reader.stop()
    with server.client(reader.inbox.address) as client:
        client.select_folder("Done" if after == "move" else "INBOX")
        uids = client.search()
        assert len(uids) == 1
        assert (b"\\Seen" in client.get_flags(uids)[uids[0]]) is (after == "seen")


def test_history_is_fetched_as_far_back_as_set(server: Dovecot, reader: Reader) -> None:
    with server.client(reader.inbox.address) as client:
        client.append("INBOX", mail(1), msg_time=datetime(2020, 1, 1, tzinfo=UTC))
        client.append("INBOX", mail(2))
    settings = {**reader.inbox.settings, "imap_history_days": 30}
    reader.inbox = InboxInfo(1, reader.inbox.address, "Desk", "Shop", "en", settings)
    reader.start()
    eventually(lambda: reader.subjects() == [2])


def test_a_huge_mail_is_read_from_its_beginning_only(
    server: Dovecot, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "MAX_BYTES", 2_000_000)
    monkeypatch.setattr(imap, "HEAD_BYTES", 100_000)
    reader.start()
    eventually(began(reader))
    server.put(reader.inbox.address, mail(1, "x" * 3_000_000), mail(2))
    eventually(lambda: reader.subjects() == [1, 2])
    assert max(map(len, reader.stored.values())) <= 100_001
    (huge,) = [body for body in reader.stored.values() if len(body) > 50_000]
    envelope = reader.envelopes[f"imap:{hashlib.sha256(huge).hexdigest()}"]
    (event,) = Adapter().parse(reader.inbox, Raw(huge, envelope, datetime.now(UTC)))
    assert isinstance(event, InboundMessage)
    assert event.warnings == ["truncated"]


def test_a_wrong_password_is_shown(server: Dovecot, reader: Reader) -> None:
    settings = {**reader.inbox.settings, "imap_password": "wrong"}
    reader.inbox = InboxInfo(1, reader.inbox.address, "Desk", "Shop", "en", settings)
    reader.start()
    eventually(lambda: any("uthentication" in error for error in reader.errors))


@pytest.fixture(scope="module")
def lmtp_port() -> Iterator[tuple[int, list[Incoming]]]:
    stored: list[Incoming] = []
    port: list[int] = []
    halt, ready = threading.Event(), threading.Event()

    def keep(items: Sequence[Incoming]) -> Sequence[int | None]:
        stored.extend(items)
        return list(range(len(items)))

    def is_ready(bound: int) -> None:
        port.append(bound)
        ready.set()

    receiver = serve(
        keep=keep,
        addresses=lambda: {DESK: 1},
        host="127.0.0.1",
        port=0,
        hostname="mx",
        data_dir=Path("/tmp"),
        stop=halt.is_set,
        ready=is_ready,
    )
    thread = threading.Thread(target=lambda: asyncio.run(receiver))
    thread.start()
    assert ready.wait(10)
    yield port[0], stored
    halt.set()
    thread.join(15)


@pytest.fixture(scope="module")
def relay(server: Dovecot, lmtp_port: tuple[int, list[Incoming]]) -> Iterator[Postfix]:
    if reason := missing("postfix"):
        pytest.skip(reason)
    routes = {"shop.example": lmtp_port[0], "nowhere.example": lmtp_port[0], "customers.example": server.lmtp_port}
    with open_folder() as folder, postfix(folder, routes) as running:
        yield running
    smtp_send.close_all()


def desk(relay: Postfix) -> InboxInfo:
    settings = {"smtp_host": "127.0.0.1", "smtp_port": relay.port, "smtp_tls": "none"}
    return InboxInfo(1, DESK, "Desk", "Trgovina Čebela", "sl", settings)


def answer(inbox: InboxInfo, to: str, message_id: int) -> OutboundMessage:
    return OutboundMessage(
        external_id=Adapter().new_external_id(inbox, conversation_id=31, message_id=message_id),
        sender=Address(inbox.address, "Ana Novak"),
        to=[Address(to, "Žiga Žagar")],
        text="",
        html="<p>Pozdravljeni,<br>.<br>vaš paket je na poti.</p>"
        f"<p>From here on <a href='https://s.example/1'>it</a> is yours. {LONG}</p>",
        subject="Re: Kje je moj paket?",
        in_reply_to="first@customers.example",
        references=["first@customers.example"],
        quote=Quote(Address(to, "Žiga Žagar"), datetime(2026, 11, 22, 10, 15, tzinfo=UTC), "Kje je moj paket?"),
        files=[File("račun.pdf", "application/pdf", bytes(range(256)) * 50)],
    )


def delivered(server: Dovecot, user: str) -> list[bytes]:
    with server.client(user) as client:
        client.select_folder("INBOX", readonly=True)
        return [bytes(fields[b"BODY[]"]) for fields in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]


def test_our_answer_reaches_the_customer_whole_and_threaded(server: Dovecot, relay: Postfix) -> None:
    inbox = desk(relay)
    customer = "ziga@customers.example"
    handed: list[int] = []
    for number in (1, 2):
        message = answer(inbox, customer, number)
        result = Adapter().send(inbox, message, before_handover=lambda: handed.append(1))
        assert result.provider_id
    assert handed == [1, 1]
    eventually(lambda: len(delivered(server, customer)) == 2)
    raw = delivered(server, customer)[0]
    (event,) = Adapter().parse(InboxInfo(9, customer, "", "", "sl", {}), Raw(raw, {}, datetime.now(UTC)))
    assert isinstance(event, InboundMessage)
    assert event.reply == (
        f"Pozdravljeni,\n.\nvaš paket je na poti.\n\nFrom here on it (https://s.example/1) is yours. {LONG}"
    )
    assert event.text.endswith("Dne 22. novembra 2026 ob 10:15 je Žiga Žagar napisal/-a:\n> Kje je moj paket?")
    assert html_to_text(event.html).startswith("Pozdravljeni,\n.\nvaš paket je na poti.")
    assert event.sender == Address(DESK, "Ana Novak | Trgovina Čebela")
    assert event.in_reply_to == "first@customers.example"
    assert [(file.name, len(file.content)) for file in event.files] == [("račun.pdf", 12800)]
    assert f"Return-Path: <desk+{event.external_id.split('@')[0]}@shop.example>" in raw.decode("latin-1")


def test_a_customers_mail_through_postfix_comes_in_by_lmtp(
    relay: Postfix, lmtp_port: tuple[int, list[Incoming]]
) -> None:
    stored = lmtp_port[1]
    customer = InboxInfo(2, "ziga@customers.example", "", "", "sl", desk(relay).settings)
    Adapter().send(customer, answer(customer, DESK, 50), before_handover=lambda: None)
    eventually(lambda: any(item.envelope["sender"].startswith("ziga") for item in stored))
    assert stored[-1].envelope["transport"] == "lmtp"
    assert b"Received: from" in stored[-1].body


def test_a_bounce_from_postfix_names_the_message_that_failed(
    relay: Postfix, lmtp_port: tuple[int, list[Incoming]]
) -> None:
    stored = lmtp_port[1]
    inbox = desk(relay)
    message = answer(inbox, "nobody@nowhere.example", 77)
    Adapter().send(inbox, message, before_handover=lambda: None)
    eventually(lambda: any(item.envelope["sender"] == "" for item in stored))
    bounce = next(item for item in stored if item.envelope["sender"] == "")
    events = Adapter().parse(inbox, Raw(bounce.body, bounce.envelope, datetime.now(UTC)))
    status = events[0]
    assert isinstance(status, DeliveryStatus)
    assert (status.external_id, status.state) == (message.external_id, "failed")
    assert status.recipient == "nobody@nowhere.example"
    assert "No such mailbox here" in status.reason
    assert status.permanent
    shown = events[-1]
    assert isinstance(shown, InboundMessage)
    assert shown.kind == "bounce"
    assert shown.conversation_hint == 31


def test_a_recipient_that_postfix_refuses_fails_for_good(relay: Postfix) -> None:
    inbox = desk(relay)
    with pytest.raises(PermanentFailure) as failure:
        Adapter().send(inbox, answer(inbox, "x@elsewhere.example", 5), before_handover=lambda: None)
    assert failure.value.recipient_dead
    assert "no way out" in failure.value.reason
    with pytest.raises(PermanentFailure):
        Adapter().send(inbox, answer(inbox, "two@@ats.example", 5), before_handover=lambda: None)
