"""Writing to the shop as one of its customers: a real mail by real SMTP, as from any mail program."""

from __future__ import annotations

import smtplib
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formatdate, make_msgid

from django.conf import settings

from pult.demo.environment import HOST
from pult.demo.outbox.reading import Readable
from pult.demo.outbox.store import Mail

TIMEOUT = 10.0


def answer(mail: Mail, shown: Readable, text: str) -> str:
    """Answer a caught mail as its first recipient and return the new Message-ID. Raises OSError, SMTPException."""
    subject = shown.subject if shown.subject.lower().startswith("re:") else f"Re: {shown.subject}"
    quoted = "\n".join(f"> {line}".rstrip() for line in shown.text.splitlines())
    written = f"{text}\n\nOn {mail.received_at:%Y-%m-%d at %H:%M}, {shown.answer_to} wrote:\n{quoted}\n"
    return write(
        sender=shown.answer_from,
        to=shown.answer_to,
        subject=subject,
        text=written,
        in_reply_to=shown.message_id,
        references=f"{shown.references} {shown.message_id}".strip(),
    )


def write(*, sender: str, to: str, subject: str, text: str, in_reply_to: str = "", references: str = "") -> str:
    """Hand a mail to Pult's receiver and return its Message-ID. Raises OSError, SMTPException, ValueError."""
    if not {"\r", "\n"}.isdisjoint(sender + to):
        raise ValueError("an address is one line")
    # Not EmailMessage: where it folds a long subject it loses the space between two words that it encodes.
    message = MIMEText(text, "plain", "utf-8")
    message["From"] = sender
    message["To"] = to
    message["Subject"] = Header(" ".join(subject.split()), "utf-8", header_name="Subject").encode()
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "mail.example")
    if in_reply_to:
        message["In-Reply-To"] = in_reply_to
        message["References"] = references
    with smtplib.SMTP(HOST, settings.SMTP_PORT, timeout=TIMEOUT) as smtp:
        smtp.send_message(message, from_addr=sender, to_addrs=[to])
    return str(message["Message-ID"])
