"""What a store's rules hide in a text: as many signs as there were, and twice is no more than once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pult.channels.masking import cards, documents, ibans
from pult.channels.masking.gaps import GAP

_HINT = re.compile(r"\d(?:[^\d\n]{0,3}\d){5}|\d(?:<|&)")
_CLUSTER = re.compile(rf"[0-9](?:{GAP}[0-9]){{5,}}")
_WIDE = 160
"""Characters before and behind digits in which a number that they belong to begins and ends."""


class Rules(NamedTuple):
    """What a store hides beside card numbers, which are always hidden; `own` are its own IBANs, compact, which stay."""

    ibans: bool = True
    documents: bool = True
    own: frozenset[str] = frozenset()


ALL = Rules()


def mask(text: str, rules: Rules = ALL) -> str:
    """Return the text with the numbers masked that the rules hide; the same object where there are none."""
    if _HINT.search(text) is None:
        return text
    windows = list(_windows(text))
    accounts = [account for start, stop in windows for account in ibans.spans(text, start, stop)]
    kept = [(places[0], places[-1] + 1) for number, places in accounts if not rules.ibans or number in rules.own]
    if rules.ibans:
        text = _starred(text, (at for number, places in accounts if number not in rules.own for at in places[2:-4]))
    text = cards.masked_cards(text, kept)
    if rules.documents:
        found = (span for start, stop in windows for span in documents.spans(text, start, stop))
        free = (span for span in found if not any(span[0] < last and first < span[1] for first, last in kept))
        text = _starred(text, (at for start, stop in free for at in _signs(text, start, stop)))
    return text


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
