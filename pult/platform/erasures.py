"""What was erased, so that a restored backup forgets it again.

The log is a file of its own, DATA_DIR/erasures.log, because a restore replaces the database: lines of
`time kind id`, ids only. Rooms that can erase register themselves: `erasures.register("customer", erase)`.
Keep a copy of the file away from the machine, as you keep the backups.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

Erase = Callable[[int], None]
_erasers: dict[str, Erase] = {}


class CannotErase(Exception):
    """The log names a kind that no room of this Pult knows how to erase."""


def register(kind: str, erase: Erase) -> None:
    """Say how things of this kind are erased. `erase(id)` must do nothing for an id that is gone."""
    _erasers[kind] = erase


def _path() -> Path:
    return Path(settings.DATA_DIR) / "erasures.log"


def record(kind: str, entity_id: int) -> None:
    """Write down that something was erased; the line is on the disk when this returns."""
    line = f"{datetime.now(UTC).isoformat(timespec='seconds')} {kind} {entity_id}\n"
    descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def text() -> str:
    """Return the log as it is."""
    return _path().read_text() if _path().exists() else ""


def merge(other: str) -> None:
    """Add the lines of another log that ours does not have."""
    ours = text()
    fresh = [line for line in other.splitlines() if line and line not in set(ours.splitlines())]
    if fresh:
        merged = sorted([*ours.splitlines(), *fresh])
        draft = _path().with_suffix(".new")
        draft.write_text("\n".join(merged) + "\n")
        draft.chmod(0o600)
        draft.replace(_path())


def apply_all() -> int:
    """Erase everything in the log once more; return how many lines it has. Raises CannotErase."""
    lines = [line.split() for line in text().splitlines()]
    unknown = sorted({kind for _, kind, _ in lines} - set(_erasers))
    if unknown:
        raise CannotErase(f"the log of erasures names {', '.join(unknown)}, which nothing here can erase")
    for _, kind, entity_id in lines:
        _erasers[kind](int(entity_id))
    return len(lines)
