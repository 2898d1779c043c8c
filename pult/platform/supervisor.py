"""Pult as one program: load Django once, fork what runs, keep it running, end it in order.

The children share the memory of what was loaded before the fork. The parent has no threads, no database
connection and nothing else to do.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import FrameType
from typing import cast

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.urls import get_resolver
from django.utils.module_loading import import_string

from pult.platform import serve, worker

PATIENCE = 15.0  # seconds that children get to end by themselves
LONG_ENOUGH = 30.0  # seconds after which a child's start counts as good
LONGEST_PAUSE = 15.0
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15  # the kernel keeps fifteen bytes of it

log = logging.getLogger(__name__)


@dataclass
class Child:
    """One process to keep running: what it is called and what it does."""

    name: str
    run: Callable[[], object]
    pid: int = 0
    began: float = 0.0
    failures: int = 0
    again_at: float = 0.0


class Supervisor:
    """Starts children and starts them again when they die, until TERM or INT."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = list(children)
        self.stopping = False

    def run(self) -> None:
        """Keep the children running; return when all have ended after TERM or INT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        gc.collect()
        gc.freeze()
        for child in self.children:
            self._start(child)
        while not self.stopping:
            self._reap()
            self._start_again()
            time.sleep(0.1)
        self._end()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _start(self, child: Child) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        child.began = time.monotonic()
        pid = os.fork()
        if pid:
            child.pid = pid
            return
        code = 1
        try:
            _become_child(parent, child.name)
            child.run()
            code = 0
        except KeyboardInterrupt:
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            log.exception("%s failed", child.name)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        for child in self.children:
            if not child.pid or os.waitpid(child.pid, os.WNOHANG) == (0, 0):
                continue
            child.pid = 0
            lived = time.monotonic() - child.began
            child.failures = 0 if lived > LONG_ENOUGH else child.failures + 1
            pause = min(0.1 * 2.0**child.failures, LONGEST_PAUSE) if child.failures else 0.0
            child.again_at = time.monotonic() + pause
            log.warning("%s ended after %.0f s; starting it again in %.1f s", child.name, lived, pause)

    def _start_again(self) -> None:
        for child in self.children:
            if not child.pid and time.monotonic() >= child.again_at and not self.stopping:
                self._start(child)

    def _end(self) -> None:
        for child in self.children:
            if child.pid:
                os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        alive = [child for child in self.children if child.pid]
        while alive and time.monotonic() < deadline:
            alive = [child for child in alive if os.waitpid(child.pid, os.WNOHANG) == (0, 0)]
            time.sleep(0.02)
        for child in alive:
            log.warning("%s did not end in %.0f s and is killed", child.name, PATIENCE)
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)


def _become_child(parent: int, name: str) -> None:
    """End with the parent, leave Ctrl-C to it, and be known to `ps` by a name of our own."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(parent)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, f"pult {name}".encode())


def _end_with(parent: int) -> None:
    """Let the kernel end this process when the parent is gone, however that went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)


def apart(work: Callable[[], object], failure: str) -> None:
    """Do something in a process of its own, so that none of it stays in memory. Raises RuntimeError(failure)."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _end_with(parent)
            work()
            code = 0
        except BaseException:
            log.exception("%s", failure)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError(failure)


def migrate() -> None:
    """Bring all databases up to date. Raises RuntimeError when it fails."""
    apart(migrate_here, "the database could not be brought up to date")


def migrate_here() -> None:
    """Bring all databases up to date, in this process."""
    for alias in settings.DATABASES:
        call_command("migrate", database=alias, interactive=False, verbosity=0)


def preload() -> None:
    """Load what the children will need, so that they share it."""
    worker.load_tasks()
    worker.warm_up()
    for path in (settings.STREAM_AUTHORIZE, settings.STREAM_OUTSIDE, settings.STREAM_RENDER, settings.STREAM_EPHEMERAL):
        import_string(path)
    for path in settings.WORKER_LOOPS:
        import_string(path)
    for path, _ in settings.WORKER_BATCHES:
        import_string(path)
    for _, path in settings.SUPERVISED:
        import_string(path)
    import_module(settings.ROOT_URLCONF)
    _ = get_resolver().url_patterns


def _web(listener: socket.socket) -> None:
    serve.make_server().run(sockets=[listener])


def standard_children(listeners: Sequence[socket.socket]) -> list[Child]:
    """Return the processes of an installation on one machine: one that answers on each socket, and SUPERVISED."""
    children = [Child(f"web {number}", partial(_web, listener)) for number, listener in enumerate(listeners, 1)]
    for name, path in settings.SUPERVISED:
        children.append(Child(name, cast("Callable[[], object]", import_string(path))))
    return children


def run_pult(extra: Sequence[Child] = (), *, first: Callable[[], None] = migrate) -> None:
    """Migrate (or whatever is to be done `first`), load, and run all of Pult with some more children until TERM
    or INT."""
    first()
    listeners = serve.listen_apart(settings.HOST, settings.PORT, settings.WEB_WORKERS)
    preload()
    connections.close_all()
    print(f"Pult is at {settings.PUBLIC_URL} and takes mail on port {settings.SMTP_PORT}.", flush=True)
    Supervisor([*standard_children(listeners), *extra]).run()
