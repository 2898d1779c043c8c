"""What the live stream says: each event with the line of the inbox list it changes, and who is where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from pult.conversations import queries
from pult.platform.events import EventRow

_OF_CONVERSATIONS = frozenset({"conversation", "message", "note", "draft", "spam"})
_encoder = msgspec.json.Encoder()


def _room(row: EventRow) -> str:
    return row.kind.partition(".")[0]


def render(rows: list[EventRow]) -> list[tuple[EventRow, str, bytes, frozenset[int] | None]]:
    """Return each event's name and data, with one query for the whole batch.

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
        told.append((row, row.kind, _encoder.encode(data), scopes))
    return told


def ephemeral(since: datetime) -> Sequence[tuple[str, bytes, int | None]]:
    """Return who began viewing or typing, or left, since then."""
    return [
        (
            "presence",
            _encoder.encode(
                {"conversation_id": p.conversation_id, "staff": p.staff, "state": p.state, "until": p.until}
            ),
            p.store_id,
        )
        for p in queries.presence_since(since)
    ]
