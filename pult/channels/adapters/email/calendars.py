"""Calendars in mails (RFC 5545, 5546): what the first event in one asks or tells.

Read by hand: the usual library works out every change of a time zone that a sender defines, endlessly where he says
that it changes each second, and keeps zones by name from one mail to the next. Nothing here raises or grows.
"""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from pult.channels.adapters.email import timezones
from pult.channels.adapters.email.text import decode, tidy
from pult.channels.adapters.email.timezones import Observance
from pult.channels.base import Address, Invitation

MAX_BYTES = 500_000
MAX_LINES = 20_000
MAX_LINE = 20_000
MAX_TEXT = 500
MAX_DESCRIPTION = 50_000
TYPES = ("text/calendar", "application/ics", "text/x-vcalendar")
_METHODS = {
    "REQUEST": "request",
    "ADD": "request",
    "REFRESH": "request",
    "CANCEL": "cancel",
    "REPLY": "reply",
    "DECLINECOUNTER": "reply",
    "COUNTER": "counter",
    "PUBLISH": "publish",
}
_REPEATS = {"DAILY": "daily", "WEEKLY": "weekly", "MONTHLY": "monthly", "YEARLY": "yearly"}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{8})T?(\d{4,6})(Z?)$")
_DURATION = re.compile(
    r"\+?P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$", re.IGNORECASE
)
_EVERY_OTHER = re.compile(r"INTERVAL=0*(?!1(?!\d))\d", re.IGNORECASE)
_FREQUENCY = re.compile(r"FREQ=([A-Z]{1,12})", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Property:
    """A line of a calendar: its parameters by name in capitals, and its value as it stands."""

    value: str
    parameters: Mapping[str, str]


Component = dict[str, Property]


@dataclasses.dataclass(slots=True)
class Calendar:
    """What a calendar holds: its own lines, its events, the time zones it defines."""

    head: Component = dataclasses.field(default_factory=dict)
    events: list[Component] = dataclasses.field(default_factory=list)
    zones: dict[str, list[Observance]] = dataclasses.field(default_factory=dict)


def invitation(content: bytes, *, charset: str = "", method: str = "") -> tuple[Invitation | None, str]:
    """Return what the first event asks or tells, and its description; (None, "") where there is no event.

    Args:
        content: of the part, decoded; charset and method as its Content-Type names them.
    """
    calendar = _read(tidy(decode(content[:MAX_BYTES], charset)))
    if not calendar.events:
        return None, ""
    # Of a series the event itself comes before those that differ.
    event = next((one for one in calendar.events if "RECURRENCE-ID" not in one), calendar.events[0])
    named = _value(calendar.head, "METHOD").upper() or method.upper()
    starts, ends = _times(event, calendar.zones)
    found = Invitation(
        method=_METHODS.get(named, "publish"),
        summary=_text(event, "SUMMARY", MAX_TEXT),
        starts=_iso(starts),
        ends=_iso(ends),
        repeats=_repeats(event),
        place=_text(event, "LOCATION", MAX_TEXT),
        organiser=_person(event.get("ORGANIZER")),
        cancelled=named == "CANCEL" or _value(event, "STATUS").upper() == "CANCELLED",
        answer="declined" if named == "DECLINECOUNTER" else _answer(event, named),
        more=len({_value(one, "UID") for one in calendar.events} - {_value(event, "UID")}),
    )
    return found, _text(event, "DESCRIPTION", MAX_DESCRIPTION)


def _read(text: str) -> Calendar:
    """Sort the lines of a calendar; alarms and other things inside an event are left out."""
    calendar = Calendar()
    path: deque[str] = deque(maxlen=50)
    current: Component = {}
    zone: list[Observance] = []
    zone_name = ""
    for line in _FOLD.sub("", text).split("\n")[:MAX_LINES]:
        name, found = _property(line[:MAX_LINE])
        kind = found.value.strip().upper()
        if name == "BEGIN":
            path.append(kind)
            if kind in {"VEVENT", "STANDARD", "DAYLIGHT"}:
                current = {}
            elif kind == "VTIMEZONE":
                zone, zone_name = [], ""
        elif name == "END":
            if kind == "VEVENT" and current:
                calendar.events.append(current)
            elif kind in {"STANDARD", "DAYLIGHT"}:
                zone += timezones.observance({key: one.value for key, one in current.items()})
            elif kind == "VTIMEZONE":
                calendar.zones[zone_name] = zone
            if path:
                path.pop()
        elif path and path[-1] in {"VEVENT", "STANDARD", "DAYLIGHT"}:
            current.setdefault(name, found)
        elif path and path[-1] == "VTIMEZONE" and name == "TZID":
            zone_name = found.value.strip()
        elif path and path[-1] == "VCALENDAR":
            calendar.head.setdefault(name, found)
    if path and path[-1] == "VEVENT" and current:
        # Cut off before its end.
        calendar.events.append(current)
    return calendar


def _property(line: str) -> tuple[str, Property]:
    """Split a line (RFC 5545 section 3.1) into its name in capitals, its parameters and its value."""
    quoted, pieces, start = False, list[str](), 0
    for match in re.finditer(r'[":;]', line):
        sign = match.group()
        if sign == '"':
            quoted = not quoted
        elif not quoted:
            pieces.append(line[start : match.start()])
            start = match.end()
            if sign == ":":
                break
    if quoted or not pieces:
        # A quote that nobody closed.
        head, _, value = line.partition(":")
        pieces = head.split(";")
    else:
        value = line[start:]
    parameters: dict[str, str] = {}
    for piece in pieces[1:]:
        key, _, said = piece.partition("=")
        parameters.setdefault(key.strip().upper(), said.strip('" '))
    return pieces[0].strip().upper(), Property(value, parameters)


def _value(component: Component, name: str) -> str:
    found = component.get(name)
    return found.value.strip() if found else ""


def _text(component: Component, name: str, longest: int) -> str:
    """Return a text without its escapes (RFC 5545 section 3.3.11); a short one on one line."""
    text = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], _value(component, name))
    text = text if longest > MAX_TEXT else " ".join(text.split())
    return text.strip()[:longest]


