"""A mail as bytes into events. Never raises, never loses text; ordinary mail takes less than a millisecond."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from email.message import Message

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

from pult.channels.adapters.email import (
    authenticity,
    bounces,
    calendars,
    headers,
    kinds,
    mime,
    pictures,
    reply,
    spamheaders,
    subjects,
    tokens,
)
from pult.channels.adapters.email.headers import Headers
from pult.channels.adapters.email.text import decode, tidy
from pult.channels.base import Address, File, InboundEvent, InboundMessage, InboxInfo, Invitation, Raw
from pult.platform import language

MAX_SUBJECT = 500
MAX_HTML = 2_000_000
_KEPT_HEADERS = (
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "precedence",
    "return-path",
    "x-mailer",
    "user-agent",
    "x-priority",
    "importance",
    "x-spam-flag",
    "disposition-notification-to",
)
_RECIPIENTS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"].copy(), display_links=False)
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKS = re.compile(f"([{_OPEN}{_CLOSE}])")
_ADDRESS_TAG = re.compile(r"<([\w.+-]{1,64}@[\w.-]{1,255})>")
"""An address in angle brackets that its mailer forgot to escape: to a browser it is a tag and gone."""
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]{0,2000}>", re.IGNORECASE)
_CITES = re.compile(r"\bcite\b|quote", re.IGNORECASE)
_TAGS = re.compile(r"<(?:script|style|head)\b.*?</(?:script|style|head)\s*>|<[^>]{0,2000}>", re.IGNORECASE | re.DOTALL)


@dataclasses.dataclass(slots=True)
class Mail:
    """A mail as it was read: the message, and what its headers and parts say besides."""

    message: InboundMessage
    fields: Headers
    reports: list[bounces.Report]
    """Of a bounce or a feedback report: what became of which recipient."""
    returned: list[Message]
    """Parts that may hold what came back of the mail that is reported on."""
    root: Message | None = None
    """The mail itself; None where no reader could make sense of it."""


def events(inbox: InboxInfo, raw: Raw) -> list[InboundEvent]:
    """Return the mail as a message and, where it reports on a message of ours, what became of that one."""
    mail = read(raw)
    message = mail.message
    if server := inbox.settings.get("authserv_id"):
        hops = inbox.settings.get("authserv_hops", authenticity.HOPS)
        auth = authenticity.by_server(mail.root, str(server), hops)
        message = dataclasses.replace(message, auth=auth, opinion=spamheaders.opinion(mail.root, str(server), hops))
    recipients = envelope_recipients(raw)
    domain = inbox.address.rpartition("@")[2]
    try:
        found: list[InboundEvent] = []
        if message.kind in {kinds.BOUNCE, kinds.FEEDBACK, kinds.RECEIPT}:
            ours = bounces.ours(mail.returned, raw=raw.body, recipients=recipients, domain=domain)
            report = bounces.receipt if message.kind == kinds.RECEIPT else bounces.statuses
            found += report(mail.reports, ours)
        return [*found, message]
    except Exception as error:
        return [_last_resort(raw, error)]


def read(raw: Raw) -> Mail:
    """Read a mail; what no reader can make sense of becomes a message that shows it as it came."""
    try:
        return _read(raw)
    except Exception as error:
        return Mail(_last_resort(raw, error), {}, [], [])


def _read(raw: Raw) -> Mail:
    mail, whole = mime.read(raw.body)
    fields = headers.collect(mail)
    body = mime.Body()
    mime.walk(mail, body)
    if raw.envelope.get("truncated"):
        body.warnings.append("truncated")
    mime.number_names(body.files)
    if not whole or "structure" in body.warnings:
        body.warnings.append("structure")
        body.files.append(File("original.eml", "message/rfc822", raw.body))
    message = _message(raw, mail, fields, body)
    reports = bounces.read(fields, body.report, text=message.text, kind=message.kind)
    return Mail(message, fields, reports, body.report, mail)


def envelope_recipients(raw: Raw) -> list[str]:
    """Return the recipients the transport was given."""
    value = raw.envelope.get("recipients")
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _message(raw: Raw, mail: Message, fields: Headers, body: mime.Body) -> InboundMessage:
    envelope_sender = raw.envelope.get("sender")
    envelope_sender = envelope_sender if isinstance(envelope_sender, str) else None
    named = (headers.addresses(fields, name) for name in ("from", "sender", "reply-to", "return-path"))
    senders = next(filter(None, named), [])
    sender = senders[0] if senders else Address(envelope_sender or "", headers.first(fields, "from")[:200])
    subject = headers.first(fields, "subject")
    text, html = _text_and_html(body)
    invitation, description = _invitation(body)
    text = text or ("" if html else description)
    kind = kinds.kind_of(
        fields,
        content_type=headers.raw_first(fields, "content-type").lower(),
        sender=sender.address if senders else sender.name,
        name=sender.name,
        envelope_sender=envelope_sender,
        subject=subject,
        text=text,
        parts={part.get_content_type() for part in body.report},
        calendar=body.calendar,
    )
    if len(subject) > MAX_SUBJECT:
        text = f"{subject}\n\n{text}"
    newest = reply.newest(text)
    parents = headers.message_ids(fields.get("in-reply-to", ()))
    references = headers.message_ids([*fields.get("references", ()), *fields.get("in-reply-to", ())])
    copied = [person.address for name in _RECIPIENTS for person in headers.addresses(fields, name)]
    hint = _hint([*references, *copied, *envelope_recipients(raw)])
    return InboundMessage(
        sender=sender,
        external_id=headers.message_id(headers.raw_first(fields, "message-id")),
        subject=subject[:MAX_SUBJECT],
        text=text,
        html=html,
        reply=newest,
        language=language.detect(newest),
        sent_at=headers.date(fields, received_at=raw.received_at),
        in_reply_to=parents[0] if parents else "",
        references=references,
        to=headers.addresses(fields, "to"),
        cc=headers.addresses(fields, "cc"),
        reply_to=headers.addresses(fields, "reply-to"),
        files=body.files,
        kind=kind,
        loop_safe=kinds.loop_safe(fields, kind=kind, sender=sender.address, envelope_sender=envelope_sender),
        conversation_hint=hint,
        subject_number=subjects.number_in(subject),
        warnings=list(dict.fromkeys(body.warnings)),
        invitation=invitation,
        headers={name: headers.first(fields, name)[:1000] for name in _KEPT_HEADERS if name in fields},
    )


def _invitation(body: mime.Body) -> tuple[Invitation | None, str]:
    if body.event is None:
        return None, ""
    content, charset = body.event
    return calendars.invitation(content, charset=charset, method=body.calendar)


def _hint(names: Sequence[str]) -> int | None:
    for name in reversed(names):
        if reference := tokens.find(name):
            return reference.conversation_id
    return None


def _text_and_html(body: mime.Body) -> tuple[str, str]:
    html = pictures.by_id("\n<hr>\n".join(part for part in body.htmls if part.strip()), body.places)
    if len(html) > MAX_HTML:
        body.warnings.append("long_html")
        body.files.append(File("message.html", "text/html", html.encode()))
        html = html[:MAX_HTML]
    text = "\n\n".join(part.rstrip() for part in body.texts if part.strip()).strip("\n")
    if html and not text.strip():
        text = html_to_text(html)
    return text, html


def html_to_text(html: str) -> str:
    """Return the words of an HTML body, quotations marked by ">"; by plain tag removal where it cannot be laid out."""
    marked = _with_marks(_ADDRESS_TAG.sub(r"&lt;\1&gt;", html) if "@" in html else html)
    try:
        text = str(get_text(marked, _CONFIG))
    except Exception:
        text = _TAGS.sub(" ", marked)
    text = tidy(text)
    text = _quoted(text) if _OPEN in text or _CLOSE in text else "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _with_marks(html: str) -> str:
    """Put a mark at the beginning and the end of each quotation; the same object where there is none."""
    if "blockquote" not in html.lower() or _OPEN in html or _CLOSE in html:
        return html
    pieces: list[str] = []
    open_tags: list[bool] = []
    end = 0
    for tag in _BLOCKQUOTE.finditer(html):
        closing = tag.group(1) == "/"
        cites = (
            (open_tags.pop() if open_tags else False)
            if closing
            else _CITES.search(tag.group()[len("<blockquote") :]) is not None
        )
        if not closing:
            open_tags.append(cites)
        if cites:
            pieces += [html[end : tag.start()], _CLOSE + tag.group() if closing else tag.group() + _OPEN]
            end = tag.end()
    return "".join([*pieces, html[end:]]) if pieces else html


def _quoted(text: str) -> str:
    lines: list[str] = []
    depth = 0
    for piece in _MARKS.split(text):
        if piece in {_OPEN, _CLOSE}:
            depth = max(depth + (1 if piece == _OPEN else -1), 0)
            continue
        prefix = "> " * min(depth, 9)
        lines += [f"{prefix}{line.strip() if depth else line.rstrip()}".rstrip() for line in piece.split("\n")]
    return "\n".join(lines)


def _last_resort(raw: Raw, error: Exception) -> InboundMessage:
    """What no reader could make sense of is shown as it came, with the whole mail as a file."""
    sender = raw.envelope.get("sender")
    return InboundMessage(
        sender=Address(sender if isinstance(sender, str) else ""),
        text=tidy(decode(raw.body[: mime.MAX_TEXT])),
        files=[File("original.eml", "message/rfc822", raw.body)],
        loop_safe=False,
        warnings=["unreadable", type(error).__name__],
    )
