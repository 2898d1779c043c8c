"""What a mail says of its charset is believed where its letters bear it out, and found out where it says nothing."""

from __future__ import annotations

import pytest

from pult.channels.adapters.email.text import decode

TEXTS = {
    "sl": "Pozdravljeni, naročil sem čevlje številka štirideset, žal so premajhni. ŠČŽ",
    "pl": "Dzień dobry, proszę o fakturę za zamówienie, źle łódź ŚĄ",
    "hu": "Jó napot, kérem őű",
    "el": "Καλημέρα σας, θα ήθελα να μάθω πότε θα έρθει το δέμα. Άλλο",
    "sr": "Добар дан, где је мој пакет?",
    "ru": "Здравствуйте, где моя посылка?",
    "de": "Guten Tag, für große Straßen: Äpfel, Öl und Übung",
}


@pytest.mark.parametrize("declared", ["", "us-ascii", "unknown-8bit", "utf-8", "x-nonsense", "_autodetect"])
@pytest.mark.parametrize(
    ("name", "charset"),
    [
        ("sl", "cp1250"),
        ("sl", "iso8859_2"),
        ("pl", "cp1250"),
        ("pl", "iso8859_2"),
        ("hu", "cp1250"),
        ("el", "cp1253"),
        ("el", "iso8859_7"),
        ("sr", "cp1251"),
        ("ru", "cp1251"),
        ("ru", "koi8_r"),
        ("de", "cp1252"),
        ("sl", "utf-8"),
    ],
)
def test_a_charset_that_nobody_names_is_found_out(name: str, charset: str, declared: str) -> None:
    assert decode(TEXTS[name].encode(charset), declared) == TEXTS[name]


@pytest.mark.parametrize(
    ("name", "charset", "declared"),
    [
        ("sl", "cp1250", "iso-8859-1"),
        ("sl", "cp1250", "windows-1252"),
        ("sl", "iso8859_2", "iso-8859-1"),
        ("pl", "iso8859_2", "windows-1252"),
        ("el", "cp1253", "iso-8859-1"),
        ("ru", "cp1251", "iso-8859-1"),
        ("sl", "cp1250", "iso-8859-2"),
        ("pl", "cp1250", "iso-8859-2"),
        ("el", "cp1253", "iso-8859-7"),
        ("sl", "utf-8", "iso-8859-1"),
        ("sl", "mac_latin2", "x-mac-ce"),
        ("el", "mac_greek", "x-mac-greek"),
        ("ru", "koi8_u", "koi8-ru"),
    ],
)
def test_a_charset_named_wrongly_is_put_right(name: str, charset: str, declared: str) -> None:
    assert decode(TEXTS[name].encode(charset), declared) == TEXTS[name]


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Bonjour, où est mon colis ? Très déçu, à bientôt, Noël, ça", "iso-8859-1"),
        ("Hvar er pakkinn minn? Þórður Æði íslenska ð", "iso-8859-1"),
        ("50° ± 2 £20 €30 “quoted” – dash … © 2026 ½ × 3 · bullet", "windows-1252"),
        ("£", "iso-8859-1"),
        ("É", "iso-8859-1"),
        ("ÀÉÈÙ", "iso-8859-1"),
        ("ŠKODA žal", "windows-1252"),
        ("Pošiljka še ni prišla, žal", "iso-8859-2"),
        ("Příliš žluťoučký kůň", "iso-8859-2"),
        ("σ’ αγαπώ ‘λέξη’ απ’το", "iso-8859-7"),
        ("Kur mano siunta? Ačiū, šįryt", "windows-1257"),
    ],
)
def test_a_charset_named_rightly_is_kept(text: str, charset: str) -> None:
    assert decode(text.encode(charset), charset) == text
