"""What sort of mail it is: a person's, or a machine's (RFC 3834, 5230, 3464, 8098, 5965, 5546), and which machine's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from pathlib import Path

from pult.channels.adapters.email.headers import Headers, raw_first

PERSON, AUTO_REPLY, BOUNCE, LIST, RECEIPT = "person", "auto_reply", "bounce", "list", "receipt"
FEEDBACK, CALENDAR = "feedback", "calendar"
REPORT_PARTS = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/global-disposition-notification",
    "message/feedback-report",
}
LOOKED_AT = 4_000
"""Characters of the text that are looked at where headers say nothing."""


def _phrases() -> dict[str, list[str]]:
    with Path(__file__).with_name("machines.toml").open("rb") as file:
        return tomllib.load(file)


_PHRASES = {name: "|".join(words) for name, words in _phrases().items()}
_PREFIX = r"^\W*(?:(?:re|aw|sv|odp|vs|fw|fwd|απ|va|tr|r|rv|antw)\s?:\s*)?"
_AUTO_SUBJECT = re.compile(rf"{_PREFIX}(?:{_PHRASES['automatic']})", re.IGNORECASE)
_ABSENT_SUBJECT = re.compile(rf"{_PREFIX}(?:{_PHRASES['absent']})", re.IGNORECASE)
_BOUNCE_SUBJECT = re.compile(_PHRASES["failed"], re.IGNORECASE)
_BOUNCE_TEXT = re.compile(_PHRASES["failure"], re.IGNORECASE | re.MULTILINE)
_READ_SUBJECT = re.compile(rf"^(?:{_PHRASES['displayed']})\s?[:(-]", re.IGNORECASE)
_CHALLENGE = re.compile(_PHRASES["challenge"], re.IGNORECASE)
_NOTIFICATION = re.compile(
    r'^\s*\{[^\0]{0,600}"notificationType\\?"\s*:\s*\\?"(Bounce|Complaint|Delivery)', re.IGNORECASE
)
_COMPLAINT = re.compile(
    r"^(?:complaint about message from|(?:\w+ )?abuse report\b|\[?feedback(?: |-)?loop)", re.IGNORECASE
)
_UNSUBSCRIBED = re.compile(r"sent this (?:e-?mail|message) to unsubscribe", re.IGNORECASE)
_DAEMON = re.compile(
    r"^(?:mailer-?daemon|post_?master|mail-?daemon|mmdf|double-bounce|bounces?|mail-?delivery|mdaemon)(?:[+@<\s-]|$)",
    re.IGNORECASE,
)
_MAILER = re.compile(r"^(?:mailer-?daemon|mail delivery (?:sub)?system)(?:[+@<\s-]|$)", re.IGNORECASE)
_ROBOT = re.compile(
    r"^(?:no-?reply|do-?not-?reply|donotreply|noreply|no\.reply|mailer-?daemon|postmaster|notifications?|robot|automat"
    r"|ne-?odgovarjaj|nie-?odpowiadaj|sys-?admin|system|alerts?)(?:[+@._-]|$)",
    re.IGNORECASE,
)
LOOP_HEADER = "x-pult-loop"


def kind_of(
    headers: Headers,
    *,
    content_type: str,
    sender: str,
    envelope_sender: str | None,
    subject: str,
    text: str = "",
    parts: Collection[str] = (),
    calendar: str = "",
) -> str:
    """Name the kind of a mail.

    Args:
        content_type: of the whole mail, with its parameters, in lower case.
        sender: the From address; envelope_sender: of SMTP, "" for the null sender, None where unknown.
        text: what is written in it; parts: content types of its report parts, among them mails inside the mail.
        calendar: the iTIP method of an invitation in it.
    """
    report = _report(content_type, parts)
    if report:
        return report
    text = text[:LOOKED_AT]
    if found := _NOTIFICATION.match(text):
        return FEEDBACK if found.group(1).lower() == "complaint" else BOUNCE
    if ("message/rfc822" in parts and _COMPLAINT.search(subject)) or _UNSUBSCRIBED.search(text[:400]):
        return FEEDBACK
    machine = bool(_DAEMON.search(sender) or _ROBOT.search(sender)) or envelope_sender == ""
    if _is_bounce(headers, sender, envelope_sender, subject) or (machine and _tells_failure(subject, text, parts)):
        return BOUNCE
    automatic = raw_first(headers, "auto-submitted").lower()
    if automatic.startswith("auto-replied") or _AUTO_SUBJECT.search(subject) or _auto_reply_header(headers):
        return AUTO_REPLY
    unattended = automatic.startswith("auto") or "x-auto-response-suppress" in headers or envelope_sender == ""
    if unattended and _ABSENT_SUBJECT.search(subject):
        return AUTO_REPLY
    if _READ_SUBJECT.search(subject) and (automatic.startswith("auto") or envelope_sender == ""):
        return RECEIPT
    if (machine or "list-unsubscribe" in headers or automatic) and _CHALLENGE.search(text):
        return AUTO_REPLY
    if "list-id" in headers or raw_first(headers, "precedence").lower() in {"list", "bulk", "junk"}:
        return LIST
    return CALENDAR if calendar else PERSON


def _report(content_type: str, parts: Collection[str]) -> str:
    """Name the kind of a standard report, by its content type or by its parts where that one was lost."""
    declared = content_type if content_type.startswith("multipart/report") else ""
    if "disposition-notification" in declared or any("disposition-notification" in part for part in parts):
        return RECEIPT
    if "feedback-report" in declared or "message/feedback-report" in parts:
        return FEEDBACK
    return BOUNCE if "delivery-status" in declared or any(part.endswith("delivery-status") for part in parts) else ""


def _is_bounce(headers: Headers, sender: str, envelope_sender: str | None, subject: str) -> bool:
    if "x-failed-recipients" in headers or _MAILER.search(sender):
        return True
    daemon = bool(_DAEMON.search(sender))
    null_sender = envelope_sender == "" or raw_first(headers, "return-path") == "<>"
    if daemon and (null_sender or _BOUNCE_SUBJECT.search(subject)):
        return True
    automatic = raw_first(headers, "auto-submitted").lower().startswith("auto-replied")
    return null_sender and bool(_BOUNCE_SUBJECT.search(subject)) and not automatic


def _tells_failure(subject: str, text: str, parts: Collection[str]) -> bool:
    """Say whether a machine's mail tells in words that a mail could not be delivered."""
    told = bool(_BOUNCE_TEXT.search(text))
    return told and (
        "message/rfc822" in parts or bool(_BOUNCE_SUBJECT.search(subject)) or bool(_TRANSCRIPT.search(text))
    )


