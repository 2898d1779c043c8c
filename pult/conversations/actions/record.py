"""What every write has in common: the conversation's row, a message's row, its words, its event."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from pult.channels.base import Address, File
from pult.conversations import content
from pult.conversations.errors import ConversationNotFound
from pult.conversations.index import INDEX
from pult.conversations.models import Attachment, Change, Conversation, Message
from pult.platform import events, storage
from pult.platform.db import SqlValue, hot, insert, json_in, time_in
from pult.platform.fulltext import Entry, entry_key, scope_mark

SUBJECT = 500
NAME = 200


@dataclasses.dataclass(frozen=True, slots=True)
class InboxRef:
    """The inbox a message came by or leaves by."""

    id: int
    store_id: int
    team_id: int | None
    channel: str
    address: str


@dataclasses.dataclass(slots=True)
class NewMessage:
    """A message about to be written; `recipients` maps to, cc, bcc, reply_to to lists of {name, address}."""

    direction: str
    text: str
    html: str = ""
    reply: str = ""
    kind: str = "person"
    subject: str = ""
    language: str = ""
    external_id: str = ""
    in_reply_to: str = ""
    author_name: str = ""
    author_address: str = ""
    customer_id: int | None = None
    staff_id: int | None = None
    recipients: Mapping[str, list[dict[str, str]]] = dataclasses.field(default_factory=dict)
    headers: Mapping[str, object] = dataclasses.field(default_factory=dict)
    state: str = "received"
    send_after: datetime | None = None
    masked: bool = False
    created_at: datetime = dataclasses.field(default_factory=timezone.now)


def people(found: Iterable[Address]) -> list[dict[str, str]]:
    """Return addresses as they are stored."""
    return [{"name": a.name[:NAME], "address": a.address[:320]} for a in found]


def locked(conversation_id: int) -> Conversation:
    """Return the conversation's row, locked until the transaction ends. Raises ConversationNotFound."""
    row = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
    if row is None:
        raise ConversationNotFound
    return row


MESSAGE_COLUMNS = (
    "conversation_id",
    "inbox_id",
    "direction",
    "kind",
    "external_id",
    "in_reply_to",
    "subject",
    "text",
    "html",
    "reply",
    "language",
    "author_name",
    "author_address",
    "customer_id",
    "staff_id",
    "recipients",
    "headers",
    "state",
    "state_reason",
    "send_after",
    "masked",
    "created_at",
)


def message_values(conversation_id: int, inbox_id: int, new: NewMessage) -> tuple[SqlValue, ...]:
    """Return a message as its row holds it, in the order of MESSAGE_COLUMNS."""
    return (
        conversation_id,
        inbox_id,
        new.direction,
        new.kind,
        new.external_id[:200],
        new.in_reply_to[:200],
        new.subject[:SUBJECT],
        new.text,
        new.html,
        new.reply,
        new.language,
        new.author_name[:NAME],
        new.author_address[:320],
        new.customer_id,
        new.staff_id,
        json_in(new.recipients),
        json_in(new.headers),
        new.state,
        "",
        time_in(new.send_after),
        new.masked,
        time_in(new.created_at),
    )


def insert_message(conversation_id: int, inbox_id: int, new: NewMessage) -> int:
    """Write a message's row and return its id."""
    values = dict(zip(MESSAGE_COLUMNS, message_values(conversation_id, inbox_id, new), strict=True))
    message_id = insert("conversations_message", values)
    if message_id is None:
        raise RuntimeError("an insert returned no id")
    return message_id


def texts(new: NewMessage, extra: Sequence[str] = ()) -> list[str]:
    """Return everything a message is found by: its words, its subject and whoever it is from or to."""
    named = [v for group in new.recipients.values() for r in group for v in (r["name"], r["address"])]
    everything = [new.subject, new.text or new.reply, new.author_name, new.author_address, *named, *extra]
    return list(dict.fromkeys(everything))


def index_message(
    conversation_id: int, store_id: int, message_id: int, new: NewMessage, extra: Sequence[str] = ()
) -> None:
    """Make a message findable."""
    INDEX.put(
        [
            Entry(
                id=message_id,
                owner_id=conversation_id,
                at=new.created_at,
                words=content.found_by(texts(new, extra), new.language),
                marks=[scope_mark(store_id)],
            )
        ]
    )


def forget_words(message: Message) -> None:
    """Take a message out of the search."""
    INDEX.remove([entry_key(message.created_at, message.id)])


def bump(conversation_id: int, message_id: int, new: NewMessage, *, status: str | None = None, files: int = 0) -> None:
    """Bring the columns that the inbox list shows up to the newest message."""
    sets = [
        "version = version + 1",
        "message_count = message_count + 1",
        "attachment_count = attachment_count + %s",
    ]
    values: list[SqlValue] = [files]
    if new.direction != "note":
        sets += ["last_message_id = %s", "last_message_at = %s", "last_direction = %s", "last_author = %s"]
        values += [message_id, time_in(new.created_at), new.direction, new.author_name[:NAME]]
        sets += ["snippet = %s"]
        values += [content.snippet(new.reply, new.text)]
    if status is not None:
        sets += ["status = %s", "closed_at = %s", "snoozed_until = NULL"]
        values += [status, time_in(timezone.now()) if status == "closed" else None]
    hot(f"UPDATE conversations_conversation SET {', '.join(sets)} WHERE id = %s", [*values, conversation_id])


def keep_files(message_id: int, files: Sequence[File], blobs: Sequence[storage.BlobRef], *, now: datetime) -> int:
    """Attach stored files to an inbound message and return how many there are."""
    for file, blob in zip(files, blobs, strict=True):
        Attachment.objects.create(
            message_id=message_id,
            blob_id=blob.id,
            name=(file.name or "attachment")[:255],
            content_type=file.content_type[:120],
            size=blob.size,
            content_id=file.content_id[:200],
            inline=file.inline,
            created_at=now,
        )
    return len(files)


def note_change(conversation_id: int, actor: str, kind: str, before: object = "", after: object = "") -> None:
    """Add a line to the history."""
    Change.objects.create(
        conversation_id=conversation_id,
        actor=actor,
        kind=kind,
        before=str(before)[:200],
        after=str(after)[:200],
        at=timezone.now(),
    )


def tell(
    kind: str, store_id: int, conversation_id: int, actor: str, message_id: int | None = None, **data: object
) -> None:
    """Append the event of a write."""
    ids: dict[str, object] = {"message_id": message_id} if message_id is not None else {}
    events.append(kind, scope_id=store_id, entity_id=conversation_id, actor=actor, data={**ids, **data})


def copy_files(message_id: int, files: Collection[Attachment]) -> int:
    """Attach files of another message too, each held once more, and return how many there are."""
    now = timezone.now()
    for file in files:
        storage.hold(file.blob_id)
        Attachment.objects.create(
            message_id=message_id,
            blob_id=file.blob_id,
            name=file.name,
            content_type=file.content_type,
            size=file.size,
            created_at=now,
        )
    return len(files)
