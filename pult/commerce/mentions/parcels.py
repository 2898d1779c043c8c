"""Numbers of parcels as carriers write them, with their check digits.

UPU S10-12 (parcels of all posts), UPS 1Z, GS1 SSCC (00 and 18 digits: Poczta Polska and others), InPost (24 digits),
Packeta (Z and 10 digits), DHL Express (10 digits, the last is the rest by 7) and JJD, GLS (11 digits and a check
digit), DPD (14 digits, with or without the check character of ISO 7064 mod 37,36), BoxNow, ACS, Speedex, Geniki.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec


class Format(msgspec.Struct, frozen=True):
    """How a carrier writes a number. `alone`: it cannot be mistaken; another needs the carrier's name (`words`) in the
    same sentence."""

    carrier: str
    pattern: str
    check: Callable[[str], bool]
    alone: bool
    words: str = ""


class Found(msgspec.Struct, frozen=True):
    """A parcel's number in a text, without its spaces, and whose it is by its form."""

    number: str
    carrier: str
    start: int


def _s10(number: str) -> bool:
    digits = [int(sign) for sign in number[2:11]]
    rest = 11 - sum(weight * digit for weight, digit in zip((8, 6, 4, 2, 3, 5, 9, 7), digits, strict=False)) % 11
    return digits[8] == {10: 0, 11: 5}.get(rest, rest)


def _ups(number: str) -> bool:
    values = [int(sign) if sign.isdigit() else (ord(sign) - 63) % 10 for sign in number[2:]]
    total = sum(value * (2 if place % 2 else 1) for place, value in enumerate(values[:-1]))
    return values[-1] == (10 - total % 10) % 10


def _gs1(number: str) -> bool:
    digits = [int(sign) for sign in number]
    total = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1])))
    return digits[-1] == (10 - total % 10) % 10


def _gls(number: str) -> bool:
    digits = [int(sign) for sign in number]
    total = sum(digit * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits[:-1])) + 1
    return digits[-1] == (10 - total % 10) % 10


def _dhl(number: str) -> bool:
    return int(number[:-1]) % 7 == int(number[-1])


def _dpd(number: str) -> bool:
    """ISO 7064, mod 37,36, over the 14 digits; without the check character there is nothing to check."""
    if len(number) == 14:
        return True
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = 36
    for sign in number[:-1]:
        rest += signs.index(sign)
        rest = (rest if rest <= 36 else rest - 36) * 2
        rest = rest if rest <= 36 else rest - 37
    return signs[(37 - rest) % 36] == number[-1]


def _any(number: str) -> bool:
    return True


def _no_phone(number: str) -> bool:
    """Ten digits that no Greek, Croatian or Slovenian telephone begins with."""
    return not number.startswith(("0", "69", "2"))


FORMATS: Sequence[Format] = (
    Format("S10", r"[A-Z]{2} ?\d{3} ?\d{3} ?\d{3} ?[A-Z]{2}|[A-Z]{2} ?\d{8} ?\d ?[A-Z]{2}", _s10, True),
    Format("UPS", r"1Z ?[0-9A-Z]{3} ?[0-9A-Z]{3} ?[0-9A-Z]{2} ?[0-9A-Z]{4} ?[0-9A-Z]{3} ?[0-9A-Z]", _ups, True),
    Format("Packeta", r"Z ?\d{3} ?\d{4} ?\d{3}", _any, True),
    Format("DHL", r"JJD ?\d{16,20}", _any, True),
    Format("InPost", r"[5-6]\d{23}", _any, True),
    Format("SSCC", r"00[1-9]\d{17}", _gs1, True),
    Format("GLS", r"\d{12}|\d{11}", lambda number: len(number) == 11 or _gls(number), False, r"\bGLS\b"),
    Format("DPD", r"\d{14}[0-9A-Z]?", _dpd, False, r"\bDPD\b"),
    Format("DHL", r"\d{10}", _dhl, False, r"\bDHL\b"),
    Format("BoxNow", r"\d{10}", _no_phone, False, r"\bbox ?now\b"),
    Format("ACS", r"\d{10}", _no_phone, False, r"\bACS\b"),
    Format("Speedex", r"\d{12}", _any, False, r"\bspeedex\b"),
    Format("Geniki", r"\d{10}", _no_phone, False, r"\bgeniki\b|Γενικ[ήη] Ταχυδρομικ"),
    Format("FedEx", r"\d{12}", _any, False, r"\bfed ?ex\b"),
)


def _compiled(one: Format) -> tuple[Format, re.Pattern[str], re.Pattern[str] | None]:
    around = rf"(?<![\w+/.-])(?:{one.pattern})(?![\w/-]|[.,]\d)"
    return one, re.compile(around), re.compile(one.words, re.I) if one.words else None


_COMPILED = [_compiled(one) for one in FORMATS]
_SENTENCE = re.compile(r"[\n!?;]|[.](?=\s)")


def find(text: str) -> list[Found]:
    """Return the parcels' numbers in a text, in its order, each once."""
    found: dict[str, Found] = {}
    for one, pattern, words in _COMPILED:
        if words is not None and not words.search(text):
            continue
        for match in pattern.finditer(text):
            number = match.group().replace(" ", "")
            if number in found or not one.check(number):
                continue
            if words is None or words.search(sentence(text, match.start(), match.end())):
                found[number] = Found(number, one.carrier, match.start())
    return sorted(found.values(), key=lambda one: one.start)


def sentence(text: str, start: int, end: int) -> str:
    """Return the sentence around a place in a text."""
    before = [match.end() for match in _SENTENCE.finditer(text, 0, start)]
    after = _SENTENCE.search(text, end)
    return text[before[-1] if before else 0 : after.start() if after else len(text)]
