"""History brought from elsewhere: written in bulk, and announced to nobody.

An import writes no events, sends nothing and wakes nobody (a help desk that did mailed 20,000 people in a day).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from django.db import connection, transaction
from django.utils import timezone

from pult.channels.base import File
from pult.conversations import content
from pult.conversations.actions import record
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.index import INDEX
from pult.conversations.models import Conversation, ConversationTag, Message, ReadMark, ThreadKey
from pult.platform import storage
from pult.platform.fulltext import Entry, scope_mark


@dataclasses.dataclass(frozen=True, slots=True)
class OldMessage:
    """A message of the past; its html is cleaned here. `state` of an outgoing one: sent, failed, unknown ..."""

    new: NewMessage
    files: Sequence[File] = ()
    state_reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class OldConversation:
    """A conversation of the past. `key` names it in its inbox: one that is there is not written again."""

    key: str
    inbox: InboxRef
    customer_id: int
    customer_name: str
    subject: str
    messages: Sequence[OldMessage]
    status: str = "closed"
    language: str = ""
    priority: int = 0
    assignee_id: int | None = None
    tag_ids: Sequence[int] = ()
    snoozed_until: datetime | None = None


Pair = tuple[OldConversation, Conversation, OldMessage]


def import_conversations(batch: Sequence[OldConversation]) -> dict[str, int]:
    """Write conversations with their messages in one transaction; return the new ids by their keys.

    Those without a message, and those whose key their inbox knows already, are passed over.
    """
    with transaction.atomic():
        fresh = _unknown([old for old in batch if old.messages])
        rows = Conversation.objects.bulk_create([_row(old) for old in fresh])
        ThreadKey.objects.bulk_create(
            [
                ThreadKey(inbox_id=old.inbox.id, key=_key(old), conversation=row)
                for old, row in zip(fresh, rows, strict=True)
            ]
        )
        ConversationTag.objects.bulk_create(
            [
                ConversationTag(conversation=row, tag_id=tag_id)
                for old, row in zip(fresh, rows, strict=True)
                for tag_id in sorted(set(old.tag_ids))
            ]
        )
        pairs = [(old, row, said) for old, row in zip(fresh, rows, strict=True) for said in old.messages]
        taken = _taken_ids(pairs)
        messages = Message.objects.bulk_create([_message(row, old, said, taken) for old, row, said in pairs])
        _finish(pairs, messages)
    return {old.key: row.id for old, row in zip(fresh, rows, strict=True)}


def _key(old: OldConversation) -> str:
    return f"import:{old.key}"[:200]


def imported_already(keys: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those of (inbox id, key of a conversation) that were imported before."""
    names = {(inbox_id, f"import:{key}"[:200]): (inbox_id, key) for inbox_id, key in keys}
    found = ThreadKey.objects.filter(
        inbox__in={inbox_id for inbox_id, _ in keys}, key__in=[name for _, name in names]
    ).values_list("inbox_id", "key")
    return {names[row] for row in found if row in names}


def mark_closed_read(*, staff_ids: Sequence[int]) -> None:
    """Take everything that is closed as read by these people."""
    now = timezone.now()
    last = Conversation.objects.filter(status="closed", last_direction="in").exclude(last_message=None)
    ReadMark.objects.bulk_create(
        [
            ReadMark(staff_id=staff_id, conversation_id=row_id, message_id=message_id, at=now)
            for row_id, message_id in last.values_list("id", "last_message_id")
            for staff_id in staff_ids
        ],
        ignore_conflicts=True,
    )


def _unknown(batch: Sequence[OldConversation]) -> list[OldConversation]:
    known = set(
        ThreadKey.objects.filter(
            inbox__in={old.inbox.id for old in batch}, key__in=[_key(old) for old in batch]
        ).values_list("inbox_id", "key")
    )
    fresh: dict[tuple[int, str], OldConversation] = {}
    for old in batch:
        if (old.inbox.id, _key(old)) not in known:
            fresh.setdefault((old.inbox.id, _key(old)), old)
    return list(fresh.values())


def _row(old: OldConversation) -> Conversation:
    said = [m.new for m in old.messages if m.new.direction != "note"] or [old.messages[-1].new]
    last = said[-1]
    return Conversation(
        store_id=old.inbox.store_id,
        inbox_id=old.inbox.id,
        channel=old.inbox.channel,
        customer_id=old.customer_id,
        customer_name=old.customer_name[: record.NAME],
        subject=old.subject[: record.SUBJECT],
        language=old.language,
        status=old.status,
        priority=old.priority,
        assignee_id=old.assignee_id,
        team_id=old.inbox.team_id,
        tag_ids=sorted(set(old.tag_ids)),
        snoozed_until=old.snoozed_until if old.status == "snoozed" else None,
        last_message_at=last.created_at,
        last_direction=last.direction,
        last_author=last.author_name[: record.NAME],
        snippet=content.snippet(last.reply, last.text),
        message_count=len(old.messages),
        attachment_count=sum(len(m.files) for m in old.messages),
        created_at=old.messages[0].new.created_at,
        closed_at=last.created_at if old.status == "closed" else None,
    )


def _taken_ids(pairs: Sequence[Pair]) -> set[tuple[int, str]]:
    """Return the Message-IDs that an inbox knows already."""
    ids = {said.new.external_id[:200] for _, _, said in pairs} - {""}
    found = Message.objects.filter(external_id__in=ids).values_list("inbox_id", "external_id")
    return set(found) if ids else set()


def _message(row: Conversation, old: OldConversation, said: OldMessage, taken: set[tuple[int, str]]) -> Message:
    new = said.new
    external = (old.inbox.id, new.external_id[:200])
    # Of two messages with one id, the first has it: an id joins and tells apart, and must not do it wrongly.
    external_id = "" if external in taken else external[1]
    taken.add(external)
    return Message(
        conversation=row,
        inbox_id=old.inbox.id,
        direction=new.direction,
        kind=new.kind,
        external_id=external_id,
        in_reply_to=new.in_reply_to[:200],
        subject=new.subject[: record.SUBJECT],
        text=new.text,
        html=content.clean_html(new.html),
        reply=new.reply,
        language=new.language,
        author_name=new.author_name[: record.NAME],
        author_address=new.author_address,
        customer_id=new.customer_id,
        staff_id=new.staff_id,
        recipients=new.recipients,
        headers=new.headers,
        state=new.state,
        state_reason=said.state_reason,
        masked=new.masked,
        created_at=new.created_at,
        sent_at=new.created_at if new.direction == "out" and new.state in {"sent", "delivered", "read"} else None,
    )


def _finish(pairs: Sequence[Pair], messages: Sequence[Message]) -> None:
    """Point each conversation at its last message; make everything findable; keep the files."""
    entries = []
    blobs = iter(storage.put_many([file.content for _, _, said in pairs for file in said.files]))
    for (old, row, said), message in zip(pairs, messages, strict=True):
        if said.new.direction != "note" or row.last_message_id is None:
            row.last_message_id = message.id
        if said.files:
            record.keep_files(message.id, said.files, list(islice(blobs, len(said.files))), now=said.new.created_at)
        entries.append(
            Entry(
                id=message.id,
                owner_id=row.id,
                at=said.new.created_at,
                words=content.found_by(record.texts(said.new, [f.name for f in said.files]), said.new.language),
                marks=[scope_mark(old.inbox.store_id)],
            )
        )
    INDEX.put(entries)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE conversations_conversation SET last_message_id = %s WHERE id = %s",
            [(row.last_message_id, row.id) for row in {row.id: row for _, row, _ in pairs}.values()],
        )
