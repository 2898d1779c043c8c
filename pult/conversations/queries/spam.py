"""What is known of those who write: whom the desk has written to, and what came in a conversation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pult.channels.base import FORGED, Address, Authenticity, File, InboundMessage
from pult.conversations.answering import PASSED
from pult.conversations.models import ASIDE_KINDS, Message
from pult.platform.db import among, hot

MOST_LEARNED = 5

_KNOWN = """
WITH k AS (SELECT id, coalesce(merged_into_id, id) AS root FROM customers_customer WHERE {chosen}),
    theirs AS (SELECT k.id AS asked, c.id, c.status FROM k
        JOIN customers_customer f ON f.id = k.root OR f.merged_into_id = k.root
        JOIN conversations_conversation c ON c.customer_id = f.id)
SELECT DISTINCT t.asked FROM theirs t WHERE t.status <> 'spam' AND (
    EXISTS (SELECT 1 FROM conversations_message m
        WHERE m.conversation_id = t.id AND m.direction = 'out' AND m.staff_id IS NOT NULL
            AND m.kind NOT IN ('aside', 'forward'))
    OR EXISTS (SELECT 1 FROM conversations_change h
        WHERE h.conversation_id = t.id AND h.kind = 'not_spam' AND h.actor <> 'system'))
AND NOT EXISTS (SELECT 1 FROM theirs s JOIN conversations_change h ON h.conversation_id = s.id
    WHERE s.asked = t.asked AND s.status = 'spam' AND h.kind = 'spam' AND h.after = 'staff')
"""


def corresponded(customer_ids: Collection[int]) -> set[int]:
    """Return those to whom somebody of the desk has written, or whose mail somebody took out of Spam; nobody of whom
    something lies in Spam because a person put it there."""
    if not customer_ids:
        return set()
    condition, values = among("id", sorted(set(customer_ids)))
    return {row[0] for row in hot(_KNOWN.format(chosen=condition), values)}


class Arrived(NamedTuple):
    """A message as it came, without the content of its files; `payload_id` is what it was read from."""

    id: int
    inbox_id: int
    payload_id: int | None
    message: InboundMessage


def arrived(conversation_id: int, *, limit: int = MOST_LEARNED) -> list[Arrived]:
    """Return the first messages that people sent into a conversation, as they came; erased ones are left out."""
    rows = Message.objects.filter(conversation=conversation_id, direction="in").exclude(kind__in=PASSED)
    found = rows.exclude(headers={}).order_by("id").prefetch_related("attachments")[:limit]
    return [_arrived(row) for row in found]


def is_answered(conversation_id: int) -> bool:
    """Say whether somebody of the desk has written in a conversation."""
    ours = Message.objects.filter(conversation=conversation_id, direction="out", staff__isnull=False)
    ours = ours.exclude(kind__in=ASIDE_KINDS)
    return ours.exclude(state__in=[Message.State.QUEUED, Message.State.FAILED]).exists()


def _arrived(row: Message) -> Arrived:
    headers: Mapping[str, Any] = row.headers
    auth = headers.get("auth")
    payload_id = headers.get("payload_id")
    message = InboundMessage(
        sender=Address(row.author_address, row.author_name),
        subject=row.subject,
        text=row.text,
        html=row.html,
        language=row.language,
        to=_people(row.recipients.get("to")),
        reply_to=_people(row.recipients.get("reply_to")),
        files=[File(file.name, file.content_type, b"") for file in row.attachments.order_by("id")],
        kind=row.kind,
        warnings=[warning for warning in headers.get("warnings", ()) if warning == FORGED],
        headers={name: value for name, value in headers.items() if isinstance(value, str)},
        auth=Authenticity(**auth) if isinstance(auth, dict) else None,
    )
    return Arrived(row.id, row.inbox_id, payload_id if isinstance(payload_id, int) else None, message)


def _people(found: Any) -> list[Address]:
    return [Address(one.get("address", ""), one.get("name", "")) for one in found or ()]
