"""A message of ours into the bytes of a mail: headers right, MIME plain, nothing injected."""

from __future__ import annotations

import re
from binascii import b2a_qp
from datetime import datetime
from email.encoders import encode_base64
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, quote

import dkim
from django.utils import timezone

from pult.channels.adapters.email import flowed, subjects, tokens
from pult.channels.adapters.email.kinds import LOOP_HEADER
from pult.channels.adapters.email.letter import inline_files, letter
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import Address, File, InboxInfo, OutboundMessage, PermanentFailure

MAX_REFERENCES = 20
MAX_PLAIN_LINE = 78
"""Characters of a line that goes as it is; longer ones are encoded (RFC 5322, 2.1.1)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_SPECIALS = re.compile(r"[][()<>@,:;\".\\]")
_TYPE = re.compile(r"^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$")
_SIGNED_HEADERS = [
    b"from",
    b"to",
    b"cc",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
]


def clean(value: str) -> str:
    """Take everything out of a header value that could begin another header."""
    return _CONTROL.sub(" ", value).encode("utf-8", "replace").decode().strip()


def ascii_domain(address: str) -> str:
    """Return the address with its domain as DNS knows it (IDNA). Raises PermanentFailure for no address."""
    local, at, domain = clean(address).rpartition("@")
    if not at or not local or not domain or any(c in ' <>,;:"()[]' for c in local + domain):
        raise PermanentFailure(
            f"{address!r} is not a mail address", code="5.1.3", recipient_dead=True, category="unknown_user"
        )
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            raise PermanentFailure(
                f"{domain!r} is not a domain", code="5.1.3", recipient_dead=True, category="unknown_host"
            ) from None
    return f"{local}@{domain}"


def needs_utf8(message: OutboundMessage) -> bool:
    """Say whether an address can only be written with SMTPUTF8 (RFC 6531)."""
    everyone = [*message.to, *message.cc, *message.bcc, *message.reply_to]
    return any(not person.address.rpartition("@")[0].isascii() for person in everyone)


def sender_of(inbox: InboxInfo, settings: Settings, message: OutboundMessage) -> Address:
    """Return who the mail is from: the mailbox, under the store's and the agent's name as the inbox is set."""
    agent = clean(message.sender.name)
    store = clean(inbox.store_name)
    name = store if message.automatic or settings.sender_name == "store" or not agent else agent
    if settings.sender_name == "agent_store" and name == agent and store and agent != store:
        name = f"{agent} | {store}"
    return Address(message.sender.address or inbox.address, name)


def subject_of(settings: Settings, message: OutboundMessage) -> str:
    """Return the subject, with the conversation's number where the inbox is set so."""
    if not settings.number_in_subject or not message.conversation_id:
        return message.subject
    return subjects.numbered(message.subject, message.conversation_id)


def machine_headers(inbox: InboxInfo, message: OutboundMessage) -> dict[str, str]:
    """Return what tells other machines not to answer an automatic message (RFC 3834); nothing for a person's."""
    if not message.automatic:
        return {}
    return {
        "Auto-Submitted": "auto-replied" if message.in_reply_to else "auto-generated",
        "X-Auto-Response-Suppress": "All",
        LOOP_HEADER: ascii_domain(inbox.address),
    }


def bounce_address(inbox: InboxInfo, settings: Settings, message: OutboundMessage) -> str:
    """Return the envelope sender: signed, so that a bounce names its message, where plus-addresses reach us."""
    plain = ascii_domain(inbox.address)
    mode = settings.bounce_address
    if mode == "plain" or (mode == "auto" and settings.receive != "smtp"):
        return plain
    reference = tokens.find(message.external_id)
    local, _, domain = plain.rpartition("@")
    if reference is None or len(local) + 1 + len(reference.token) > 64:
        return plain
    return f"{local}+{reference.token}@{domain}"


def compose(inbox: InboxInfo, settings: Settings, message: OutboundMessage, *, now: datetime | None = None) -> bytes:
    """Return the whole mail with CRLF line ends, signed by DKIM where the inbox has a key.

    Raises PermanentFailure for an address that is none.
    """
    mail = _body(inbox, settings, message)
    _put_headers(mail, inbox, settings, message, now or timezone.now())
    policy = compat32.clone(linesep="\r\n", max_line_length=None)
    utf8 = needs_utf8(message)
    raw = mail.as_bytes(policy=policy) if not utf8 else mail.as_string(policy=policy).encode("utf-8")
    if settings.dkim_key and settings.dkim_domain and settings.dkim_selector:
        raw = _signed(raw, settings)
    return raw


