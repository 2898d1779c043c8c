"""Real mails of other projects, as hard as they come: nothing raises, nothing is lost, nothing takes long.

The data is public and not part of Pult; its folder is named by PULT_DATA.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from functools import cache, lru_cache
from pathlib import Path

import pytest

from pult.channels.adapters.email import mime, parse, text
from pult.channels.base import InboundMessage, InboxInfo, Raw
from pult.channels.masking import mask_message, masked_copy

DATA = Path(os.environ.get("PULT_DATA", Path(__file__).resolve().parents[3] / ".." / "shared" / "data"))
INBOX = InboxInfo(1, "desk@shop.example", "Desk", "Shop", "en", {})
FOLDERS = ("mail", "bounces/maildir", "mime")
WORD = re.compile(r"[^\W\d_]{4,}")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"no public test data at {DATA} (PULT_DATA)"),
]


@lru_cache(maxsize=1)
def mails() -> tuple[Path, ...]:
    """Return every mail of the data."""
    found = (path for folder in FOLDERS for path in (DATA / folder).rglob("*"))
    other = {".json", ".md"}
    return tuple(
        p for p in sorted(found) if p.is_file() and p.suffix not in other and p.name not in {"SOURCE.txt", "LICENSE"}
    )


@cache
def read(path: Path) -> InboundMessage:
    """Parse one mail and return its message."""
    event = parse.events(INBOX, Raw(path.read_bytes(), {}, datetime(2026, 11, 21, tzinfo=UTC)))[-1]
    assert isinstance(event, InboundMessage)
    return event


def said(path: Path) -> Iterator[str]:
    """The texts of a mail as the standard library alone finds them."""
    waiting = [message_from_bytes(path.read_bytes())]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "message":
            continue  # a mail in the mail is kept as a file, as it is
        inner = part.get_payload()
        if isinstance(inner, list):
            waiting += [child for child in inner if isinstance(child, Message)]
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and part.get_content_maintype() == "text":
            yield text.decode(content, str(part.get_content_charset() or ""))


def test_there_is_something_to_read() -> None:
    assert len(mails()) > 400


def test_no_real_mail_is_unreadable() -> None:
    unreadable = [path.name for path in mails() if "unreadable" in read(path).warnings]
    assert unreadable == []


def test_no_word_of_a_real_mail_is_lost() -> None:
    lost: dict[str, set[str]] = {}
    for path in mails():
        message = read(path)
        headers = (f"{name}: {value}" for name, value in mime.read(path.read_bytes())[0].items())
        kept = [message.text, message.html, *(text.decode(file.content) for file in message.files), *headers]
        words = set(WORD.findall(" ".join(kept)))
        missing = {word for part in said(path) for word in WORD.findall(part)} - words
        if missing:
            lost[path.name] = missing
    assert lost == {}


def test_every_real_mail_fits_the_database() -> None:
    for path in mails():
        message = read(path)
        for value in (message.subject, message.text, message.html, message.reply, message.external_id):
            assert "\x00" not in value
            value.encode()
        assert len(message.external_id) <= 200
        assert len(message.subject) <= 500
        assert len(message.sender.address) <= 320
        assert all(len(file.name) <= 255 and file.name for file in message.files)


def test_every_real_mail_can_be_masked() -> None:
    for path in mails():
        masked, found = mask_message(read(path))
        assert found or masked.text == read(path).text
        assert len(masked_copy(path.read_bytes())) > 0


def test_real_mails_take_a_few_milliseconds_each() -> None:
    fresh = read.__wrapped__
    fresh(mails()[0])
    started = time.process_time()
    for path in mails():
        fresh(path)
    assert (time.process_time() - started) / len(mails()) < 0.02
