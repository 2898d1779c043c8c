"""How a shop writes the numbers of its orders: learned from those it has given, or told by an admin.

A shape is a number with `#` for each digit, `@` for each letter that changes and `?` for a letter or a digit; every
other sign stands for itself: `D-#####`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

ENOUGH = 20
"""Orders from which the shapes of a shop's numbers can be learned."""
COVERED = 0.9
RARE = 0.02
LONGEST = 40


def _literal(number: str) -> str:
    return re.sub(r"\d", "#", number)


def _letters(number: str) -> str:
    return re.sub(r"[^\W\d_]", "@", _literal(number))


def _anything(number: str) -> str:
    return re.sub(r"[#@]", "?", _letters(number))


_WAYS: Sequence[Callable[[str], str]] = (_literal, _letters, _anything)


def learn(numbers: Iterable[str]) -> list[str]:
    """Return the shapes of nearly all of these numbers, the most frequent first; none where they have no form."""
    given = (plain(number) for number in numbers)
    known = [number for number in given if 3 <= len(number) <= LONGEST and any(map(str.isdigit, number))]
    if len(known) < ENOUGH:
        return []
    for way in _WAYS:
        counted = Counter(map(way, known)).most_common(8)
        shapes = [(shape, count) for shape, count in counted if count >= len(known) * RARE]
        if sum(count for _, count in shapes) >= len(known) * COVERED:
            return [shape for shape, _ in shapes]
    return []


def plain(number: str) -> str:
    """Return a number in capitals without the sign # before it."""
    return number.strip().lstrip("#").upper()


@lru_cache(maxsize=500)
def _pattern(shape: str) -> re.Pattern[str]:
    """Return what a number of this shape matches. The last digits may be one more or one less: numbers grow."""
    signs = {"#": r"\d", "@": r"[^\W\d_]", "?": r"[^\W_]"}
    grows = re.search(r"#{3,}$", shape)
    fixed = shape[: grows.start()] if grows else shape
    ending = rf"\d{{{len(shape) - len(fixed) - 1},{len(shape) - len(fixed) + 1}}}" if grows else ""
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in fixed.upper()) + ending)


def fits(number: str, shapes: Iterable[str]) -> bool:
    """Say whether a number has one of these shapes."""
    known = plain(number)
    return any(_pattern(shape).fullmatch(known) for shape in shapes)


def telling(shapes: Iterable[str]) -> list[str]:
    """Return the shapes that are seen without a word before them: those with signs of their own beside digits."""
    return [shape for shape in shapes if re.search(r"[^#@?]", shape) and shape.count("#") + shape.count("?") >= 3]


@lru_cache(maxsize=200)
def _inside(shape: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-])#?{_pattern(shape).pattern}(?![\w/-]|[.,]\d)", re.I)


def inside(text: str, shapes: Iterable[str]) -> list[str]:
    """Return what in a text has one of these telling shapes."""
    return [match.group() for shape in telling(shapes) for match in _inside(shape).finditer(text)]
