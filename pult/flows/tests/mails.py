"""Mails as customers write them."""

from __future__ import annotations

from email.message import EmailMessage

MAILBOX = "pomoc@shop.example"


def mail(
    subject: str = "Kje je moj paket?",
    text: str = "Pozdravljeni, paketa še ni. Lep pozdrav, Maja",
    sender: str = "Maja Kos <maja@customers.example>",
    message_id: str = "<1@customers.example>",
    **headers: str,
) -> bytes:
    """Return an ordinary mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, MAILBOX, subject
    message["Message-ID"] = message_id
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()
