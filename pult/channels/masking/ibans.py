"""Account numbers (IBAN, ISO 13616): country and last four characters stay.

Checked are the country's length and form (SWIFT's registry, as python-stdnum has it) and the remainder of 97.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from stdnum import iban, numdb

from pult.channels.masking.gaps import SPACE, TIGHT

_GAP = rf"(?:{SPACE}|{TIGHT}|\r?\n[ \t>]{{0,8}}){{0,4}}"
_PAIR = re.compile(r"(?<![0-9])(?<![0-9][A-Za-z])(?<![0-9][A-Za-z]{2})[0-9]")
_COUNTRY = re.compile(rf"(?:(?<![^\W_])(?:IBAN)?|(?<=IBAN))(?=[A-Z])([A-Z](?:{TIGHT}){{0,3}}[A-Z]){_GAP}\Z", re.I)
_BETWEEN = frozenset(".-+\xad\u200b\u200c\u200d\u2060")
_NEXT = re.compile(rf"{_GAP}([0-9A-Za-z])")
_LENGTH = re.compile(r"(\d+)!")
_REGISTRY = numdb.get("iban")
_KEPT = 4
_REACH = 140


@functools.cache
def _length(country: str) -> int:
    """Return how many characters the IBANs of a country have; 0 where it has none."""
    form = _REGISTRY.info(country)[0][1].get("bban", "")
    return 4 + sum(map(int, _LENGTH.findall(form))) if form else 0


def spans(text: str, start: int, stop: int) -> Iterator[tuple[str, list[int]]]:
    """Yield each IBAN in a part of a text: compact, and where its characters stand."""
    place = start
    while (digit := _PAIR.search(text, place, stop)) is not None:
        place = digit.end()
        first = _country(text, digit.start())
        places = [] if first is None else _characters(text, first)
        number = "".join(text[at] for at in places).upper()
        if number and iban.is_valid(number, check_country=False):
            yield number, places
            place = places[-_KEPT]


def _country(text: str, digit: int) -> int | None:
    """Return where the country's letters begin that may stand before a number's first digit."""
    last = digit - 1
    for _ in range(4):
        sign = text[last] if last > 0 else ""
        if sign == ">":
            opened = text.rfind("<", max(0, last - _REACH), last)
            last = opened - 1 if opened >= 0 else last - 1
        elif sign.isspace() or sign in _BETWEEN:
            last -= 1
    if last < 1 or not (text[last].isalpha() or text[last] == ";"):
        return None
    if text[last - 1].isalpha() and not _length(text[last - 1 : last + 1].upper()):
        return None
    near = text[last].isalpha() and text[last - 1].isalpha()
    if near and last > 1 and text[last - 2].isalnum() and text[last - 2] not in "nN":
        return None
    found = _COUNTRY.search(text, max(0, last - (6 if near else _REACH)), digit)
    return None if found is None else found.start(1)


def _characters(text: str, start: int) -> list[int]:
    """Return where the characters of a number stand that is as long as its country says, [] where none is."""
    places = [start]
    length = 2
    while len(places) < length:
        following = _NEXT.match(text, places[-1] + 1)
        if following is None:
            return []
        places.append(following.start(1))
        if len(places) == 2:
            length = _length((text[places[0]] + text[places[1]]).upper())
            if not length:
                return []
    end = places[-1] + 1
    solid = end < len(text) and text[end].isalnum()
    mixed = len({text[at].islower() for at in places[2:] if text[at].isalpha()}) > 1
    return [] if solid or mixed else places
