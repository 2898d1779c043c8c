"""What somebody outside may read of his own conversation: what was said between him and us, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db.models import Q
from django.utils import timezone

from pult.conversations.models import ASIDE_KINDS, Attachment, Conversation, CustomerPresence, Message, ThreadKey
from pult.conversations.views import CustomerPresenceView

PAGE = 50
_SHOWN = ("sent", "delivered", "read", "unknown", "queued", "sending")


class SaidFile(msgspec.Struct, frozen=True):
    """A file of a message."""

    id: int
    name: str
    type: str
    size: int


class Said(msgspec.Struct, frozen=True):
    """One message: `mine` is the customer's own, `name` the page's own id of it; `author` is who of us wrote."""

    id: int
    mine: bool
    text: str
    author: str
    at: datetime
    state: str
    name: str
    files: list[SaidFile]


class ThreadState(msgspec.Struct, frozen=True):
    """A thread's newest conversation: `agent` is who has it."""

    conversation_id: int
    store_id: int
    customer_id: int
    status: str
    closed_at: datetime | None
    agent: str


def thread_state(inbox_id: int, thread: str) -> ThreadState | None:
    """Return what became of a thread, None where nothing has been written in it."""
    row = (
        Conversation.objects.filter(thread_keys__inbox=inbox_id, thread_keys__key=thread)
        .values_list("id", "store_id", "customer_id", "status", "closed_at", "assignee__name")
        .first()
    )
    return None if row is None else ThreadState(*row[:5], row[5] or "")


def said(inbox_id: int, threads: Collection[str], *, after: int = 0, before: int = 0) -> list[Said]:
    """Return what was said in these threads after a message, or the newest of what was said (before one), oldest first.

    What waits to be taken back by its writer is not said yet.
    """
    ids = list(ThreadKey.objects.filter(inbox=inbox_id, key__in=threads).values_list("conversation_id", flat=True))
    if not ids:
        return []
    due = Q(send_after=None) | Q(send_after__lte=timezone.now())
    rows = Message.objects.filter(
        Q(direction="in", inbox=inbox_id) | (Q(direction="out", state__in=_SHOWN) & due), conversation__in=ids
    ).exclude(kind__in=ASIDE_KINDS)
    if after:
        rows = rows.filter(id__gt=after).order_by("id")[:PAGE]
    else:
        rows = (rows.filter(id__lt=before) if before else rows).order_by("-id")[:PAGE]
    found = sorted(rows, key=lambda row: row.id)
    files: dict[int, list[SaidFile]] = {}
    for one in Attachment.objects.filter(message__in=[row.id for row in found]).order_by("id"):
        files.setdefault(one.message_id or 0, []).append(SaidFile(one.id, one.name, one.content_type, one.size))
    return [
        Said(
            row.id,
            row.direction == "in",
            row.reply or row.text,
            row.author_name if row.direction == "out" else "",
            row.created_at,
            row.state,
            row.external_id if row.direction == "in" else "",
            files.get(row.id, []),
        )
        for row in found
    ]


def is_in_threads(attachment_id: int, inbox_id: int, threads: Collection[str]) -> bool:
    """Say whether a file is part of what was said in these threads."""
    return Attachment.objects.filter(
        pk=attachment_id,
        message__conversation__thread_keys__inbox=inbox_id,
        message__conversation__thread_keys__key__in=threads,
        message__direction__in=["in", "out"],
    ).exists()


def threads_of(conversation_ids: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """Return the (inbox, name) of the threads of conversations."""
    found: dict[int, list[tuple[int, str]]] = {}
    rows = ThreadKey.objects.filter(conversation__in=conversation_ids)
    for conversation_id, inbox_id, key in rows.values_list("conversation_id", "inbox_id", "key"):
        found.setdefault(conversation_id, []).append((inbox_id, key))
    return found


def customers_present_since(since: datetime) -> list[tuple[int, CustomerPresenceView]]:
    """Return what customers did in their conversations since then, each with its store."""
    rows = CustomerPresence.objects.filter(updated_at__gt=since)
    return [(row[0], _presence(row[1:])) for row in rows.values_list("conversation__store_id", *_PRESENCE)]


def customer_presence(conversation_id: int) -> CustomerPresenceView | None:
    """Return what the customer does in this conversation just now, None where he is not there."""
    rows = CustomerPresence.objects.filter(conversation=conversation_id, until__gt=timezone.now())
    row = rows.values_list(*_PRESENCE).first()
    return None if row is None else _presence(row)


_PRESENCE = ("conversation_id", "state", "text", "page_url", "page_title", "until")


def _presence(row: tuple[int, str, str, str, str, datetime]) -> CustomerPresenceView:
    return CustomerPresenceView(*row)
