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
MAX_COMMENTS = 100
"""Parentheses in a header above which it is an attack: the standard library reads them by recursion."""
MAX_REFERENCES = 50
_ADDR = re.compile(r"(?<![^\s<>\"'(),;:\[\]])[^\s<>\"'(),;:\[\]@]{1,320}@[^\s<>\"'(),;:\[\]]+")
_COMMENT = re.compile(r"(?<=\S) \([^()]*\)$")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_PIECES = re.compile(
    r'=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=|"(?:[^"\\]|\\.)*"|\([^()]{0,200}\)|<[^<>]*>|[,;]|[^",;<(=]+|.', re.DOTALL
)
_ANGLE = re.compile(r"(?<!<)<+\s*([^<>@]{0,320}@[^<>]{0,320})")
_SPACED = re.compile(r"\s*@\s*")
_GROUP = re.compile(r'^[^":<>@]*:')
_BARE = re.compile(r"([^@,;:<>()\"\[\]]+)[ \[]+([^\s@,;:<>()\"\[\]]+@[^\s@,;:<>()\"\[\]]+)\]?")
"""A name and an address with no brackets around it, or square ones."""
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
    """Read an address list (RFC 5322 section 3.4) leniently.

    What stands before an address in angle brackets is its name, be it an address itself, and a comma inside an
    encoded word parts nobody.
    """
    value = raw[:MAX_HEADER]
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"))
    value = unfold(value)
    if "<" not in value and "=?" in value and "@" not in value:
        value = header(value)
    found: list[Address] = []
    for name, address in _in_brackets(value) if "<" in value else _without_brackets(value):
        match = _ADDR.search(address)
        if match is None:
            continue
        plain = match.group().strip(".")
        local, _, domain = plain.rpartition("@")
        name = "" if name.strip() == plain else tidy(header(name)).strip("'\" ")[:200]
        found.append(Address(tidy(f"{local}@{readable(domain.lower())}")[:320], name))
    if not found:
        found = [Address(tidy(match)[:320]) for match in _ADDR.findall(header(value))[:MAX_ADDRESSES]]
    return found


def _without_brackets(value: str) -> Iterable[tuple[str, str]]:
    """Read a list by the standard library's rules; a name before an address without brackets is found as well."""
    if alone := _BARE.fullmatch(value):
        return [(alone.group(1), alone.group(2))]
    if value.count("(") > MAX_COMMENTS:
        return [("", match) for match in _ADDR.findall(value)]
    return getaddresses([value], **_LENIENT)


def _in_brackets(value: str) -> Iterable[tuple[str, str]]:
    """Yield the name and the address of each mailbox of a list in which some stand in angle brackets."""
    group = ";" in value
    held = ""
    for piece in [*_PIECES.findall(value), ","]:
        if piece not in {",", ";"}:
            held += piece
            continue
        bracket = next(reversed(list(_ANGLE.finditer(held))), None)
        bare = None if bracket else _ADDR.search(_QUOTED.sub("", held))
        if bracket:
            name = _GROUP.sub("", held[: bracket.start()]) if group else held[: bracket.start()]
            yield _named(name), _SPACED.sub("@", bracket.group(1))
        elif bare:
            yield "", bare.group()
        held = ""


def _named(name: str) -> str:
    """Return a display name without its quotes and without a comment at its end."""
    name = _COMMENT.sub("", name.strip())
    if _QUOTED.search(name):
        name = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted.group()[1:-1]), name)
    return name.strip(" ,;")


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
