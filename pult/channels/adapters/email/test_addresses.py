"""Whom a mail names: groups, domains and local parts in letters, headers that are missing or there twice."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from pult.channels.adapters.email import headers, parse
from pult.channels.base import Address, InboundMessage, Raw


def read(head: str) -> InboundMessage:
    body = head.replace("\n", "\r\n").encode() + b"\r\n\r\nPozdravljeni"
    return parse.read(Raw(body, {"sender": "kuverta@x.example"}, datetime.now(UTC))).message


@pytest.mark.parametrize(
    ("written", "people"),
    [
        ('Prijatelji: ana@x.si, "Kos, Maja" <maja@x.si>;', [("", "ana@x.si"), ("Kos, Maja", "maja@x.si")]),
        ("A Group:Ed Jones <joe@where.test>,j@where.test;", [("Ed Jones", "joe@where.test"), ("", "j@where.test")]),
        ("A: a@x.si;, B: b@x.si;, c@x.si", [("", "a@x.si"), ("", "b@x.si"), ("", "c@x.si")]),
        ("=?utf-8?q?Skupina_=C5=BE?=: ana@x.si;", [("", "ana@x.si")]),
        ("undisclosed-recipients:;", []),
        ("Undisclosed recipients: ;, ana@x.si", [("", "ana@x.si")]),
        ("Recipients not specified: ;", []),
        ('"Kos: Maja" <maja@x.si>', [("Kos: Maja", "maja@x.si")]),
    ],
)
def test_groups_of_addresses_are_read(written: str, people: list[tuple[str, str]]) -> None:
    assert [(a.name, a.address) for a in headers.parse_addresses(written)] == people


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Žana <žana@čevlji.si>", "žana@čevlji.si"),
        ("Žana <zana@xn--evlji-x1a.si>", "zana@čevlji.si"),
        ("<γιώργος@παράδειγμα.gr>", "γιώργος@παράδειγμα.gr"),
    ],
)
def test_letters_beyond_ascii_are_read_in_addresses(written: str, read: str) -> None:
    wire = "čevlji.si".encode("idna").decode()
    written = written.replace("xn--evlji-x1a.si", wire)
    assert headers.parse_addresses(written)[0].address == read


def test_of_headers_that_are_there_twice_the_first_that_says_something_counts() -> None:
    twice = read(
        "From: a@x.example\nFrom: b@x.example\nSubject: \nSubject: Dva\nSubject: Tri\nTo: p@x.example\n"
        "To: q@x.example\n"
        "Date: Mon, 1 Jan 2024 10:00:00 +0100\nDate: Tue, 2 Jan 2024 10:00:00 +0100"
    )
    assert (twice.sender.address, twice.subject) == ("a@x.example", "Dva")
    assert twice.sent_at == datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert [a.address for a in twice.to] == ["p@x.example", "q@x.example"]
    assert read("From:\nFrom: b@x.example").sender.address == "b@x.example"


def test_headers_that_are_missing_leave_a_mail_readable() -> None:
    bare = read("X-Nothing: here")
    assert bare.sender == Address("kuverta@x.example")
    assert (bare.subject, bare.sent_at, bare.external_id, bare.to) == ("", None, "", [])
    assert bare.text == "Pozdravljeni"
    assert read("From: Ana\nReply-To: b@x.example").sender.address == "b@x.example"


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("ana@home <ana@x.example>", "ana@home", "ana@x.example"),
        ("ana@x.example <ana@x.example>", "", "ana@x.example"),
        ("Ana Novak <<ana@x.example>>", "Ana Novak", "ana@x.example"),
        ("Ana Novak <mailto:ana@x.example>", "Ana Novak", "ana@x.example"),
        ("Ana Novak <ana @x.example>", "Ana Novak", "ana@x.example"),
        ("Ana Novak <ana@x.example", "Ana Novak", "ana@x.example"),
        ("Ana Novak [ana@x.example]", "Ana Novak", "ana@x.example"),
        ("Ana Novak ana@x.example", "Ana Novak", "ana@x.example"),
        ("ana@x.example (Ana Novak)", "Ana Novak", "ana@x.example"),
        ("=?utf-8?Q?Novak,=20Ana?= <ana@x.example>", "Novak, Ana", "ana@x.example"),
        ("=?utf-8?Q?Ana_Novak_=3Cana=40x.example=3E?=", "Ana Novak", "ana@x.example"),
        ('"Ana \\"Kra\\" Novak" <ana@x.example>', 'Ana "Kra" Novak', "ana@x.example"),
    ],
)
def test_a_sender_is_who_the_brackets_say_however_the_rest_is_written(written: str, name: str, address: str) -> None:
    (found,) = headers.parse_addresses(written)
    assert (found.name, found.address) == (name, address)


@pytest.mark.parametrize("piece", ["(", "<", '"', "=?", "a@", "<@", "[", "a, ", '\\"', "=?utf-8?q?"])
def test_a_header_of_nothing_but_signs_costs_no_time_and_no_mail(piece: str) -> None:
    begun = time.process_time()
    message = read(f"From: {piece * 3_000}\nTo: ana@x.example")
    assert (message.text, "unreadable" in message.warnings) == ("Pozdravljeni", False)
    assert time.process_time() - begun < 2
