"""A mail's parts: the text, the HTML, the files. Bounded in depth and number; what is odd is kept as a file."""

from __future__ import annotations

import dataclasses
import re
from email import errors, policy
from email.message import Message
from email.parser import BytesParser

from pult.channels.adapters.email import calendars, feed, flowed, pictures
from pult.channels.adapters.email.text import decode, header, tidy
from pult.channels.base import File

MAX_PARTS = 500
MAX_DEPTH = 30
MAX_NESTING = 300
"""Boundaries and mails in mails above which the structure is not read at all: that is an attack on the parser."""
MAX_TEXT = 1_000_000
"""Characters of text kept in the message itself; what is longer comes whole as a file beside it."""

_REPORTING = {
    "text/rfc822-headers",
    "message/feedback-report",
    "message/delivery-status",
    "message/disposition-notification",
    "message/global-headers",
    "message/global-delivery-status",
}
_BROKEN_HEADERS = (errors.MissingHeaderBodySeparatorDefect, errors.FirstHeaderLineIsContinuationDefect)
_HEADER_LINE = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:")
_HEAD = 65_536
_USUAL = {
    b"from",
    b"to",
    b"subject",
    b"date",
    b"received",
    b"message-id",
    b"content-type",
    b"return-path",
    b"mime-version",
}
_PARSER = BytesParser(policy=policy.compat32)
_NAMED_ID = re.compile(r"^\s*<?([\w ()-]{1,80}\.[A-Za-z0-9]{2,4})@")
_LIKE_A_FILE = re.compile(r"^[^\n]{1,180}\.[A-Za-z0-9]{2,5}$")
_GIVEN = {"text/html": "document.html", "image": "image", "video": "video", "audio": "audio", "text": "text"}
_NAMES = (
    ("content-disposition", "filename"),
    ("content-type", "name"),
    ("content-type", "filename"),
    ("content-disposition", "name"),
)
_OWN_NAMES = {"document", "image", "video", "audio", "text", "file"}
_BAD_NAME = re.compile(r"[\x00-\x1f\x7f/\\]+")
_EXTENSIONS = {
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/jpg": ".jpg",
    "image/webp": ".webp",
    "image/tiff": ".tif",
    "video/quicktime": ".mov",
    "video/mp4": ".mp4",
    "audio/mpeg": ".mp3",
    "application/pdf": ".pdf",
}


@dataclasses.dataclass(slots=True)
class Body:
    """What the walk over the parts has found."""

    texts: list[str] = dataclasses.field(default_factory=list)
    htmls: list[str] = dataclasses.field(default_factory=list)
    files: list[File] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    report: list[Message] = dataclasses.field(default_factory=list)
    """Parts of a delivery report: message/delivery-status, the returned headers."""
    calendar: str = ""
    """The method of an invitation (RFC 5546): REQUEST, REPLY, CANCEL ..."""
    places: dict[str, str] = dataclasses.field(default_factory=dict)
    """The Content-ID of each picture that says where it was (Content-Location)."""
    event: tuple[bytes, str] | None = None
    """The first calendar and its charset."""


def read(raw: bytes) -> tuple[Message, bool]:
    """Parse a mail; the flag is False where its structure was too deep and only its headers were read."""
    if raw.count(b"oundary=") + raw.count(b"message/rfc822") > MAX_NESTING:
        return _headers_only(raw), False
    try:
        message = feed.parse(raw)
        if any(isinstance(defect, _BROKEN_HEADERS) for defect in message.defects) or not message.keys():
            mended = _mended(raw)
            message = feed.parse(mended) if mended is not raw else message
        return message, True
    except Exception:
        return _headers_only(raw), False


def _mended(raw: bytes) -> bytes:
    """Return a mail whose headers have stray lines among them with those lines folded into the header before.

    The same object where what follows is no header of a mail.
    """
    head, blank, rest = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw[:_HEAD] else b"\n\n")
    lines = head[:_HEAD].splitlines()
    names = {match.group(1).lower() for line in lines if (match := _HEADER_LINE.match(line))}
    if len(names & _USUAL) < 3:
        return raw
    kept: list[bytes] = []
    for line in lines:
        if _HEADER_LINE.match(line) or line[:1] in {b" ", b"\t"} or line.startswith(b"From "):
            kept.append(line)
        else:
            kept.append(b" " + line if kept else b"X-Before-Headers: " + line)
    return b"\n".join(kept) + head[_HEAD:] + blank + rest


def _headers_only(raw: bytes) -> Message:
    try:
        return _PARSER.parsebytes(raw, headersonly=True)
    except Exception:
        return Message()


def walk(message: Message, body: Body) -> None:
    """Sort every part of a mail into `body`, without recursion."""
    stack: list[tuple[Message, int, str]] = [(message, 0, "")]
    seen = 0
    while stack:
        part, depth, container = stack.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            body.warnings.append("structure")
            if seen > MAX_PARTS:
                return
            continue
        _in_letters(part)
        kind = part.get_content_type()
        if part.is_multipart() and kind.startswith("multipart/"):
            stack += [(child, depth + 1, kind) for child in reversed(children_of(part))]
        elif part.is_multipart():
            _embedded(part, kind, body)
        else:
            _leaf(part, kind, container, body)


def _in_letters(part: Message) -> None:
    """Decode file names that stand in the headers as 8-bit bytes: the standard library would drop their letters."""
    for name, value in list(part.raw_items()):
        if name.lower() in {"content-type", "content-disposition"} and not str(value).isascii():
            part.replace_header(name, decode(str(value).encode("utf-8", "surrogateescape")))


