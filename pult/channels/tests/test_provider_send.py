"""Sending through a provider: its answer decides, and silence is unknown."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pult.channels.adapters.email.channel import Adapter
from pult.channels.base import (
    Address,
    File,
    InboxInfo,
    OutboundMessage,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
)

INACTIVE = "Found inactive addresses: x@customers.example. Inactive recipients are ones that have bounced."
ANSWERS: dict[str, tuple[int, dict[str, Any]]] = {
    "accept": (200, {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1", "To": "x@customers.example"}),
    "inactive": (422, {"ErrorCode": 406, "Message": INACTIVE}),
    "mute": (422, {"ErrorCode": 406, "Message": "?"}),
    "bad": (422, {"ErrorCode": 300, "Message": "Invalid sender"}),
    "limit": (429, {"ErrorCode": 429, "Message": "Slow down"}),
    "broken": (500, {"ErrorCode": 500, "Message": "Oops"}),
}


@contextlib.contextmanager
def provider(behaviour: str) -> Iterator[tuple[InboxInfo, list[dict[str, Any]]]]:
    """Run a stand-in for Postmark's API; give an inbox that sends there and what was posted."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if behaviour == "silence":
                self.close_connection = True
                return
            status, answer = ANSWERS[behaviour]
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings = {
            "send": "provider",
            "provider": "postmark",
            "provider_key": "key",
            "provider_options": {"api_url": f"http://127.0.0.1:{server.server_address[1]}/"},
        }
        yield InboxInfo(1, "desk@shop.example", "Desk", "Čebela", "sl", settings), posted
        server.shutdown()


def send(inbox: InboxInfo, calls: list[int]) -> Any:
    name = Adapter().new_external_id(inbox, conversation_id=5, message_id=9)
    message = OutboundMessage(
        name,
        Address(inbox.address, "Ana"),
        [Address("x@customers.example", "Žiga\r\nBcc: y@z.example")],
        "živjo",
        html='<img src="cid:a1">',
        subject="Re: x",
        in_reply_to="first@customers.example",
        files=[File("č.pdf", "application/pdf", b"1"), File("a.png", "image/png", b"2", content_id="a1", inline=True)],
    )
    return Adapter().send(inbox, message, before_handover=lambda: calls.append(1)), name


def test_a_message_reaches_the_provider_with_all_it_needs() -> None:
    calls: list[int] = []
    with provider("accept") as (inbox, posted):
        result, name = send(inbox, calls)
    assert (result.provider_id, calls) == ("pm-1", [1])
    (data,) = posted
    headers = {entry["Name"]: entry["Value"] for entry in data["Headers"]}
    assert headers["Message-ID"] == f"<{name}>"
    assert headers["In-Reply-To"] == "<first@customers.example>"
    assert data["Metadata"] == {"pult": name.partition("@")[0]}
    assert data["TextBody"] == "živjo"
    assert [file["Name"] for file in data["Attachments"]] == ["č.pdf", "a.png"]
    assert data["Attachments"][1]["ContentID"] == "cid:a1"
    assert "\n" not in data["To"]


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        ("inactive", PermanentFailure),
        ("bad", PermanentFailure),
        ("mute", PermanentFailure),
        ("limit", TemporaryFailure),
        ("broken", TemporaryFailure),
        ("silence", OutcomeUnknown),
    ],
)
def test_the_providers_answer_decides(behaviour: str, failure: type[Exception]) -> None:
    with provider(behaviour) as (inbox, _), pytest.raises(failure) as raised:
        send(inbox, [])
    if isinstance(raised.value, PermanentFailure):
        assert raised.value.recipient_dead is (behaviour == "inactive")
    if behaviour == "limit":
        assert isinstance(raised.value, TemporaryFailure)
        assert raised.value.retry_after == 7


def test_a_provider_that_cannot_be_reached_is_tried_again() -> None:
    with provider("accept") as (inbox, _):
        away = {**inbox.settings, "provider_options": {"api_url": "http://127.0.0.1:1/"}}
    with pytest.raises(TemporaryFailure):
        send(InboxInfo(1, inbox.address, "", "", "", away), [])


def test_without_a_key_nothing_is_tried() -> None:
    with pytest.raises(PermanentFailure):
        send(InboxInfo(1, "desk@shop.example", "", "", "", {"send": "provider"}), [])
