"""What the demo shop's letters are made of: one folder of TOML for each language under content/."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

import msgspec

LANGUAGES = ("sl", "hr", "pl", "el", "en")
GENDERS = ("m", "f", "n", "pl")

_CONTENT = Path(__file__).parent / "content"


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A thing the shop sells, in the cases that letters need; `g` is its gender or `pl`."""

    cat: str
    nom: str
    g: str
    acc: str = ""
    gen: str = ""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One matter: how it opens, what the desk answers, what the customer says then, how it ends.

    `goods` narrows it to a category of products; `attach` and `attach_out` say what comes with the opening
    and with the answer: photo, label or invoice.
    """

    key: str
    tags: list[str]
    subjects: list[str]
    open: list[str]
    answer: list[str]
    follow: list[str] = []
    solve: list[str] = []
    goods: str = ""
    attach: str = ""
    attach_out: str = ""
    weight: int = 1


class Lexicon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People, goods and the small change of letters in one language."""

    male: list[str]
    female: list[str]
    surnames: list[str]
    companies: list[str]
    cities: list[str]
    streets: list[str]
    carriers: list[str]
    months: list[str]
    date: str
    money: str
    decimal: str
    wrote: str
    hello: list[str]
    bye: list[str]
    agent_hello_m: list[str]
    agent_hello_f: list[str]
    agent_bye: list[str]
    mobile: list[str]
    thanks: list[str]
    welcome: list[str]
    nudge: list[str]
    notes: list[str]
    goods: dict[str, Product]


class _Scenarios(msgspec.Struct, forbid_unknown_fields=True):
    s: list[Scenario]


@lru_cache(maxsize=len(LANGUAGES))
def lexicon(language: str) -> Lexicon:
    """Return the people, goods and phrases of a language."""
    return msgspec.convert(tomllib.loads((_CONTENT / language / "lexicon.toml").read_text("utf-8")), Lexicon)


@lru_cache(maxsize=len(LANGUAGES))
def scenarios(language: str) -> list[Scenario]:
    """Return the matters that people write about in a language."""
    return msgspec.convert(tomllib.loads((_CONTENT / language / "scenarios.toml").read_text("utf-8")), _Scenarios).s