def _embedded(part: Message, kind: str, body: Body) -> None:
    """A mail inside the mail is a file; a report's machine-readable part is read as well."""
    body.report.append(part)
    children = children_of(part)
    separator = b"\n\n" if kind == "message/delivery-status" else b""
    content = separator.join(_as_bytes(child) for child in children)
    body.files.append(File(name_of(part, kind), kind, content))


def _leaf(part: Message, kind: str, container: str, body: Body) -> None:
    content = content_of(part)
    disposition = str(part.get("Content-Disposition", "")).lower().lstrip()
    named = bool(_filename(part)) or disposition.startswith("attachment")
    if kind.startswith("multipart/"):
        kind = "text/plain"
    resource = kind == "text/html" and container == "multipart/related" and bool(body.htmls)
    if kind in {"text/plain", "text/html"} and not named and not resource:
        text = tidy(decode(content, str(part.get_content_charset() or "")))
        if kind == "text/plain" and flowed.is_flowed(part):
            text = flowed.join(text, delsp=flowed.deletes_space(part))
        if len(text) > MAX_TEXT:
            body.warnings.append("long_text")
            body.files.append(File(name_of(part, kind), kind, content))
            text = text[:MAX_TEXT]
        (body.texts if kind == "text/plain" else body.htmls).append(text)
        return
    if kind == "text/calendar" and not body.calendar:
        method = part.get_param("method") or ""
        body.calendar = str(method).upper()[:20] if isinstance(method, str) else ""
    if kind in calendars.TYPES and body.event is None:
        body.event = content, str(part.get_content_charset() or "")
    if kind in _REPORTING:
        body.report.append(part)
    identifier = pictures.content_id(part)
    place = pictures.location(part)
    if place and kind.startswith("image/"):
        identifier = identifier or f"location-{len(body.files)}"
        body.places.setdefault(place, identifier)
    inline = bool(identifier) and (disposition.startswith("inline") or container == "multipart/related")
    body.files.append(File(name_of(part, kind), kind[:120], content, identifier, inline))


def content_of(part: Message) -> bytes:
    """Return a part's decoded bytes; as they stand where the transfer encoding is broken."""
    try:
        content = part.get_payload(decode=True)
    except Exception:
        content = None
    if isinstance(content, bytes):
        return content
    try:
        return str(part.get_payload()).encode("utf-8", "surrogateescape")
    except (ValueError, LookupError):
        return b""


def children_of(part: Message) -> list[Message]:
    """Return the parts of a part; none where it is a leaf."""
    payload = part.get_payload() if part.is_multipart() else None
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def name_of(part: Message, kind: str) -> str:
    """Return a safe file name: decoded, without path, at most 200 characters, never empty."""
    name = _safe(_filename(part)) or _safe(_described(part, kind))
    if not name:
        name = _GIVEN.get(kind) or _GIVEN.get(kind.partition("/")[0], "file") + _EXTENSIONS.get(kind, "")
    if len(name) > 200:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[:180]}.{ending[:19]}" if dot else name[:200]
    return name


def _safe(name: str) -> str:
    return _BAD_NAME.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")


def _described(part: Message, kind: str) -> str:
    """Return what else names a part without a file name: the subject of a mail in it, its description, its id."""
    identifier = _NAMED_ID.match(str(part.get("Content-ID", "")))
    if identifier:
        return tidy(identifier.group(1))
    if not kind.startswith("message/"):
        described = tidy(header(str(part.get("Content-Description", ""))[:300])).strip()
        return described if _LIKE_A_FILE.search(described) else ""
    described = tidy(header(str(part.get("Content-Description", ""))[:300])).replace("/", "_")
    inner = children_of(part) if kind == "message/rfc822" else []
    if inner:
        described = tidy(header(str(inner[0].get("Subject", ""))[:300])).replace("/", "_") or described
    if not described.strip():
        return ""
    ending = _EXTENSIONS.get(kind, "")
    return described if described.lower().endswith(ending) else described + ending


def number_names(files: list[File]) -> None:
    """Tell files apart that Pult itself had to name."""
    seen: dict[str, int] = {}
    for at, file in enumerate(files):
        count = seen[file.name] = seen.get(file.name, -1) + 1
        if count and file.name.rpartition(".")[0] in _OWN_NAMES:
            stem, dot, ending = file.name.rpartition(".")
            files[at] = dataclasses.replace(file, name=f"{stem}{count}{dot}{ending}")


def _filename(part: Message) -> str:
    """Return what a part calls its file: the extended form (RFC 2231) before the plain one, the disposition's first."""
    try:
        return next(filter(None, (_parameter(part, *place) for place in _NAMES)), "")
    except Exception:
        return ""


def _parameter(part: Message, field: str, parameter: str) -> str:
    values: list[object] = [value for name, value in part.get_params([], field) if name.lower() == parameter]
    extended = next((value for value in values if isinstance(value, tuple)), None)
    if extended is None:
        return tidy(header(str(values[0]) if values else "").strip("'"))
    charset, value = str(extended[0] or ""), str(extended[2])
    try:
        return tidy(header(decode(value.encode("latin-1"), charset)))
    except UnicodeEncodeError:
        return tidy(header(value))


def _as_bytes(part: Message) -> bytes:
    try:
        return part.as_bytes()
    except Exception:
        payload = part.get_payload()
        return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""
