"""Following the event log from a worker: each named reader has its own cursor and reads on after any stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

import django.db
from django.db import close_old_connections, connections, transaction

from pult.platform import db, events, wakeup
from pult.platform.events import EventRow

PAUSE = 0.5  # seconds before a batch that failed is tried again; then ever longer
GATHER = 0.1  # seconds in which events come together before the next look
log = logging.getLogger(__name__)

Step = Callable[[list[EventRow]], None]


def follow(
    stop: threading.Event, name: str, step: Step, *, kinds: Sequence[str] | None = None, batch: int = 200
) -> None:
    """Hand every event to `step`, in order and in batches, until `stop` is set.

    A batch and the cursor commit together, so a step that only writes rows does so exactly once; what it does
    elsewhere it must do by jobs. Of several processes one reads at a time. A failing batch is tried again.
    The name is one that `events.reader` has registered.
    """
    pause = PAUSE
    while not stop.is_set():
        try:
            handled = follow_once(name, step, kinds=kinds, batch=batch)
            close_old_connections()
            pause = PAUSE
        except Exception as error:
            connections.close_all()
            handled = 0
            pause = min(pause * 2, 30.0)
            if isinstance(error, django.db.Error):
                log.warning("The reader %s has lost its database, trying again: %s", name, error)
            else:
                log.exception("The reader %s failed, trying again in %.1f s", name, pause)
            stop.wait(pause)
        if handled:
            stop.wait(GATHER)
        else:
            wakeup.wait(events.TOPIC)


_LOOK = """
SELECT reader.position, log.last, {wanted} AS wanted FROM
    (SELECT coalesce((SELECT position FROM platform_eventcursor WHERE name = %s), 0) AS position) reader,
    (SELECT coalesce((SELECT last FROM platform_eventcounter WHERE id = 1), 0) AS last) log
"""
# All up to `last` was there to be seen and none of it is for this reader, whoever else reads for it.
_PASS = f"""
WITH seen AS ({_LOOK}), passed AS (
    UPDATE platform_eventcursor AS cursor SET position = seen.last FROM seen
    WHERE NOT seen.wanted AND cursor.name = %s AND cursor.position < seen.last
    RETURNING 1
)
SELECT position, last, wanted, EXISTS (SELECT 1 FROM passed) FROM seen
"""
_WANTED = """EXISTS (SELECT 1 FROM platform_event e
    WHERE e.position > reader.position AND e.position <= log.last AND e.kind IN ({marks}))"""

_HOLD_ALONE = "SELECT position FROM platform_eventcursor WHERE name = %s"
_HOLD = f"{_HOLD_ALONE} FOR UPDATE SKIP LOCKED"


def follow_once(
    name: str, step: Step, *, kinds: Sequence[str] | None = None, batch: int = 200, asleep: str = "1 = 0"
) -> int:
    """Hand one batch of new events to `step`; return how many positions the reader moved on.

    `asleep` is an SQL condition under which the reader wants none of them. Raises LookupError where no reader of
    that name is registered: nothing would keep its events.
    """
    if name not in events.readers():
        raise LookupError(f"no reader of the log is registered as {name!r}")
    wanted = f"NOT ({asleep})" if kinds is None else _WANTED.format(marks=db.marks(kinds)) if kinds else "1 = 0"
    if db.is_postgres():
        look = (_PASS.format(wanted=wanted), [*(kinds or ()), name, name])
    else:
        look = (f"SELECT *, 1 = 0 FROM ({_LOOK.format(wanted=wanted)})", [*(kinds or ()), name])
    position, last, any_wanted, passed = db.hot(*look)[0]
    if position >= last:
        return 0
    if not any_wanted:
        if not passed:
            events.advance(name, last)
        return int(last - position)
    if position == 0:
        events.advance(name, 0)  # make the row that the next lines lock
    with transaction.atomic():
        held = db.hot(_HOLD if db.is_postgres() else _HOLD_ALONE, (name,))
        if not held:
            return 0
        position = int(held[0][0])
        rows = events.read(position, limit=batch, kinds=kinds)
        if rows:
            step(rows)
        # Up to `last` there is nothing else of these kinds when the batch was not full.
        reached = rows[-1].position if len(rows) == batch else max(last, rows[-1].position if rows else 0)
        events.advance(name, reached)
    return max(reached - position, 0)
