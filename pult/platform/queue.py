"""Jobs: rows that commit with what caused them, claimed in batches, retried alone, never lost.

A claimed row is due again when its lease ends, so a job whose process died runs a second time: tasks are
idempotent. Jobs that failed for good stay as a list for a person to see. The loop that runs them is runner.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, cast

from django.db import transaction

from pult.platform import db, holders, wakeup

log = logging.getLogger(__name__)
TOPIC = "jobs"
LEASE = timedelta(seconds=20)
PRIORITIES = (2, 1, 0, -1, -2)

Run = Callable[..., None]
Backoff = Callable[[int], float]


class Retry(Exception):
    """The task could not do it now; try again after so many seconds (None: by the task's own backoff)."""

    def __init__(self, reason: str = "", *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class GiveUp(Exception):
    """The task can never do it; the job becomes a dead letter at once."""


class Task(NamedTuple):
    """A registered function and how it is retried. `every` is set for periodic ones, in seconds."""

    name: str
    run: Run
    max_attempts: int
    backoff: Backoff
    timeout: float
    every: float | None


class ClaimedJob(NamedTuple):
    """A job that this process may run until its lease ends."""

    id: int
    task: str
    args: dict[str, object]
    attempts: int
    holder: str


class DeadJob(NamedTuple):
    """A job that failed for good."""

    id: int
    task: str
    args: dict[str, object]
    attempts: int
    error: str
    created_at: datetime


_tasks: dict[str, Task] = {}


def standard_backoff(attempt: int) -> float:
    """Return the seconds before the next try: 2, 8, 32, 128, 512, then half an hour."""
    return min(2.0 * 4.0 ** (attempt - 1), 1800.0)


def task(
    name: str, *, max_attempts: int = 8, backoff: Backoff = standard_backoff, timeout: float = 60.0
) -> Callable[[Run], Run]:
    """Register a function of keyword arguments as a task. It must be idempotent.

    `timeout` (seconds) is how long a run keeps its job to itself: one that takes longer may be run again.
    """

    def register(run: Run) -> Run:
        _register(Task(name, run, max_attempts, backoff, timeout, None))
        return run

    return register


def periodic(name: str, *, every: float, timeout: float = 300.0) -> Callable[[Run], Run]:
    """Register a function without arguments to be run every so many seconds, by one process at a time."""

    def register(run: Run) -> Run:
        _register(Task(name, run, 1, standard_backoff, timeout, every))
        return run

    return register


def _register(new: Task) -> None:
    known = _tasks.get(new.name)
    if known is not None and known.run.__qualname__ != new.run.__qualname__:
        raise ValueError(f"two tasks are called {new.name!r}")
    _tasks[new.name] = new


def registered(name: str) -> Task | None:
    """Return the task of that name."""
    return _tasks.get(name)


_INSERT = """
INSERT INTO platform_job (task, args, key, priority, run_at, attempts, lease_by, state, last_error, created_at)
VALUES (%s, %s, %s, %s, %s, 0, '', 'ready', '', %s) ON CONFLICT (key) DO NOTHING RETURNING id
"""


def enqueue(
    task: str,
    args: Mapping[str, object],
    *,
    run_at: datetime | None = None,
    priority: int = 0,
    key: str | None = None,
) -> int:
    """Write a job in the caller's transaction. `priority` runs from 2 (first) to -2 (last).

    While a job with the same `key` waits, runs or is dead, no second one is made. Returns the job's id.
    """
    now = datetime.now(UTC)
    bounded = max(PRIORITIES[-1], min(PRIORITIES[0], priority))
    due = db.time_in(run_at or now)
    made = db.hot(_INSERT, (task, db.json_in(dict(args)), key, bounded, due, db.time_in(now)))
    if not made:
        made = db.rows("SELECT id FROM platform_job WHERE key = %s", (key,))
        if made:
            return cast(int, made[0][0])
        # It finished between the two statements: the caller's reason came later, so it is a new job.
        return enqueue(task, args, run_at=run_at, priority=priority, key=key)
    if run_at is None or run_at <= now:
        wakeup.notify(TOPIC)
    return cast(int, made[0][0])


def cancel(key: str) -> bool:
    """Take back a job. True if nobody had begun it yet; False when it is running, was tried, or is gone."""
    sql = "DELETE FROM platform_job WHERE key = %s AND attempts = 0 AND lease_by = '' AND state = 'ready'"
    return db.count(sql, (key,)) == 1


_DUE = """
SELECT 1 FROM platform_job
WHERE state = 'ready' AND priority IN (2, 1, 0, -1, -2) AND priority >= %s AND run_at <= %s LIMIT 1
"""
_CLAIM_SHARED = """
WITH due AS (
    SELECT job.id FROM (VALUES (2), (1), (0), (-1), (-2)) AS level(priority)
    CROSS JOIN LATERAL (
        SELECT id FROM platform_job WHERE state = 'ready' AND priority = level.priority AND run_at <= %s
        ORDER BY run_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    ) job WHERE level.priority >= %s LIMIT %s
)
UPDATE platform_job AS job SET lease_by = %s, lease_until = %s, run_at = %s, attempts = attempts + 1
FROM due WHERE job.id = due.id
RETURNING job.id, job.task, job.args, job.attempts, job.priority
"""
_CLAIM_ALONE = """
UPDATE platform_job SET lease_by = %s, lease_until = %s, run_at = %s, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM platform_job WHERE state = 'ready' AND priority = %s AND run_at <= %s ORDER BY run_at, id LIMIT %s
) AND state = 'ready' AND run_at <= %s
RETURNING id, task, args, attempts, priority
"""


_NEXT = """
SELECT min(run_at) FROM (
    SELECT (SELECT run_at FROM platform_job WHERE state = 'ready' AND priority = level.priority
        ORDER BY run_at LIMIT 1) AS run_at
    FROM (SELECT 2 AS priority UNION ALL SELECT 1 UNION ALL SELECT 0 UNION ALL SELECT -1 UNION ALL SELECT -2) level
) first
"""


def next_due() -> float | None:
    """Return the seconds until the next job is due, 0 or less when one is; None where there is no job."""
    found = db.hot(_NEXT)[0][0]
    return None if found is None else (db.must_time(found) - datetime.now(UTC)).total_seconds()


def claim(limit: int = 20, *, lowest: int = PRIORITIES[-1]) -> list[ClaimedJob]:
    """Take up to `limit` due jobs of priority `lowest` and above, the most urgent first. They come back by
    themselves after LEASE unless renewed, finished or given back."""
    now = datetime.now(UTC)
    if not db.hot(_DUE, (lowest, db.time_in(now))):
        return []
    holder = holders.new_holder()
    lease = db.time_in(now + LEASE)
    moment = db.time_in(now)
    taken: list[tuple[object, ...]] = []
    if db.is_postgres():
        taken = db.hot(_CLAIM_SHARED, (moment, limit, lowest, limit, holder, lease, lease))
    else:
        with transaction.atomic():
            for priority in PRIORITIES:
                wanted = limit - len(taken)
                if wanted and priority >= lowest:
                    parameters = (holder, lease, lease, priority, moment, wanted, moment)
                    taken += db.rows(_CLAIM_ALONE, parameters)
    taken.sort(key=lambda row: (-cast(int, row[4]), cast(int, row[0])))
    return [_claimed(row, holder) for row in taken]


def _claimed(row: tuple[object, ...], holder: str) -> ClaimedJob:
    args = db.json_out(cast(str, row[2]))
    return ClaimedJob(cast(int, row[0]), cast(str, row[1]), args, cast(int, row[3]), holder)


def _ids(jobs: Sequence[ClaimedJob]) -> str:
    return ", ".join(str(job.id) for job in jobs)


def finish(jobs: Sequence[ClaimedJob]) -> None:
    """Delete jobs that were done, unless somebody else holds them by now."""
    if jobs:
        sql = f"DELETE FROM platform_job WHERE id IN ({_ids(jobs)}) AND lease_by = %s"
        db.count(sql, (jobs[0].holder,))


def renew(jobs: Sequence[ClaimedJob]) -> None:
    """Keep jobs of one holder for another LEASE."""
    if jobs:
        until = db.time_in(datetime.now(UTC) + LEASE)
        sql = f"""UPDATE platform_job SET lease_until = %s, run_at = %s
            WHERE id IN ({_ids(jobs)}) AND lease_by = %s"""
        db.count(sql, (until, until, jobs[0].holder))


def give_back(jobs: Sequence[ClaimedJob]) -> None:
    """Let others have jobs that were claimed and not begun."""
    if jobs:
        sql = f"""UPDATE platform_job SET lease_by = '', lease_until = NULL, run_at = %s, attempts = attempts - 1
            WHERE id IN ({_ids(jobs)}) AND lease_by = %s"""
        db.count(sql, (db.time_in(datetime.now(UTC)), jobs[0].holder))
        wakeup.notify(TOPIC)


def put_off(job: ClaimedJob, seconds: float, error: str = "", *, keep_attempts: bool = True) -> None:
    """Let a job wait and be tried again."""
    sql = """UPDATE platform_job SET lease_by = '', lease_until = NULL, run_at = %s, last_error = %s, attempts = %s
        WHERE id = %s AND lease_by = %s"""
    due = db.time_in(datetime.now(UTC) + timedelta(seconds=seconds))
    db.count(sql, (due, error[:1000], job.attempts if keep_attempts else 0, job.id, job.holder))


def bury(job: ClaimedJob, error: str) -> None:
    """Make a job a dead letter."""
    sql = """UPDATE platform_job SET state = 'dead', lease_by = '', lease_until = NULL, last_error = %s
        WHERE id = %s AND lease_by = %s"""
    db.count(sql, (error[:1000], job.id, job.holder))


def run_job(job: ClaimedJob) -> bool:
    """Run one claimed job. True when it is done and may be deleted; otherwise its row says what comes next."""
    task = _tasks.get(job.task)
    if task is None:
        put_off(job, 60.0, f"no task is called {job.task!r} here")
        return False
    if task.every is not None:
        _run_periodic(job, task, task.every)
        return False
    if job.attempts > task.max_attempts:
        bury(job, f"its process died {task.max_attempts} times")
        return False
    try:
        task.run(**job.args)
    except GiveUp as error:
        bury(job, _describe(error))
    except Exception as error:
        failed(job, task, error)
    else:
        return True
    return False


def failed(job: ClaimedJob, task: Task, error: Exception) -> None:
    """Put a failed job off, or bury it when it was tried often enough."""
    if not isinstance(error, Retry):
        log.exception("Job %s (%s) failed, attempt %s", job.id, job.task, job.attempts)
    if job.attempts >= task.max_attempts:
        bury(job, _describe(error))
        return
    after = error.after if isinstance(error, Retry) else None
    put_off(job, task.backoff(job.attempts) if after is None else after, _describe(error))


def _run_periodic(job: ClaimedJob, task: Task, every: float) -> None:
    error = ""
    try:
        task.run()
    except Exception as caught:
        log.exception("The periodic job %s failed", job.task)
        error = _describe(caught)
    put_off(job, every, error, keep_attempts=False)


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def run_due(limit: int = 100) -> int:
    """Run what is due now, one after another in this thread, and return how many ran. For tests and commands."""
    ran = 0
    while ran < limit and (jobs := claim(min(20, limit - ran))):
        finish([job for job in jobs if run_job(job)])
        ran += len(jobs)
    return ran


def ensure_periodic() -> None:
    """Make the rows of periodic tasks that have none, and drop those of tasks that are gone."""
    for known in list(_tasks.values()):
        if known.every is not None:
            enqueue(known.name, {}, key=f"periodic:{known.name}")
    for row in db.rows("SELECT id, task FROM platform_job WHERE key LIKE %s", ("periodic:%",)):
        if _tasks.get(cast(str, row[1])) is None:
            db.count("DELETE FROM platform_job WHERE id = %s", (row[0],))


def release_orphans() -> int:
    """Make jobs due again at once whose holder was a process of this machine that is no more."""
    found = db.rows("SELECT DISTINCT lease_by FROM platform_job WHERE state = 'ready' AND lease_by <> ''")
    sql = "UPDATE platform_job SET lease_by = '', lease_until = NULL, run_at = %s WHERE lease_by = %s"
    now = db.time_in(datetime.now(UTC))
    released = sum(db.count(sql, (now, holder)) for holder in holders.gone(cast(str, name) for (name,) in found))
    if released:
        wakeup.notify(TOPIC)
    return released


def running(task: str) -> list[dict[str, object]]:
    """Return the arguments of the jobs of a task that somebody runs or is about to."""
    sql = "SELECT args FROM platform_job WHERE state = 'ready' AND lease_by <> '' AND task = %s"
    return [db.json_out(cast(str, args)) for (args,) in db.rows(sql, (task,))]


def dead(limit: int = 100, *, task: str | None = None, before: int | None = None) -> list[DeadJob]:
    """Return jobs that failed for good, newest first: of one task where it is given, with ids below `before`."""
    wanted = [("task = %s", task), ("id < %s", before)]
    narrowed = [(sql, value) for sql, value in wanted if value is not None]
    sql = f"""SELECT id, task, args, attempts, last_error, created_at FROM platform_job
        WHERE {" AND ".join(["state = 'dead'", *(part for part, _ in narrowed)])} ORDER BY id DESC LIMIT %s"""
    return [
        DeadJob(
            cast(int, row[0]),
            cast(str, row[1]),
            db.json_out(cast(str, row[2])),
            cast(int, row[3]),
            cast(str, row[4]),
            db.must_time(cast(datetime, row[5])),
        )
        for row in db.rows(sql, (*(value for _, value in narrowed), limit))
    ]


def revive(job_id: int) -> bool:
    """Give a dead job all its tries again. True if there was such a job."""
    sql = "UPDATE platform_job SET state = 'ready', attempts = 0, run_at = %s WHERE id = %s AND state = 'dead'"
    revived = db.count(sql, (db.time_in(datetime.now(UTC)), job_id)) == 1
    wakeup.notify(TOPIC)
    return revived


def discard(job_id: int) -> bool:
    """Delete a dead job. True if there was such a job."""
    return db.count("DELETE FROM platform_job WHERE id = %s AND state = 'dead'", (job_id,)) == 1


def stats() -> dict[str, int]:
    """Return how many jobs are due, running, later and dead, and the age of the oldest due one in seconds."""
    now = datetime.now(UTC)
    moment = db.time_in(now)
    sql = """SELECT
        count(*) FILTER (WHERE state = 'ready' AND run_at <= %s),
        count(*) FILTER (WHERE state = 'ready' AND run_at > %s AND lease_by <> ''),
        count(*) FILTER (WHERE state = 'ready' AND run_at > %s AND lease_by = ''),
        count(*) FILTER (WHERE state = 'dead') FROM platform_job"""
    due, running, later, buried = (cast(int, value) for value in db.rows(sql, (moment, moment, moment))[0])
    oldest = db.rows(
        "SELECT run_at FROM platform_job WHERE state = 'ready' AND run_at <= %s ORDER BY run_at LIMIT 1",
        (moment,),
    )
    age = (now - db.must_time(cast(datetime, oldest[0][0]))).total_seconds() if oldest else 0
    return {"due": due, "running": running, "later": later, "dead": buried, "oldest_due_seconds": int(age)}
