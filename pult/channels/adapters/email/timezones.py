"""Time zones as calendars name and define them (RFC 5545 section 3.6.5)."""

from __future__ import annotations

import calendar
import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?$")
_BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NAME = re.compile(r"[A-Za-z0-9_+-]{1,40}(?:/[A-Za-z0-9_+-]{1,40}){0,2}")


@dataclasses.dataclass(frozen=True, slots=True)
class Observance:
    """Standard or summer time: it holds from `starts` (local time) on, and anew each year by its rule if it has one.

    `weekday` counts from Monday, `ordinal` from the first (1) or the last (-1) of its month.
    """

    starts: datetime
    offset: timedelta
    month: int = 0
    weekday: int = 0
    ordinal: int = 0
    until: int = 9999

    def onset(self, year: int) -> datetime | None:
        """Return when it begins in a year, None where it does not."""
        if not self.month:
            return self.starts
        if not self.starts.year <= year <= self.until:
            return None
        first, days = calendar.monthrange(year, self.month)
        day = 1 + (self.weekday - first) % 7 + 7 * ((self.ordinal or 1) - 1)
        if self.ordinal < 0:
            last = days - (first + days - 1 - self.weekday) % 7
            day = last + 7 * (self.ordinal + 1)
        return self.starts.replace(year=year, month=self.month, day=day) if 1 <= day <= days else None


def observance(lines: Mapping[str, str]) -> list[Observance]:
    """Return a STANDARD or DAYLIGHT component's lines as a list of one; an empty one where they cannot be read."""
    offset = _OFFSET.match(lines.get("TZOFFSETTO", "").strip())
    try:
        starts = datetime.strptime(lines.get("DTSTART", "").strip(), "%Y%m%dT%H%M%S")
    except ValueError:
        return []
    if offset is None or int(offset[2]) > 15:
        return []
    east = timedelta(hours=int(offset[2]), minutes=int(offset[3])) * (-1 if offset[1] == "-" else 1)
    rule = dict(part.split("=", 1) for part in lines.get("RRULE", "").upper().split(";") if "=" in part)
    by_day = _BY_DAY.match(rule.get("BYDAY", ""))
    month = rule.get("BYMONTH", "")
    if rule.get("FREQ") != "YEARLY" or by_day is None or not month.isdecimal() or not 1 <= int(month) <= 12:
        return [Observance(starts, east)]
    until = rule.get("UNTIL", "")[:4]
    last = int(until) if until.isdecimal() else 9999
    return [Observance(starts, east, int(month), _DAYS.index(by_day[2]), int(by_day[1] or 1), last)]


def in_utc(local: datetime, name: str, defined: Sequence[Observance]) -> datetime:
    """Return a local time in UTC, by the zone's name or else by its definition; as it is where neither is known."""
    zone = _known(name)
    if zone is not None:
        return local.replace(tzinfo=zone).astimezone(UTC)
    onsets = [
        (onset, one.offset)
        for one in defined[:100]
        for year in {local.year, max(local.year - 1, 1)}
        if (onset := one.onset(year)) is not None
    ]
    past = [found for found in onsets if found[0] <= local]
    if past:
        return local.replace(tzinfo=timezone(max(past)[1])).astimezone(UTC)
    if defined:
        return local.replace(tzinfo=timezone(defined[0].offset)).astimezone(UTC)
    return local


def _known(name: str) -> ZoneInfo | None:
    """Return a zone by its name of the tz database, also where a program wrote a path before it."""
    parts = [part for part in name.strip().split("/") if part][-3:]
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        if _NAME.fullmatch(tail) and (start == 0 or "/" in tail or len(parts) == 1):
            try:
                return ZoneInfo(tail)
            except (LookupError, ValueError, OSError):
                continue
    return None