_TRANSCRIPT = re.compile(r"(?:^|\s)(?:<<<|>>>)? ?5[0-5]\d[ -][^\n]{3,}|could not be delivered to:? <", re.IGNORECASE)


def _auto_reply_header(headers: Headers) -> bool:
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply")):
        return raw_first(headers, "x-autoreply").lower() != "no"
    if "x-mail-autoreply" in headers or "x-autoreply-from" in headers:
        return True
    if raw_first(headers, "x-autogenerated").lower() in {"reply", "forward-reply"}:
        return True
    return raw_first(headers, "precedence").lower() in {"auto_reply", "auto-reply"}


def loop_safe(headers: Headers, *, kind: str, sender: str, envelope_sender: str | None) -> bool:
    """Say whether an automatic answer may go to this mail (RFC 3834 section 2)."""
    if kind != PERSON or envelope_sender == "" or not sender:
        return False
    automatic = raw_first(headers, "auto-submitted").lower()
    if automatic and not automatic.startswith("no"):
        return False
    if (
        "x-autogenerated" in headers
        or LOOP_HEADER in headers
        or "list-unsubscribe" in headers
        or "feedback-id" in headers
    ):
        return False
    suppress = raw_first(headers, "x-auto-response-suppress").lower()
    return not (suppress and suppress != "none") and not _ROBOT.search(sender)
