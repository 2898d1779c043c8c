"""What sort of mail it is: a person's, or a machine's (RFC 3834, 5230, 3464, 8098, 5965, 5546), and which machine's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from pathlib import Path

from pult.channels.adapters.email.headers import Headers, raw_first
from pult.channels.adapters.email.prose import ADDRESS

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
_WHITELIST = re.compile(_PHRASES["whitelist"], re.IGNORECASE)
_OF_LISTS = {"list-id", "list-unsubscribe", "list-post", "mailing-list", "x-mailing-list", "x-beenthere"}
_NOTIFICATION = re.compile(
    r'^\s*\{[^\0]{0,600}"notificationType\\?"\s*:\s*\\?"(Bounce|Complaint|Delivery)', re.IGNORECASE
)
_COMPLAINT = re.compile(
    r"^(?:complaint about message from|(?:\w+ )?abuse report\b|\[?feedback(?: |-)?loop)", re.IGNORECASE
)
_UNSUBSCRIBED = re.compile(r"sent this (?:e-?mail|message) to unsubscribe", re.IGNORECASE)
_DAEMON = re.compile(
    r"^\"?(?:mailer[-_. ]?daemon|post[-_]?master|mail[-_. ]?daemon|mmdf|double-bounce|bounces?|mail[-_. ]?delivery"
    r"|mdaemon|mail[-_. ]?(?:system|gateway)|system[-_. ]administrator|ndr|smtp[-_. ]?(?:daemon|gateway|server))"
    r"(?:[+@<\s\"\\.-]|$)",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"^\W*(?:(?:internet )?mail(?:er)?[ _-]?(?:delivery|daemon|system|server|administrator)|mail delivery"
    r"|message delivery|e?mail administrator|system administrator|post ?master\b|administrador del sistema"
    r"|administrateur syst|systemadministrator|administrator systemu|microsoft (?:exchange|outlook)$)",
    re.IGNORECASE,
)
"""How mail systems call themselves in the name beside their address."""
_LETTER_OF_REPORT = re.compile(
    r"^\W*(?:undeliver(?:able|ed)(?: mail| message)?\b|returned mail\b"
    r"|mail (?:delivery|system) ?(?:fail|error|warning|problem)|mail error\b|mail (?:failed|failure)\b"
    r"|(?:mail|message) (?:delivery fail|could not be delivered|not delivered)"
    r"|delivery (?:failure|status notification)|failed mail\b|failure notice\b|non-?delivery (?:report|notification)"
    r"|warning: )",
    re.IGNORECASE,
)
_SMTP_WORDS = re.compile(
    r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b|\brcpt to\b|smtp error|remote host said"
    r"|\b(?:status|error) code:? ?[45]\d\d|\b550[ -](?:<?\S+@|unknown|user|no such|invalid|mailbox|recipient)"
    r"|following (?:e-?mail )?(?:recipient|address)|failed recipient|original (?:e-?mail )?message"
    r"|returned (?:mail|message)",
    re.IGNORECASE,
)
"""What a report to nobody in particular says beside the address that it is about."""
_LIST_REFUSAL = re.compile(
    r"not (?:a )?(?:member|subscribed|subscriber)|reject|refus|denied|loop alert|duplicated message", re.IGNORECASE
)
_REFUSED = re.compile(r"\byour message\b[^\n]{0,400}(?:rejected|refused)", re.IGNORECASE)
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
    name: str = "",
    text: str = "",
    parts: Collection[str] = (),
    calendar: str = "",
) -> str:
    """Name the kind of a mail.

    Args:
        content_type: of the whole mail, with its parameters, in lower case.
        sender: the From address, name: beside it; envelope_sender: of SMTP, "" for the null sender, None where unknown.
        text: what is written in it; parts: content types of its report parts, among them mails inside the mail.
        calendar: the iTIP method of an invitation in it.
    """
    text = text[:LOOKED_AT]
    report = _report(headers, content_type, text, parts)
    if report:
        return report
    if found := _NOTIFICATION.match(text):
        return FEEDBACK if found.group(1).lower() == "complaint" else BOUNCE
    if ("message/rfc822" in parts and _COMPLAINT.search(subject)) or _UNSUBSCRIBED.search(text[:400]):
        return FEEDBACK
    null = envelope_sender == "" or raw_first(headers, "return-path") == "<>"
    machine = null or any(known.search(sender) for known in (_DAEMON, _ROBOT)) or bool(_SYSTEM.search(name))
    machine = machine or content_type.startswith("multipart/report")
    if _is_bounce(headers, sender, subject, null=null) or (machine and _tells_failure(subject, text, parts)):
        return BOUNCE
    if _LETTER_OF_REPORT.search(subject) and ADDRESS.search(text) and _SMTP_WORDS.search(text):
        return BOUNCE
    if "x-mlserver" in headers and _LIST_REFUSAL.search(subject):
        return BOUNCE
    automatic = raw_first(headers, "auto-submitted").lower()
    if automatic.startswith("auto-replied") or _AUTO_SUBJECT.search(subject) or _auto_reply_header(headers):
        return AUTO_REPLY
    unattended = automatic.startswith("auto") or "x-auto-response-suppress" in headers or null
    if unattended and _ABSENT_SUBJECT.search(subject):
        return AUTO_REPLY
    if _READ_SUBJECT.search(subject) and (automatic.startswith("auto") or null):
        return RECEIPT
    if (machine or "list-unsubscribe" in headers or automatic) and _CHALLENGE.search(text):
        return AUTO_REPLY
    if _WHITELIST.search(text) and "http" in text.lower():
        return AUTO_REPLY
    in_bulk = raw_first(headers, "precedence").lower() in {"list", "bulk", "junk"}
    if null and in_bulk and not headers.keys() & _OF_LISTS:
        return AUTO_REPLY
    if "list-id" in headers or in_bulk:
        return LIST
    return CALENDAR if calendar else PERSON


def _report(headers: Headers, content_type: str, text: str, parts: Collection[str]) -> str:
    """Name the kind of a standard report, by its content type or by its parts where that one was lost.

    A receipt by which a sieve refuses a mail (RFC 5429) is a bounce.
    """
    declared = content_type if content_type.startswith("multipart/report") else ""
    if "disposition-notification" in declared or any("disposition-notification" in part for part in parts):
        refused = "rejected" in raw_first(headers, "auto-submitted").lower() or _REFUSED.search(text[:600])
        return BOUNCE if refused else RECEIPT
    if "feedback-report" in declared or "message/feedback-report" in parts:
        return FEEDBACK
    return BOUNCE if "delivery-status" in declared or any(part.endswith("delivery-status") for part in parts) else ""


def _is_bounce(headers: Headers, sender: str, subject: str, *, null: bool) -> bool:
    if "x-failed-recipients" in headers or _MAILER.search(sender):
        return True
    daemon = bool(_DAEMON.search(sender))
    if daemon and (null or _BOUNCE_SUBJECT.search(subject)):
        return True
    automatic = raw_first(headers, "auto-submitted").lower().startswith("auto-replied")
    return null and bool(_BOUNCE_SUBJECT.search(subject)) and not automatic


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
    if headers.keys() & {"x-mail-autoreply", "x-autoreply-from", "x-vacation"}:
        return True
    if (
        raw_first(headers, "x-apple-action").lower() == "vacation"
        or "autoresponder" in (raw_first(headers, "x-post-messageclass") + raw_first(headers, "delivered-to")).lower()
    ):
        return True
    if "mailbox rules" in raw_first(headers, "x-ms-exchange-generated-message-source").lower():
        return True
    if raw_first(headers, "x-autogenerated").lower() in {"reply", "forward-reply"}:
        return True
    return any(raw_first(headers, n).lower() in {"auto_reply", "auto-reply"} for n in ("precedence", "x-precedence"))


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
