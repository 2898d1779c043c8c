"""The event log: what happened, in one order that no reader ever skips.

A row commits with what caused it. Its position is given afterwards, so that a transaction that commits late
gets a late position instead of slipping behind the readers: on PostgreSQL by `sequence()`, which any process
may run; on SQLite, where there is one writer at a time, by `append` itself. Readers ask for positions after
their own and may stop and resume at any time. A reader of state can see a change before its event has a
position, so whoever applies events is idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, cast

from django.db import connection
from django.db.transaction import TransactionManagementError

from pult.platform import db, wakeup

TOPIC = "events"  # notified when events have got their positions
WAITING = "events-waiting"  # notified when events were committed that have none yet
EPHEMERAL = "ephemeral"  # notified when the live stream has something to tell that is no event
BATCH = 5_000

_INSERT = """
INSERT INTO platform_event (position, kind, scope_id, entity_id, actor, data, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_TABLE = "platform_event"
_NEW = ("position", "kind", "scope_id", "entity_id", "actor", "data", "created_at")
_TAKE = "UPDATE platform_eventcounter SET last = last + %s WHERE id = 1 RETURNING last"
_MAKE_COUNTER = """
INSERT INTO platform_eventcounter (id, last)
SELECT 1, coalesce(max(position), 0) FROM platform_event WHERE true
ON CONFLICT (id) DO NOTHING
"""
# One statement, so that nobody waits for its round trips. The counter's row is read as it is once locked, the events
# as they were before: those that somebody else has given a position meanwhile keep it, and the ones meant for them here
# stay nobody's. So positions rise, with gaps.
_GIVE = """
WITH counter AS (
    SELECT last FROM platform_eventcounter
    WHERE id = 1 AND EXISTS (SELECT 1 FROM platform_event WHERE position IS NULL)
    FOR UPDATE SKIP LOCKED
), pending AS (
    SELECT waiting.id, counter.last + row_number() OVER (ORDER BY waiting.id) AS position
    FROM counter, (SELECT id FROM platform_event WHERE position IS NULL ORDER BY id LIMIT %s) waiting
), given AS (
    UPDATE platform_event AS event SET position = pending.position
    FROM pending WHERE event.id = pending.id AND event.position IS NULL
    RETURNING 1
), moved AS (
    UPDATE platform_eventcounter SET last = (SELECT max(position) FROM pending)
    WHERE id = 1 AND EXISTS (SELECT 1 FROM pending)
)
SELECT (SELECT count(*) FROM given),
    EXISTS (SELECT 1 FROM platform_event WHERE position IS NULL),
    EXISTS (SELECT 1 FROM platform_eventcounter WHERE id = 1)
"""
_COLUMNS = "position, id, kind, scope_id, entity_id, actor, data, created_at"
_READ = f"SELECT {_COLUMNS} FROM platform_event WHERE position > %s ORDER BY position LIMIT %s"
_ADVANCE = """
INSERT INTO platform_eventcursor (name, position) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET position = excluded.position
WHERE platform_eventcursor.position < excluded.position
"""


class EventRow(NamedTuple):
    """One event as readers see it."""

    position: int
    id: int
    kind: str
    scope_id: int | None
    entity_id: int | None
    actor: str
    data: dict[str, object]
    created_at: datetime


def append(
    kind: str,
    *,
    scope_id: int | None,
    entity_id: int | None,
    actor: str = "system",
    data: Mapping[str, object] | None = None,
) -> int:
    """Record that something happened, in the caller's transaction and after it locked the entity's row, so
    that the events of one entity keep their order. `data` holds ids and codes, never content.

    Returns the event's id. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("events.append belongs into the transaction of what it records")
    position = None if db.is_postgres() else _take_position()
    values = (position, kind, scope_id, entity_id, actor, db.json_in(dict(data or {})))
    event_id = db.hot(_INSERT, (*values, db.time_in(datetime.now(UTC))))[0][0]
    _notify(position)
    return cast(int, event_id)


def _notify(position: int | None) -> None:
    wakeup.notify(WAITING if position is None else TOPIC)


class NewEvent(NamedTuple):
    """An event about to be appended together with others; see `append`."""

    kind: str
    scope_id: int | None
    entity_id: int | None
    actor: str
    data: Mapping[str, object]


def append_many(news: Sequence[NewEvent]) -> None:
    """Append several events at once, in their order, as `append` does one."""
    db.insert_together(rows(news))


def rows(news: Sequence[NewEvent]) -> db.Rows:
    """Return events as rows that the caller inserts in this transaction together with others: see `append`."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("events belong into the transaction of what they record")
    if not news:
        return db.Rows(_TABLE, _NEW, [])
    last = None if db.is_postgres() else _take_position(len(news))
    now = db.time_in(datetime.now(UTC))
    first = None if last is None else last - len(news) + 1
    _notify(last)
    return db.Rows(
        _TABLE,
        _NEW,
        [
            (
                None if first is None else first + index,
                new.kind,
                new.scope_id,
                new.entity_id,
                new.actor,
                db.json_in(dict(new.data)),
                now,
            )
            for index, new in enumerate(news)
        ],
    )


def _take_position(number: int = 1) -> int:
    """Take so many positions and return the last of them."""
    taken = db.rows(_TAKE, (number,))
    if not taken:
        db.count(_MAKE_COUNTER)
        taken = db.rows(_TAKE, (number,))
    return cast(int, taken[0][0])


class Given(NamedTuple):
    """How many positions were given, and whether any event waited for one."""

    number: int
    waited: bool


def give() -> Given:
    """Give the next positions to committed events that have none, in the order of their ids, at most 5,000.

    Cheap when nothing waits; gives none while another process is at it. Not to be called from a longer
    transaction: the counter row stays locked until its end.
    """
    if not db.is_postgres():
        return Given(0, waited=False)
    number, waited, counted = db.hot(_GIVE, (BATCH,))[0]
    if waited and not counted and db.count(_MAKE_COUNTER):
        return give()
    if number:
        wakeup.notify(TOPIC)
    return Given(number, waited)


def sequence() -> int:
    """Do as `give`; return how many positions were given."""
    return give().number


def read(after: int, *, limit: int = 1000, kinds: Sequence[str] | None = None) -> list[EventRow]:
    """Return the events after a position in their order, only of the given kinds where kinds are given."""
    if kinds is None:
        found = db.hot(_READ, (after, limit))
    else:
        marks = ", ".join(["%s"] * len(kinds))
        if not marks:
            return []
        sql = _READ.replace("ORDER BY", f"AND kind IN ({marks}) ORDER BY")
        found = db.hot(sql, (after, *kinds, limit))
    return [_event(row) for row in found]


def get(event_id: int) -> EventRow | None:
    """Return one event that has its position."""
    sql = f"SELECT {_COLUMNS} FROM platform_event WHERE id = %s AND position IS NOT NULL"
    found = db.rows(sql, (event_id,))
    return _event(found[0]) if found else None


def _event(row: tuple[object, ...]) -> EventRow:
    position, event_id, kind, scope_id, entity_id, actor, data, created_at = row
    return EventRow(
        cast(int, position),
        cast(int, event_id),
        cast(str, kind),
        cast("int | None", scope_id),
        cast("int | None", entity_id),
        cast(str, actor),
        db.json_out(cast(str, data)),
        db.must_time(cast(datetime, created_at)),
    )


def latest() -> int:
    """Return the last position given, 0 when there is none."""
    found = db.hot("SELECT last FROM platform_eventcounter WHERE id = 1")
    return cast(int, found[0][0]) if found else 0


_readers: set[str] = set()


def reader(name: str) -> str:
    """Register a reader of the log and return its name: no event is deleted that a registered reader has not read."""
    _readers.add(name)
    return name


def readers() -> frozenset[str]:
    """Return the names of the readers that this code has."""
    return frozenset(_readers)


def cursor(name: str) -> int:
    """Return how far the named reader has read, 0 before it began."""
    found = db.rows("SELECT position FROM platform_eventcursor WHERE name = %s", (name,))
    return cast(int, found[0][0]) if found else 0


def advance(name: str, position: int) -> None:
    """Keep that the named reader has read up to a position; never moves back."""
    db.count(_ADVANCE, (name, position))
