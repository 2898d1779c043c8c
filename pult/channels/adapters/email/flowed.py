"""format=flowed (RFC 3676): the paragraphs of a text whose mail program broke its lines softly."""

from __future__ import annotations

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
