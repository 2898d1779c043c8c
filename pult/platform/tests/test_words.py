"""Words are found in every ending and with or without their marks, in five languages."""

from __future__ import annotations

import pytest

from pult.platform import words


@pytest.mark.parametrize(
    ("said", "language", "asked"),
    [
        ("Naročila nisem prejela", "sl", "naročilo"),
        ("Kje so naročila", "sl", "naročilom"),
        ("vračilo denarja", "sl", "vracila"),
        ("Čekam pošiljku već tjedan", "hr", "posiljka"),
        ("Gdje su narudžbe", "hr", "narudzba"),
        ("Paczki wciąż nie ma", "pl", "paczka"),
        ("Proszę o zwrot pieniędzy", "pl", "pieniadze"),
        ("Żółty płaszcz", "pl", "zolty"),
        ("Πού είναι η παραγγελία μου", "el", "παραγγελια"),
        ("Οι παραγγελίες μας", "el", "παραγγελια"),
        ("Two parcels arrived", "en", "parcel"),
        ("đak ŁÓDŹ σκύλος", "hr", "dak lodz σκυλοσ"),
        ("Pišite na ana.novak@posta.example", "sl", "ana.novak@posta.example"),
        ("Pišite na ana.novak@posta.example", "sl", "novak"),
        ("Naročilo D-762121", "sl", "762121"),
    ],
)
def test_a_word_is_found(said: str, language: str, asked: str) -> None:
    index = set(words.index_words([said], language))
    for forms in words.query_terms(asked):
        assert index & set(forms), (forms, index)


def test_folding_is_the_same_however_a_letter_is_composed() -> None:
    assert words.fold("ž") == words.fold("z\u030c") == "z"
    assert words.fold("ΣΚΎΛΟΣ") == words.fold("σκύλος")


def test_endless_input_is_bounded() -> None:
    assert len(words.index_words(["x" * 10_000, *(f"w{i}" for i in range(40_000))], "sl")) <= 40_002
    assert len(words.query_terms("slovo " * 500)) <= 12
    assert len(words.spellings("zaczelismyoclczzs", "pl")) <= 300
