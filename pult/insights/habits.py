"""By which channel and at which hours somebody writes, counted and never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

ENOUGH = 5
"""Messages from which a habit can be read."""
MOST_HOURS = 5
"""Longer than this is no habit: somebody writes at all times."""
SHARE = 0.7
"""So many of the messages make a habit."""


class Habit(msgspec.Struct, frozen=True):
    """What holds for `count` of `of` messages. `value` is a channel's name; hours are full hours, `until` excluded."""

    count: int
    of: int
    value: str = ""
    from_hour: int = 0
    until_hour: int = 0


class Habits(msgspec.Struct, frozen=True):
    """What can be said of somebody's ways; None where there are too few messages or none stands out."""

    channel: Habit | None
    hours: Habit | None


def read(contacts: Sequence[tuple[str, datetime]]) -> Habits:
    """Return what the messages (channel, local time) tell."""
    of = len(contacts)
    if of < ENOUGH:
        return Habits(None, None)
    (channel, times), *_ = Counter(channel for channel, _ in contacts).most_common(1)
    by_channel = Habit(times, of, value=channel) if times >= of * SHARE else None
    return Habits(by_channel, _hours(Counter(at.hour for _, at in contacts), of))


def _hours(by_hour: Counter[int], of: int) -> Habit | None:
    """Return the shortest stretch of the day that holds SHARE of all, the fullest of those as short."""
    for length in range(1, MOST_HOURS + 1):
        stretches = [(sum(by_hour[(begin + i) % 24] for i in range(length)), begin) for begin in range(24)]
        most, begin = max(stretches, key=lambda found: (found[0], -found[1]))
        if most >= of * SHARE:
            return Habit(most, of, from_hour=begin, until_hour=(begin + length) % 24)
    return None
