"""format=flowed (RFC 3676): the paragraphs of a text whose mail program broke its lines softly."""

from __future__ import annotations

import re
from email.message import Message

SIGNATURE = "-- "


def is_flowed(part: Message) -> bool:
    """Say whether a text part says that its lines are flowed."""
    return str(part.get_param("format", "")).strip().lower() == "flowed"


def deletes_space(part: Message) -> bool:
    """Say whether the space before a soft break is none of the text (DelSp)."""
    return str(part.get_param("delsp", "")).strip().lower() == "yes"


def join(text: str, *, delsp: bool = False) -> str:
    """Return a flowed text with whole paragraphs, each quoted line marked by its depth of ">" and a space.

    Lines go together only where the quotation is equally deep; the separator of a signature stays alone. A text in
    which no line flows comes back as it is but for the space before ">" and "From " that hides them from mail systems.
    """
    lines: list[str] = []
    held: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if held and (level != depth or content == SIGNATURE):
            lines.append(_line(depth, held))
            held = []
        depth = level
        if content.endswith(" ") and content != SIGNATURE:
            held.append(content[:-1] if delsp else content)
            continue
        lines.append(_line(level, [*held, content]))
        held = []
    if held:
        lines.append(_line(depth, held))
    return "\n".join(lines)


def _line(depth: int, pieces: list[str]) -> str:
    content = "".join(pieces)
    return f"{'>' * depth} {content}" if depth and content else ">" * depth + content


WIDTH = 74
"""Characters at which a long line is broken softly; RFC 3676 asks for 78 at most, with the mark of a quotation."""
_MARK = re.compile(r"(?:> ?)+")
_STUFFED = (" ", ">", "From ")


def flow(text: str) -> str:
    """Return a text as format=flowed: long lines broken softly, so that every reader wraps them for himself.

    The other way round than `join`: what is joined again is the text without spaces at the ends of its lines.
    """
    flowed: list[str] = []
    for line in text.split("\n"):
        depth, content = _quoted(line)
        mark = ">" * depth
        for piece in _pieces(content if content == SIGNATURE else content.rstrip(" ")):
            stuffed = depth or piece.startswith(_STUFFED)
            flowed.append(f"{mark} {piece}" if stuffed and piece else mark + piece)
    return "\n".join(flowed)


def _quoted(line: str) -> tuple[int, str]:
    mark = _MARK.match(line)
    return (mark[0].count(">"), line[mark.end() :]) if mark else (0, line)


def _pieces(content: str) -> list[str]:
    """Return a line in pieces that end with a space, but for the last; a long word is never broken."""
    pieces: list[str] = []
    start = 0
    while len(content) - start > WIDTH:
        cut = content.rfind(" ", start + 1, start + WIDTH) + 1 or content.find(" ", start + WIDTH) + 1
        if not cut or content[start:cut] == SIGNATURE:
            break
        pieces.append(content[start:cut])
        start = cut
    return [*pieces, content[start:]]
