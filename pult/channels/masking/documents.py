"""Numbers of people and of their identity documents: nothing of them stays.

Strong enough to stand alone are a number with a date of birth and a check digit (EMŠO, JMBG, PESEL, AMKA) where no
word before it says that it is an order, a parcel, a telephone, and the lines for machines at the foot of a document
(ICAO 9303) with right check digits. Passports, identity cards and the OIB are masked beside a word that says what they
are: half of all order numbers look like them. A company's OIB stays, as every tax number does: an invoice needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType

from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.pl import pesel
from stdnum.si import emso

from pult.channels.masking import context
from pult.channels.masking.context import Looks
from pult.channels.masking.gaps import SPACE, TIGHT

_GROUP = re.compile(r"[0-9]+(?![0-9A-Za-z])")
_JOIN = re.compile(rf"(?:{TIGHT}|{SPACE}){{1,2}}")
_JOINS = 40
"""Characters of the longest gap between two groups of a number; MOST_GROUPS is how many of them people write."""
_MOST_GROUPS = 6
_BOUND = re.compile(r"[^\W_]|[@*]|[.,]\d")
_LETTERS = re.compile(rf"(?<![^\W_])(?:[A-ZΑ-Ω]{{1,3}}(?:{TIGHT}|{SPACE}){{0,2}}|[A-Za-zΑ-Ωα-ω]{{1,3}})\Z")
_CALLED = re.compile(r"(?:pesel|em[sš]o|jmbg|amka|oib)\Z", re.I)
_MRZ = re.compile(r"(?<![A-Z0-9*])(?:(?=[A-Z0-9]*&lt;)(?:[A-Z0-9]|&lt;){28,60}|[A-Z0-9<]{28,60})(?![A-Z0-9])")
_LINE = re.compile(r"[A-Z0-9<]{30}|[A-Z0-9<]{36}|[A-Z0-9<]{44}")
_DATES = (
    re.compile(r"(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z<]{3}[A-Z0-9<]{11}\d"),
    re.compile(r"[A-Z0-9<]{9}[0-9<][A-Z<]{3}(\d{6})(\d)[MFX<](\d{6})(\d)[A-Z0-9<]{8}(?:[A-Z0-9<]{8})?"),
)
_TIGHT = re.compile(TIGHT)
_OF_PEOPLE = frozenset({11, 13})
_ALL_LENGTHS = _OF_PEOPLE | {6, 7, 8, 9}
_LONGEST = 13
_WEIGHTS = (7, 3, 1)
_ID_CARD = (7, 3, 1, 9, 7, 3, 1, 7, 3)
_OLDEST = 120
_TOGETHER = 400
"""Characters within which the lines of one document stand."""


def spans(text: str, start: int, stop: int, looks: Looks) -> Iterator[tuple[int, int]]:
    """Yield from where to where in a part of a text numbers of people and documents stand."""
    named = context.names_documents(text, start, stop)
    lengths = _ALL_LENGTHS if named else _OF_PEOPLE
    taxed = context.names_oib(text, start, stop)
    groups = [found.span() for found in _GROUP.finditer(text, start, stop)]
    ends = [end for _, end in groups]
    joined = [
        _JOIN.fullmatch(text, end, min(begin, end + _JOINS)) is not None
        for end, (begin, _) in zip(ends, groups[1:], strict=False)
    ]
    for at, (first, _) in enumerate(groups):
        length = 0
        for reach in range(at, min(at + _MOST_GROUPS, len(groups))):
            if reach > at and not joined[reach - 1]:
                break
            begin, last = groups[reach]
            length += last - begin
            if length > _LONGEST:
                break
            if length not in lengths:
                continue
            digits = "".join(text[one:end] for one, end in groups[at : reach + 1])
            if length in _OF_PEOPLE and not (taxed or _may_be_birth(digits)):
                continue
            found = _number(text, first, last, digits, looks)
            if found is not None:
                yield found
                break
    yield from _lines(text, max(0, start - _TOGETHER), stop + _TOGETHER)


def _may_be_birth(digits: str) -> bool:
    """Say at a glance whether digits may hold a date of birth: most order and parcel numbers do not."""
    month = int(digits[2:4])
    if "00" < digits[:2] < "32" and 0 < month < 13:
        return True
    return len(digits) == 11 and 0 < month % 20 < 13 and "00" < digits[4:6] < "32"


def _number(text: str, first: int, last: int, digits: str, looks: Looks) -> tuple[int, int] | None:
    """Return from where to where a number stands that is a person's or a document's, None where it is neither."""
    if len(digits) in _OF_PEOPLE:
        begun = _begins(text, first) or _CALLED.search(text, max(0, first - 5), first) is not None
        return (first, last) if begun and _ends(text, last) and _is_person(text, first, last, digits, looks) else None
    if not _ends(text, last) or not looks.one_more():
        return None
    letters = _LETTERS.search(text, max(0, first - _JOINS), first)
    if letters is not None and (len(digits) > 6 or sum(map(str.isalpha, letters[0])) < 4):
        number = "".join(filter(str.isalpha, _TIGHT.sub("", letters[0]))) + digits
        if len(number) <= 10 and _is_document(text, letters.start(), last, number):
            return letters.start(), last
    if len(digits) > 6 and _begins(text, first) and _is_document(text, first, last, digits):
        return first, last
    return None


def _begins(text: str, first: int) -> bool:
    before = text[max(0, first - 2) : first]
    return not (before[-1:].isalnum() or before[-1:] == "*" or (before[-1:] in {".", ","} and before[:1].isdigit()))


def _ends(text: str, last: int) -> bool:
    return _BOUND.match(text, last) is None


def is_polish_card(number: str) -> bool:
    """Say whether letters and digits are an identity card's number (dowód osobisty): AAA followed by six digits."""
    number = number.upper()
    if not re.fullmatch(r"[A-Z]{3}[0-9]{6}", number):
        return False
    return sum(weight * int(sign, 36) for weight, sign in zip(_ID_CARD, number, strict=True)) % 10 == 0


