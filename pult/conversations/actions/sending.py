"""The fate of an outgoing message: queued, sending, sent, delivered; or failed, or unknown.

`sending` is written, and committed, at the last moment at which nothing can have left. Whoever finds a message in
that state afterwards cannot know whether it left: it becomes unknown and is never sent again by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pult.accounts import letterheads, logos
from pult.accounts import queries as accounts
from pult.channels.base import Address, DeliveryStatus, File, Logo, OutboundMessage, Quote
from pult.conversations.actions import record
from pult.conversations.errors import TooLate
from pult.conversations.models import Attachment, Conversation, Message
from pult.customers import names
from pult.platform import storage

_RANK = {"queued": 0, "sending": 1, "unknown": 2, "sent": 3, "delivered": 4, "read": 5}
State = Message.State
_UNSETTLED = frozenset({State.QUEUED, State.SENDING, State.UNKNOWN})


@dataclasses.dataclass(frozen=True, slots=True)
class Departure:
    """A message ready to be handed to its channel."""

    inbox_id: int
    channel: str
    message: OutboundMessage


def prepare(message_id: int) -> Departure | None:
    """Return a queued message as its channel takes it; None when there is nothing to send.

    A message found in `sending` was being handed over when its process died: it becomes unknown.
    """
    message = Message.objects.filter(pk=message_id).select_related("conversation").first()
    if message is None or message.state not in {State.QUEUED, State.SENDING}:
        return None
    if message.state == State.SENDING:
        mark_unknown(message_id, "interrupted")
        return None
    files = [
        File(row.name, row.content_type, storage.read_blob(row.blob_id), row.content_id, row.inline)
        for row in Attachment.objects.filter(message=message_id).order_by("id")
    ]
    header, footer = _letterhead(message)
    outgoing = OutboundMessage(
        external_id=message.external_id,
        sender=Address(message.author_address, message.author_name),
        to=_addresses(message.recipients, "to"),
        cc=_addresses(message.recipients, "cc"),
        bcc=_addresses(message.recipients, "bcc"),
        text=message.text,
        html=message.html,
        subject=message.subject,
        in_reply_to=message.in_reply_to,
        references=message.headers.get("references", []),
        files=files,
        language=message.language or message.conversation.language,
        automatic=bool(message.headers.get("automatic")),
        quote=_quote(message),
        header=header,
        footer=footer,
        logo=_logo(message.conversation.store_id),
        conversation_id=message.conversation_id,
        message_id=message_id,
    )
    return Departure(message.inbox_id, message.conversation.channel, outgoing)


def _letterhead(message: Message) -> tuple[str, str]:
    """Return what the store puts above and below a message of this language, filled in."""
    conversation = message.conversation
    found = letterheads.for_mail(conversation.store_id, message.language or conversation.language)
    if found is None:
        return "", ""
    values = {
        "agent.name": message.author_name,
        "store.name": accounts.store(conversation.store_id).name,
        "customer.name": conversation.customer_name,
        "customer.greeting": names.greeting(conversation.customer_name, found.language),
        "conversation.number": str(conversation.id),
    }
    return letterheads.filled(found.header, values), letterheads.filled(found.footer, values)


def _logo(store_id: int) -> Logo | None:
    found = logos.for_mail(store_id)
    if found is None:
        return None
    info, content = found
    file = File(info.name, info.media_type, content, info.content_id, inline=True)
    return Logo(file, info.width, info.height, accounts.store(store_id).name)


def _quote(message: Message) -> Quote | None:
    """Return the customer's message that an answer quotes, as it is stored: masked, without what it quoted itself; of
    one that is forwarded all."""
    there = Message.objects.filter(conversation=message.conversation_id)
    forwarded = message.kind == "forward"
    if forwarded:
        quoted = there.filter(pk=message.headers.get("forwards", 0), direction__in=["in", "out"]).first()
    else:
        quoted = there.filter(pk=message.headers.get("quotes", 0), direction="in").first()
    said = ((not forwarded and quoted.reply) or quoted.text) if quoted else ""
    if quoted is None or not said.strip():
        return None
    zone = ZoneInfo(accounts.store(message.conversation.store_id).time_zone)
    written = quoted.headers.get("sent_at")
    at = datetime.fromisoformat(written) if written else quoted.created_at
    author = Address(quoted.author_address, quoted.author_name)
    if not forwarded:
        return Quote(author, at.astimezone(zone), said)
    to = _addresses(quoted.recipients, "to")
    return Quote(author, at.astimezone(zone), said, forwarded=True, subject=quoted.subject, to=to)


def _addresses(recipients: Mapping[str, Any], group: str) -> list[Address]:
    return [Address(r["address"], r.get("name", "")) for r in recipients.get(group, [])]


def hand_over(message_id: int) -> None:
    """Write that the message may be leaving from now on. Commits at once: call it outside a transaction.

    Raises TooLate when it does not wait any more: another worker, whose job had run past its time, has it.
    """
    if not Message.objects.filter(pk=message_id, state=State.QUEUED).update(state=State.SENDING):
        raise TooLate


def mark_sent(message_id: int, *, provider_id: str = "", at: datetime | None = None) -> None:
    """Write that the channel took it."""
    _fate(message_id, State.SENT, "", at=at or timezone.now(), kind="message.sent", of=_UNSETTLED)


def mark_failed(message_id: int, reason: str, *, category: str = "") -> None:
    """Write that it will not go, in the provider's words; `category` as DeliveryStatus has it."""
    _fate(message_id, State.FAILED, reason, at=None, kind="message.failed", of=_UNSETTLED, category=category)


