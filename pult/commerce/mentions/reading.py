"""What a message names, by rules: numbers of orders, numbers of parcels, other shops. Whether a shop knows them is not
asked here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from pult.commerce.mentions import numbers, parcels
from pult.commerce.mentions.merchants import Names
from pult.commerce.mentions.parcels import Found, sentence

MOST = 12
"""As many numbers are looked up."""
LONGEST = 20_000
"""Characters of a message that are read."""

_WORDS: Mapping[str, str] = tomllib.loads((Path(__file__).parent / "words.toml").read_text("utf-8"))
_CODE = r"(?P<code>#?[^\W_]{1,12}(?:[-/][^\W_]{1,20}){0,3})"
_THE_ORDER = _WORDS["order"]
_THE_NUMBER = _WORDS["number"]
_ORDER = re.compile(
    rf"\b(?:(?:{_THE_NUMBER})\s*(?:{_THE_ORDER})|(?:{_THE_ORDER})\s*(?P<marked>(?:{_THE_NUMBER})\s*[:#]?|[:#])?)"
    rf"\s*[:(„\"]?\s*{_CODE}(?![\w/-]|[.,:]\d)",
    re.I,
)
_BOUGHT = re.compile(rf"\b(?:{_WORDS['bought']})", re.I)
_PRICE = re.compile(rf"\b(?:{_WORDS['price']})", re.I)
_RETURNED = re.compile(rf"\b(?:{_WORDS['returned']})", re.I)
_TELEPHONE = re.compile(rf"\b(?:{_WORDS['telephone']})\W{{0,6}}$", re.I)
_ORDER_WORD = re.compile(rf"\b(?:{_WORDS['order']})", re.I)
_MAIL = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+\w{2,})")
# A date, or sizes such as those of a tyre.
_DATE = re.compile(r"\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?|\d{4}-\d{2}-\d{2}|\d{1,3}/\d{1,3}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", re.I)
_AMOUNT = re.compile(r"\s*(?:€|eur|zł|zl|pln|kn|hrk|usd|\$|£|%|kos|kom|szt|τεμ|pcs|pieces|x\b|items?)", re.I)


class Number(msgspec.Struct, frozen=True):
    """What may be an order's number. `rule`: "order_word" where the message calls it one, "own_shape" where it looks
    like ours."""

    text: str
    rule: str


class Other(msgspec.Struct, frozen=True):
    """Another shop that the message names: by "bought_there" or by "mail_domain"."""

    name: str
    text: str
    rule: str


class Named(msgspec.Struct, frozen=True):
    """What a message names. `sent_back`: it speaks of something sent back, whose parcel no shop has to know."""

    numbers: list[Number]
    parcels: list[Found]
    others: list[Other]
    sent_back: bool


def read(text: str, *, shapes: Iterable[str], merchants: Names) -> Named:
    """Return what a message names.

    Args:
        shapes: of the numbers of our own shops; merchants: other shops to look for.
    """
    text = text[:LONGEST]
    if not any(map(str.isdigit, text)):
        return Named([], [], _others(text, merchants), False)
    found = parcels.find(text)
    spoken_for = {one.number for one in found}
    own = tuple(shapes)
    candidates: dict[str, Number] = {}
    for match in _ORDER.finditer(text):
        code = match["code"]
        if _is_number(text, match, code) and numbers.plain(code) not in spoken_for:
            candidates.setdefault(numbers.plain(code), Number(code, "order_word"))
    for code in numbers.inside(text, own):
        if numbers.plain(code) not in spoken_for:
            candidates.setdefault(numbers.plain(code), Number(code, "own_shape"))
    return Named(
        list(candidates.values())[:MOST],
        found[:MOST],
        _others(text, merchants),
        _RETURNED.search(text) is not None,
    )


def _is_number(text: str, match: re.Match[str], code: str) -> bool:
    """Say whether what follows the word is a number: no date, amount, count, telephone or account."""
    digits = sum(sign.isdigit() for sign in code)
    bare = code.lstrip("#")
    if digits < 3 or len(bare) < 4 or len(bare) > numbers.LONGEST:
        return False
    if _DATE.fullmatch(bare) or _IBAN.fullmatch(bare) or _AMOUNT.match(text, match.end()):
        return False
    if bare.isdigit() and re.match(r"[ \u00a0]\d", text[match.end() :]):
        return False  # digits in groups: a telephone, an account or an amount
    marked = bool(match["marked"]) or code.startswith("#")
    if bare.isdigit() and len(bare) == 4 and not marked:
        return False  # a year, or how many
    return not (bare.isdigit() and len(bare) < 5 and not marked)


def _others(text: str, merchants: Names) -> list[Other]:
    found: dict[str, Other] = {}
    for match in merchants.pattern.finditer(text):
        around = sentence(text, match.start(), match.end())
        if _BOUGHT.search(around) and not _PRICE.search(around):
            name = merchants.names[match.group().casefold()]
            found.setdefault(name, Other(name, match.group(), "bought_there"))
    if _ORDER_WORD.search(text):
        for match in _MAIL.finditer(text):
            domain = match[1].casefold()
            name = next((merchants.domains[part] for part in _parents(domain) if part in merchants.domains), "")
            if name:
                found.setdefault(name, Other(name, match.group(), "mail_domain"))
    return list(found.values())


def _parents(domain: str) -> list[str]:
    parts = domain.split(".")
    return [".".join(parts[place:]) for place in range(len(parts) - 1)]