def _is_person(text: str, first: int, last: int, digits: str, looks: Looks) -> bool:
    born = _is_birth(emso if len(digits) == 13 else pesel, digits) or (len(digits) == 11 and _is_birth(amka, digits))
    taxed = not born and oib.is_valid(digits)
    if not born and not taxed:
        return False
    if not looks.one_more():
        return born
    said = context.of(text, first, last)
    if taxed or said == "oib":
        return said == "oib" and not context.is_company(text, first, last)
    alone = len(digits) == last - first and text[first - 1 : first] not in {"+", "/", "=", "#"}
    return said in {"person", "document"} or (not said and alone)


def _is_birth(kind: ModuleType, digits: str) -> bool:
    """Say whether a number is right and its date lies in the time of people who live."""
    if not ("00" < digits[:2] < "32" or kind is pesel) or not kind.is_valid(digits):
        return False
    born, today = kind.get_birth_date(digits), datetime.now(UTC).date()
    return bool(today.year - _OLDEST <= born.year and born <= today)


def _is_document(text: str, first: int, last: int, number: str) -> bool:
    said = context.of(text, first, last)
    return said == "document" or (said == "maybe_document" and is_polish_card(number))


def _lines(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    if text.find("<<", start, stop) < 0 and text.find("&lt;&lt;", start, stop) < 0:
        return
    found = [(line.span(), line.group().replace("&lt;", "<")) for line in _MRZ.finditer(text, start, stop)]
    proven = [span for span, line in found if _is_proven(line)]
    for span, line in found:
        near = any(abs(span[0] - other[0]) <= _TOGETHER for other in proven)
        if near and "<" in line and _LINE.fullmatch(line):
            yield span


def _is_proven(line: str) -> bool:
    """Say whether it is the line with the dates of birth and expiry and their check digits are right."""
    for form in _DATES:
        found = form.fullmatch(line)
        if found is not None and _check(found[1]) == found[2] and _check(found[3]) == found[4]:
            return True
    return False


def _check(part: str) -> str:
    return str(sum(_WEIGHTS[at % 3] * int(sign) for at, sign in enumerate(part)) % 10)
