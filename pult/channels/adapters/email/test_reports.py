"""Delivery reports in the words of the systems that write none of RFC 3464, or not all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pult.channels.adapters.email import parse
from pult.channels.base import Raw

BOB = "bob@customers.example"
COPY = f"\nMessage-ID: <1@shop.example>\nFrom: desk@shop.example\nTo: {BOB}\nSubject: order\n\nbody\n"
GMAIL = (
    f"Delivery to the following recipient failed permanently:\n\n     {BOB}\n\n"
    "Technical details of permanent failure: \nGoogle tried to deliver your message, but it was rejected by the "
    "recipient domain. The error that the other server returned was: 550 550 Unknown user (state {}).\n\n"
    "----- Original message -----\n"
)
REPORTS = {
    "MailMarshal": (
        "From: MailMarshal@mx.example\nSubject: Undeliverable Mail: order",
        "Your message:\n   From:    desk@shop.example\n   Subject: order\n\nCould not be delivered because of\n\n"
        f"550 5.1.1 User unknown\n\nThe following recipients were affected:\n   {BOB}\n\nAdditional Information\n",
        ("unknown_user", True, "failed"),
    ),
    "McAfee": (
        "From: postmaster@mx.example\nSubject: Delivery Status",
        f"--- The following addresses had delivery problems ---\n\n<{BOB}>   (User unknown {BOB})\n\n",
        ("unknown_user", True, "failed"),
    ),
    "Courier": (
        'From: "Courier mail server at mx.example" <@>\nSubject: NOTICE: mail delivery status.',
        f"UNDELIVERABLE MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{BOB}>:\n"
        f"    mx.customers.example [192.0.2.1]:\n>>> RCPT TO:<{BOB}>\n<<< 550 <{BOB}>... User Unknown\n",
        ("unknown_user", True, "failed"),
    ),
    "Gmail, asked for the recipient": (
        f"From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: {BOB}\nSubject: Failure",
        GMAIL.format(14),
        ("unknown_user", True, "failed"),
    ),
    "Gmail, after the mail was taken": (
        f"From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nX-Failed-Recipients: {BOB}\nSubject: Failure",
        GMAIL.format(17),
        ("unknown_user", False, "failed"),
    ),
    "iCloud": (
        "From: Mail Delivery System <postmaster@mx.example>\nSubject: Delivery Notification: Delivery has failed",
        "This report relates to a message you sent with the following header fields:\n\n"
        f"  Message-id: <1@shop.example>\n  From: desk@shop.example\n  To: {BOB}\n\n"
        "Your message cannot be delivered to the following recipients:\n\n"
        f"  Recipient address: {BOB}\n  Reason: Remote SMTP server has rejected address\n"
        f"  Diagnostic code: smtp;550 5.1.1 <{BOB}>... User Unknown\n",
        ("unknown_user", True, "failed"),
    ),
    "OpenSMTPD": (
        "From: Mailer Daemon <MAILER-DAEMON@mx.example>\nSubject: Delivery status notification: warning",
        f"    A message is delayed for more than 4 hours for the following\n    list of recipients:\n\n{BOB}: "
        "Network error on destination MXs\n\n    Please note that this is only a temporary failure report.\n",
        ("network", False, "delayed"),
    ),
    "DragonFly": (
        "From: <>\nSubject: Mail delivery failed",
        f"There was an error delivering your mail to <{BOB}>.\n\nmx.customers.example [192.0.2.1] did not like our "
        f"RCPT TO:\n552 5.2.2 <{BOB}>: Recipient address rejected: Mailbox full\n\nOriginal message follows.\n",
        ("mailbox_full", False, "failed"),
    ),
    "Postfix, whose resolver had no answer": (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender",
        f"<{BOB}>: Name service error for domain customers.example: Host not\n    found, try again\n",
        ("network", False, "failed"),
    ),
    "Postfix, of a command": (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender",
        f"<{BOB}>: permission denied. Command output: Mail quota\n    exceeded.\n",
        ("mailbox_full", False, "failed"),
    ),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_in_words_says_for_whom_and_why(name: str) -> None:
    head, words, wanted = REPORTS[name]
    raw = f"{head}\nTo: desk@shop.example\n\n{words}{COPY if 'riginal' in words else ''}"
    mail = parse.read(Raw(raw.encode(), {}, datetime.now(UTC)))
    assert mail.message.kind == "bounce"
    assert [(r.recipient, r.reason, r.permanent, r.action) for r in mail.reports] == [(BOB, *wanted)]
