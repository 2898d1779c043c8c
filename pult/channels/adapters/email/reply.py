"""What a person newly wrote: the text without quotation, forwarded history and signature.

Only what a program added is left out, and only from what is shown at first: the whole text stays beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pult.channels.adapters.email.quotations import footer, heading, plain

LIMIT = 50_000
"""Characters above which a text is shown whole."""
MAX_LINES = 2_000
_CANDIDATE = re.compile(r":|：|--|__|==|wrote|[)>]\s*$")
_SIGNATURE = re.compile(r"^(?:--|__)[ \t]*$|^_{30,}[ \t]*$")
_SIGNATURE_LINES = 20
"""Lines that a signature behind underscores has at most; behind "--" it may have any number (RFC 3676, 4.3)."""
_UNSEEN = dict.fromkeys([0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Marks of direction, which Windows puts around the parts of a date, and of no width."""
_WRAPPED = 55
"""Length from which a quoted line may have been broken by the program that sent it."""


def newest(text: str) -> str:
    """Return what the sender newly wrote. Where nothing remains, the whole text: it is never lost."""
    if len(text) > LIMIT:
        return text.strip()
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) > MAX_LINES:
        return text.strip()
    kept = _without_history(lines)
    kept = _without_footers(kept)
    return _joined(kept) or _joined(_without_footers(lines)) or text.strip()


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n").strip() if any(line.strip() for line in lines) else ""


def _without_history(lines: list[str]) -> list[str]:
    """Take the quotation off; what was written below it or inside it is kept."""
    at = _heading(lines)
    if at is None:
        return _without_last_quote(lines)
    begin, end = at
    rest = lines[end + 1 :]
    own = _own(rest) if _quoted(rest) else []
    if not own:
        return _without_last_quote(lines[:begin])
    if not any(line.strip() for line in lines[:begin]) and len(_runs(own)) == 1:
        return rest[own[0] :]
    return lines[: end + 2 + own[-1]]


def _heading(lines: list[str]) -> tuple[int, int] | None:
    """Return the first line of the first heading, and the last line that gives it away."""
    lines = [line.translate(_UNSEEN) for line in lines]
    for at, line in enumerate(lines):
        if line and _CANDIDATE.search(line[-600:]) is not None:
            begin = heading(lines, at)
            if begin is not None:
                return begin, at
    return None


def _quoted(lines: Sequence[str]) -> bool:
    """Say whether what follows a heading is marked as quoted."""
    for line in lines[:6]:
        if line.strip():
            return line.lstrip().startswith(">")
    return False


def _own(lines: Sequence[str]) -> list[int]:
    """Return which lines among quoted ones the sender wrote: neither marked, nor the broken end of a marked line."""
    own: list[int] = []
    open_quote = False
    for at, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(">"):
            open_quote = len(bare) >= _WRAPPED and bare[-1] not in "?!"
            continue
        if not bare:
            open_quote = False
            continue
        if open_quote and bare[0].islower() and at + 1 < len(lines) and lines[at + 1].lstrip().startswith(">"):
            continue
        if _SIGNATURE.match(line) or footer(lines, at):
            break
        open_quote = False
        own.append(at)
    return own


def _runs(numbers: Sequence[int]) -> list[int]:
    """Return the first of each run of own lines between quotations (a gap of more than two lines parts them)."""
    return [n for i, n in enumerate(numbers) if i == 0 or n - numbers[i - 1] > 3]


def _without_last_quote(lines: list[str]) -> list[str]:
    """Take a marked quotation without a heading off the end; one between written lines stays."""
    end = _signature(lines)
    kept = lines[:end]
    while kept and (not kept[-1].strip() or kept[-1].startswith(">")):
        kept = kept[:-1]
    return kept or lines[:end]


def _signature(lines: Sequence[str]) -> int:
    """Return where the signature begins, len(lines) where there is none."""
    for at, line in enumerate(lines):
        if _SIGNATURE.match(line) and (line[0] == "-" or len(lines) - at <= _SIGNATURE_LINES) and at + 1 < len(lines):
            return at
    return len(lines)


def _without_footers(lines: Sequence[str]) -> list[str]:
    kept = list(lines[: _signature(lines)])
    for at, line in enumerate(kept):
        if line and plain(line)[:1].isalpha() and footer(kept, at) and any(one.strip() for one in kept[:at]):
            kept = kept[:at]
            break
    while kept and not kept[-1].strip():
        kept.pop()
    return kept if any(line.strip() for line in kept) else list(lines)
