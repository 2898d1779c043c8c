"""Real mails, damaged: whatever arrives is read without an exception, in bounded time, and can be stored."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from functools import lru_cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pult.channels.adapters.email import inspection, parse
from pult.channels.base import Raw
from tests.corpora.measures import DATA, NOW

FOLDERS = ("mail", "bounces/maildir", "mime", "replies")
PIECES: Sequence[bytes] = (
    b"\n\n",
    b"\r\n",
    b"\x00",
    b"\x1b$B",
    b"\xff\xfe",
    b"=?utf-8?B?",
    b"?=",
    b"--",
    b"> ",
    b":",
    b"<",
    b">",
    b"@",
    b"(",
    b'"',
    b"\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    b"\n--b\n",
    b"\nContent-Type: message/rfc822\n\n",
    b"\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822;",
    b"\nDiagnostic-Code: smtp; 550 5.1.1 user unknown",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"charset=utf-7",
    b"charset=hz",
    b"charset=iso-2022-jp",
    b"\nOn 1 Jan 2026 at 10:00, X <a@b.example> wrote:\n",
    b"\nFrom: a@b.example\nTo: c@d.example\nSubject: x\n",
    b"<blockquote type=cite>",
    b"</blockquote>",
    b"-----Original Message-----",
    b"-- \n",
    b'{"notificationType":"Bounce",',
    b"filename*0*=",
    b"From: MAILER-DAEMON\n",
    b"Subject: failure notice\n",
    b"Message-ID: <>\n",
    b"Date: Fri, 99 Foo -1\n",
    "č→ß€\u202e".encode(),
)


def check(body: bytes) -> None:
    """Read a mail as arriving, and as `pult mail inspect` does."""
    mail = parse.read(Raw(body, {"sender": "a@b.example"}, NOW))
    assert "unreadable" not in mail.message.warnings, (mail.message.warnings, body[:2_000])
    json.dumps(inspection.of_mail(body, received_at=NOW), ensure_ascii=False).encode()
    json.dumps(inspection.of_text(body), ensure_ascii=False).encode()


@lru_cache(maxsize=1)
def seeds() -> tuple[bytes, ...]:
    """Return the data's mails that are not too large to be damaged often."""
    files = (path for folder in FOLDERS for path in sorted((DATA / folder).rglob("*")))
    return tuple(path.read_bytes() for path in files if path.is_file() and path.stat().st_size < 30_000)


def damaged(rng: random.Random, mails: Sequence[bytes]) -> bytes:
    """Return a mail with bytes changed, pieces put in, taken out, doubled, or joined with another's."""
    body = bytearray(rng.choice(mails))
    for _ in range(rng.randrange(1, 12)):
        at = rng.randrange(len(body) + 1)
        match rng.randrange(6):
            case 0:
                body[at:at] = rng.choice(PIECES)
            case 1:
                del body[at : at + rng.randrange(1, 400)]
            case 2:
                body[at:at] = body[at : at + rng.randrange(1, 2_000)]
            case 3:
                body[at : at + 1] = bytes([rng.randrange(256)])
            case 4:
                other = rng.choice(mails)
                body[at:] = other[rng.randrange(len(other) + 1) :]
            case _:
                body[at:at] = rng.choice(PIECES) * rng.randrange(1, 200)
    return bytes(body[:200_000])


def damage(count: int, seed: int) -> float:
    """Read `count` damaged mails; return the seconds of CPU that the slowest took."""
    rng = random.Random(seed)
    mails = seeds()
    slowest = 0.0
    for _ in range(count):
        body = damaged(rng, mails)
        begun = time.process_time()
        check(body)
        slowest = max(slowest, time.process_time() - begun)
    return slowest


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=60), max_size=30))
def test_no_mail_made_of_hurtful_pieces_is_unreadable(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no public test data at {DATA} (PULT_DATA)")


@pytest.mark.corpus
@needs_data
def test_no_damaged_real_mail_is_unreadable() -> None:
    assert damage(600, seed=7) < 4


@pytest.mark.soak
@pytest.mark.corpus
@needs_data
def test_tens_of_thousands_of_damaged_mails_are_read() -> None:
    assert damage(30_000, seed=random.randrange(10**9)) < 8
