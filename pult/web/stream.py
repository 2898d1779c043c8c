"""What the live stream says: each event with the line of the inbox list it changes, and who is where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from pult.channels import registry
from pult.conversations import queries
from pult.conversations.queries.finding import PresenceChange
from pult.platform.events import EventRow
from pult.web.chat.visitors import audience

_OF_CONVERSATIONS = frozenset({"conversation", "message", "note", "draft", "spam"})
_encoder = msgspec.json.Encoder()


def _room(row: EventRow) -> str:
    return row.kind.partition(".")[0]


_TOLD_OUTSIDE = frozenset(
    {"conversation.created", "message.received", "message.queued", "message.undone", "conversation.changed"}
)
"""What a customer's page hears of, as no more than a hint to ask."""
_HINT = b"{}"
Told = tuple[EventRow, str, bytes, frozenset[int] | None, str]


def render(rows: list[EventRow]) -> list[Told]:
    """Return each event's name and data, with one query for the whole batch, and one more where customers listen.

    The line of the conversation is read now, so that it is never older than the event; `unread` in it is for
    nobody in particular: true where the customer wrote last.
    """
    ids = {r.entity_id for r in rows if r.entity_id is not None and _room(r) in _OF_CONVERSATIONS}
    lines = {item.id: item for item in queries.items(sorted(ids), staff_id=None)}
    told = []
    for row in rows:
        ours = _room(row) in _OF_CONVERSATIONS
        data = {
            "position": row.position,
            "kind": row.kind,
            "actor": row.actor,
            "at": row.created_at,
            "conversation_id": row.entity_id if ours else None,
            "customer_id": row.entity_id if _room(row) == "customer" else None,
            "conversation": lines.get(row.entity_id or 0) if ours else None,
            **row.data,
        }
        scopes = None if row.scope_id is None else frozenset({row.scope_id})
        told.append((row, row.kind, _encoder.encode(data), scopes, ""))
    live = {item.id for item in lines.values() if _is_live(item.channel)}
    return told + _outside([row for row in rows if row.entity_id in live and row.kind in _TOLD_OUTSIDE])


def _is_live(channel: str) -> bool:
    known = registry.CHANNELS.manifests.get(channel)
    return known is not None and known.can("live")


def _outside(rows: list[EventRow]) -> list[Told]:
    """Return the hints for those outside who have these conversations open."""
    threads = queries.threads_of({row.entity_id for row in rows if row.entity_id is not None}) if rows else {}
    return [
        (row, "news", _HINT, frozenset(), audience(inbox_id, thread))
        for row in rows
        for inbox_id, thread in threads.get(row.entity_id or 0, [])
    ]


def ephemeral(since: datetime) -> Sequence[tuple[str, bytes, int | None, str]]:
    """Return who began viewing or typing, or left, since then: of the staff and of the customers."""
    staff = queries.presence_since(since)
    told = [
        (
            "presence",
            _encoder.encode(
                {"conversation_id": p.conversation_id, "staff": p.staff, "state": p.state, "until": p.until}
            ),
            p.store_id,
            "",
        )
        for p in staff
    ]
    customers = queries.customers_present_since(since)
    told += [("customer_presence", _encoder.encode(view), store_id, "") for store_id, view in customers]
    return told + _typing([p for p in staff if p.state in {"typing", "viewing"}])


def _typing(staff: Sequence[PresenceChange]) -> list[tuple[str, bytes, int | None, str]]:
    """Return who of us types, or has stopped, for those outside who have the conversation open."""
    threads = queries.threads_of({p.conversation_id for p in staff}) if staff else {}
    return [
        ("typing", _encoder.encode({"who": p.staff.name, "typing": p.state == "typing"}), None, audience(inbox_id, key))
        for p in staff
        for inbox_id, key in threads.get(p.conversation_id, [])
    ]
