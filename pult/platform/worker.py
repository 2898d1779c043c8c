"""The worker process: jobs, periodic jobs, the sequencer, and the loops that the settings name."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import cast

import django.db
from django.conf import settings
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from pult.platform import db, events, queue, runner, wakeup

GATHER = 0.1  # seconds in which what arrives comes together into the next batch
SEQUENCE_EVERY = 0.05  # seconds, while there is something to give positions to
PATIENCE = 10.0  # seconds that what is running gets to end; jobs that need longer run again elsewhere
log = logging.getLogger(__name__)

Loop = Callable[[threading.Event], None]
Batch = Callable[[], int]


def load_tasks() -> None:
    """Import the modules that register tasks."""
    for name in settings.TASK_MODULES:
        import_module(name)


def warm_up() -> None:
    """Load what takes time: dictionaries and models, as PRELOAD names them."""
    for path in settings.PRELOAD:
        cast(Callable[[], None], import_string(path))()


def main() -> None:
    """Work until TERM or INT."""
    warm_up()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)


def run(stop: threading.Event) -> None:
    """Do all the work of a worker until `stop` is set, and end in order."""
    load_tasks()
    loops: list[tuple[str, Loop]] = [
        ("jobs", partial(runner.work, batch=20, threads=settings.QUEUE_THREADS)),
        ("housekeeping", _housekeeping),
    ]
    if db.is_postgres():
        loops.append(("sequencer", sequence_forever))
    for path, topic in settings.WORKER_BATCHES:
        loops.append((path, partial(_repeat, cast(Batch, import_string(path)), topic)))
    loops += [(path, cast(Loop, import_string(path))) for path in settings.WORKER_LOOPS]
    threads = [threading.Thread(target=_keep, args=(stop, name, loop), name=name) for name, loop in loops]
    for thread in threads:
        thread.daemon = True
        thread.start()
    while not stop.wait(3600):
        pass
    wakeup.wake_all_here()
    deadline = time.monotonic() + PATIENCE
    for thread in threads:
        thread.join(timeout=max(0.0, deadline - time.monotonic()))


def _keep(stop: threading.Event, name: str, loop: Loop) -> None:
    """Run a loop, and again when it fails, with growing pauses."""
    pause = 0.5
    while not stop.is_set():
        try:
            loop(stop)
            return
        except Exception as error:
            if isinstance(error, django.db.Error):
                log.warning("The loop %s has lost its database: %s", name, error)
            else:
                log.exception("The loop %s failed", name)
            connections.close_all()
            stop.wait(pause)
            pause = min(pause * 2, 30.0)
        finally:
            connections.close_all()


def _repeat(batch: Batch, topic: str, stop: threading.Event) -> None:
    """Handle batches as long as there are any, then wait for more.

    What comes after quiet is handled at once; after work, what comes within GATHER is handled together.
    """
    worked = False
    while not stop.is_set():
        if batch():
            worked = True
            continue
        close_old_connections()
        if worked:
            stop.wait(GATHER)
            worked = False
        wakeup.wait(topic)


def _housekeeping(stop: threading.Event) -> None:
    """See now and then that periodic jobs exist and that nobody dead holds what WORKER_RELEASES gives back."""
    queue.ensure_periodic()
    releases = [cast(Batch, import_string(path)) for path in settings.WORKER_RELEASES]
    while not stop.is_set():
        for release in releases:
            release()
        connections.close_all()
        stop.wait(10)


def sequence_forever(stop: threading.Event) -> None:
    """Give positions to new events when woken, every 50 ms while there are any, until `stop` is set.

    After there was something it looks again, whoever gave the positions: what committed while another process
    was at it is not left to a wake-up that came too early.
    """
    while not stop.is_set():
        waited = events.give().waited
        close_old_connections()
        if waited:
            stop.wait(SEQUENCE_EVERY)
        else:
            wakeup.wait(events.WAITING)
