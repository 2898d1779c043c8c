"""Lines that a mail program broke softly (RFC 3676) are read as the paragraphs their sender wrote."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pult.channels.adapters.email.flowed import join
from pult.channels.adapters.email.parse import read
from pult.channels.base import Raw


@pytest.mark.parametrize(
    ("text", "delsp", "expected"),
    [
        ("A long \nparagraph.\nThe next.", False, "A long paragraph.\nThe next."),
        ("https://shop.example/a \nb", True, "https://shop.example/ab"),
        ("ένα \nδύο", True, "έναδύο"),
        ("> quoted \n> twice\n>> deeper \n> less\nmine", False, "> quoted twice\n>> deeper \n> less\nmine"),
        (">> one \n>>two", False, ">> one two"),
        (" From here \n >not a quotation", False, "From here >not a quotation"),
        ("Regards \n-- \nAna \nNovak", False, "Regards \n-- \nAna Novak"),
        ("ends softly ", False, "ends softly "),
        ("a\n\nb", False, "a\n\nb"),
        (">\n> a", False, ">\n> a"),
        ("", False, ""),
    ],
)
def test_soft_line_breaks_are_joined(text: str, delsp: bool, expected: str) -> None:
    assert join(text, delsp=delsp) == expected


def mail(parameters: str) -> bytes:
    head = f"From: a@b.example\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8{parameters}\n\n"
    quotation = "On 3 Nov 2026, at 10:00, Shop <d@s.example> wrote:\n> old \n> text\n"
    return f"{head}Hvala za paket, \nracuna pa ni.\n\n{quotation}".encode()


def test_a_flowed_mail_is_read_in_paragraphs_and_its_quotation_cut() -> None:
    message = read(Raw(mail("; format=flowed"), {}, datetime.now(UTC))).message
    assert message.text.startswith("Hvala za paket, racuna pa ni.\n")
    assert message.text.endswith("> old text")
    assert message.reply == "Hvala za paket, racuna pa ni."
    assert "paket,racuna" in read(Raw(mail('; format="Flowed"; delsp=yes'), {}, datetime.now(UTC))).message.text


def test_a_mail_that_does_not_flow_keeps_its_lines() -> None:
    for parameters in ("", "; format=fixed"):
        assert "paket, \nracuna" in read(Raw(mail(parameters), {}, datetime.now(UTC))).message.text


@given(st.text("> a-\n", max_size=200), st.booleans())
def test_no_letter_is_lost(text: str, delsp: bool) -> None:
    joined = join(text, delsp=delsp)
    assert joined.count("a") == text.count("a")
    assert joined.count("-") == text.count("-")


def test_a_hostile_text_is_quick() -> None:
    started = time.process_time()
    join("> \n" * 300_000)
    join("a \n" * 300_000)
    join(">" * 900_000)
    assert time.process_time() - started < 5
