"""What this room holds of a person: given out on request, and forgotten on request."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from pult.conversations.actions import mentioned, record
from pult.conversations.models import Attachment, Conversation, Draft, Message, Status, ThreadKey
from pult.platform import storage
from pult.platform.forgetting import GONE

ERASED = GONE


def export(customer_ids: list[int], *, store_ids: Collection[int] | None = None) -> list[dict[str, object]]:
    """Return everything said with a person, oldest first; the desk's notes are about them and so included.

    With `store_ids`, only what was said in these stores.
    """
    found: list[dict[str, object]] = []
    theirs = Conversation.objects.filter(customer__in=customer_ids).order_by("id")
    for conversation in theirs if store_ids is None else theirs.filter(store__in=store_ids):
        messages = []
        for message in conversation.messages.order_by("id").prefetch_related("attachments"):
            messages.append(
                {
                    "at": message.created_at.isoformat(),
                    "direction": message.direction,
                    "from": {"name": message.author_name, "address": message.author_address},
                    "recipients": message.recipients,
                    "subject": message.subject,
                    "text": message.text,
                    "html": message.html,
                    "attachments": [
                        {
                            "id": file.id,
                            "name": file.name,
                            "type": file.content_type,
                            "size": file.size,
                            "blob_id": file.blob_id,
                        }
                        for file in message.attachments.all()
                    ],
                }
            )
        found.append(
            {
                "id": conversation.id,
                "subject": conversation.subject,
                "status": conversation.status,
                "created_at": conversation.created_at.isoformat(),
                "messages": messages,
            }
        )
    return found


class Erased(NamedTuple):
    """What went: the messages, the payloads these were read from, and how many of what."""

    message_ids: list[int]
    payload_ids: list[int]
    counts: dict[str, int]


def erase(customer_ids: list[int], addresses: Collection[str] = ()) -> Erased:
    """Forget what was said with a person, and their addresses in what others said.

    Conversations stay as empty shells, so that counts and times of the past still hold; words, files, search
    entries and drafts go, and a file goes from the disk when nobody else holds it.
    """
    payload_ids: list[int] = []
    with transaction.atomic():
        conversations = list(Conversation.objects.select_for_update().filter(customer__in=customer_ids).order_by("id"))
        rows = Message.objects.filter(Q(conversation__in=[c.id for c in conversations]) | Q(customer__in=customer_ids))
        # Where they wrote last in somebody else's conversation, its line in the list holds their words too.
        elsewhere = Conversation.objects.filter(last_message__in=rows.values("id")).exclude(customer__in=customer_ids)
        for conversation in elsewhere.order_by("id"):
            Conversation.objects.filter(pk=conversation.id).update(
                snippet=ERASED, last_author=ERASED, version=F("version") + 1
            )
            record.tell("conversation.changed", conversation.store_id, conversation.id, "system", fields=["erased"])
        told = list(rows.order_by("id"))
        for message in told:
            payload_id = message.headers.get("payload_id")
            if isinstance(payload_id, int):
                payload_ids.append(payload_id)
            record.forget_words(message)
            _empty(message)
        files = Attachment.objects.filter(message__in=rows.values("id"))
        blob_ids = list(files.values_list("blob_id", flat=True))
        files.delete()
        storage.release_many(blob_ids)
        drafts = Draft.objects.filter(conversation__in=[c.id for c in conversations]).delete()[0]
        ThreadKey.objects.filter(conversation__in=[c.id for c in conversations]).delete()
        for conversation in conversations:
            conversation.subject = conversation.snippet = ERASED
            conversation.customer_name = conversation.last_author = ERASED
            conversation.attachment_count = 0
            conversation.version += 1
            conversation.save()
            record.note_change(conversation.id, "system", "erased")
            record.tell("conversation.changed", conversation.store_id, conversation.id, "system", fields=["erased"])
        mentions, read_from = mentioned.forget(addresses)
    counts = {"conversations": len(conversations), "messages": len(told), "attachments": len(blob_ids)}
    return Erased(
        [one.id for one in told], [*payload_ids, *read_from], {**counts, "drafts": drafts, "mentions": mentions}
    )


def _empty(message: Message) -> None:
    if message.external_id:
        # A number that a mail program made may hold its writer's address; what it is known by still tells twins apart.
        message.external_id = f"erased:{hashlib.sha256(message.external_id.encode()).hexdigest()}"
    message.in_reply_to = ""
    message.subject = message.text = message.reply = ERASED
    message.html = message.author_address = message.state_reason = ""
    message.author_name = message.author_name if message.staff_id else ERASED
    message.recipients = {}
    message.headers = {}
    message.save()


# --- what is too old -----------------------------------------------------------------------------------


def _closed(store_id: int | None, before: datetime, after: int) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(store=store_id, status=Status.CLOSED, closed_at__lt=before, id__gt=after)
    return rows.order_by("id")


def old_words(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of conversations closed before then whose words are still there, those above `after`."""
    rows = _closed(store_id, before, after).filter(emptied_at=None)
    return list(rows.values_list("id", flat=True)[:limit])


