"""Card numbers are masked wherever a person may have written them; numbers that only look alike stay."""

from __future__ import annotations

import base64
import quopri
import time
from datetime import UTC, datetime
from email.header import Header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from pult.channels.adapters.email import parse
from pult.channels.base import Address, File, InboundMessage, InboxInfo, Raw
from pult.channels.masking import is_card, mask, mask_message, masked_copy

INBOX = InboxInfo(1, "desk@shop.example", "Desk", "Shop", "en", {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111111111111111", "************1111"),
        ("my card 4111 1111 1111 1111 please", "my card **** **** **** 1111 please"),
        ("4111-1111-1111-1111", "****-****-****-1111"),
        ("378282246310005.", "***********0005."),
        ("3782 822463 10005", "**** ****** *0005"),
        ("kartica:5555555555554444,", "kartica:************4444,"),
        ("2223003122003222", "************3222"),
        ("6304000000000000", "************0000"),
        ("4111\xa01111\xa01111\xa01111", "****\xa0****\xa0****\xa01111"),
        ("4111 1111 1111 1111 12/27 123", "**** **** **** 1111 12/27 123"),
        ("051 333 222 4111 1111 1111 1111", "051 333 222 **** **** **** 1111"),
        ("5105105105105100 4111111111111111", "************5100 ************1111"),
        ("٤١١١ ١١١١ ١١١١ ١١١١", "**** **** **** ١١١١"),
    ],
)
def test_card_numbers_are_masked_but_for_four_digits(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "order 1234567890123456",
        "parcel 00340434161094021501",
        "JJD000390007882823",
        "tracking 41111111111111111111111",
        "EAN 3831234567890",
        "phone +386 1 234 56 78, +48 22 123 45 67",
        "0000000000000000",
        "2026-11-21 20:36:00 2026-11-21",
        "",
        "no digits",
    ],
)
def test_other_numbers_stay_and_cost_nothing(text: str) -> None:
    assert mask(text) is text


def test_html_between_the_digits_does_not_hide_them() -> None:
    assert mask("<b>4111</b>&nbsp;1111 <i>1111</i> 1111") == "<b>****</b>&nbsp;**** <i>****</i> 1111"


@given(st.sampled_from([("4", 16), ("51", 16), ("37", 15), ("6011", 16), ("36", 14)]), st.randoms(), st.data())
@settings(max_examples=60, deadline=None)
def test_any_valid_number_in_any_grouping_is_found(scheme: tuple[str, int], rng: object, data: st.DataObject) -> None:
    prefix, length = scheme
    filler = data.draw(st.text("0123456789", min_size=length - 1 - len(prefix), max_size=length - 1 - len(prefix)))
    number = prefix + filler
    number += luhn.calc_check_digit(number)
    gaps = data.draw(st.lists(st.sampled_from(["", "", " ", "-"]), min_size=length, max_size=length))
    text = "".join(digit + gap for digit, gap in zip(number, gaps, strict=True)).rstrip(" -")
    assert is_card(number)
    assert "".join(c for c in mask(f"x {text} y") if c.isdigit()) == number[-4:]


def test_subject_text_html_and_files_of_a_message_are_masked() -> None:
    card = "4111 1111 1111 1111"
    message = InboundMessage(
        sender=Address("a@b.example"),
        subject=f"card {card}",
        text=card,
        html=f"<p>{card}</p>",
        reply=card,
        files=[File(f"{card}.txt", "text/plain", card.encode()), File("a.pdf", "application/pdf", card.encode())],
    )
    masked, found = mask_message(message)
    assert found
    assert "4111" not in masked.subject + masked.text + masked.html + masked.reply + masked.files[0].name
    assert b"4111" not in masked.files[0].content
    assert masked.files[1] is message.files[1]
    clean = InboundMessage(sender=Address("a@b.example"), text="hello", files=[File("a.txt", "text/plain", b"hi")])
    assert mask_message(clean) == (clean, False)


def mail(encoding: str) -> bytes:
    text = "Številka kartice je 4111 1111 1111 1111, hvala.\n"
    body = {
        "8bit": text.encode(),
        "base64": base64.encodebytes(text.encode()),
        "quoted-printable": quopri.encodestring(text.encode()),
    }[encoding]
    head = "From: a@b.example\nSubject: hello\nContent-Type: text/plain; charset=utf-8\n"
    return f"{head}Content-Transfer-Encoding: {encoding}\n\n".encode() + body


@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_the_kept_copy_of_a_mail_is_masked_whatever_its_encoding(encoding: str) -> None:
    copy = masked_copy(mail(encoding))
    (message,) = parse.events(INBOX, Raw(copy, {}, datetime.now(UTC)))
    assert isinstance(message, InboundMessage)
    assert message.text == "Številka kartice je **** **** **** 1111, hvala."


def test_the_kept_copy_is_the_same_bytes_where_nothing_is_found() -> None:
    raw = b"From: a@b.example\nSubject: " + Header("naročilo").encode().encode() + b"\n\nhello\n"
    assert masked_copy(raw) is raw
    assert masked_copy(b'{"text": "hi"}') == b'{"text": "hi"}'
    assert masked_copy(b'{"text": "4111111111111111"}') == b'{"text": "************1111"}'
    assert masked_copy(b"") == b""


def test_masking_a_hostile_text_is_quick() -> None:
    started = time.process_time()
    for text in ("1 " * 200_000, "4" * 300_000, "4111 1111 1111 111" * 20_000, "<" * 200_000, "1<" * 100_000):
        mask(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("before", ["", "1 ", "12 ", "123 4 ", "20261122 0930 7 "])
@pytest.mark.parametrize("gap", [" ", "-", ", "])
def test_cards_in_an_endless_row_of_digits_are_all_found(before: str, gap: str) -> None:
    card = "4111 1111 1111 1111"
    assert mask(before + gap.join([card] * 60)) == before + gap.join(["**** **** **** 1111"] * 60)
