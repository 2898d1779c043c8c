"""A filter beside ours that is slow, silent or talks nonsense hinders no mail. (The real one: channels/tests.)"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pult.channels.adapters.email import rspamd, spamheaders
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.parse import events
from pult.channels.base import InboundMessage, InboxInfo, Opinion, PermanentFailure, Raw, TemporaryFailure
from pult.platform import httpclient

SPAM = b'{"action": "add header", "score": 7.5, "required_score": 15, "thresholds": {"add header": 6}}'
ENVELOPE = {
    "transport": "smtp",
    "peer": "93.184.216.34",
    "helo": "mx.sender.example",
    "sender": "ana@sender.example",
    "recipients": ["help@shop.example"],
}


class Server(ThreadingHTTPServer):
    """Answers what a test says, after what time it says, and remembers what it was asked."""

    daemon_threads = True
    status, body, wait, trickle = 200, SPAM, 0.0, False

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        time.sleep(self.server.wait)
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.body)))
        self.end_headers()
        for byte in self.server.body if self.server.trickle else ():
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)
        if not self.server.trickle:
            self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.HTTP_ALLOW_HOSTS = [f"127.0.0.1:{running.server_port}"]
    rspamd.forget()
    yield running
    rspamd.forget()
    httpclient.close_clients()
    running.shutdown()
    thread.join()
    running.server_close()


def mail(*lines: str, **envelope: object) -> Raw:
    head = [*lines, "From: Ana <ana@sender.example>", "Subject: Vpr", "", "Pozdravljeni"]
    return Raw("\r\n".join(head).encode(), {**ENVELOPE, **envelope}, datetime.now(UTC))


def inbox(**settings: object) -> InboxInfo:
    return InboxInfo(1, "help@shop.example", "Help", "Shop", "sl", settings)


def asked(server: Server, raw: Raw | None = None, seconds: float = 2.0) -> tuple[Opinion, float]:
    place = inbox(rspamd_url=f"http://127.0.0.1:{server.server_port}/", rspamd_password="pw")  # noqa: S106
    check = Adapter().spam_check(place, raw or mail())
    assert check is not None
    begun = time.monotonic()
    return check(begun + seconds), time.monotonic() - begun


def test_it_is_told_what_the_transport_knew(server: Server) -> None:
    raw = mail()
    assert asked(server, raw)[0] == Opinion("rspamd", True, 7.5, 6.0, "add header")
    ((path, headers, body),) = server.seen
    assert (path, body) == ("/checkv2", raw.body)
    told = {name: headers.get(name) for name in ("ip", "helo", "from", "rcpt", "password")}
    assert told == {
        "ip": "93.184.216.34",
        "helo": "mx.sender.example",
        "from": "ana@sender.example",
        "rcpt": "help@shop.example",
        "password": "pw",
    }


@pytest.mark.parametrize(
    "envelope",
    [{"peer": "10.0.0.7"}, {"helo": "mx\r\nPass: all"}, {"sender": "žan@sender.example"}, {"recipients": "no list"}],
    ids=str,
)
def test_what_is_not_known_or_no_header_is_left_out(server: Server, envelope: dict[str, object]) -> None:
    assert asked(server, mail(**envelope))[0].spam is True
    ((_, headers, _),) = server.seen
    left_out = {"peer": "ip", "helo": "helo", "sender": "from", "recipients": "rcpt"}[next(iter(envelope))]
    assert left_out not in headers
    assert "pass" not in headers


@pytest.mark.parametrize(
    ("action", "spam"),
    [
        ("reject", True),
        ("add header", True),
        ("rewrite subject", True),
        ("no action", False),
        ("greylist", None),
        ("soft reject", None),
        ("something new", None),
    ],
)
def test_what_it_would_do_is_what_it_means(server: Server, action: str, spam: bool | None) -> None:
    server.body = b'{"action": "%s", "score": 3}' % action.encode()
    assert asked(server)[0] == Opinion("rspamd", spam, 3.0, None, action)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"action": 7}', b'{"score": "x"}', b"{" * 9000], ids=str)
def test_nonsense_is_no_opinion(server: Server, body: bytes) -> None:
    server.body = body
    said, _ = asked(server)
    assert (said.spam, bool(said.trouble)) == (None, True)


@pytest.mark.parametrize("status", [401, 403, 404, 500, 503])
def test_a_refusal_is_no_opinion(server: Server, status: int) -> None:
    server.status, server.body = status, b'{"error":"Unauthorized"}'
    said, _ = asked(server)
    assert said.spam is None
    assert str(status) in said.trouble


def test_who_does_not_answer_holds_a_mail_up_no_longer_than_it_may_and_then_none_for_a_while(server: Server) -> None:
    server.wait = 3.0
    said, seconds = asked(server, seconds=0.3)
    assert (said.spam, bool(said.trouble), seconds < 0.8) == (None, True, True)
    again, seconds = asked(server, seconds=0.3)
    assert (again.trouble, seconds < 0.1, len(server.seen)) == (said.trouble, True, 1)


def test_who_answers_byte_by_byte_is_not_waited_for(server: Server) -> None:
    server.trickle, server.body = True, SPAM + b" " * 200
    said, seconds = asked(server, seconds=0.3)
    assert (said.spam, bool(said.trouble), seconds < 1.0) == (None, True, True)


def test_nobody_there_is_said_at_once(server: Server) -> None:
    url = "http://127.0.0.1:9"
    check = Adapter().spam_check(inbox(rspamd_url=url), mail())
    assert check is not None
    assert "not on the open internet" in check(time.monotonic() + 1).trouble


def test_a_providers_webhook_is_no_mail_to_ask_about() -> None:
    place = inbox(rspamd_url="http://127.0.0.1:9")
    assert Adapter().spam_check(place, mail(transport="webhook")) is None
    assert Adapter().teach(place, mail(transport="webhook"), spam=True) == ""
    assert Adapter().spam_check(inbox(), mail()) is None


@pytest.mark.parametrize(
    ("status", "failure"), [(200, None), (208, None), (404, None), (401, PermanentFailure), (503, TemporaryFailure)]
)
def test_teaching_says_whether_it_can_be_tried_again(
    server: Server, status: int, failure: type[Exception] | None
) -> None:
    server.status = status
    place = inbox(rspamd_url=f"http://127.0.0.1:{server.server_port}")

    def tell() -> None:
        assert Adapter().teach(place, mail(), spam=False) == "rspamd"

    if failure is None:
        tell()
    else:
        with pytest.raises(failure):
            tell()
    assert server.seen[0][0] == "/learnham"


RECEIVED = "Received: from a by b; Sun, 22 Nov 2026 06:00:00 +0000"
STATUS = "X-Spam-Status: Yes, score=12.3 required=5.0 tests=BAYES_99"
Opinions = Callable[..., Opinion | None]


def read(*lines: str, **settings: object) -> Opinion | None:
    (message,) = events(inbox(authserv_id="mx.shop.example", **settings), mail(*lines))
    assert isinstance(message, InboundMessage)
    return message.opinion


def test_a_trusted_servers_header_says_that_it_is_spam() -> None:
    assert read("X-Spam-Flag: YES", STATUS, RECEIVED) == Opinion("mx.shop.example", True, 12.3, 5.0)
    assert read(RECEIVED, "X-Spam: Yes") == Opinion("mx.shop.example", True)
    assert read(RECEIVED, "X-Spam-Status: yes, score=1e9 required=x") == Opinion("mx.shop.example", True)


def test_a_header_from_farther_away_or_without_a_trusted_server_says_nothing() -> None:
    assert read(RECEIVED, RECEIVED, "X-Spam-Flag: YES") is None
    assert read("X-Spam-Flag: YES", RECEIVED, authserv_hops=0) is not None
    assert read(RECEIVED, "X-Spam-Flag: YES", authserv_hops=0) is None
    (message,) = events(inbox(), mail("X-Spam-Flag: YES", RECEIVED))
    assert isinstance(message, InboundMessage)
    assert message.opinion is None


def test_a_header_that_says_it_is_no_spam_says_nothing() -> None:
    assert read("X-Spam-Flag: NO", "X-Spam-Status: No, score=-3 required=5", RECEIVED) is None
    assert read("X-Spam-Flag: yesterday", RECEIVED) is None


def test_no_mail_no_word() -> None:
    assert spamheaders.opinion(None, "mx.shop.example", 1) is None