def mark_unknown(message_id: int, reason: str) -> None:
    """Write that nobody can know whether it left; does nothing once somebody does know."""
    _fate(message_id, State.UNKNOWN, reason, at=None, kind="message.unknown", of={State.SENDING})


def give_up(message_id: int, reason: str) -> None:
    """Write that nobody will try any more: what still waited has failed, what was leaving is unknown."""
    with transaction.atomic():
        mark_unknown(message_id, "interrupted")
        waiting = Message.objects.filter(pk=message_id).values_list("state_reason", flat=True).first()
        _fate(message_id, State.FAILED, waiting or reason, at=None, kind="message.failed", of={State.QUEUED})


def mark_waiting(message_id: int, reason: str) -> None:
    """Write that the channel said 'later'."""
    Message.objects.filter(pk=message_id, state__in=[State.SENDING, State.QUEUED]).update(
        state=State.QUEUED, state_reason=reason[:1000]
    )


def _fate(
    message_id: int,
    state: str,
    reason: str,
    *,
    at: datetime | None,
    kind: str,
    of: Collection[str],
    category: str = "",
) -> None:
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id, state__in=of).first()
        if message is None:
            return
        message.state = state
        message.state_reason = reason[:1000]
        _categorise(message, category)
        if at is not None:
            message.sent_at = at
        message.save(update_fields=["state", "state_reason", "sent_at", "headers"])
        _tell(message, kind)


def _categorise(message: Message, category: str) -> None:
    rest = {name: value for name, value in message.headers.items() if name != "refusal"}
    message.headers = {**rest, "refusal": category[:40]} if category else rest


def _tell(message: Message, kind: str) -> None:
    place = Conversation.objects.filter(pk=message.conversation_id).values_list("store_id", flat=True).first()
    if place is not None:
        record.tell(kind, place, message.conversation_id, "system", message.id)


def record_delivery(inbox_id: int, status: DeliveryStatus) -> int | None:
    """Write what became of a message of ours and return its id; None when it is not ours.

    A report never takes a better state back, except that a failure is always told.
    """
    with transaction.atomic():
        message = (
            Message.objects.select_for_update()
            .filter(external_id=status.external_id[:200], direction="out")
            .exclude(external_id="")
            .first()
        )
        if message is None:
            return None
        if status.state == "failed":
            words = " ".join(part for part in (status.recipient, status.code, status.reason) if part)
            message.state, message.state_reason = State.FAILED, words[:1000]
            _categorise(message, status.category)
        elif _RANK.get(status.state, -1) > _RANK.get(message.state, 9):
            message.state = status.state
        else:
            return message.id
        message.save(update_fields=["state", "state_reason", "headers"])
        _tell(message, f"message.{message.state}")
    return message.id


def stuck(*, older_than: timedelta = timedelta(minutes=15)) -> list[int]:
    """Return messages that have been `sending` for so long that their sender must be gone."""
    limit = timezone.now() - older_than
    return list(
        Message.objects.filter(state=State.SENDING, created_at__lt=limit)
        .filter(Q(send_after=None) | Q(send_after__lt=limit))
        .values_list("id", flat=True)[:100]
    )
