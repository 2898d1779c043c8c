"""Wake-ups between the processes of one machine: named pipes in a folder that all of them see.

Who waits for a topic makes a pipe named after it and reads; who has news writes a byte into every pipe of the
topic but those of its own process. Nothing is lost that matters: a pipe that is full has not been heard yet, one
that nobody reads belonged to a process that is no more and is taken away.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)
GATHER = 0.04  # seconds in which one more ring is heard together with the last
_SETTLED = 0.1  # seconds after which the time of a folder's last change can be told from the next one's
_ABANDONED = 86_400.0  # seconds after which a silent pipe of another machine or container goes


class Doorbells:
    """The pipes in one folder, as one process sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._mine: set[str] = set()
        self._others: dict[str, dict[str, int]] = {}
        self._seen = -1

    def ring(self, topic: str) -> None:
        """Wake the other processes that listen to the topic. Takes some microseconds and never waits."""
        with self._lock:
            self._look()
            pipes = self._others.get(topic, {})
            for name, pipe in list(pipes.items()):
                try:
                    os.write(pipe, b".")
                except BlockingIOError:
                    continue
                except OSError:
                    os.close(pipes.pop(name))
                    self._seen = -1

    def answer(self, topic: str, heard: Callable[[], None]) -> bool:
        """Call `heard` whenever another process rings, for the life of this one. False where that cannot be."""
        name = f"{topic}.{socket.gethostname()[:30]}.{uuid.uuid4().hex}"
        hidden = self.folder / f".{name}"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            os.mkfifo(hidden, 0o600)
            pipe = os.open(hidden, os.O_RDWR | os.O_CLOEXEC)
            with self._lock:
                self._mine.add(name)
            hidden.rename(self.folder / name)
        except OSError as error:
            log.warning("Other processes cannot wake this one up by %s: %s", self.folder, error)
            return False
        threading.Thread(target=self._listen, args=(pipe, heard), name=f"bell-{topic}", daemon=True).start()
        return True

    def _listen(self, pipe: int, heard: Callable[[], None]) -> None:
        while os.read(pipe, 65_536):
            heard()
            time.sleep(GATHER)

    def _look(self) -> None:
        """Open what was added to the folder since the last look, close what is gone."""
        try:
            changed = self.folder.stat().st_mtime_ns
            if changed == self._seen:
                return
            there = {name for name in os.listdir(self.folder) if not name.startswith(".")} - self._mine
        except OSError:
            return
        known = {name for pipes in self._others.values() for name in pipes}
        for name in known - there:
            os.close(self._others[name.partition(".")[0]].pop(name))
        for name in there - known:
            self._open(name)
        self._seen = changed if time.time() - changed / 1e9 > _SETTLED else -1

    def _open(self, name: str) -> None:
        try:
            pipe = os.open(self.folder / name, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ENXIO:
                self._clear(name)
        else:
            self._others.setdefault(name.partition(".")[0], {})[name] = pipe

    def _clear(self, name: str) -> None:
        """Take a pipe away that nobody reads: of this machine at once, of another container after a day."""
        path = self.folder / name
        with contextlib.suppress(OSError):
            if name.split(".")[1:-1] == socket.gethostname()[:30].split(".") or (
                time.time() - path.stat().st_mtime > _ABANDONED
            ):
                path.unlink()