def forget_words_of(conversation_ids: Collection[int], before: datetime) -> tuple[int, list[int]]:
    """Forget what was said in conversations that are still closed, and the files; who wrote when stays. Return of how
    many, and the payloads that it was read from."""
    payload_ids: list[int] = []
    with transaction.atomic():
        rows = list(_still_closed(conversation_ids, before).filter(emptied_at=None))
        for message in Message.objects.filter(conversation__in=rows).order_by("id"):
            if isinstance(found := message.headers.get("payload_id"), int):
                payload_ids.append(found)
            record.forget_words(message)
            message.subject = message.text = message.reply = GONE
            message.html = message.state_reason = ""
            message.save(update_fields=["subject", "text", "reply", "html", "state_reason"])
        _drop_files(rows)
        Draft.objects.filter(conversation__in=rows).delete()
        for row in rows:
            row.subject = row.snippet = GONE
            row.emptied_at = timezone.now()
            row.attachment_count = 0
            _changed(row, "emptied", ["subject", "snippet", "emptied_at", "attachment_count"])
    return len(rows), payload_ids


def old_files(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of conversations closed before then that still hold files, those above `after`."""
    rows = _closed(store_id, before, after).filter(attachment_count__gt=0)
    return list(rows.values_list("id", flat=True)[:limit])


def forget_files_of(conversation_ids: Collection[int], before: datetime) -> int:
    """Forget the files of conversations that are still closed; return how many went."""
    with transaction.atomic():
        rows = list(_still_closed(conversation_ids, before))
        gone = _drop_files(rows)
        for row in rows:
            row.attachment_count = 0
            _changed(row, "files_gone", ["attachment_count"])
    return gone


def _still_closed(conversation_ids: Collection[int], before: datetime) -> QuerySet[Conversation]:
    rows = Conversation.objects.select_for_update().filter(pk__in=conversation_ids)
    return rows.filter(status=Status.CLOSED, closed_at__lt=before).order_by("id")


def _drop_files(rows: Collection[Conversation]) -> int:
    files = Attachment.objects.filter(message__conversation__in=rows)
    blob_ids = list(files.values_list("blob_id", flat=True))
    files.delete()
    storage.release_many(blob_ids)
    return len(blob_ids)


def _changed(row: Conversation, kind: str, fields: list[str]) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
    record.note_change(row.id, "system", kind)
    record.tell("conversation.changed", row.store_id, row.id, "system", fields=["erased"])


def old_spam(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of conversations in Spam in which nothing was said since then, those above `after`."""
    ours = Message.objects.filter(conversation=OuterRef("pk"), direction__in=["out", "note"])
    rows = Conversation.objects.filter(store=store_id, status=Status.SPAM, last_message_at__lt=before, id__gt=after)
    return list(rows.filter(~Exists(ours)).order_by("id").values_list("id", flat=True)[:limit])


def talking(customer_ids: Collection[int]) -> set[int]:
    """Return which of these have a conversation that is not closed."""
    rows = Conversation.objects.filter(customer__in=customer_ids).exclude(status__in=[Status.CLOSED, Status.SPAM])
    return set(rows.values_list("customer_id", flat=True))
