"""Names in letters: the vocative, forms of address, and nothing at all where it is not sure."""

from __future__ import annotations

import csv
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from pult.customers.names import gendered, greeting, read, vocative
from pult.customers.names.croatian import vocative as croatian
from pult.demo.lexicon import LANGUAGES, lexicon

DATA = Path(os.environ.get("PULT_DATA", Path(__file__).resolve().parents[3] / ".." / "shared" / "data")) / "i18n"
needs_data = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no public test data at {DATA} (PULT_DATA)"),
]


def measured(names: list[tuple[str, str, str]], language: str) -> tuple[float, float]:
    """Return the share of (nominative, vocative, gender) that is right, and the share that is wrong."""
    said = [(vocative(name, gender, language), right) for name, right, gender in names]
    right = sum(found == expected for found, expected in said)
    wrong = sum(found is not None and found != expected for found, expected in said)
    return right / len(said), wrong / len(said)


@pytest.mark.parametrize("_", [pytest.param("", marks=needs_data)])
def test_polish_names_of_a_public_list(_: str) -> None:
    with (DATA / "vocative_pl" / "test" / "imiona.csv").open(encoding="utf-8") as file:
        names = [(row[0], row[1], {"M": "m", "W": "f"}[row[2]]) for row in csv.reader(file) if row]
    right, wrong = measured(names, "pl")
    assert len(names) > 1_700
    assert right >= 0.99
    assert wrong <= 0.005


@pytest.mark.parametrize("_", [pytest.param("", marks=needs_data)])
def test_greek_names_of_a_public_list(_: str) -> None:
    with (DATA / "vocative_el" / "vocative_el.csv").open(encoding="utf-8") as file:
        names = [(row["nominative"], row["vocative"].strip(), "m") for row in csv.DictReader(file)]
    right, wrong = measured(names, "el")
    assert len(names) > 30
    assert (right >= 0.97, wrong) == (True, 0)


def test_croatian_names_as_the_grammars_have_them() -> None:
    lists = tomllib.loads((Path(__file__).parent / "croatian.toml").read_text("utf-8"))
    for table in lists.values():
        for gender in ("m", "f"):
            for name, right in table[gender].items():
                assert vocative(name, gender, "hr") == right
        for name, right in table["surnames"].items():
            assert str(croatian(name.casefold(), "m", surname=True)).capitalize() == right
            assert greeting(f"Marko {name}", "hr") == f"Poštovani gospodine {right},"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_demos_names_are_known_for_men_or_women(language: str) -> None:
    for gender, names in (("m", lexicon(language).male), ("f", lexicon(language).female)):
        for written in names:
            name, _, called = written.partition("/")
            person = read(name, language)
            assert (person.given, person.gender) == (name, gender)
            if called:
                assert vocative(name, gender, language) == called


GREETINGS = {
    "pl": {
        "Tomasz Wójcik": "Szanowny Panie Tomaszu",
        "ANNA KOWALSKA": "Szanowna Pani Anno",
        "Kowalski, Jan": "Szanowny Panie Janie",
        "jan kowalski": "Szanowny Panie Janie",
        "mgr inż. Ewa Nowak": "Szanowna Pani Ewo",
        "p. Anna Nowak": "Szanowna Pani Anno",
        "Pan Nowak": "Szanowny Panie",
        "Lukasz Nowak": "Szanowny Panie",
        "Ivan Horvat": "Szanowny Panie",
        "J. Kowalska": "Szanowna Pani",
        "Nikola Kowalski": "Szanowni Państwo",
        "Mykola Shevchenko": "Szanowni Państwo",
        "Андрій Шевченко": "Szanowni Państwo",
        "Wróbel": "Szanowni Państwo",
        "Demo Piekarnia sp. z o.o.": "Szanowni Państwo",
    },
    "hr": {
        "Ana Horvat": "Poštovana gospođo Horvat",
        "HORVAT IVAN": "Poštovani gospodine Horvate",
        "dr. sc. Ante Starčević": "Poštovani gospodine Starčeviću",
        "John Smith": "Poštovani gospodine Smith",
        "Ljubica": "Poštovana Ljubice",
        "Petar": "Poštovani Petre",
        "gđa Perić": "Poštovana gospođo Perić",
        "Saša Novak": "Poštovani",
        "Obrt Uzorak": "Poštovani",
    },
    "sl": {
        "Maja Kos": "Spoštovana gospa Kos",
        "Novak Janez": "Spoštovani gospod Novak",
        "TOMAŽ ŽAGAR": "Spoštovani gospod Žagar",
        "Katja": "Spoštovana Katja",
        "Emma Fletcher": "Spoštovana gospa Fletcher",
        "Novak": "Spoštovani",
        "Studio Vzorček d.o.o.": "Spoštovani",
        "info": "Spoštovani",
    },
    "el": {
        "Γιώργος Παπαδόπουλος": "Αγαπητέ κύριε Παπαδόπουλε",
        "Παπαδόπουλος Γιώργος": "Αγαπητέ κύριε Παπαδόπουλε",
        "Ελένη Παπαδοπούλου": "Αγαπητή κυρία Παπαδοπούλου",
        "ΓΙΩΡΓΟΣ ΒΛΑΧΟΣ": "Αγαπητέ κύριε",
        "ΓΙΩΡΓΟΣ": "Αγαπητέ Γιώργο",
        "Μαρία": "Αγαπητή Μαρία",
        "κα Παππά": "Αγαπητή κυρία Παππά",
        "κ. Παππάς": "Γεια σας",
        "Γιάννη": "Γεια σας",
        "Giorgos Papadopoulos": "Γεια σας",
        "Emma Fletcher": "Αγαπητή κυρία",
        "Demo Φούρνος ΕΠΕ": "Γεια σας",
    },
    "en": {
        "Emma Fletcher": "Dear Emma Fletcher",
        "CALLUM FLETCHER": "Dear Callum Fletcher",
        "Dr. Jane O'Brien": "Dear Dr O'Brien",
        "Mrs Smith": "Dear Mrs Smith",
        "Smith": "Hello",
        "": "Hello",
        "info@shop.example": "Hello",
        "Demo Ltd": "Hello",
    },
}


@pytest.mark.parametrize(
    ("language", "name", "right"), [(code, *pair) for code, pairs in GREETINGS.items() for pair in pairs.items()]
)
def test_a_letter_begins_as_it_should(language: str, name: str, right: str) -> None:
    assert greeting(name, language) == f"{right},"


def test_another_language_is_greeted_in_english() -> None:
    assert greeting("Jürgen Groß", "de") == "Dear Jürgen Groß,"


@pytest.mark.parametrize(
    "odd", ["\u00a0", "—", "A", "x" * 300, "Ana " * 30, "'", "O'", "-", "…", "Ž", "İstanbul Ltd.", "ß ς"]
)
def test_nothing_that_stands_for_a_name_breaks_it(odd: str) -> None:
    for language in LANGUAGES:
        assert greeting(odd, language).endswith(",")


def test_words_that_follow_the_gender_have_a_neutral_form() -> None:
    said: Callable[[str], str] = lambda gender: gendered(gender, m="Pan pyta", f="Pani pyta", neutral="Państwo pytają")  # noqa: E731
    assert [said(one) for one in ("m", "f", "")] == ["Pan pyta", "Pani pyta", "Państwo pytają"]
