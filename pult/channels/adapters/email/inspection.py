"""What Pult reads in a mail, as data for people who wonder why a mail looks as it does."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pult.channels.adapters.email import authenticity, headers, parse, reply
from pult.channels.adapters.email.text import decode, tidy
from pult.channels.base import Address, File, Raw
from pult.platform import language


def of_mail(body: bytes, *, received_at: datetime, server: str = "", hops: int = authenticity.HOPS) -> dict[str, Any]:
    """Return what the inbound path makes of a whole mail; the shape is described in docs/mail.md.

    `server` and `hops` are the authserv-id and the Received lines that an inbox trusts.
    """
    mail = parse.read(Raw(body, {}, received_at))
    message = mail.message
    return {
        "message_id": message.external_id,
        "in_reply_to": message.in_reply_to,
        "references": list(message.references),
        "from": _person(message.sender),
        "to": _people(message.to),
        "cc": _people(message.cc),
        "reply_to": _people(message.reply_to),
        "date": message.sent_at.isoformat() if message.sent_at else None,
        "subject": headers.first(mail.fields, "subject") or message.subject,
        "language": message.language,
        "text": message.text,
        "html": message.html,
        "reply": message.reply,
        "attachments": [_file(file) for file in message.files],
        "kind": message.kind,
        "loop_safe": message.loop_safe,
        "bounce": [
            {
                "recipient": report.recipient,
                "original_message_id": report.original_message_id,
                "status": report.status,
                "code": report.code,
                "reason": report.reason,
                "permanent": report.permanent,
            }
            for report in mail.reports
        ],
        "auth": _auth(mail, server, hops),
        "warnings": list(message.warnings),
    }


def of_text(body: bytes) -> dict[str, Any]:
    """Return what is read in the bare text of a mail: its language, and what was newly written."""
    text = tidy(decode(body))
    newest = reply.newest(text)
    empty: Mapping[str, Any] = {"message_id": "", "in_reply_to": "", "references": [], "from": _person(Address(""))}
    return {
        **empty,
        **{name: [] for name in ("to", "cc", "reply_to")},
        "date": None,
        "subject": "",
        "language": language.detect(newest),
        "text": text,
        "html": "",
        "reply": newest,
        "attachments": [],
        "kind": "person",
        "loop_safe": True,
        "bounce": [],
        "auth": {},
        "warnings": [],
    }


def _auth(mail: parse.Mail, server: str, hops: int) -> dict[str, Any]:
    """Return what the trusted server found out; without one, what the topmost header claims."""
    if not server:
        return dict(authenticity.claimed(mail.fields))
    return dataclasses.asdict(authenticity.by_server(mail.root, server, hops))


def _person(address: Address) -> dict[str, str]:
    return {"name": address.name, "address": address.address}


def _people(addresses: Sequence[Address]) -> list[dict[str, str]]:
    return [_person(address) for address in addresses]


def _file(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "type": file.content_type,
        "size": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
        "inline": file.inline,
    }
