"""The write gate: one writer at a time across threads and processes, waiting in the kernel instead of polling.

SQLite's own busy handler sleeps and looks again, which starves writers under load. A blocking flock on a file
beside the database queues them fairly, and the kernel lets go of it when a process is killed. Readers never wait.
"""

from __future__ import annotations

import fcntl
import os
import re

_WRITE = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP|VACUUM|REINDEX|ANALYZE|WITH)\b",
    re.IGNORECASE,
)
_WRITING_WORD = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


def writes(sql: str) -> bool:
    """Say whether a statement may write. A WITH that only reads is told by having none of the writing words."""
    found = _WRITE.match(sql)
    if found is None:
        return False
    return not found.group().upper().endswith("WITH") or _WRITING_WORD.search(sql) is not None


class WriteGate:
    """The gate as one connection sees it: a descriptor of its own on the shared file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.held = False
        self._descriptor = -1

    def take(self) -> None:
        """Wait until no other connection writes. Has no time-out. Does nothing when it is held already."""
        if self.held:
            return
        if self._descriptor < 0:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self.held = True

    def release(self) -> None:
        """Let the next writer in."""
        if self.held:
            self.held = False
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the gate and of the file."""
        self.held = False
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
