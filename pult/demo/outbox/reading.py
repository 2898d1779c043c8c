"""Making a caught mail readable: its headers, its text, its HTML with the pictures in it, its files."""

from __future__ import annotations

import base64
import email
import email.policy
import re
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from typing import NamedTuple

_CID = re.compile(r"""cid:([^"'\s>)]+)""", re.IGNORECASE)
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


class Readable(NamedTuple):
    """What the page shows of a mail. `headers` are the few that matter, `all_headers` all of them."""

    subject: str
    headers: list[tuple[str, str]]
    all_headers: str
    text: str
    html: str
    files: list[tuple[str, str, int]]
    message_id: str
    references: str
    answer_from: str
    answer_to: str


def parse(raw: bytes) -> EmailMessage:
    """Read a mail with the modern policy."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def subject(raw: bytes) -> str:
    """Return a mail's subject without reading the rest of it."""
    return _header(email.message_from_bytes(_head(raw), policy=email.policy.default), "Subject")


def readable(raw: bytes, recipients: list[str]) -> Readable:
    """Return what is shown of a mail; of one that is broken, its source.

    Args:
        recipients: of the envelope; the first of them is the customer who may answer.
    """
    try:
        return _readable(parse(raw), raw, recipients)
    except (ValueError, LookupError, AttributeError, TypeError):
        source = raw.decode("utf-8", "replace")
        return Readable(subject(raw), [], source, source, "", [], "", "", next(iter(recipients), ""), "")


def _readable(message: EmailMessage, raw: bytes, recipients: list[str]) -> Readable:
    text, page = _body(message, ("plain",)), _body(message, ("html",))
    shown = ("From", "To", "Cc", "Reply-To", "Date", "Message-ID", "In-Reply-To")
    return Readable(
        subject=_header(message, "Subject"),
        headers=[(name, value) for name in shown if (value := _header(message, name))],
        all_headers=_head(raw).decode("utf-8", "replace"),
        text=text,
        html=_with_pictures(message, page) if page else "",
        files=[
            (part.get_filename() or part.get_content_type(), part.get_content_type(), len(_bytes(part)))
            for part in message.iter_attachments()
        ],
        message_id=_header(message, "Message-ID"),
        references=_header(message, "References"),
        answer_from=next(iter(recipients), ""),
        answer_to=_address(message, "Reply-To") or _address(message, "From"),
    )


def _head(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name] or "").split())
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""


def _address(message: EmailMessage, name: str) -> str:
    found = getaddresses([_header(message, name)])
    return next((address for _, address in found if "@" in address), "")


def _body(message: EmailMessage, kinds: tuple[str, ...]) -> str:
    part = message.get_body(kinds)
    if part is None:
        return ""
    try:
        return _bytes(part).decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return _bytes(part).decode("utf-8", "replace")


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _with_pictures(message: EmailMessage, page: str) -> str:
    """Put pictures that the mail carries into the page as data: addresses; nothing is fetched from elsewhere."""
    pictures: dict[str, str] = {}
    for part in message.walk():
        name = str(part.get("Content-ID", "")).strip().strip("<>")
        if name and isinstance(part, MIMEPart) and part.get_content_type() in _PICTURES:
            content = base64.b64encode(_bytes(part)).decode("ascii")
            pictures[name] = f"data:{part.get_content_type()};base64,{content}"
    return _CID.sub(lambda match: pictures.get(match[1], match[0]), page)
