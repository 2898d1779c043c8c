"""Other shops by their names and the domains of their mails: those that everybody knows, and those an admin keeps."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec


class Merchant(msgspec.Struct, frozen=True):
    """Another shop. `ours`: this company sells there too, so its name says nothing."""

    name: str
    words: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    ours: bool = False


@lru_cache(maxsize=1)
def shipped() -> tuple[Merchant, ...]:
    """Return the shops that everybody knows."""
    raw = tomllib.loads((Path(__file__).parent / "merchants.toml").read_text("utf-8"))
    return tuple(Merchant(name, tuple(one["words"]), tuple(one["domains"])) for name, one in raw.items())


class Names(msgspec.Struct, frozen=True):
    """Other shops, ready to be looked for: `pattern` finds their names, `names` and `domains` say whose each is."""

    pattern: re.Pattern[str]
    names: Mapping[str, str]
    domains: Mapping[str, str]


@lru_cache(maxsize=32)
def known(kept: tuple[Merchant, ...], own: tuple[str, ...]) -> Names:
    """Return the shipped shops and those kept here, without `own` (names of our stores) and those we sell at."""
    ours = {name.casefold() for name in own} | {one.name.casefold() for one in kept if one.ours}
    ours |= {word.casefold() for one in kept if one.ours for word in one.words}
    chosen: Sequence[Merchant] = [
        one
        for one in (*kept, *shipped())
        if not one.ours and one.name.casefold() not in ours and not ours & {word.casefold() for word in one.words}
    ]
    names = {word.casefold(): one.name for one in reversed(chosen) for word in one.words}
    domains = {domain.casefold(): one.name for one in reversed(chosen) for domain in one.domains}
    return Names(_any_of(names), names, domains)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w@.-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w@])", re.I)
