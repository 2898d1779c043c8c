"""What this room holds of a person: given out on request, and forgotten on request."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from pult.conversations.actions import mentioned, record
from pult.conversations.models import Attachment, Conversation, Draft, Message, ThreadKey
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
