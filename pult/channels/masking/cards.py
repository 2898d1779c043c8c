"""Payment card numbers: all but the last four digits become asterisks, whatever a store's rules say.

A number is a card's if it has 13 to 19 digits, maybe in groups, begins as cards of a known scheme do, has a length
of that scheme, and passes the Luhn check (ISO/IEC 7812-1). Order and parcel numbers that fail one of them stay. Lengths
that cards hardly have any more, and EANs and parcels often, count beside a word that says card.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from pult.channels.masking import context
from pult.channels.masking.context import Looks
from pult.channels.masking.gaps import GAP

_RUN = re.compile(rf"(?<![\d])\d(?:{GAP}\d){{12,79}}(?!\d)")
_MORE = re.compile(rf"{GAP}\d")
_LONGEST = 19
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""Each digit doubled, and the digits of that added up."""
_KEPT = 4
_DIGIT = re.compile(r"\d")
_LEFT, _RIGHT = re.compile(r"[0-9A-Za-z]*\Z"), re.compile(r"[0-9A-Za-z]*")
_CODE = re.compile(r"[0-9]+[A-Za-z]|[A-Za-z]+[0-9]")
_MAILED = re.compile(r"[\w.$+-]{0,80}@\w")
_USUAL = re.compile(r"[3-6].{15}|2.{15}|3[47].{13}|3[0689].{12}|[3-6].{18}")
_SCHEMES = (
    (r"4", (13, 16, 19)),
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    (r"3[47]", (15,)),
    (r"3(?:0[0-59]|[689])", (14, 15, 16, 17, 18, 19)),
    (r"35(?:2[89]|[3-8])", (16, 17, 18, 19)),
    (r"6011|64[4-9]|65", (16, 17, 18, 19)),
    (r"62|81", (16, 17, 18, 19)),
    (r"50|5[6-8]|6(?:304|759|761|762|763)|60|6[37-9]", (13, 14, 15, 16, 17, 18, 19)),
)
_BEGINNINGS = {
    length: re.compile("|".join(prefix for prefix, lengths in _SCHEMES if length in lengths))
    for length in range(13, 20)
}


def is_card(digits: str) -> bool:
    """Say whether digits without spaces are a payment card's number."""
    prefix = _BEGINNINGS.get(len(digits))
    fits = prefix is not None and prefix.match(digits) is not None
    return fits and len(set(digits)) > 1 and _checks(digits)


def _checks(digits: str) -> bool:
    """Say whether the check digit is right (Luhn; ISO/IEC 7812-1, annex B)."""
    return (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0


def masked_cards(text: str, looks: Looks, apart: Sequence[tuple[int, int]] = ()) -> str:
    """Return the text with card numbers masked; the same object where there are none.

    Args:
        apart: from where to where other numbers lie that are no cards.
    """
    pieces: list[str] = []
    end = place = 0
    while (run := _RUN.search(text, place)) is not None:
        for at in sorted(set(_hidden(text, run, apart, looks))):
            pieces += [text[end:at], "*"]
            end = at + 1
        place = max(end, _next_place(text, run))
    return "".join([*pieces, text[end:]]) if pieces else text


def _next_place(text: str, run: re.Match[str]) -> int:
    """Return where to look on after a run: at its end or, where only the length we look at ended it, at the first
    group of digits in which a card might begin that goes on beyond."""
    if _MORE.match(text, run.end()) is None:
        return run.end()
    places = [match.start() for match in _DIGIT.finditer(run.group())]
    for index in range(max(1, len(places) - _LONGEST + 1), len(places)):
        if places[index - 1] != places[index] - 1:
            return run.start() + places[index]
    return run.end()


def _hidden(text: str, run: re.Match[str], apart: Sequence[tuple[int, int]], looks: Looks) -> Iterator[int]:
    """Yield where in a run of grouped digits there are those of cards that are hidden.

    Cards begin and end where groups do, or where what is kept of another card begins: so nothing that is left
    looks like a card.
    """
    places = [match.start() for match in _DIGIT.finditer(text, *run.span())]
    digits = "".join(str(unicodedata.digit(text[place])) for place in places)
    starts = [i for i, place in enumerate(places) if i == 0 or places[i - 1] != place - 1]
    stops = {i + 1 for i, place in enumerate(places) if i + 1 == len(places) or places[i + 1] != place + 1}
    taken = 0
    while starts:
        start = starts.pop(0)
        if start < taken - _KEPT:
            continue
        for length in (16, 15, 14, 19, 18, 17, 13):
            if start + length not in stops or not is_card(digits[start : start + length]):
                continue
            first, last = places[start], places[start + length - 1] + 1
            if any(first < other[1] and other[0] < last for other in apart):
                continue
            if _is_meant(text, digits[start : start + length], first, last, looks):
                taken = start + length
                yield from places[start : taken - _KEPT]
                starts = sorted({taken - _KEPT, *starts})
                break


def _is_meant(text: str, digits: str, first: int, last: int, looks: Looks) -> bool:
    """Say whether what could be a card is no part of a code, of a mail's id, and of a length that cards have."""
    before, after = _LEFT.search(text, max(0, first - 64), first), _RIGHT.match(text, last, last + 64)
    if any(side is not None and _CODE.search(side[0]) for side in (before, after)):
        return False
    if _MAILED.match(text, last) is not None:
        return False
    return _USUAL.fullmatch(digits) is not None or (looks.one_more() and context.is_card(text, first, last))
