"""What grows with use is kept for a time and then deleted, a batch at a time, so that nobody waits for it.

An event is needed by the readers of the log (their cursors say how far they are), by a webhook that has not been
delivered, and by a stream that resumes: who asks for what is gone is told to load everything again (`pruned`).

A reader that this code does not have, because its version or its package is gone, holds nothing back for longer than
EVENT_DAYS. One of a newer version, beside which this code still runs, loses nothing younger by that.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings

from pult.platform import db, events
from pult.platform.queue import periodic

log = logging.getLogger(__name__)
BATCH = 1_000
PAUSE = 0.02  # seconds between batches, for those who want to write meanwhile
DAY = 86_400.0
WEBHOOKS_DONE = timedelta(days=30)
WEBHOOKS_FAILED = timedelta(days=90)

_PRUNED = "~pruned"
"""The cursor that says how far the log has been deleted; no reader's."""

_WAITED_FOR = "SELECT min(event_id) FROM platform_webhookdelivery WHERE status IN ('queued', 'retrying')"
_OLDEST = "SELECT position, id, created_at FROM platform_event WHERE position > %s ORDER BY position LIMIT %s"


def in_batches(sql: str, *parameters: object) -> int:
    """Run a DELETE whose last placeholder is a LIMIT until it finds no full batch more; return how many rows went."""
    removed, gone = 0, BATCH
    while gone == BATCH:
        gone = db.count(sql, (*parameters, BATCH))
        removed += gone
        time.sleep(PAUSE if gone == BATCH else 0)
    return removed


def _ago(period: timedelta) -> object:
    return db.time_in(datetime.now(UTC) - period)


def pruned() -> int:
    """Return the last position that has been deleted, 0 where the log is whole."""
    return events.cursor(_PRUNED)


@periodic("platform.prune_events", every=DAY, timeout=3_600)
def prune_events() -> None:
    """Delete events older than EVENT_DAYS that every reader of this code has read and no webhook waits for."""
    before = datetime.now(UTC) - timedelta(days=settings.EVENT_DAYS)
    _delete_events()  # Where it was stopped between the word and the deed.
    while True:
        known, _ = _readers()
        if not known:
            return  # Nobody has read anything yet.
        slowest, read = min(known.items(), key=lambda item: item[1])
        wanted = db.rows(_WAITED_FOR)[0][0]
        old = []
        for position, event_id, created_at in db.rows(_OLDEST, (pruned(), BATCH)):
            if db.must_time(created_at) >= before or (wanted is not None and event_id >= wanted):
                break
            if position > read:
                log.error("Events older than EVENT_DAYS wait for the reader %s, who stands at %s", slowest, read)
                break
            old.append(position)
        if not old:
            return
        # First it is said: who resumes in between loads everything anew, instead of missing what just went.
        events.advance(_PRUNED, old[-1])
        _drop_strangers(old[-1])
        _delete_events()
        if len(old) < BATCH:
            return
        time.sleep(PAUSE)


def _readers() -> tuple[dict[str, int], dict[str, int]]:
    """Return how far the readers of this code have read, and how far those have whom it does not know."""
    known: dict[str, int] = {}
    strangers: dict[str, int] = {}
    for name, position in db.rows("SELECT name, position FROM platform_eventcursor WHERE name <> %s", (_PRUNED,)):
        (known if name in events.readers() else strangers)[name] = position
    return known, strangers


def _drop_strangers(position: int) -> None:
    """Forget readers that this code does not know and that have not read what goes now.

    Where there is one all the same it begins at what is left, as its cursor would have had it.
    """
    for name, reached in _readers()[1].items():
        if reached < position:
            db.count("DELETE FROM platform_eventcursor WHERE name = %s AND position < %s", (name, position))
            log.warning("The event reader %s, who stood at %s, is dropped: there is none here", name, reached)


def _delete_events() -> None:
    db.count("DELETE FROM platform_event WHERE position <= %s", (pruned(),))


@periodic("platform.forget_dead_jobs", every=DAY)
def forget_dead_jobs() -> None:
    """Delete jobs that failed for good and that nobody has revived for DEAD_JOB_DAYS."""
    in_batches(
        "DELETE FROM platform_job WHERE id IN"
        " (SELECT id FROM platform_job WHERE state = 'dead' AND run_at < %s ORDER BY id LIMIT %s)",
        _ago(timedelta(days=settings.DEAD_JOB_DAYS)),
    )


@periodic("webhooks.forget", every=DAY, timeout=3_600)
def forget_deliveries() -> None:
    """Delete deliveries that were done a month ago, and failed ones after three; what still waits is kept."""
    sql = """DELETE FROM platform_webhookdelivery WHERE id IN (SELECT id FROM platform_webhookdelivery
        WHERE status IN ({}) AND updated_at < %s ORDER BY id LIMIT %s)"""
    in_batches(sql.format("'delivered'"), _ago(WEBHOOKS_DONE))
    in_batches(sql.format("'failed', 'cancelled'"), _ago(WEBHOOKS_FAILED))


@periodic("idempotency.expire", every=3_600)
def forget_keys() -> None:
    """Forget idempotency keys that nobody will repeat any more."""
    sql = """DELETE FROM platform_idempotencykey WHERE id IN
        (SELECT id FROM platform_idempotencykey WHERE created_at < %s ORDER BY created_at LIMIT %s)"""
    in_batches(sql, _ago(timedelta(days=2)))
