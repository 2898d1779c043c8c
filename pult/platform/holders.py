"""Who holds a job or a payload: a name that tells a living process from one that is no more."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterable
from pathlib import Path

_numbers = itertools.count(1)


def machine_prefix() -> str:
    """Return what the holders of this machine begin with."""
    return f"{socket.gethostname()[:30]}:"


def new_holder() -> str:
    """Return a name for one claim by this process."""
    return f"{machine_prefix()}{os.getpid()}:{_born(os.getpid())}:{next(_numbers)}"


def is_alive(holder: str) -> bool:
    """Say whether the process of a holder on this machine is still there."""
    pid, born, _ = holder.rsplit(":", 3)[1:]
    return _born(int(pid)) == born


def gone(names: Iterable[str]) -> list[str]:
    """Return those of these holders that were processes of this machine and are no more."""
    here = machine_prefix()
    return [name for name in names if name.startswith(here) and not is_alive(name)]


def _born(pid: int) -> str:
    """Return when a process began, in ticks since the machine did, or "" when there is none: in containers the
    same number comes back at once."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return ""
