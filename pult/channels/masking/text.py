"""What a store's rules hide in a text: as many signs as there were, and twice is no more than once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pult.channels.masking import cards, documents, ibans
from pult.channels.masking.context import Looks
from pult.channels.masking.gaps import GAP

_HINT = re.compile(r"\d(?:[^\d\n]{0,3}\d){5}|\d(?:<|&)")
_CLUSTER = re.compile(rf"[0-9](?:{GAP}[0-9]){{5,}}")
_LONG = re.compile(rf"[0-9](?:{GAP}[0-9]){{10,79}}")
_DIGIT = re.compile(r"[0-9]")
_CUT = re.compile(r"(?<=[^0-9]{4})(?=[0-9])|\n")
MOST = 300_000
"""Characters with digits among them that are looked at number by number; those of a text of 100 pages are fewer."""
_WIDE = 160
"""Characters before and behind digits in which a number that they belong to begins and ends."""


class Rules(NamedTuple):
    """What a store hides beside card numbers, which are always hidden; `own` are its own IBANs, compact, which stay."""

    ibans: bool = True
    documents: bool = True
    own: frozenset[str] = frozenset()


ALL = Rules()


def mask(text: str, rules: Rules = ALL, *, rest: bool = True) -> str:
    """Return the text with the numbers masked that the rules hide; the same object where there are none.

    What has so many digits that nobody wrote them (MOST) is masked roughly from there on, whatever its numbers are, so
    that no mail holds up the others; with `rest` False that part is left as it is.
    """
    if _HINT.search(text) is None:
        return text
    windows, looks = list(_windows(text)), Looks()
    if (cut := _too_many(text, windows)) is not None:
        return mask(text[:cut], rules) + (_LONG.sub(_last_four, text[cut:]) if rest else text[cut:])
    accounts = [account for start, stop in windows for account in ibans.spans(text, start, stop)]
    kept = [(places[0], places[-1] + 1) for number, places in accounts if not rules.ibans or number in rules.own]
    if rules.ibans:
        text = _starred(text, (at for number, places in accounts if number not in rules.own for at in places[2:-4]))
    text = cards.masked_cards(text, looks, kept)
    if rules.documents:
        found = (span for start, stop in windows for span in documents.spans(text, start, stop, looks))
        free = (span for span in found if not any(span[0] < last and first < span[1] for first, last in kept))
        text = _starred(text, (at for start, stop in free for at in _signs(text, start, stop)))
    return text


def _too_many(text: str, windows: Sequence[tuple[int, int]]) -> int | None:
    """Return where a text with too many digits is cut, between two numbers if it can be; None for every other."""
    seen = 0
    for start, stop in windows:
        seen += stop - start
        if seen > MOST:
            at = stop - (seen - MOST)
            between = _CUT.search(text, at, at + 2_000)
            return between.start() if between is not None else at
    return None


def _last_four(run: re.Match[str]) -> str:
    """Return a long number with stars for all its digits but the last four."""
    places = [found.start() for found in _DIGIT.finditer(run[0])]
    return _starred(run[0], places[:-4])


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text in which there are digits enough, without overlaps."""
    start = stop = 0
    for cluster in _CLUSTER.finditer(text):
        if stop and cluster.start() - _WIDE > stop:
            yield start, stop
            start = stop = 0
        if not stop:
            start = max(0, cluster.start() - _WIDE)
        stop = min(len(text), cluster.end() + _WIDE)
    if stop:
        yield start, stop


def _signs(text: str, start: int, stop: int) -> Iterator[int]:
    """Yield where letters and digits stand that are no part of a tag or an entity."""
    piece = re.sub(r"<[^<>]{1,120}>|&[#\w]{1,8};|=\r?\n", lambda found: " " * len(found[0]), text[start:stop])
    return (start + at for at, sign in enumerate(piece) if sign.isalnum())


def _starred(text: str, places: Iterable[int]) -> str:
    pieces: list[str] = []
    end = 0
    for at in sorted(set(places)):
        pieces += [text[end:at], "*"]
        end = at + 1
    return "".join([*pieces, text[end:]]) if pieces else text
