"""When things happen in the demo shop: customers write by day and evening, the desk answers in working hours."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pult.demo.lexicon import lexicon

DAYS = 90
ZONE = ZoneInfo("Europe/Ljubljana")

_HOURS = (1, 1, 0, 0, 0, 1, 3, 7, 12, 15, 16, 14, 11, 11, 12, 11, 10, 9, 8, 9, 11, 10, 6, 3)
_WEEKDAYS = (14, 12, 11, 11, 11, 7, 6)
OPEN, SHUT = 8, 18


def starts(rng: random.Random, now: datetime, count: int) -> list[datetime]:
    """Return when `count` conversations begin in the last 90 days, in order; never after `now`.

    Mondays are fuller than Sundays, mornings than nights, and the last days a little fuller than the first.
    """
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    weights = [_WEEKDAYS[day.weekday()] * (1.25 if back < 10 else 1.0) for back, day in enumerate(days)]
    moments: list[datetime] = []
    while len(moments) < count:
        day = rng.choices(days, weights)[0]
        hour = rng.choices(range(24), _HOURS)[0]
        moment = day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60))
        if now - timedelta(days=DAYS) < moment < now - timedelta(minutes=3):
            moments.append(moment)
    return sorted(moments)


def answered(rng: random.Random, after: datetime) -> datetime:
    """Return when the desk answers what came at `after`: an hour or two later, in working hours."""
    moment = after + timedelta(minutes=max(4.0, rng.lognormvariate(4.2, 0.9)))
    if moment.hour < OPEN:
        moment = moment.replace(hour=OPEN) + timedelta(minutes=rng.randrange(50))
    elif moment.hour >= SHUT:
        moment = (moment + timedelta(days=1)).replace(hour=OPEN) + timedelta(minutes=rng.randrange(90))
    while moment.weekday() == 6:
        moment += timedelta(days=1)
    return moment.replace(microsecond=0)


def written_back(rng: random.Random, after: datetime) -> datetime:
    """Return when a customer answers: mostly the same day, never in the small hours."""
    moment = after + timedelta(minutes=max(3.0, rng.lognormvariate(5.0, 1.2)))
    if moment.hour < 6:
        moment = moment.replace(hour=7) + timedelta(minutes=rng.randrange(120))
    return moment.replace(microsecond=0)


def day_in_words(language: str, moment: datetime) -> str:
    """Write a day as it stands inside a sentence of that language."""
    words = lexicon(language)
    local = moment.astimezone(ZONE)
    return words.date.format(d=local.day, month=words.months[local.month - 1])
