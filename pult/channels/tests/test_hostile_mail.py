"""Mails made to hurt: the parser neither falls, nor hangs, nor fills the memory, and keeps what it could not read."""

from __future__ import annotations

import base64
import gzip
import random
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pult.channels.adapters.email
from pult.channels.adapters.email import parse
from pult.channels.adapters.email.channel import Adapter
from pult.channels.adapters.email.headers import message_id, message_ids, parse_addresses
from pult.channels.adapters.email.reply import newest
from pult.channels.adapters.email.text import header
from pult.channels.base import InboundMessage, InboxInfo, Raw
from pult.channels.masking import mask_message, masked_copy

INBOX = InboxInfo(1, "desk@shop.example", "Desk", "Shop", "en", {})
PAYLOADS = Path(pult.channels.adapters.email.__file__).parent / "payloads"
SEEDS = [path.read_bytes() for path in sorted(PAYLOADS.glob("*.eml"))]
HEAD = b"From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"


def read(body: bytes) -> InboundMessage:
    """Parse a mail; it must be readable, storable and maskable."""
    event = parse.events(INBOX, Raw(body, {"sender": "a@b.example"}, datetime.now(UTC)))[-1]
    assert isinstance(event, InboundMessage)
    for value in (event.subject, event.text, event.html, event.reply, event.sender.address, event.sender.name):
        assert "\x00" not in value
        value.encode()
    mask_message(event)
    masked_copy(body)
    return event


def nested(depth: int) -> bytes:
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(depth)
    )
    return HEAD + opening + b"Content-Type: text/plain\r\n\r\ndeep down\r\n"


def siblings(count: int) -> bytes:
    part = b"--b\r\nContent-Type: text/plain\r\n\r\npart\r\n"
    return HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + part * count + b"--b--\r\n"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "10,000 levels": lambda: nested(10_000),
    "100 levels": lambda: nested(100),
    "10,000 parts": lambda: siblings(10_000),
    "mails in mails": lambda: (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * 3_000 + b"deep down",
    "100,000 headers": lambda: b"X-A: b\r\n" * 100_000 + HEAD + b"\r\nhi",
    "a header of 5 MB": lambda: HEAD + b"X-Long: " + b"a" * 5_000_000 + b"\r\n\r\nhi",
    "a subject of 5 MB": lambda: b"From: a@b.example\r\nSubject: " + b"=?utf-8?Q?a?= " * 350_000 + b"\r\n\r\nhi",
    "100,000 recipients": lambda: HEAD + b"To: " + b"x@y.example, " * 100_000 + b"z@y.example\r\n\r\nhi",
    "nested comments": lambda: b"From: " + b"(" * 50_000 + b"a@b.example\r\nSubject: s\r\n\r\nhi",
    "quotes without end": lambda: b'From: "' + b'\\"' * 50_000 + b" <a@b.example>\r\nSubject: s\r\n\r\nhi",
    "100,000 references": lambda: HEAD + b"References: " + b"<a@b> " * 100_000 + b"\r\n\r\nhi",
    "only NUL": lambda: b"\x00" * 1_000_000,
    "NULs everywhere": lambda: HEAD.replace(b"s\r\n", b"s\x00x\r\n") + b"\r\nh\x00i\x00" * 1000,
    "nothing": lambda: b"",
    "one line of 5 MB": lambda: HEAD + b"\r\n" + b"x" * 5_000_000,
    "angle brackets": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 1_000_000,
    "100,000 tags deep": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"hi",
    "tables in tables": lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>" * 3_000 + b"hi",
    "quotation marks": lambda: HEAD + b"\r\n" + b"> " * 200_000 + b"\n" + b"On x wrote:\n" * 5_000,
    "From: lines": lambda: HEAD + b"\r\nhello\n" + b"From: a\nSent: b\nTo: c\n" * 5_000,
    "On On On": lambda: HEAD + b"\r\nhello\n" + b"On " * 50_000 + b":\n",
    "bad base64": lambda: HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A=B=" * 100_000,
    "soft breaks": lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 300_000,
    "bomb in gzip": lambda: (
        HEAD
        + b'Content-Type: application/gzip; name="a.gz"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + base64.encodebytes(gzip.compress(b"\0" * 20_000_000))
    ),
    "parameters": lambda: HEAD + b"Content-Type: text/plain" + b"; a=b" * 20_000 + b"\r\n\r\nhi",
    "name in pieces": lambda: (
        HEAD
        + b"Content-Type: image/png\r\nContent-Disposition: attachment"
        + b"".join(b"; filename*%d*=%%41" % n for n in range(3000))
        + b"\r\n\r\nx"
    ),
    "unknown charset": lambda: HEAD + b"Content-Type: text/plain; charset=../../etc\r\n\r\nh\xe9llo",
    "slow charset": lambda: HEAD + b"Content-Type: text/plain; charset=idna\r\n\r\n" + b"\xe9" * 100_000,
    "idn": lambda: b"From: a@" + b"xn--" * 5_000 + b".example\r\nSubject: s\r\n\r\nhi",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_read_within_bounds(name: str) -> None:
    body = HOSTILE[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    read(body)
    assert time.process_time() - started < 8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KiB


def test_what_is_too_deep_is_kept_whole_beside_the_mail() -> None:
    for body in (nested(10_000), nested(100), siblings(10_000)):
        message = read(body)
        assert "structure" in message.warnings
        assert any(file.content == body for file in message.files)


def test_very_long_text_is_cut_in_the_message_and_whole_in_a_file() -> None:
    message = read(HEAD + b"\r\n" + b"word " * 400_000)
    assert len(message.text) <= 1_000_000
    assert [len(file.content) for file in message.files] == [2_000_000]


@pytest.mark.parametrize("written", ["\u202egpj.exe", "=?utf-8?B?4oCuZ3BqLmV4ZQ==?=", "\u2067gpj.exe\u2069"])
def test_no_mark_turns_a_name_around(written: str) -> None:
    assert header(written) == "gpj.exe"


def test_file_names_cannot_leave_their_folder() -> None:
    for name in (
        "../../etc/passwd",
        "C:\\windows\\system32\\a.exe",
        "a\r\nb.txt",
        "\x00",
        ".",
        "..",
        "/",
        "x" * 999 + ".pdf",
    ):
        body = f'Content-Disposition: attachment; filename="{name}"\r\n\r\nx'.encode()
        for file in read(HEAD + b"Content-Type: application/pdf\r\n" + body).files:
            assert file.name not in {"", ".", ".."}
            assert not set(file.name) & set("/\\\r\n\x00")
            assert len(file.name) <= 200


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=2_000), st.sampled_from(SEEDS), st.randoms(use_true_random=False))
def test_no_bytes_make_the_parser_raise(noise: bytes, seed: bytes, rng: random.Random) -> None:
    read(noise)
    at = rng.randrange(len(seed))
    read(seed[:at] + noise + seed[at + rng.randrange(50) :])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_no_header_makes_its_reader_raise(value: str) -> None:
    header(value)
    message_id(value)
    message_ids([value])
    for address in parse_addresses(value):
        assert "@" in address.address
    assert newest(value) or not value.strip()


def test_hundreds_of_damaged_mails_do_not_fill_the_memory() -> None:
    rng = random.Random(11)
    adapter = Adapter()
    early = 0
    for number in range(400):
        body = bytearray(rng.choice(SEEDS))
        for _ in range(rng.randrange(1, 30)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        adapter.parse(INBOX, Raw(bytes(body), {}, datetime.now(UTC)))
        if number == 200:
            early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - early < 20_000  # KiB
