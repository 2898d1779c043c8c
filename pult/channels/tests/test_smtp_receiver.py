"""The receiver refuses only what it must, before acceptance, and says 250 when the mail is stored, never sooner."""

from __future__ import annotations

import asyncio
import errno
import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.db import connections

from pult.channels import actions, queries
from pult.channels.adapters.email import tokens
from pult.channels.adapters.email.smtp import Limits, serve
from pult.channels.base import Incoming
from pult.channels.tests.test_payloads import make_inbox

MAIL = b"From: a@b.example\r\nSubject: hello\r\nMessage-ID: <1@b.example>\r\n\r\nbody\r\n"
DESK = "desk@shop.example"


class Receiver:
    """A receiver on a free port, that stores into a list."""

    def __init__(self, tmp_path: Path, limits: Limits | None = None) -> None:
        self.stored: list[Incoming] = []
        self.batches: list[int] = []
        self.mailboxes = {DESK: 1, "sales@shop.example": 2, "info@žaba.si": 3}
        self.before_store: Callable[[], None] = lambda: None
        self.port = 0
        self._halt = threading.Event()
        ready = threading.Event()

        def is_ready(port: int) -> None:
            self.port = port
            ready.set()

        self.thread = threading.Thread(
            target=lambda: asyncio.run(
                serve(
                    keep=lambda items: self.keep(items),
                    addresses=lambda: dict(self.mailboxes),
                    host="127.0.0.1",
                    port=0,
                    hostname="mx.shop.example",
                    data_dir=tmp_path,
                    limits=limits,
                    stop=self._halt.is_set,
                    ready=is_ready,
                )
            )
        )
        self.thread.start()
        assert ready.wait(10)

    def keep(self, items: Sequence[Incoming]) -> Sequence[int | None]:
        self.before_store()
        self.stored += items
        self.batches.append(len(items))
        return list(range(len(items)))

    def client(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.port, timeout=10)

    def stop(self) -> None:
        self._halt.set()
        self.thread.join(15)
        assert not self.thread.is_alive()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    running = Receiver(tmp_path)
    yield running
    running.stop()


