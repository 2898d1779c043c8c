"""Payment card numbers are never kept: all but the last four digits become asterisks before anything is stored.

A number is a card's if it has 13 to 19 digits, maybe in groups, begins as cards of a known scheme do, has a length
of that scheme, and passes the Luhn check (ISO/IEC 7812-1). Order and parcel numbers that fail one of them stay.
"""

from __future__ import annotations

import dataclasses
import operator
import re
import unicodedata
from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser

from stdnum import luhn

from pult.channels.base import File, InboundMessage, Invitation

_GAP = r"(?:[ \t\xa0\u2007\u2009\u202f.\u2010-\u2015-]|&nbsp;|&#160;|<[^<>]{1,120}>|=\r?\n|%20|\+){0,3}"
_RUN = re.compile(rf"(?<![\d])\d(?:{_GAP}\d){{12,79}}(?!\d)")
_MORE = re.compile(rf"{_GAP}\d")
_LONGEST = 19
_HINT = re.compile(r"\d(?:[^\d\n]{0,3}\d){5}|\d(?:<|&)")
_DIGIT = re.compile(r"\d")
_SCHEMES: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = tuple(
    (re.compile(pattern), frozenset(lengths))
    for pattern, lengths in (
        (r"4", (13, 16, 19)),
        (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
        (r"3[47]", (15,)),
        (r"3(?:0[0-59]|[689])", (14, 15, 16, 17, 18, 19)),
        (r"35(?:2[89]|[3-8])", (16, 17, 18, 19)),
        (r"6011|64[4-9]|65", (16, 17, 18, 19)),
        (r"62|81", (16, 17, 18, 19)),
        (r"50|5[6-8]|6(?:304|759|761|762|763)|60|6[37-9]", (13, 14, 15, 16, 17, 18, 19)),
    )
)
_TEXTUAL = ("text/", "application/json", "application/xml", "message/")
MAX_TEXT_FILE = 4_000_000
MAX_NESTING = 300
"""Parts in parts above which a mail is masked as plain bytes."""


def is_card(digits: str) -> bool:
    """Say whether digits without spaces are a payment card's number."""
    fits = any(len(digits) in lengths and prefix.match(digits) for prefix, lengths in _SCHEMES)
    return fits and len(set(digits)) > 1 and bool(luhn.is_valid(digits))


def mask(text: str) -> str:
    """Return the text with card numbers masked; the same object where there are none."""
    if _HINT.search(text) is None:
        return text
    pieces: list[str] = []
    end = place = 0
    while (run := _RUN.search(text, place)) is not None:
        for start, stop in _cards(run.group()):
            pieces += [text[end : run.start() + start], _starred(run.group()[start:stop])]
            end = run.start() + stop
        place = max(end, _next_place(text, run))
    return "".join([*pieces, text[end:]]) if pieces else text


def _next_place(text: str, run: re.Match[str]) -> int:
    """Return where to look on after a run: at its end or, where only the length we look at ended it, at the first
    group of digits in which a card might begin that goes on beyond."""
    if _MORE.match(text, run.end()) is None:
        return run.end()
    places = [match.start() for match in _DIGIT.finditer(run.group())]
    for index in range(max(1, len(places) - _LONGEST + 1), len(places)):
        if places[index - 1] != places[index] - 1:
            return run.start() + places[index]
    return run.end()


def _cards(run: str) -> Iterator[tuple[int, int]]:
    """Yield where in a run of grouped digits cards lie; they begin and end where groups do."""
    places = [match.start() for match in _DIGIT.finditer(run)]
    digits = "".join(str(unicodedata.digit(run[place])) for place in places)
    starts = [i for i, place in enumerate(places) if i == 0 or places[i - 1] != place - 1]
    stops = {i + 1 for i, place in enumerate(places) if i + 1 == len(places) or places[i + 1] != place + 1}
    taken = 0
    for start in starts:
        if start < taken:
            continue
        for length in (16, 15, 14, 19, 18, 17, 13):
            if start + length in stops and is_card(digits[start : start + length]):
                taken = start + length
                yield places[start], places[taken - 1] + 1
                break


def _starred(number: str) -> str:
    left = len(_DIGIT.findall(number)) - 4
    starred = []
    for character in number:
        if character.isdigit() and left > 0:
            left -= 1
            character = "*"
        starred.append(character)
    return "".join(starred)


def mask_message(message: InboundMessage) -> tuple[InboundMessage, bool]:
    """Return the message without card numbers in subject, text, HTML, invitation, names of files and
    files of text.

    The flag says whether anything was masked; then the stored raw copy needs masked_copy too.
    """
    files = [_mask_file(file) for file in message.files]
    subject, text, html, reply = (mask(part) for part in (message.subject, message.text, message.html, message.reply))
    event = _mask_event(message.invitation)
    pairs = ((subject, message.subject), (text, message.text), (html, message.html), (reply, message.reply))
    if all(new is old for new, old in (*pairs, (event, message.invitation))) and all(
        map(operator.is_, files, message.files)
    ):
        return message, False
    return (
        dataclasses.replace(message, subject=subject, text=text, html=html, reply=reply, files=files, invitation=event),
        True,
    )


def _mask_event(event: Invitation | None) -> Invitation | None:
    if event is None:
        return None
    summary, place, name = mask(event.summary), mask(event.place), mask(event.organiser.name)
    if summary is event.summary and place is event.place and name is event.organiser.name:
        return event
    return dataclasses.replace(
        event, summary=summary, place=place, organiser=dataclasses.replace(event.organiser, name=name)
    )


def _mask_file(file: File) -> File:
    name = mask(file.name)
    content = file.content
    if file.content_type.startswith(_TEXTUAL) and len(content) <= MAX_TEXT_FILE:
        content = masked_copy(content) if file.content_type == "message/rfc822" else _mask_bytes(content)
    if name is file.name and content is file.content:
        return file
    return dataclasses.replace(file, name=name, content=content)


def _mask_bytes(content: bytes) -> bytes:
    text = content.decode("latin-1")
    masked = mask(text)
    return content if masked is text else masked.encode("latin-1")


def shows_card(raw: bytes) -> bool:
    """Say whether a card number stands in the bytes as they are; one inside an encoded part is seen by parsing."""
    text = raw.decode("latin-1")
    return mask(text) is not text


def masked_copy(raw: bytes) -> bytes:
    """Return a raw payload with card numbers masked, also inside encoded text parts of a mail.

    Anything that is not a mail (a webhook's JSON or form) is masked as text. The same object where nothing was found.
    """
    if raw.lstrip()[:1] in {b"{", b"["} or raw.count(b"oundary=") + raw.count(b"message/rfc822") > MAX_NESTING:
        return _mask_bytes(raw)
    try:
        mail = BytesParser(policy=policy.compat32).parsebytes(raw)
        changed = [_mask_part(part) for part in mail.walk()]
        copy = mail.as_bytes() if any(changed) else raw
    except Exception:
        copy = raw
    return _mask_bytes(copy)


def _mask_part(part: Message) -> bool:
    """Mask one text part in place where its encoding hides it from a look at the bytes."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if part.get_content_maintype() != "text" or encoding not in {
        "base64",
        "quoted-printable",
        "x-uuencode",
        "uuencode",
    }:
        return False
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return False
    wide = (part.get_content_charset() or "").startswith(("utf-16", "utf-32"))
    masked = _mask_wide(content, str(part.get_content_charset())) if wide else _mask_bytes(content)
    if masked is content:
        return False
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(masked.decode("ascii", "surrogateescape"))
    return True


def _mask_wide(content: bytes, charset: str) -> bytes:
    text = content.decode(charset, "replace")
    masked = mask(text)
    return content if masked is text else masked.encode(charset, "replace")
