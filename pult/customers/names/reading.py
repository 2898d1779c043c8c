"""What a name says: given name, surname, whether a man or a woman bears it. Where it is not sure it is left open."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from pult.platform.words import fold

_DATA = Path(__file__).parent / "data"

_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(words.split()) for name, words in tomllib.loads((_DATA / "words.toml").read_text("utf-8")).items()
}
_TITLES: Mapping[str, str] = {
    **dict.fromkeys(_WORDS["titles"], ""),
    **dict.fromkeys(_WORDS["men"], "m"),
    **dict.fromkeys(_WORDS["women"], "f"),
}
_COMPANY = re.compile(
    r"""\b(?:d\.?\s?o\.?\s?o|j\.?d\.?o\.?o|s\.?p|d\.?d|k\.?d|obrt|zavod|društvo|udruga|sp\.?\s?z\.?\s?o|s\.?\s?a|s\.?\s?c|
    sp\.?\s?[jk]|spółka|fundacja|ltd|llc|inc|plc|gmbh|ag|kg|bv|srl|spa|s\.?r\.?o|α\.?ε|ε\.?π\.?ε|ι\.?κ\.?ε|ο\.?ε|ε\.?ε)\b\.?$|
    \b(?:servis|service|studio|shop|store|trgovina|sklep|podpora|podrška|support|info|office|biuro|pomoc|prodaja|sales|team|
    ekipa|računovodstvo|racunovodstvo|uprava|hotel|restavracija|restoran|pekarna|pekara|piekarnia|kavarna|σέρβις|στούντιο|
    λογιστήριο|κατάστημα|customer|kunde|no-?reply|admin|group|company|system|systems|center|centar|občina|općina|gmina|
    šola|škola|szkoła|firma|hurtownia|marketing|newsletter)\b""",
    re.I | re.X,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?$")
_POLISH_SURNAME = re.compile(r"(?:sk|ck|dzk)(i|a)$")
_POLISH_MAN = re.compile(r"(?:sław|mir|usz|ław)$")


class Person(msgspec.Struct, frozen=True):
    """A name as a letter takes it: `gender` is "m", "f" or "" (not sure); `given` and `surname` are "" where unknown.

    `exact`: the given name is one that is known, letter by letter, in `language`.
    """

    given: str = ""
    surname: str = ""
    gender: str = ""
    title: str = ""
    exact: bool = False


NOBODY = Person()


@lru_cache(maxsize=1)
def _known() -> dict[str, dict[str, str]]:
    """Return every known given name's gender by language."""
    raw = tomllib.loads((_DATA / "given.toml").read_text("utf-8"))
    return {
        language: {name: gender for gender in ("m", "f") for name in lists[gender].split()}
        for language, lists in raw.items()
    }


@lru_cache(maxsize=1)
def _folded() -> dict[str, frozenset[str]]:
    """Return the genders that a name has in any language, by its letters without marks."""
    found: dict[str, set[str]] = {}
    for names in _known().values():
        for name, gender in names.items():
            found.setdefault(fold(name), set()).add(gender)
    return {name: frozenset(genders) for name, genders in found.items()}


def read(name: str, language: str) -> Person:
    """Return what a name says to somebody who writes in `language`; NOBODY for companies and what is no name."""
    plain = re.sub(r"\([^)]*\)|[\"“”„«»]", " ", name.replace("\u00a0", " ")).strip(" ,;'-")
    if not plain or "@" in plain or any(sign.isdigit() for sign in plain) or _COMPANY.search(plain):
        return NOBODY
    before, comma, after = plain.partition(",")
    turned = bool(comma and after.strip() and not _title(after.split()[0]))
    words = (f"{after} {before}" if turned else before).split()
    titles = [word for word in words if _title(word) is not None]
    words = [word for word in words if _title(word) is None]
    if not 1 <= len(words) <= 4 or not all(_WORD.match(word) for word in words):
        return NOBODY
    words = [_mended(word, language) for word in words]
    told = {gender for word in titles if (gender := _title(word))}
    return _person(words, language, turned, told.pop() if len(told) == 1 else "", titles)


def _title(word: str) -> str | None:
    bare = word.casefold().rstrip(".")
    # One letter alone may as well be an initial.
    return _TITLES.get(bare) if len(bare) > 1 or (word.endswith(".") and word.islower()) else None


def _mended(word: str, language: str) -> str:
    """Return a word with the capitals of a name; Greek capitals have no accents, a known name has its own again."""
    if word.islower() and word in _WORDS["particles"]:
        return word
    if not (word.isupper() or word.islower()):
        return word
    parts = [_spelled(language).get(fold(part), part) if language == "el" else part for part in word.split("-")]
    return "-".join(_ended(part.casefold()).capitalize() for part in parts)


@lru_cache(maxsize=8)
def _spelled(language: str) -> dict[str, str]:
    return {fold(name): name for name in _known()[language]}


def _person(words: list[str], language: str, turned: bool, told: str, titles: list[str]) -> Person:
    first, last = words[0], words[-1]
    if len(words) > 1 and not turned and not _is_given(first) and _is_given(last):
        first, last = last, " ".join(words[:-1])
    elif len(words) > 1 and words[-2].casefold() in _WORDS["particles"]:
        last = " ".join(words[-2:])
    title = titles[0] if titles else ""
    if len(words) == 1 and (not _is_given(first) or (titles and told)):
        return Person("", first, told or _by_surname(first, language), title)
    surname = last if len(words) > 1 else ""
    gender = told or _gender(first, language)
    by_surname = _by_surname(surname, language)
    at_odds = bool(gender and by_surname and gender != by_surname and not told)
    exact = _known().get(language, {}).get(_ended(first.casefold().split("-")[0]), "") != ""
    return Person(first, surname, "" if at_odds else gender or by_surname, title, exact)


def _is_given(word: str) -> bool:
    return all(fold(part) in _folded() for part in word.split("-"))


def _gender(given: str, language: str) -> str:
    """Return the gender of a given name: as the letter's language has it, else where all languages agree."""
    name = _ended(given.casefold().split("-")[0])
    own = _known().get(language, {}).get(name, "")
    if own:
        return own
    anywhere = _folded().get(fold(name), frozenset())
    if len(anywhere) == 1 and name not in _WORDS["either"]:
        return next(iter(anywhere))
    if anywhere or name in _WORDS["either"]:
        return ""
    return _by_ending(name, language)


def _by_ending(name: str, language: str) -> str:
    if language == "pl" and len(name) > 2:
        if name.endswith("a") and name not in _WORDS["polish_men"]:
            return "f"
        return "m" if _POLISH_MAN.search(name) else ""
    if language == "el":
        men = _known()["el"]
        if name.endswith(("ος", "ης", "ας", "ός", "ής", "άς", "ές")):
            return "m"
        if name.endswith(("α", "η", "ά", "ή", "ω", "ώ")) and men.get(f"{name}ς") != "m":
            return "f"
    return ""


def _ended(name: str) -> str:
    """Return a name in small letters with the final sigma that folding the case has taken."""
    return name[:-1] + "ς" if name.endswith("σ") else name


def _by_surname(surname: str, language: str) -> str:
    found = _POLISH_SURNAME.search(surname.casefold()) if language == "pl" else None
    return {"i": "m", "a": "f"}[found[1]] if found else ""