def raw_session(port: int, *blocks: bytes) -> bytes:
    """Speak bytes to the receiver, wait for a reply after each, and return all replies."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        said += connection.recv(4096)
        for block in blocks:
            connection.sendall(block)
            said += connection.recv(4096)
    return said


def test_a_mail_is_stored_as_it_came_before_it_is_accepted(receiver: Receiver) -> None:
    seen: list[int] = []

    def slowly() -> None:
        time.sleep(0.3)
        seen.append(1)

    receiver.before_store = slowly
    with receiver.client() as client:
        client.sendmail("a@b.example", [DESK], MAIL)
        assert seen == [1]
    (item,) = receiver.stored
    assert item.body == MAIL
    assert item.inbox_id == 1
    assert item.envelope["sender"] == "a@b.example"
    assert item.envelope["recipients"] == [DESK]
    assert item.envelope["transport"] == "smtp"


def test_unknown_recipients_are_refused_and_the_others_get_their_mail(receiver: Receiver) -> None:
    with receiver.client() as client:
        refused = client.sendmail("a@b.example", ["nobody@shop.example", "x@elsewhere.example", DESK], MAIL)
    assert {code for code, _ in refused.values()} == {550}
    assert set(refused) == {"nobody@shop.example", "x@elsewhere.example"}
    assert [item.envelope["recipients"] for item in receiver.stored] == [[DESK]]


def test_it_never_relays_whatever_the_client_says_it_is(receiver: Receiver) -> None:
    with receiver.client() as client:
        client.ehlo("shop.example")
        assert "auth" not in client.esmtp_features
        assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] == 502
        client.mail(DESK)
        for address in ("out@elsewhere.example", "desk%elsewhere.example@mx", "@shop.example:out@elsewhere.example"):
            assert client.rcpt(address)[0] == 550


def test_a_senders_retry_has_the_same_name_and_another_mail_has_another(receiver: Receiver) -> None:
    with receiver.client() as client:
        for sender, body in (("a@b.example", MAIL), ("a@b.example", MAIL), ("a@b.example", MAIL + b"x\r\n")):
            client.sendmail(sender, [DESK], body)
    first, retry, other = (item.external_id for item in receiver.stored)
    assert first == retry != other


def test_the_same_words_written_again_by_a_bare_client_are_two_mails(receiver: Receiver) -> None:
    bare = b"From: a@b.example\r\nSubject: Where is my parcel?\r\n\r\nIt is late. Date: none\r\n"
    with receiver.client() as client:
        client.sendmail("a@b.example", [DESK], bare)
        client.sendmail("a@b.example", [DESK], bare)
    assert len({item.external_id for item in receiver.stored}) == 2


def test_each_mailbox_gets_its_row_and_one_mailbox_only_one(receiver: Receiver) -> None:
    with receiver.client() as client:
        client.sendmail("a@b.example", [DESK, "desk+vip@shop.example", "sales@shop.example"], MAIL)
    assert [(item.inbox_id, item.envelope["recipients"]) for item in receiver.stored] == [
        (1, [DESK, "desk+vip@shop.example"]),
        (2, ["sales@shop.example"]),
    ]
    assert len({item.external_id for item in receiver.stored}) == 2


def test_bounces_come_from_the_null_sender_to_our_signed_address(receiver: Receiver) -> None:
    address = f"desk+{tokens.make(5, 9)}@shop.example"
    with receiver.client() as client:
        client.sendmail("", [address], MAIL)
    assert receiver.stored[0].envelope["sender"] == ""
    assert receiver.stored[0].envelope["recipients"] == [address]


def test_letter_case_and_international_domains_do_not_matter(receiver: Receiver) -> None:
    with receiver.client() as client:
        client.sendmail("a@b.example", ["DESK@Shop.Example", "info@xn--aba-b3a.si"], MAIL, ["SMTPUTF8"])
        client.sendmail("jože@b.example", ["info@žaba.si"], MAIL + "č\r\n".encode(), ["SMTPUTF8", "BODY=8BITMIME"])
    assert [item.inbox_id for item in receiver.stored] == [1, 3, 3]
    assert receiver.stored[2].envelope["utf8"] is True
    assert receiver.stored[2].envelope["sender"] == "jože@b.example"


def test_a_new_mailbox_is_known_within_a_second(receiver: Receiver) -> None:
    with receiver.client() as client:
        client.ehlo()
        client.mail("a@b.example")
        assert client.rcpt("new@shop.example")[0] == 550
        receiver.mailboxes["new@shop.example"] = 9
        time.sleep(0.5)
        assert client.rcpt("new@shop.example")[0] == 250


def test_too_large_is_refused_when_declared_and_when_sent(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(message_bytes=50_000))
    try:
        with receiver.client() as client:
            client.ehlo()
            assert client.esmtp_features["size"] == "50000"
            assert client.mail("a@b.example", ["SIZE=50001"])[0] == 552
            client.mail("a@b.example")
            client.rcpt(DESK)
            assert client.data(b"x" * 200_000)[0] == 552
            client.sendmail("a@b.example", [DESK], MAIL)
    finally:
        receiver.stop()
    assert [item.body for item in receiver.stored] == [MAIL]


def test_a_full_disk_means_later_and_other_trouble_too(receiver: Receiver) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def broken() -> None:
        raise RuntimeError("database is away")

    for trouble, expected in ((full, 452), (broken, 451)):
        receiver.before_store = trouble
        with receiver.client() as client, pytest.raises(smtplib.SMTPDataError) as refusal:
            client.sendmail("a@b.example", [DESK], MAIL)
        assert refusal.value.smtp_code == expected
    assert receiver.stored == []


def test_a_disk_without_room_refuses_at_the_sender(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(free_disk_bytes=1 << 60))
    try:
        with receiver.client() as client:
            client.ehlo()
            assert client.mail("a@b.example")[0] == 452
    finally:
        receiver.stop()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x\r\n",
        b"\r\n",
        b"\r\n.\r\nstill here\r\n",
        b".\r\n..\r\n...x\r\n",
        b"ends without line",
        b"bare\n.\nlines\r.\r end\r\n",
        b"long " + b"y" * 300_000 + b"\r\nend\r\n",
        b"\r\n" * 70_000,
        bytes(range(256)).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n",
    ],
)
def test_content_arrives_byte_for_byte(receiver: Receiver, body: bytes) -> None:
    stuffed = body.replace(b"\r\n.", b"\r\n..")
    stuffed = b"." + stuffed if stuffed.startswith(b".") else stuffed
    ending = b".\r\n" if not body or body.endswith(b"\r\n") else b"\r\n.\r\n"
    commands = f"EHLO x\r\n|MAIL FROM:<a@b.example>\r\n|RCPT TO:<{DESK}>\r\n|DATA\r\n".encode().split(b"|")
    said = raw_session(receiver.port, *commands, stuffed + ending)
    assert said.rstrip().split(b"\r\n")[-1].startswith(b"250 2.0.0")
    expected = body if not body or body.endswith(b"\r\n") else body + b"\r\n"
    assert receiver.stored[-1].body == expected


def test_commands_sent_at_once_are_all_answered(receiver: Receiver) -> None:
    said = raw_session(receiver.port, b"EHLO x\r\n")
    assert b"250 PIPELINING" in said
    with socket.create_connection(("127.0.0.1", receiver.port), timeout=10) as connection:
        connection.sendall(
            b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<desk@shop.example>\r\nDATA\r\n" + MAIL + b".\r\n"
            b"MAIL FROM:<c@b.example>\r\nRCPT TO:<desk@shop.example>\r\nDATA\r\n.\r\nQUIT\r\n"
        )
        said = b""
        while block := connection.recv(4096):
            said += block
    assert said.count(b"250 2.0.0") == 2
    assert [item.envelope["sender"] for item in receiver.stored] == ["a@b.example", "c@b.example"]


@pytest.mark.parametrize("sender", ["odd..dots@b.example", "spa ce@b.example", "no-domain", "<>", "x[y]@b.example"])
def test_an_odd_sender_is_no_reason_to_refuse(receiver: Receiver, sender: str) -> None:
    commands = [b"EHLO x\r\n", f"MAIL FROM:<{sender.strip('<>')}> SIZE=100\r\n".encode()]
    said = raw_session(receiver.port, *commands, b"RCPT TO:<desk@shop.example>\r\n", b"DATA\r\n", MAIL + b".\r\n")
    assert said.rstrip().split(b"\r\n")[-1].startswith(b"250 2.0.0")


def test_lmtp_answers_once_for_each_recipient(receiver: Receiver) -> None:
    said = raw_session(
        receiver.port,
        b"LHLO x\r\n",
        b"MAIL FROM:<a@b.example>\r\n",
        b"RCPT TO:<desk@shop.example>\r\n",
        b"RCPT TO:<nobody@shop.example>\r\n",
        b"RCPT TO:<sales@shop.example>\r\n",
        b"DATA\r\n",
        MAIL + b".\r\n",
    )
    assert said.count(b"250 2.0.0") == 2
    assert {item.envelope["transport"] for item in receiver.stored} == {"lmtp"}


def test_mails_that_arrive_together_are_stored_together(receiver: Receiver) -> None:
    receiver.before_store = lambda: time.sleep(0.1)

    def send(number: int) -> None:
        with receiver.client() as client:
            client.sendmail(f"a{number}@b.example", [DESK], MAIL)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(receiver.stored) == 20
    assert len(receiver.batches) < 12


def test_one_bad_mail_does_not_take_its_neighbours_with_it(receiver: Receiver) -> None:
    gate = threading.Event()
    kept = receiver.keep

    def picky(items: Sequence[Incoming]) -> Sequence[int | None]:
        gate.wait(5)
        if any(b"poison" in item.body for item in items):
            raise RuntimeError("cannot store")
        return kept(items)

    receiver.keep = picky  # type: ignore[method-assign]
    codes: dict[str, int] = {}

    def send(name: str) -> None:
        with receiver.client() as client:
            try:
                client.sendmail("a@b.example", [DESK], MAIL + name.encode() + b"\r\n")
                codes[name] = 250
            except smtplib.SMTPDataError as error:
                codes[name] = error.smtp_code

    threads = [threading.Thread(target=send, args=(name,)) for name in ("one", "poison", "two", "three")]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert codes == {"one": 250, "poison": 451, "two": 250, "three": 250}


def test_stopping_finishes_the_mail_that_is_being_stored(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    receiver.before_store = lambda: time.sleep(0.5)
    said: list[object] = []

    def send() -> None:
        with receiver.client() as client:
            said.append(client.sendmail("a@b.example", [DESK], MAIL))

    thread = threading.Thread(target=send)
    thread.start()
    time.sleep(0.2)
    receiver.stop()
    thread.join(10)
    assert said == [{}]


@pytest.mark.django_db(transaction=True)
def test_a_mail_accepted_is_a_payload_in_the_database(tmp_path: Path) -> None:
    inbox_id = make_inbox(DESK)

    def keep(items: Sequence[Incoming]) -> Sequence[int | None]:
        try:
            return actions.receive_many(items)
        finally:
            connections.close_all()

    receiver = Receiver(tmp_path)
    try:
        receiver.mailboxes[DESK] = inbox_id
        receiver.keep = keep  # type: ignore[method-assign]
        time.sleep(0.3)
        with receiver.client() as client:
            client.sendmail("a@b.example", ["desk+new@shop.example", DESK], MAIL)
            client.sendmail("a@b.example", [DESK], MAIL)
    finally:
        receiver.stop()
    (claimed,) = actions.claim()
    assert claimed.body == MAIL
    assert claimed.inbox_id == inbox_id
    assert queries.waiting() == 1
