"""What somebody outside does in his own conversation, beside writing: he is there, he types, he has read."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pult.conversations.actions import record
from pult.conversations.errors import Refused
from pult.conversations.models import Conversation, CustomerPresence, Message
from pult.platform import events, wakeup

HERE_FOR = timedelta(seconds=45)
TYPING_FOR = timedelta(seconds=8)
_BEFORE = {"delivered": ["sent", "sending", "queued"], "read": ["sent", "sending", "queued", "delivered"]}


def customer_is(*, conversation_id: int, state: str, text: str = "", page_url: str = "", page_title: str = "") -> None:
    """Say that the customer is here, typing or away, and what he looks at. Raises Refused."""
    if state not in {"here", "typing", "away"}:
        raise Refused("unknown_state", "state")
    now = timezone.now()
    until = now if state == "away" else now + (TYPING_FOR if state == "typing" else HERE_FOR)
    shown = {"text": text[:2_000], "page_url": page_url[:500], "page_title": page_title[:200]}
    CustomerPresence.objects.update_or_create(
        conversation_id=conversation_id, defaults={"state": state, "until": until, "updated_at": now, **shown}
    )
    wakeup.notify(events.EPHEMERAL)


def seen_by_customer(*, conversation_id: int, up_to: int, state: str) -> int:
    """Write that our messages up to one were delivered to the customer's page, or read there; return how many were
    not yet. Raises Refused."""
    if state not in _BEFORE:
        raise Refused("unknown_state", "state")
    now = timezone.now()
    with transaction.atomic():
        rows = list(
            Message.objects.select_for_update()
            .filter(conversation=conversation_id, direction="out", id__lte=up_to, state__in=_BEFORE[state])
            .exclude(send_after__gt=now)
            .order_by("id")
        )
        if not rows:
            return 0
        store_id = Conversation.objects.values_list("store_id", flat=True).get(pk=conversation_id)
        for row in rows:
            row.state, row.sent_at = state, row.sent_at or now
            row.save(update_fields=["state", "sent_at"])
            record.tell(f"message.{state}", store_id, conversation_id, "customer", row.id)
    return len(rows)
