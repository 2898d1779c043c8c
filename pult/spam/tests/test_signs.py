"""What a message is known by, in five languages and whatever somebody puts into it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pult.channels.base import FORGED, Address, Authenticity, File, InboundMessage
from pult.spam.signs import MOST, READ, signs, token


def message(text: str = "", **more: object) -> InboundMessage:
    given: dict[str, object] = {"sender": Address("ana@sender.example"), "to": [Address("x@shop.example")], **more}
    return InboundMessage(text=text, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "sign"),
    [
        ("reklamacija", "REKLAMACIJO", "reklamac"),
        ("narudžba", "Narudžbe", "narudžb"),
        ("παραγγελία", "ΠΑΡΑΓΓΕΛΊΑΣ", "παραγγελ"),
        ("zamówienie", "zamówieniu", "zamówien"),
        ("delivering", "delivery", "deliver"),
    ],
)
def test_endings_of_a_long_word_do_not_make_another_of_it(one: str, other: str, sign: str) -> None:
    first, second = set(signs(message(one))), set(signs(message(other)))
    assert any(found.startswith(sign) for found in first & second) or {
        found[:7] for found in first if found.startswith(sign)
    } & {found[:7] for found in second if found.startswith(sign)}


def test_a_subject_and_a_text_say_the_same_word_differently() -> None:
    found = signs(message("bonus", subject="Bonus bonus"))
    assert "subject bonus" in found
    assert "bonus" in found
    assert len(found) == len(set(found))


def test_how_it_is_made_is_a_sign() -> None:
    found = signs(
        message(
            "See https://Casino.Example:8080/win?x=1 now",
            html='<a href="http://other.example/a">x</a><a href=https://UPPER.example/>y</a>',
            subject="WINNER!!",
            reply_to=[Address("thief@elsewhere.example")],
            files=[File("invoice.ZIP", "application/zip", b"")],
            warnings=[FORGED],
            auth=Authenticity(verdict="fail"),
            headers={"list-unsubscribe": "<x>", "x-mailer": "Bulk Mailer 3"},
            language="en",
        )
    )
    assert {
        "from sender.example",
        "link casino.example",
        "link other.example",
        "link upper.example",
        "link *.example",
        "reply elsewhere",
        "file zip",
        "sender forged",
        "sender fail",
        "unsubscribe",
        "mailer bulk",
        "loud",
        "language en",
    } <= set(found)
    # What stands in an address is no word.
    assert "https" not in found
    assert "win" not in found


def test_a_huge_message_costs_no_more_than_another() -> None:
    words = " ".join(f"{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}word" for i in range(17_000))
    html = "<a href='https://a.example/'>" * 200_000
    begun = time.process_time()
    found = signs(message(words * 20, html=html, subject="x" * 1_000_000))
    assert time.process_time() - begun < 0.2
    assert len(found) == MOST
    assert set(signs(message(words[:READ]))) >= {sign for sign in found if " " not in sign}


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=60))
def test_nothing_that_is_written_breaks_it(text: str, html: str, name: str) -> None:
    one = message(text, html=html, subject=name, sender=Address(name), files=[File(name, "", b"")])
    found = signs(one)
    assert found == signs(one)
    assert len(found) <= MOST
    assert all(-(2**63) <= token(sign, "salt") < 2**63 for sign in found)


def test_another_installation_has_other_names_for_the_same_sign() -> None:
    assert token("bonus", "one") == token("bonus", "one")
    assert token("bonus", "one") != token("bonus", "two")