def _signed(raw: bytes, settings: Settings) -> bytes:
    present = {line.split(b":", 1)[0].lower() for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n") if b":" in line}
    try:
        signature: bytes = dkim.sign(
            raw,
            settings.dkim_selector.encode("ascii"),
            settings.dkim_domain.encode("idna"),
            settings.dkim_key.encode("ascii"),
            include_headers=[name for name in _SIGNED_HEADERS if name in present],
        )
    except (dkim.DKIMException, UnicodeError, ValueError) as error:
        raise PermanentFailure(f"DKIM: {error}") from error
    return signature + raw


def _put_headers(mail: Message, inbox: InboxInfo, settings: Settings, message: OutboundMessage, now: datetime) -> None:
    body_headers = mail.items()
    for name, _ in body_headers:
        del mail[name]
    mail["Date"] = format_datetime(now)
    mail["From"] = _people([sender_of(inbox, settings, message)])
    for name, people in (("To", message.to), ("Cc", message.cc), ("Reply-To", message.reply_to)):
        if people:
            mail[name] = _people(people)
    if not message.to and not message.cc:
        mail["To"] = "undisclosed-recipients:;"
    mail["Subject"] = _text(subject_of(settings, message), "Subject")
    mail["Message-ID"] = f"<{_id(message.external_id)}>"
    if parent := _id(message.in_reply_to):
        mail["In-Reply-To"] = f"<{parent}>"
    if references := reference_ids(message):
        mail["References"] = "\r\n ".join(f"<{name}>" for name in references)
    if message.language:
        mail["Content-Language"] = clean(message.language)[:20]
    for name, value in machine_headers(inbox, message).items():
        mail[name] = value
    if url := clean(message.unsubscribe_url).replace(" ", "%20").replace("<", "%3C").replace(">", "%3E"):
        mail["List-Unsubscribe"] = f"<{url}>"
        if url.startswith("https://"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["MIME-Version"] = "1.0"
    for name, value in body_headers:
        if name.lower() != "mime-version":
            mail[name] = value


def reference_ids(message: OutboundMessage) -> list[str]:
    """Return the root and the nearest parents, the direct parent last (RFC 5322 section 3.6.4)."""
    names = [name for value in message.references if (name := _id(value))]
    parent = _id(message.in_reply_to)
    if parent and (not names or names[-1] != parent):
        names = [name for name in names if name != parent] + [parent]
    return names if len(names) <= MAX_REFERENCES else [names[0], *names[-(MAX_REFERENCES - 1) :]]


def _id(value: str) -> str:
    name = "".join(clean(value).split()).strip("<>")
    return "" if name.startswith("long-") or not name.isascii() else name.replace("<", "").replace(">", "")[:500]


def _text(value: str, name: str) -> str:
    value = clean(value)
    if value.isascii() and len(value) < 70:
        return value
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    return Header(value, charset, maxlinelen=76, header_name=name).encode(linesep="\r\n")


def _people(people: object) -> str:
    entries = []
    for person in people if isinstance(people, list | tuple) else ():
        address = ascii_domain(person.address)
        name = clean(person.name)
        if not name:
            entries.append(address)
        elif name.isascii():
            shown = f'"{quote(name)}"' if _SPECIALS.search(name) or "=?" in name else name
            entries.append(f"{shown} <{address}>")
        else:
            encoded = Header(name, "utf-8", maxlinelen=70).encode(linesep="\r\n")
            entries.append(f"{encoded} <{address}>")
    return ",\r\n ".join(entries)


def _body(inbox: InboxInfo, settings: Settings, message: OutboundMessage) -> Message:
    said = letter(inbox, settings, message)
    inline = inline_files(message)
    attached = [file for file in message.files if file not in inline]
    html = _text_part(said.html, "html")
    if inline:
        html = _multipart("related", [html, *(_file_part(file) for file in inline)])
    body = _multipart("alternative", [_text_part(flowed.flow(_one_line_end(said.text)), "plain"), html])
    return _multipart("mixed", [body, *(_file_part(file) for file in attached)]) if attached else body


def _multipart(kind: str, parts: list[Message]) -> Message:
    part = Message()
    part["Content-Type"] = f"multipart/{kind}"
    for inner in parts:
        del inner["MIME-Version"]
        part.attach(inner)
    return part


def _one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _text_part(text: str, kind: str) -> Message:
    part = Message()
    text = _one_line_end(text).encode("utf-8", "replace").decode()
    text = text if text.endswith("\n") else text + "\n"
    plain = text.isascii() and max(map(len, text.split("\n"))) <= MAX_PLAIN_LINE
    part["Content-Type"] = f'text/{kind}; charset="utf-8"' + ("; format=flowed" if kind == "plain" else "")
    if plain:
        part["Content-Transfer-Encoding"] = "7bit"
        part.set_payload(text)
    else:
        part["Content-Transfer-Encoding"] = "quoted-printable"
        part.set_payload(b2a_qp(text.encode()).decode("ascii"))
    return part


def _file_part(file: File) -> Message:
    part = Message()
    kind = file.content_type.split(";")[0].strip().lower()
    part["Content-Type"] = (
        kind if _TYPE.match(kind) and not kind.startswith(("multipart/", "message/")) else ("application/octet-stream")
    )
    name = clean(file.name).replace("/", "_").replace("\\", "_")[:200] or "file"
    shown = name if name.isascii() else ("utf-8", "", name)
    part.add_header("Content-Disposition", "inline" if file.inline else "attachment", filename=shown)
    if file.content_id:
        part["Content-ID"] = f"<{_id(file.content_id)}>"
    part.set_payload(file.content)
    encode_base64(part)
    return part
