"""CPU and memory of trees of processes, from /proc: those that ended meanwhile count through their parents."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1


def _stat(pid: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))):
            children.setdefault(int(stat[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def cpu(roots: list[int]) -> float:
    """Return the CPU seconds of these trees until now, with those of their children that have ended."""
    ticks = 0
    for root in roots:
        for pid in tree(root):
            if stat := _stat(pid):
                ticks += sum(int(value) for value in stat[11:15])
    return ticks / TICK


def busy() -> float:
    """Return the CPU seconds the whole machine has worked."""
    fields = [int(value) for value in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


@dataclasses.dataclass
class Used:
    """What a span of time cost: seconds of CPU by group, of the wall clock, and the share others took."""

    wall: float
    groups: dict[str, float]
    foreign: float

    @property
    def total(self) -> float:
        return sum(self.groups.values())

    def per(self, count: int) -> dict[str, float]:
        """Return milliseconds of CPU for each of `count` operations, in all and by group."""
        count = max(count, 1)
        parts = {f"cpu_ms_{name}": round(1000 * value / count, 3) for name, value in self.groups.items()}
        return {"cpu_ms": round(1000 * self.total / count, 3), **parts, "foreign_cpu": round(self.foreign, 3)}


class Meter:
    """Measures groups of process trees between its making and `stop`."""

    def __init__(self, groups: dict[str, list[int]]) -> None:
        self.groups = groups
        self._own = time.process_time()
        self._busy = busy()
        self._before = {name: cpu(roots) for name, roots in groups.items()}
        self._began = time.perf_counter()

    def stop(self) -> Used:
        """Return what was used since."""
        wall = time.perf_counter() - self._began
        groups = {name: cpu(roots) - self._before[name] for name, roots in self.groups.items()}
        others = busy() - self._busy - sum(groups.values()) - (time.process_time() - self._own)
        return Used(wall, groups, max(0.0, others) / (wall * CORES) if wall else 0.0)


def pss(pid: int) -> float:
    """Return the proportional share of memory of a process, in MB."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def percentile(values: list[float], share: float) -> float:
    """Return a percentile by linear interpolation between closest ranks; `share` from 0 to 100."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(seconds: list[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds."""
    return {
        "p50_ms": round(1000 * percentile(seconds, 50), 2),
        "p99_ms": round(1000 * percentile(seconds, 99), 2),
    }
