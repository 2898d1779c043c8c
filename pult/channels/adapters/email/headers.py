"""The headers Pult reads: addresses, ids, dates. Tolerant, bounded, without exceptions."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from pult.channels.adapters.email.text import decode, header, tidy, unfold
from pult.channels.base import Address
from pult.platform.domains import readable

MAX_ADDRESSES = 200
MAX_HEADER = 16_384
MAX_REFERENCES = 50
_ADDR = re.compile(r"(?<![^\s<>\"'(),;:\[\]])[^\s<>\"'(),;:\[\]@]{1,320}@[^\s<>\"'(),;:\[\]]+")
_COMMENT = re.compile(r"(?<=\S) \([^()]*\)$")
_ID = re.compile(r"<([^<>\s]+)>")
_BARE_ID = re.compile(r"(?<![^<>\s,\"])[^<>\s,\"@]{1,300}@[^<>\s,\"]+")

_LENIENT: dict[str, bool] = {"strict": False} if "strict" in inspect.signature(getaddresses).parameters else {}

Headers = dict[str, list[str]]


def collect(message: Message) -> Headers:
    """Return a part's headers by lower-case name, each with all its raw values."""
    found: Headers = {}
    for name, value in message.raw_items():
        found.setdefault(str(name).lower(), []).append(str(value))
    return found


def first(headers: Headers, name: str) -> str:
    """Return the first value of a header that says something, decoded; "" where there is none."""
    return tidy(header(_first(headers, name)))


def raw_first(headers: Headers, name: str) -> str:
    """Return the first value of a header that says something as it is on the wire, unfolded."""
    return unfold(_first(headers, name))


def _first(headers: Headers, name: str) -> str:
    return next((value[:MAX_HEADER] for value in headers.get(name, ()) if value.strip()), "")


def addresses(headers: Headers, name: str) -> list[Address]:
    """Return everybody named in a header; names decoded, domains in lower case, at most 200."""
    found: list[Address] = []
    for raw in headers.get(name, ())[:5]:
        found += parse_addresses(raw)
        if len(found) >= MAX_ADDRESSES:
            break
    return found[:MAX_ADDRESSES]


def parse_addresses(raw: str) -> list[Address]:
    """Read an address list (RFC 5322 section 3.4) leniently."""
    value = raw[:MAX_HEADER]
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    value = unfold(value)
    found: list[Address] = []
    for name, address in getaddresses([value], **_LENIENT):
        match = _ADDR.search(address)
        if match is None:
            continue
        plain = match.group().strip(".")
        local, _, domain = plain.rpartition("@")
        if ") <" in value or "> (" in value:
            name = _COMMENT.sub("", name)
        found.append(Address(tidy(f"{local}@{readable(domain.lower())}")[:320], tidy(header(name)).strip("'\" ")[:200]))
    if not found:
        found = [Address(tidy(match)[:320]) for match in _ADDR.findall(header(value))[:MAX_ADDRESSES]]
    return found


def message_id(value: str) -> str:
    """Return an id as Pult keeps it: without angle brackets, at most 200 characters, "" if it is none."""
    match = _ID.search(value)
    name = match.group(1) if match else value.strip().strip("<>").strip()
    if not name or any(c.isspace() for c in name):
        return ""
    name = tidy(name)
    return f"long-{hashlib.sha256(name.encode()).hexdigest()}" if len(name) > 200 else name


def message_ids(values: Iterable[str]) -> list[str]:
    """Return the ids named in References or In-Reply-To in their order, each once.

    Of an overlong list the first and the last 49 are kept (the root and the nearest parents).
    """
    found: dict[str, None] = {}
    for value in values:
        value = value[-MAX_HEADER * 4 :]
        names = _ID.findall(value) or _BARE_ID.findall(value)
        for name in names:
            if clean := message_id(name):
                found.setdefault(clean)
    ids = list(found)
    return ids if len(ids) <= MAX_REFERENCES else [ids[0], *ids[-(MAX_REFERENCES - 1) :]]


def date(headers: Headers, *, received_at: datetime) -> datetime | None:
    """Return the Date header in UTC; None where it is missing or impossible (before 1990, a day ahead)."""
    raw = raw_first(headers, "date")
    if not raw:
        return None
    try:
        value = parsedate_to_datetime(raw)
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return value if value.year >= 1990 and value <= received_at + timedelta(days=1) else None