def _person(found: Property | None) -> Address:
    if found is None:
        return Address("")
    address = re.sub(r"^mailto:", "", found.value.strip(), flags=re.IGNORECASE)
    return Address(address[:320] if "@" in address else "", found.parameters.get("CN", "")[:200])


def _answer(event: Component, method: str) -> str:
    attendee = event.get("ATTENDEE")
    state = attendee.parameters.get("PARTSTAT", "") if attendee else ""
    return _ANSWERS.get(state.upper(), "") if method == "REPLY" else ""


def _repeats(event: Component) -> str:
    rule = _FREQUENCY.search(_value(event, "RRULE"))
    if rule and _EVERY_OTHER.search(_value(event, "RRULE")):
        return "otherwise"
    if rule:
        return _REPEATS.get(rule.group(1).upper(), "otherwise")
    return "otherwise" if "RDATE" in event else ""


Moment = date | datetime | None


def _times(event: Component, zones: Mapping[str, Sequence[Observance]]) -> tuple[Moment, Moment]:
    """Return when an event begins and ends; of one that takes whole days the first and the last of them."""
    starts, ends = _moment(event.get("DTSTART"), zones), _moment(event.get("DTEND"), zones)
    try:
        if starts is not None and ends is None and (lasts := _duration(_value(event, "DURATION"))):
            ends = starts + lasts
        if starts is not None and not isinstance(starts, datetime):
            last = ends - timedelta(days=1) if ends is not None and not isinstance(ends, datetime) else starts
            return starts, max(last, starts)
    except (OverflowError, TypeError):
        return starts, None
    return starts, ends if isinstance(ends, datetime) else None


def _moment(found: Property | None, zones: Mapping[str, Sequence[Observance]]) -> Moment:
    """Return a date, a time in UTC, or a time that holds wherever one is; None where it cannot be read."""
    if found is None:
        return None
    value = re.sub(r"[-:\s]", "", found.value).upper()
    try:
        if len(value) == 8:
            return datetime.strptime(value, "%Y%m%d").date()
        match = _TIME.match(value)
        if match is None:
            return None
        day, clock, utc = match.groups()
        local = datetime.strptime(day + clock.ljust(6, "0"), "%Y%m%d%H%M%S")
        if utc:
            return local.replace(tzinfo=UTC)
        name = found.parameters.get("TZID", "")
        return timezones.in_utc(local, name, zones.get(name, ()))
    except (ValueError, OverflowError):
        return None


def _duration(value: str) -> timedelta:
    match = _DURATION.match(value)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0,) * 5
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _iso(moment: Moment) -> str:
    return moment.isoformat() if moment else ""
