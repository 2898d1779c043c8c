"""Whole messages and what they came as, with every number masked that a store's rules hide."""

from __future__ import annotations

import dataclasses
import json
import operator
import re
from email import policy
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value
from urllib.parse import parse_qsl, urlencode

from pult.channels.base import File, InboundMessage, Invitation
from pult.channels.masking.text import ALL, Rules, mask

_TEXTUAL = ("text/", "application/json", "application/xml", "message/")
_ENCODED = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode"})
_PLAIN = frozenset({"", "us-ascii", "ascii", "utf-8", "utf8"})
_FORM = re.compile(rb"[\w.%\[\]-]{1,80}=[^\r\n]*\s*\Z")
_PARAMETERS = (("Content-Disposition", "filename"), ("Content-Type", "name"))
MAX_TEXT_FILE = 4_000_000
LONGEST_HEADER = 4_000
"""Characters of a header that are looked at in its encoded form; no mail program makes subjects or names longer."""
MAX_NESTING = 300
"""Parts in parts above which a mail is masked as plain bytes."""


def mask_message(message: InboundMessage, rules: Rules = ALL) -> tuple[InboundMessage, bool]:
    """Return the message with numbers masked in subject, text, HTML, invitation, names of files and files of text.

    The flag says whether anything was masked; then the stored raw copy needs masked_copy too.
    """
    files = [_mask_file(file, rules) for file in message.files]
    given = (message.subject, message.text, message.html, message.reply)
    subject, text, html, reply = (mask(part, rules) for part in given)
    event = _mask_event(message.invitation, rules)
    pairs = (*zip((subject, text, html, reply), given, strict=True), (event, message.invitation))
    if all(new is old for new, old in pairs) and all(map(operator.is_, files, message.files)):
        return message, False
    return (
        dataclasses.replace(message, subject=subject, text=text, html=html, reply=reply, files=files, invitation=event),
        True,
    )


def _mask_event(event: Invitation | None, rules: Rules) -> Invitation | None:
    if event is None:
        return None
    summary, place, name = (mask(part, rules) for part in (event.summary, event.place, event.organiser.name))
    if summary is event.summary and place is event.place and name is event.organiser.name:
        return event
    return dataclasses.replace(
        event, summary=summary, place=place, organiser=dataclasses.replace(event.organiser, name=name)
    )


def _mask_file(file: File, rules: Rules) -> File:
    name = mask(file.name, rules)
    content = file.content
    if file.content_type.startswith(_TEXTUAL) and len(content) <= MAX_TEXT_FILE:
        whole = file.content_type == "message/rfc822"
        content = masked_copy(content, rules) if whole else _mask_bytes(content, rules, rest=False)
    if name is file.name and content is file.content:
        return file
    return dataclasses.replace(file, name=name, content=content)


def _mask_bytes(content: bytes, rules: Rules, *, rest: bool = True) -> bytes:
    text = content.decode("utf-8", "surrogateescape")
    masked = mask(text, rules, rest=rest)
    return content if masked is text else masked.encode("utf-8", "surrogateescape")


def shows_number(raw: bytes, rules: Rules = ALL) -> bool:
    """Say whether a number to mask stands in the bytes as they are; one in an encoded part is seen by parsing."""
    return _mask_bytes(raw, rules) is not raw


def masked_copy(raw: bytes, rules: Rules = ALL) -> bytes:
    """Return a raw payload with numbers masked, also inside encoded parts, headers and fields.

    A mail is masked part by part, a webhook's JSON or form field by field, and all of it once more as plain text. The
    same object where nothing was found.
    """
    try:
        if raw.lstrip()[:1] in {b"{", b"["}:
            copy = _mask_json(raw, rules)
        elif _FORM.match(raw):
            copy = _mask_form(raw, rules)
        elif raw.count(b"oundary=") + raw.count(b"message/rfc822") <= MAX_NESTING:
            copy = _mask_mail(raw, rules)
        else:
            copy = raw
    except Exception:
        copy = raw
    return _mask_bytes(copy, rules)


def _mask_json(raw: bytes, rules: Rules) -> bytes:
    known = json.loads(raw)
    masked = _mask_value(known, rules)
    return raw if masked == known else json.dumps(masked, ensure_ascii=False).encode()


def _mask_value(value: object, rules: Rules) -> object:
    if isinstance(value, str):
        return mask(value, rules)
    if isinstance(value, list):
        return [_mask_value(one, rules) for one in value]
    if isinstance(value, dict):
        return {name: _mask_value(one, rules) for name, one in value.items()}
    return value


def _mask_form(raw: bytes, rules: Rules) -> bytes:
    fields = parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    masked = [(name, masked_copy(value.encode(), rules).decode()) for name, value in fields]
    return raw if masked == fields else urlencode(masked).encode()


def _mask_mail(raw: bytes, rules: Rules) -> bytes:
    mail = BytesParser(policy=policy.compat32).parsebytes(raw)
    changed = [(_mask_part(part, rules), _mask_headers(part, rules)) for part in mail.walk()]
    return mail.as_bytes() if any(map(any, changed)) else raw


def _mask_part(part: Message, rules: Rules) -> bool:
    """Mask one text part in place where its encoding hides it from a look at the bytes."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    charset = str(part.get_content_charset() or "")
    if part.get_content_maintype() != "text" or (encoding not in _ENCODED and charset in _PLAIN):
        return False
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return False
    masked = _mask_bytes(content, rules) if charset in _PLAIN else _mask_letters(content, charset, rules)
    if masked is content:
        return False
    del part["Content-Transfer-Encoding"]
    part["Content-Transfer-Encoding"] = "8bit"
    part.set_payload(masked.decode("ascii", "surrogateescape"))
    return True


def _mask_letters(content: bytes, charset: str, rules: Rules) -> bytes:
    """Mask bytes of another alphabet's charset, by their letters; as bytes where they are not of that charset."""
    try:
        text = content.decode(charset, "replace")
    except (LookupError, ValueError):
        return _mask_bytes(content, rules)
    masked = mask(text, rules)
    return content if masked is text else masked.encode(charset, "replace")


def _mask_headers(part: Message, rules: Rules) -> bool:
    """Mask what headers hide in encoded words and in the parameters that name a file."""
    changed = False
    for name, value in part.items():
        if "=?" in str(value) and name.lower() not in {"content-type", "content-disposition"}:
            said = _decoded(str(value)[:LONGEST_HEADER])
            masked = mask(said, rules)
            if masked is not said:
                part.replace_header(name, Header(masked, "utf-8").encode())
                changed = True
    for name, parameter in _PARAMETERS:
        given = part.get_param(parameter, header=name)
        if given is not None:
            said = _decoded(collapse_rfc2231_value(given)[:LONGEST_HEADER])
            masked = mask(said, rules)
            if masked is not said:
                part.set_param(parameter, masked, header=name, charset="utf-8")
                changed = True
    return changed


def _decoded(value: str) -> str:
    """Return a header's words; as they stand where they cannot be read."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, MessageError):
        return value
