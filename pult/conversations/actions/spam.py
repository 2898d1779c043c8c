"""Spam is put aside, kept, and brought back: never deleted by being spam, and announced like any other when it is back.

A conversation in Spam has that status; what came into it there is marked `held` and was told as `spam.received` only.
Taken out, it is what it was before, and what was held is told as if it came now: once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from pult.conversations.actions import record
from pult.conversations.errors import VersionConflict
from pult.conversations.models import Attachment, Change, Conversation, Message, Status
from pult.platform import queue, storage

LEARN_TASK = "flows.learn"
MARKED, TAKEN_OUT = "spam", "not_spam"
BY_STAFF = "staff"


def mark_spam(*, conversation_id: int, actor: str, versions: Collection[int] | None = None) -> bool:
    """Put a conversation into Spam, as a person says; return whether it was not there yet.

    Raises ConversationNotFound, VersionConflict.
    """
    with transaction.atomic():
        row = _locked(conversation_id, versions)
        if row.status == Status.SPAM:
            return False
        record.note_change(row.id, actor, MARKED, row.status, BY_STAFF)
        row.status = Status.SPAM
        row.version += 1
        row.save(update_fields=["status", "version"])
        record.tell("conversation.changed", row.store_id, row.id, actor, fields=["status"])
        queue.enqueue(LEARN_TASK, {"conversation_id": row.id})
    return True


def not_spam(*, conversation_id: int, actor: str, versions: Collection[int] | None = None) -> bool:
    """Take a conversation out of Spam, as a person says; return whether it was there.

    Raises ConversationNotFound, VersionConflict.
    """
    with transaction.atomic():
        row = _locked(conversation_id, versions)
        return take_out(row, actor)


def _locked(conversation_id: int, versions: Collection[int] | None) -> Conversation:
    row = record.locked(conversation_id)
    if versions is not None and row.version not in versions:
        raise VersionConflict(row.version)
    return row


def take_out(row: Conversation, actor: str) -> bool:
    """Take a locked conversation out of Spam; False where it is not there. It has the status from before, or is open
    where something came into it meanwhile."""
    if row.status != Status.SPAM:
        return False
    held = list(Message.objects.filter(conversation=row.id, headers__held=True).order_by("id"))
    put_there = last_word(row.id)
    before = put_there.before if put_there is not None and not held else ""
    asleep = before == Status.SNOOZED and row.snoozed_until is not None and row.snoozed_until > timezone.now()
    alive = before in Status.values and before != Status.SPAM and (before != Status.SNOOZED or asleep)
    row.status = before if alive else Status.OPEN
    if not asleep:
        row.snoozed_until = None
    row.closed_at = (row.closed_at or timezone.now()) if row.status == Status.CLOSED else None
    row.version += 1
    row.save(update_fields=["status", "snoozed_until", "closed_at", "version"])
    record.note_change(row.id, actor, TAKEN_OUT, "", row.status)
    record.tell("conversation.changed", row.store_id, row.id, actor, fields=["status"])
    _announce(row, held)
    queue.enqueue(LEARN_TASK, {"conversation_id": row.id})
    return True


def _announce(row: Conversation, held: Sequence[Message]) -> None:
    """Tell of what came in Spam as of any other message, with what follows from that."""
    first = Message.objects.filter(conversation=row.id).order_by("id").values_list("id", flat=True).first()
    for message in held:
        kind = "conversation.created" if message.id == first else "message.received"
        message.headers = {name: value for name, value in message.headers.items() if name != "held"}
        message.save(update_fields=["headers"])
        record.tell(kind, row.store_id, row.id, f"customer:{message.customer_id}", message.id)


def last_word(conversation_id: int) -> Change | None:
    """Return what was last said of a conversation: that it is spam, or that it is not."""
    said = Change.objects.filter(conversation=conversation_id, kind__in=[MARKED, TAKEN_OUT])
    return said.order_by("-id").first()


def marked_by_person(conversation_id: int) -> bool:
    """Say whether it was a person who put a conversation into Spam."""
    said = last_word(conversation_id)
    return said is not None and said.after == BY_STAFF


def verdict(conversation_id: int) -> bool | None:
    """Return what people last said of a conversation: spam, not spam, or None where only programs judged it; its row
    stays locked until the transaction ends, so that of two who ask the later one acts on the later word.

    Raises ConversationNotFound.
    """
    record.locked(conversation_id)
    said = last_word(conversation_id)
    if said is None or said.actor == "system" or said.actor.startswith("customer:"):
        return None
    return said.kind == MARKED


class Deleted(NamedTuple):
    """What went: the conversations, their messages, and the payloads these were read from."""

    conversation_ids: Sequence[int]
    message_ids: Sequence[int]
    payload_ids: Sequence[int]


def delete_spam(before: datetime, *, limit: int = 100, among: Collection[int] | None = None) -> Deleted:
    """Delete conversations that lie in Spam and in which nothing was said since `before`, some at a time, of these ids
    only where any are named; one in which the desk has written stays."""
    with transaction.atomic():
        old = Conversation.objects.select_for_update().filter(status=Status.SPAM, last_message_at__lt=before)
        if among is not None:
            old = old.filter(pk__in=among)
        ours = Message.objects.filter(conversation=OuterRef("pk"), direction__in=["out", "note"])
        rows = list(old.filter(~Exists(ours)).order_by("id")[:limit])
        messages = list(Message.objects.filter(conversation__in=rows).order_by("id"))
        for message in messages:
            record.forget_words(message)
        files = Attachment.objects.filter(message__in=messages)
        blob_ids = list(files.values_list("blob_id", flat=True))
        files.delete()
        storage.release_many(blob_ids)
        for row in rows:
            record.tell("spam.deleted", row.store_id, row.id, "system")
        Conversation.objects.filter(pk__in=[row.id for row in rows]).update(last_message=None)
        Conversation.objects.filter(pk__in=[row.id for row in rows]).delete()
    payloads = [found for message in messages if isinstance(found := message.headers.get("payload_id"), int)]
    return Deleted([row.id for row in rows], [message.id for message in messages], payloads)
