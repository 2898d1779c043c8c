"""Why a mail was refused, in one word, and whether its recipient's address is dead.

An address is dead where nobody has it, its domain does not exist, it has moved, or its server takes no mail at all.
A full or disabled mailbox, a blocked sender, a filter or a lasting fault is none of these: the next mail may arrive.
Judged are the enhanced code (RFC 3463, 5248, 7505), the SMTP stage, and the words of mail systems.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

COMPLAINT = "complaint"
UNKNOWN_USER, UNKNOWN_HOST, MOVED, NO_MAIL = "unknown_user", "unknown_host", "moved", "no_mail"
DEAD = frozenset({UNKNOWN_USER, UNKNOWN_HOST, MOVED, NO_MAIL})
_VAGUE = frozenset({"rejected", "policy", "system", "network", ""})
_UNKNOWN_STATUS = re.compile(r"5\.1\.(?:[0136]|10|351)$")
_NAMED = re.compile(
    r"<[^<>\s]{3,320}>(?::|\.\.\.|,)? [^\n]{0,40}\b(?:unknown|no such|not found|does not exist)", re.IGNORECASE
)
_RECIPIENT_REJECTED = re.compile(
    r"(?:recipient(?: address)?|(?<!sender )(?<!source )address|rcpt) (?:is |was )?rejected"
    r"(?:[\W\d]*(?:$|[(\[\n]|\S+\.[a-z]{2,20}\b)|[^\w\n]*<@>)",
    re.IGNORECASE,
)
"""A recipient who was rejected without a word about why; only a server's name or an aside may follow."""
_SENDER = "sender"
"""The group of wordings that find fault with the sender, whatever they say of his address."""
_CERTAIN = "!"
"""Ends the name of a group of wordings that need no other sign to be believed."""
MAX_JUDGED = 3_000
MAX_ASIDE = 1_500

_REPORTED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ENHANCED = re.compile(r"(?<![\d.])((?:(?<=2\d\d[ -])2|[45])\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?:(?<![\d.\w-])|(?<=#))([45][0-5]\d)(?=[ \t,:;-]|$)(?![ -]*\d{3,})")
_URL = re.compile(r"https?://[^\s<>]{1,500}")
_ADDRESS = re.compile(r"[\[(<\"']*[^\s<>@\[\]()\"',;:]{1,64}@[^\s<>@\[\]()\"',;:]{1,255}[\])>\"']*")
_WRAPPED = re.compile(r"\n[ \t]+|(?<=[^\n]{60})\n(?=[a-z])")
"""Where a report's line goes on: below it indented, or behind a long line with a small letter."""
_GENERAL = re.compile(r"^[245]\.(?:0\.\d+|1\.0|[2-7]\.0)$")
_STAGES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for name, pattern in (
        (
            "recipient",
            r"RCPT\s+(?:TO\s+(?:command|response)|TO:\s*<|command)|after\s+RCPT|our RCPT|\[RCPT_TO\]"
            r"|does not like recipient",
        ),
        ("sender", r"\bMAIL\s+FROM\b|reply\s+to\s+MAIL|after\s+MAIL|but sender was rejected"),
        (
            "data",
            r"end\s+of\s+(?:data|message)|after\s+DATA|reply\s+to\s+DATA|(?:>>>|->) DATA|\bDATA\s+command"
            r"|^DATA\s*$|after I sent the message",
        ),
        (
            "start",
            r"initial connection|after\s+(?:EHLO|HELO|STARTTLS|QUIT)"
            r"|(?:reply\s+to|>>>)\s+(?:EHLO|HELO)|my name was rejected",
        ),
    )
)

# What an enhanced code means where the words say nothing (RFC 3463, 5248, 7372, 7505).
_BY_STATUS: tuple[tuple[str, str], ...] = (
    (r"5\.1\.[013]$", UNKNOWN_USER),
    (r"5\.1\.2$|5\.4\.4$", UNKNOWN_HOST),
    (r"5\.1\.6$|5\.7\.1[78]$", MOVED),
    (r"5\.1\.10$|5\.3\.2$", NO_MAIL),
    (r"[45]\.2\.2$", "mailbox_full"),
    (r"[45]\.2\.1$|5\.7\.13$", "disabled"),
    (r"[45]\.[23]\.[34]$", "too_large"),
    (r"[45]\.4\.7$", "expired"),
    (r"[45]\.4\.6$", "loop"),
    (r"[45]\.4\.", "network"),
    (r"[45]\.7\.(?:20|21|22|23|26|27)$", "authentication"),
    (r"[45]\.7\.25$", "reverse_dns"),
    (r"[45]\.7\.", "policy"),
    (r"[45]\.[35]\.", "system"),
    (r"[45]\.1\.[789]$", "rejected"),
)


