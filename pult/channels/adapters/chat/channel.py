"""Chat on a shop's pages: what a visitor writes arrives by web/chat, what we write is fetched by his page.

The door (web/chat) knows the visitor by his token and writes down who he is in the envelope; the body is what he wrote.
A message of ours lies in the database when it is to be sent, and his page hears of it by its stream: handing it over is
nothing but saying so. Whether it was delivered and read his page tells.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pult.channels.base import (
    Address,
    Authenticity,
    File,
    InboundEvent,
    InboundMessage,
    InboxInfo,
    OutboundMessage,
    Raw,
    SendResult,
    Unauthentic,
)
from pult.platform import language
from pult.platform.text import storable

SUBJECT = 80
"""Letters of the first message that stand as the subject of its conversation."""


class Adapter:
    """The channel."""

    def verify(self, inbox: InboxInfo, raw: Raw) -> str:
        """Nobody's webhook is taken: visitors come by a door of their own."""
        raise Unauthentic("chat takes no webhooks")

    def parse(self, inbox: InboxInfo, raw: Raw) -> Sequence[InboundEvent]:
        """Return what a visitor wrote. All that he writes from one page to the next goes on with one thread."""
        said: Any = storable(json.loads(raw.body))
        envelope = raw.envelope
        text, told = str(said["text"]), str(envelope.get("language") or "")
        return [
            InboundMessage(
                sender=_sender(envelope),
                external_id=str(envelope["message"]),
                subject=_subject(text),
                text=text,
                reply=text,
                language=told or language.detect(text) or inbox.language,
                sent_at=_moment(envelope.get("sent_at")),
                references=[str(envelope["thread"])],
                to=[Address(inbox.address, inbox.name)],
                files=[_file(one) for one in said.get("files", [])],
                headers=_page(envelope),
                auth=Authenticity("pass", by="shop") if envelope.get("proven") else None,
            )
        ]

    def send(self, inbox: InboxInfo, message: OutboundMessage, *, before_handover: Callable[[], None]) -> SendResult:
        """Say that it may be fetched."""
        before_handover()
        return SendResult()

    def new_external_id(self, inbox: InboxInfo, *, conversation_id: int, message_id: int) -> str:
        """Return the id under which the visitor's page reports on the message."""
        return f"chat-{conversation_id}-{message_id}"


def _sender(envelope: Any) -> Address:
    """A visitor is known by his token, or by the address for which the shop vouches."""
    name = str(envelope.get("name") or "")
    if envelope.get("proven") and "@" in str(envelope.get("email") or ""):
        return Address(str(envelope["email"]), name)
    return Address(str(envelope["visitor"]), name)


def _subject(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SUBJECT else f"{line[:SUBJECT].rsplit(' ', 1)[0]}…"


def _moment(said: object) -> datetime | None:
    return datetime.fromtimestamp(float(said), UTC) if isinstance(said, int | float) else None


def _file(said: Any) -> File:
    return File(str(said["name"]), str(said["type"]), base64.b64decode(said["content"], validate=True))


def _page(envelope: Any) -> dict[str, str]:
    page = envelope.get("page") or {}
    return {f"page_{name}": str(page[name])[:500] for name in ("url", "title") if page.get(name)}
