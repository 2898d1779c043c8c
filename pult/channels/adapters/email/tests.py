"""The contract of a channel held by e-mail, and what only e-mail has: kinds, replies, headers, providers."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import socketserver
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from pult.channels.adapters.email import reply, smtp_send, tokens, webhook
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import (
    Address,
    DeliveryStatus,
    InboundMessage,
    InboxInfo,
    Raw,
    Unauthentic,
)
from pult.channels.testing import ChannelContract

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "user:password"
DESK = InboxInfo(
    1, "desk@shop.example", "Desk", "Trgovina Čebela", "sl", {"provider": "postmark", "webhook_secret": SECRET}
)
BASIC = {"Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()}


class _Session(socketserver.StreamRequestHandler):
    """As much of an SMTP server as is needed to misbehave."""

    def handle(self) -> None:
        behaviour = self.server.behaviour  # type: ignore[attr-defined]
        replies = {
            "accept": {},
            "temporary": {"RCPT": "450 4.2.1 mailbox busy"},
            "permanent": {"RCPT": "550 5.1.1 no such user"},
            "rate_limit": {"MAIL": "421 4.7.0 too many mails, come back later"},
            "late_refusal": {".": "554 5.7.1 spam"},
            "late_temporary": {".": "451 4.3.0 try again"},
            "some": {"RCPT": "550 5.1.1 no such user"},
            "silence": {},
        }[behaviour]
        self._say("220 fake")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            if behaviour == "some" and "good" in line:
                self._say("250 ok")
            elif verb in replies:
                self._say(replies[verb])
            elif verb == "EHLO":
                self._say("250-fake\r\n250-SIZE 1000000\r\n250 8BITMIME")
            elif verb == "DATA":
                if not self._data(replies.get(".", "250 2.0.0 Ok: queued as ABC123"), silent=behaviour == "silence"):
                    return
            else:
                self._say("250 ok" if verb != "QUIT" else "221 bye")

    def _data(self, answer: str, *, silent: bool) -> bool:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.mails.append(b"".join(lines))  # type: ignore[attr-defined]
        if not silent:
            self._say(answer)
        return not silent

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.mails: list[bytes] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), _Session)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


@contextlib.contextmanager
def outlet(behaviour: str, **settings: Any) -> Iterator[tuple[InboxInfo, _Server]]:
    """Run the stand-in; give an inbox that sends there."""
    with _Server(behaviour) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        where = {"smtp_host": "127.0.0.1", "smtp_port": server.server_address[1], "smtp_tls": "none"}
        try:
            yield dataclasses.replace(DESK, settings=where | settings), server
        finally:
            smtp_send.close_all()
            server.shutdown()


def raw(body: bytes, **envelope: Any) -> Raw:
    return Raw(body, {"sender": "a@b.example", "recipients": ["desk@shop.example"]} | envelope, datetime.now(UTC))


def parsed(body: bytes, **envelope: Any) -> InboundMessage:
    """Return the message that a mail means."""
    event = Adapter().parse(DESK, raw(body, **envelope))[-1]
    assert isinstance(event, InboundMessage)
    return event


def posted(name: str, kind: str = "inbound", **replaced: str) -> Raw:
    body = (PAYLOADS / name).read_text()
    for old, new in replaced.items():
        body = body.replace(old, new)
    envelope = {"transport": "webhook", "kind": kind, "content_type": "application/json", "headers": BASIC, "url": ""}
    return Raw(body.encode(), envelope, datetime.now(UTC))


class TestEmail(ChannelContract):
    channel = "email"
    inbox = DESK

    def webhook(self) -> Raw:
        return posted("postmark-inbound.json")

    def samples(self) -> Sequence[Raw]:
        mails = [raw(path.read_bytes()) for path in sorted(PAYLOADS.glob("*.eml"))]
        token = tokens.make(5, 9)
        return [*mails, posted("postmark-inbound.json"), posted("postmark-bounce.json", "tracking", TOKEN=token)]

    def with_text(self, text: str) -> Raw:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"], mail["Subject"] = "Žiga <ziga@b.example>", "desk@shop.example", "Hello"
        mail.set_content(text)
        return raw(mail.as_bytes())

    def with_file(self, name: str, content: bytes) -> Raw:
        mail = EmailMessage(policy=SMTP)
        mail["From"], mail["To"] = "ziga@b.example", "desk@shop.example"
        mail.set_content("see file")
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return raw(mail.as_bytes())

    @contextlib.contextmanager
    def outlet(self, behaviour: str) -> Iterator[InboxInfo]:
        with outlet(behaviour) as (inbox, _):
            yield inbox


def test_a_provider_webhook_becomes_a_mail_with_its_file() -> None:
    (message,) = Adapter().parse(DESK, posted("postmark-inbound.json"))
    assert isinstance(message, InboundMessage)
    assert message.sender == Address("ziga@customers.example", "Žiga Žagar")
    assert message.external_id == "abc@customers.example"
    assert message.language == "sl"
    assert [file.name for file in message.files] == ["slika.png"]


def test_a_provider_report_names_our_message_and_the_dead_address() -> None:
    token = tokens.make(5, 9)
    (status,) = Adapter().parse(DESK, posted("postmark-bounce.json", "tracking", TOKEN=token))
    assert isinstance(status, DeliveryStatus)
    assert (status.external_id, status.state, status.permanent) == (f"{token}@shop.example", "failed", True)
    assert status.recipient == "dead@customers.example"
    assert Adapter().parse(DESK, posted("postmark-bounce.json", "tracking", TOKEN="p.5.9.aaaaaaaaaaaaaaaa")) == []


def test_mailgun_signatures_are_checked_and_old_ones_refused() -> None:
    settings = Settings(provider="mailgun", webhook_secret="key")

    def event(stamp: float, key: bytes = b"key") -> Raw:
        signature = hmac.new(key, f"{stamp}tok".encode(), hashlib.sha256).hexdigest()
        block = {"timestamp": str(stamp), "token": "tok", "signature": signature}
        body = json.dumps({"signature": block, "event-data": {"id": "x", "event": "delivered"}}).encode()
        return Raw(body, {"content_type": "application/json"}, datetime.now(UTC))

    now = time.time()
    assert webhook.verify(settings, event(now)) == webhook.verify(settings, event(now - 60))
    for bad in (event(now, b"other"), event(now - 10**6), Raw(b"{}", {"content_type": ""}, datetime.now(UTC))):
        with pytest.raises(Unauthentic):
            webhook.verify(settings, bad)


def test_resend_signatures_are_checked() -> None:
    key = base64.b64encode(b"secret").decode()
    settings = Settings(provider="resend", webhook_secret=f"whsec_{key}")
    stamp = str(int(time.time()))
    signature = base64.b64encode(hmac.new(b"secret", f"msg_1.{stamp}.{{}}".encode(), hashlib.sha256).digest()).decode()
    headers = {"svix-id": "msg_1", "svix-timestamp": stamp, "svix-signature": f"v1,xx v1,{signature}"}
    assert webhook.verify(settings, Raw(b"{}", {"headers": headers}, datetime.now(UTC))) == "svix:msg_1"
    with pytest.raises(Unauthentic):
        webhook.verify(settings, Raw(b"{ }", {"headers": headers}, datetime.now(UTC)))


def test_a_form_is_read_with_its_files_by_digest() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="subject"\r\n\r\nhello\r\n'
        b'--B\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n\r\n\x00\x01\r\n--B--\r\n'
    )
    fields = webhook.form_fields(Raw(body, {"content_type": "multipart/form-data; boundary=B"}, datetime.now(UTC)))
    assert fields == {"subject": "hello", "a": hashlib.sha256(b"\x00\x01").hexdigest()}


@pytest.mark.parametrize(
    ("name", "kind", "safe"),
    [
        ("plain.eml", "person", True),
        ("windows-1250-reply.eml", "person", True),
        ("inline-picture.eml", "person", True),
        ("out-of-office.eml", "auto_reply", False),
        ("bounce.eml", "bounce", False),
    ],
)
def test_the_kind_of_a_mail_is_seen(name: str, kind: str, safe: bool) -> None:
    message = parsed((PAYLOADS / name).read_bytes())
    assert (message.kind, message.loop_safe) == (kind, safe)


@pytest.mark.parametrize(
    ("headers", "kind", "safe"),
    [
        ("List-Id: <news.example>\nList-Unsubscribe: <https://x.example>", "list", False),
        ("Precedence: bulk", "list", False),
        ("Auto-Submitted: auto-generated", "list", False),
        ("X-Auto-Response-Suppress: OOF", "person", False),
        ("X-Pult-Loop: desk@other.example", "person", False),
        ("Subject: Odsoten do ponedeljka", "auto_reply", False),
        ("Subject: Αυτόματη απάντηση: εκτός", "auto_reply", False),
        ("Subject: Automatic door does not open", "person", True),
        ("From: MAILER-DAEMON <>", "bounce", False),
        ("Content-Type: multipart/report; report-type=feedback-report; boundary=x", "feedback", False),
        ("Auto-Submitted: no", "person", True),
    ],
)
def test_headers_that_forbid_an_automatic_answer(headers: str, kind: str, safe: bool) -> None:
    sender = "" if headers.startswith("From:") else "From: a@b.example\n"
    message = parsed(f"{sender}{headers}\n\nhi\n".encode())
    assert (message.kind, message.loop_safe) == (kind, safe)


def test_an_answer_leads_to_its_conversation_by_our_signed_id_only() -> None:
    genuine = f"{tokens.make(31, 9)}@shop.example"
    for header in ("In-Reply-To", "References"):
        assert parsed(f"From: a@b.example\n{header}: <{genuine}>\n\nhi".encode()).conversation_hint == 31
        assert parsed(f"From: a@b.example\n{header}: <{genuine.upper()}>\n\nhi".encode()).conversation_hint == 31
    forged = genuine.replace(".v.", ".w.") if ".v." in genuine else "p.1.1.aaaaaaaaaaaaaaaa@shop.example"
    assert parsed(f"From: a@b.example\nIn-Reply-To: <{forged}>\n\nhi".encode()).conversation_hint is None
    assert parsed(b"From: a@b.example\nSubject: Re: [#31] ticket\n\nhi").conversation_hint is None


def test_a_returned_mail_reports_the_one_of_ours_inside_it() -> None:
    token = tokens.make(5, 9)
    body = (PAYLOADS / "bounce.eml").read_bytes().replace(b"TOKEN", token.encode())
    status, message = Adapter().parse(DESK, raw(body, sender=""))
    assert isinstance(status, DeliveryStatus)
    assert status == DeliveryStatus(
        f"{token}@shop.example",
        "failed",
        "dead@customers.example",
        "5.1.1",
        "550 5.1.1 User unknown",
        True,
        category="unknown_user",
    )
    assert isinstance(message, InboundMessage)
    assert len(Adapter().parse(DESK, raw(body.replace(token.encode(), b"p.5.9.aaaaaaaaaaaaaaaa"), sender=""))) == 1


def test_a_bounce_without_any_standard_part_is_read_from_its_text() -> None:
    token = tokens.make(5, 9)
    body = b"From: postmaster@b.example\nSubject: failure notice\n\n<x@b.example>:\n550 5.1.1 unknown user\n"
    status = Adapter().parse(DESK, raw(body, sender="", recipients=[f"desk+{token}@shop.example"]))[0]
    assert isinstance(status, DeliveryStatus)
    assert (status.external_id, status.code, status.permanent) == (f"{token}@shop.example", "5.1.1", True)


@pytest.mark.parametrize(
    "quotation",
    [
        "On Mon, 3 Nov 2026 at 10:00, Shop <shop@example.com> wrote:\n> old",
        "Dne pon., 3. nov. 2026 ob 10:00 je oseba Trgovina <a@b.si> napisala:\n\n> old",
        "Dana pon, 3. stu 2026. u 10:00 Shop <a@b.hr> napisao je:\n> old",
        "Στις Δευ, 3 Νοε 2026 στις 10:00 π.μ., ο χρήστης Shop <a@b.gr>\nέγραψε:\n> old",
        "pon., 3 lis 2026 o 10:00 Sklep <a@b.pl> napisał(a):\n> old",
        "W dniu 3.11.2026 o 10:00, Sklep pisze:\n> old",
        "From: Shop\nSent: Monday\nTo: me\nSubject: x\n\nold",
        "Od: Trgovina <a@b.si>\nPoslano: ponedeljek, 3. november 2026\nZa: jaz\nZadeva: x\n\nold",
        "Από: Shop\nΣτάλθηκε: Δευτέρα\nΠρος: εγώ\nΘέμα: x\n\nold",
        "-----Original Message-----\nold",
        "> old",
    ],
)
def test_what_was_newly_written_is_told_from_the_quotation(quotation: str) -> None:
    new = "Hvala, čakam še na račun.\n- prvi\n- drugi"
    assert reply.newest(f"{new}\n\n{quotation}\n") == new


@pytest.mark.parametrize("text", ["", "> only a quotation", "Thanks, but no: it is broken.", "a:\nb:\nc", "x" * 60_000])
def test_a_reply_is_never_empty_where_there_was_text(text: str) -> None:
    assert reply.newest(text) == text.strip()