class Verdict(NamedTuple):
    """`status` and `code` as reported, `reason` one of this file's words, `permanent`: the address is dead."""

    status: str
    code: str
    reason: str
    permanent: bool


@lru_cache(maxsize=1)
def _wordings() -> list[tuple[str, re.Pattern[str]]]:
    with Path(__file__).with_name("refusals.toml").open("rb") as file:
        groups = tomllib.load(file)["reason"]
    return [(group["name"], re.compile("|".join(group["words"]), re.IGNORECASE)) for group in groups]


def judge(*, status: str, said: str, about: str, action: str) -> Verdict:
    """Judge what was said of one recipient.

    Args:
        status: the field of that name, maybe empty; said: the other server's words; about: the report's own words.
        action: of RFC 3464.
    """
    said, about = _URL.sub(" ", said[:MAX_JUDGED]), _URL.sub(" ", about[:MAX_JUDGED])
    code = _first(_CODE, said) or _first(_CODE, about)
    field = _first(_REPORTED, status)
    if not field or _GENERAL.match(field):
        inside = _enhanced(said)
        if not inside or _GENERAL.match(inside):
            inside = _enhanced(about) or inside
        field = inside if inside and not (field and _GENERAL.match(inside)) else field
    status = field
    if action in {"delivered", "relayed", "expanded"}:
        return Verdict(status, code, action, False)
    stage = _stage(said) or _stage(about)
    reason = _reason(status, said, about, stage)
    certain = reason.endswith(_CERTAIN)
    reason = reason.rstrip(_CERTAIN)
    if reason in DEAD and stage == "sender":
        reason = "rejected"
    if not stage and not re.search(r"\b[45]\.2\.\d", said) and (_NAMED.search(said) or _NAMED.search(about)):
        stage = "recipient"
    return Verdict(status, code, reason, _dead(reason, status, code, stage, certain=certain))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""


def _enhanced(text: str) -> str:
    """Return the first telling enhanced code; a general one where there is no other."""
    found = _ENHANCED.findall(text)
    return next((one for one in found if not _GENERAL.match(one)), found[0] if found else "")


def _stage(text: str) -> str:
    return next((name for name, pattern in _STAGES if pattern.search(text)), "")


def _reason(status: str, said: str, about: str, stage: str) -> str:
    by_status = next((word for pattern, word in _BY_STATUS if re.match(pattern, status)), "")
    if by_status == "rejected":
        return by_status
    word = _worded(said)
    aside = _worded(about[:MAX_ASIDE]) if word in {*_VAGUE, UNKNOWN_USER} else ""
    if word == _SENDER or (aside == _SENDER and word in _VAGUE):
        return "rejected"
    if "mailbox_full" in {word, aside} and word in {"mailbox_full", UNKNOWN_USER, ""}:
        return "mailbox_full"
    for one in (word, aside):
        if one in _VAGUE and by_status in DEAD:
            return by_status
        if one == "rejected" and stage == "recipient" and _RECIPIENT_REJECTED.search(_plain(said or about)):
            return UNKNOWN_USER
        if one:
            return one
    return by_status or "undefined"


@lru_cache(maxsize=64)
def _worded(text: str) -> str:
    if not text.strip():
        return ""
    text = _plain(text)
    return next((word for word, pattern in _wordings() if pattern.search(text)), "")


@lru_cache(maxsize=8)
def _plain(text: str) -> str:
    """Return what was said on whole lines, each address as "<@>": dots and words in it would be taken for speech."""
    return _WRAPPED.sub(" ", _ADDRESS.sub("<@>", text))


def _dead(reason: str, status: str, code: str, stage: str, *, certain: bool) -> bool:
    """Say whether the address is dead.

    "User unknown" is believed where the enhanced code says so too, where it answered the recipient's name, or where
    no SMTP server was asked at all. Said of a mail that had been taken in full, it is a filter's way to refuse.
    """
    if reason not in DEAD or status.startswith("4.") or (code.startswith("4") and not status.startswith("5.")):
        return False
    if certain or reason != UNKNOWN_USER or _UNKNOWN_STATUS.match(status):
        return True
    return stage == "recipient" or (not stage and not code)
