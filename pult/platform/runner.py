"""The loop that runs jobs: a few threads that claim batches, and one that looks after their leases."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import NamedTuple

import django.db
from django.db import close_old_connections, connections

from pult.platform import queue, wakeup
from pult.platform.queue import ClaimedJob

LATER = 30.0  # seconds after which a thread looks for jobs though nobody said that any is due
BUSY_LOOK = 0.25  # seconds between looks at what is running
FLUSH = 0.2  # seconds after which finished jobs are deleted at the latest
SLOW = 0.5  # seconds after which a job no longer keeps the rest of its batch waiting
RENEW = 5.0  # seconds between renewals of leases

log = logging.getLogger(__name__)


def work(stop: threading.Event, *, batch: int = 20, threads: int = 1) -> None:
    """Run due jobs until `stop` is set; then finish what is running and give back the rest.

    Of several threads half, at least one, leave jobs below priority 0 alone: what may wait never fills them all.
    """
    urgent = Lane(0, threading.Lock())
    anything = Lane(queue.PRIORITIES[-1], threading.Lock())
    runners = [Runner(stop, batch, urgent if n < threads // 2 else anything) for n in range(threads)]
    running = [threading.Thread(target=r.run, name=f"jobs-{n}") for n, r in enumerate(runners, 1)]
    for thread in running:
        thread.start()
    renewed, pause = time.monotonic(), BUSY_LOOK
    while any(thread.is_alive() for thread in running):
        if stop.is_set():
            wakeup.wake_here(queue.TOPIC)
            time.sleep(0.05)
        else:
            stop.wait(pause)
        try:
            for runner in runners:
                runner.relieve()
            busy = stop.is_set() or any(runner.current for runner in runners)
            pause = BUSY_LOOK if busy else _until_due()
            if time.monotonic() - renewed > RENEW:
                renewed = time.monotonic()
                for runner in runners:
                    runner.renew()
            close_old_connections()
        except django.db.Error as error:
            log.warning("The leases of running jobs could not be looked after: %s", error)
            connections.close_all()


def _until_due() -> float:
    """Wake the threads when a job is due; return the seconds until there is something to look after."""
    due = queue.next_due()
    if due is None or due > 0:
        return wakeup.patience() if due is None else min(due, wakeup.patience())
    wakeup.wake_here(queue.TOPIC)
    return BUSY_LOOK


class Lane(NamedTuple):
    """Threads that take jobs down to the same priority; one of them looks for jobs at a time."""

    lowest: int
    gate: threading.Lock


class Runner:
    """One thread's jobs: those waiting, the one that runs, those done and not yet deleted."""

    def __init__(self, stop: threading.Event, batch: int, lane: Lane) -> None:
        self.stop = stop
        self.batch = batch
        self.lane = lane
        self.lock = threading.Lock()
        self.waiting: deque[ClaimedJob] = deque()
        self.current: ClaimedJob | None = None
        self.began = 0.0
        self.done: list[ClaimedJob] = []

    def run(self) -> None:
        """Claim and run until told to stop; outlive the database's absence."""
        while not self.stop.is_set():
            try:
                self._round()
            except Exception as error:
                if isinstance(error, django.db.Error):
                    log.warning("The queue has lost its database, trying again: %s", error)
                else:
                    log.exception("The queue failed, trying again")
                self.current = None
                connections.close_all()
                self.stop.wait(1)
        try:
            self._flush()
            queue.give_back(self._take_waiting())
        except django.db.Error as error:
            log.warning("Claimed jobs could not be given back, their leases will end: %s", error)
        finally:
            connections.close_all()

    def _round(self) -> None:
        self._flush()
        with self.lane.gate:
            claimed = queue.claim(self.batch, lowest=self.lane.lowest)
            if not claimed:
                close_old_connections()
                wakeup.wait(queue.TOPIC, timeout=LATER)
                return
        with self.lock:
            self.waiting.extend(claimed)
        flushed = time.monotonic()
        while (job := self._next()) is not None:
            try:
                if queue.run_job(job):
                    with self.lock:
                        self.done.append(job)
            finally:
                self.current = None
            if time.monotonic() - flushed > FLUSH:
                self._flush()
                flushed = time.monotonic()
        self._flush()
        close_old_connections()

    def _next(self) -> ClaimedJob | None:
        with self.lock:
            if self.stop.is_set() or not self.waiting:
                return None
            self.began = time.monotonic()
            self.current = self.waiting.popleft()
            return self.current

    def _flush(self) -> None:
        done = list(self.done)
        queue.finish(done)
        with self.lock:
            self.done = self.done[len(done) :]

    def _take_waiting(self) -> list[ClaimedJob]:
        with self.lock:
            waiting = list(self.waiting)
            self.waiting.clear()
        return waiting

    def relieve(self) -> None:
        """Let others have the rest of the batch when the running job is slow."""
        if self.waiting and self.current is not None and time.monotonic() - self.began > SLOW:
            queue.give_back(self._take_waiting())

    def renew(self) -> None:
        """Keep the leases, but not of a job that has run past its time."""
        with self.lock:
            held = [*self.waiting, *self.done]
            if self.current is not None and not self._overdue(self.current):
                held.append(self.current)
        queue.renew(held)

    def _overdue(self, job: ClaimedJob) -> bool:
        task = queue.registered(job.task)
        overdue = task is not None and time.monotonic() - self.began > task.timeout
        if overdue:
            log.error("Job %s (%s) runs past its time; another process may run it again", job.id, job.task)
        return overdue
