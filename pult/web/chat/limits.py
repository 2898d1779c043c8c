"""How often somebody outside may ask: buckets that fill by themselves, in this process and nowhere else."""

from __future__ import annotations

import threading
import time

MOST_KEYS = 20_000


class Limit:
    """At most `burst` at once, and `per_second` on average, for each key."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self.burst = burst
        self.per_second = per_second
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, key: str, *, cost: float = 1.0) -> float:
        """Take one; return 0, or the seconds after which to ask again."""
        now = time.monotonic()
        with self._lock:
            level, at = self._levels.get(key, (float(self.burst), now))
            level = min(float(self.burst), level + (now - at) * self.per_second)
            if level < cost:
                return (cost - level) / self.per_second
            if len(self._levels) >= MOST_KEYS:
                self._forget(now)
            self._levels[key] = (level - cost, now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Forget those whose bucket is full again, and all where that is not enough."""
        full = self.burst / self.per_second
        self._levels = {key: one for key, one in self._levels.items() if now - one[1] < full}
        if len(self._levels) >= MOST_KEYS:
            self._levels.clear()


MESSAGES = Limit(burst=8, per_second=0.5)
"""Of one visitor."""
SESSIONS = Limit(burst=30, per_second=0.5)
"""From one address: a school or a company has many behind one."""
FROM_ADDRESS = Limit(burst=60, per_second=4.0)
"""Messages from one address."""
SMALL = Limit(burst=40, per_second=4.0)
"""Typing, reading, looking, of one visitor."""
