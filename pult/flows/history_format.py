"""The format of history imports: one JSON object a line, one conversation with its messages an object.

docs/import.md describes it for people; these types are what is read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=190)]
Language = Annotated[str, Meta(max_length=8)]
Status = Literal["open", "waiting_customer", "waiting_colleague", "snoozed", "closed"]
Direction = Literal["in", "out", "note"]
State = Literal["", "received", "sent", "delivered", "read", "failed", "unknown"]
Moment = Annotated[datetime, Meta(tz=True)]


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody a message came from or went to."""

    address: Annotated[str, Meta(max_length=320)]
    name: Annotated[str, Meta(max_length=200)] = ""


class HistoryCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Whose conversation it is; the first of `emails`, `phones` and `handles` recognises the person."""

    name: Annotated[str, Meta(max_length=200)] = ""
    emails: list[str] = []
    phones: list[str] = []
    handles: list[str] = []
    language: Language = ""
    company: str = ""


class HistoryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A file of a message: its bytes in base64 (`content`), or a path beside the import file (`path`)."""

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    type: Annotated[str, Meta(max_length=120)] = "application/octet-stream"
    content: bytes = b""
    path: str = ""
    content_id: str = ""
    inline: bool = False


class HistoryMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One message. `id` is unique in the mailbox (for mail the Message-ID without angle brackets).

    `author` is the customer of an incoming message; `staff` is the e-mail address of the colleague who wrote an
    answer or a note. `reply` is the text without quotation and signature, where the exporting system knows it.
    """

    id: Id
    direction: Direction
    at: Moment
    author: Person | None = None
    staff: str = ""
    to: list[Person] = []
    cc: list[Person] = []
    subject: str = ""
    text: str = ""
    html: str = ""
    reply: str = ""
    language: Language = ""
    in_reply_to: str = ""
    state: State = ""
    state_reason: str = ""
    files: list[HistoryFile] = []


class HistoryConversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One line of an import: a conversation of the mailbox `inbox` (its address), with all its messages.

    `id` names the conversation in the system it comes from: a line with a known id is passed over whole, so a file
    can be imported again after any stop.
    """

    id: Id
    inbox: str
    customer: HistoryCustomer
    messages: Annotated[list[HistoryMessage], Meta(min_length=1)]
    channel: str = "email"
    subject: str = ""
    status: Status = "closed"
    priority: Annotated[int, Meta(ge=-1, le=2)] = 0
    language: Language = ""
    assignee: str = ""
    team: str = ""
    tags: list[Annotated[str, Meta(min_length=1, max_length=60)]] = []
    snoozed_until: Moment | None = None
