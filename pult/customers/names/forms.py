"""Forms of address: how a letter begins in each language, and the small words that follow somebody's gender."""

from __future__ import annotations

from collections.abc import Mapping

from pult.customers.names import croatian, greek
from pult.customers.names.reading import Person, read
from pult.customers.names.vocatives import vocative

# What a letter begins with where nothing, the gender, or the gender and a name are known.
_NEUTRAL: Mapping[str, str] = {
    "sl": "Spoštovani",
    "hr": "Poštovani",
    "el": "Γεια σας",
    "pl": "Szanowni Państwo",
    "en": "Hello",
}
_GENDER: Mapping[str, Mapping[str, str]] = {
    "sl": {"m": "Spoštovani gospod", "f": "Spoštovana gospa"},
    "hr": {"m": "Poštovani gospodine", "f": "Poštovana gospođo"},
    "el": {"m": "Αγαπητέ κύριε", "f": "Αγαπητή κυρία"},
    "pl": {"m": "Szanowny Panie", "f": "Szanowna Pani"},
    "en": {"m": "Dear Mr", "f": "Dear Ms"},
}
_GIVEN: Mapping[str, Mapping[str, str]] = {
    "sl": {"m": "Spoštovani", "f": "Spoštovana"},
    "hr": {"m": "Poštovani", "f": "Poštovana"},
    "el": {"m": "Αγαπητέ", "f": "Αγαπητή"},
}


def greeting(name: str, language: str) -> str:
    """Return the first line of a letter with its comma: "Szanowny Panie Tomaszu,". Other languages are greeted in
    English."""
    known = language if language in _NEUTRAL else "en"
    return f"{address(read(name, known), known)},"


def address(person: Person, language: str) -> str:
    """Return how somebody is addressed, without a comma; the neutral form where it is not sure."""
    if language == "en":
        return _english(person)
    if not person.gender:
        return _NEUTRAL[language]
    if language == "pl":
        called = vocative(person.given, person.gender, "pl") if person.exact else None
        return " ".join(filter(None, [_GENDER["pl"][person.gender], called]))
    if person.surname:
        called = _surname(person, language)
        bare = {"el": _GENDER["el"][person.gender]}.get(language, _GIVEN.get(language, {}).get(person.gender, ""))
        return f"{_GENDER[language][person.gender]} {called}" if called else bare
    called = vocative(person.given, person.gender, language)
    if called is None or (language == "el" and not greek.is_greek(called.casefold().replace("σ", "ς"))):
        return _GENDER["el"][person.gender] if language == "el" else _GIVEN[language][person.gender]
    return f"{_GIVEN[language][person.gender]} {called}"


def _english(person: Person) -> str:
    title = person.title.rstrip(".").capitalize()
    if person.surname and title in {"Mr", "Mrs", "Ms", "Miss", "Dr", "Prof"}:
        return f"Dear {title} {person.surname}"
    whole = " ".join(filter(None, [person.given, person.surname]))
    return f"Dear {whole}" if person.given else _NEUTRAL["en"]


def _surname(person: Person, language: str) -> str | None:
    """Return a surname as it stands after "Mr" or "Ms", None where that is not sure."""
    name = person.surname.casefold()
    if language == "sl":
        return person.surname
    if language == "hr":
        called = croatian.vocative(name, person.gender, surname=True)
        # A foreign or a compound surname stays as it is: that is never wrong.
        return person.surname if called is None or called == name else _like(person.surname, called)
    ended = name[:-1] + "ς" if name.endswith("σ") else name
    if not greek.is_greek(ended):
        return None
    called = greek.vocative(ended, surname=True) if person.gender == "m" else ended
    return None if called is None else _like(person.surname, called)


def _like(written: str, called: str) -> str:
    """Return a changed name with the capitals of the one that was written."""
    kept = 0
    while kept < min(len(written), len(called)) and written[kept].casefold() == called[kept]:
        kept += 1
    return written[:kept] + called[kept:] if kept else called.capitalize()


def gendered(gender: str, *, m: str, f: str, neutral: str) -> str:
    """Return the words that fit a man, a woman, or somebody of whom that is not sure."""
    return {"m": m, "f": f}.get(gender, neutral)
