"""What a delivery report, a complaint or a read receipt says: of which mail, which recipient, why, and for how long.

Standard reports are read by RFC 3464 (delivery), RFC 5965 (complaints) and RFC 8098 (receipts). About every second
real report has no such part, or says more in its words than in its fields; those are read by `prose`.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Sequence
from email.message import Message
from itertools import islice

from pult.channels.adapters.email import kinds, prose, reasons
from pult.channels.adapters.email.headers import Headers, collect, message_id, raw_first
from pult.channels.adapters.email.mime import children_of, content_of
from pult.channels.adapters.email.text import decode, header, tidy
from pult.channels.adapters.email.tokens import find
from pult.channels.base import DeliveryStatus

_LENIENT = json.JSONDecoder(strict=False)
MAX_REASON = 500
MAX_REPORTS = 50
MAX_READ = 200_000
"""Characters of a report that are looked at."""
_FIELD = re.compile(r"^([A-Za-z][A-Za-z-]{2,40})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\n]*)*)", re.MULTILINE)
_OPENS = re.compile(r"^(?:Final|Original)-Recipient[ \t]*:", re.MULTILINE | re.IGNORECASE)
_MESSAGE_ID = re.compile(
    r"^(?:X-Original-|Original-)?Message-Id[ \t]*:\s*(<[^<>\s]{1,300}>)", re.MULTILINE | re.IGNORECASE
)
_FINAL = re.compile(r"^Final-Recipient[ \t]*:", re.MULTILINE | re.IGNORECASE)
_ACTIONS = {"failed": "failed", "delivered": "delivered", "relayed": "relayed", "expanded": "expanded"}


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What became of one recipient. `permanent` says that the address is dead, not only that this mail failed.

    `status` is the enhanced code of RFC 3463 as reported, `code` SMTP's reply code, `reason` a word of `reasons`,
    `said` the other side's own words, `action` one of failed, delayed, delivered, relayed, expanded, displayed.
    """

    recipient: str = ""
    original_message_id: str = ""
    status: str = ""
    code: str = ""
    reason: str = ""
    permanent: bool = False
    action: str = "failed"
    said: str = ""


def read(fields: Headers, parts: Sequence[Message], *, text: str, kind: str) -> list[Report]:
    """Return what a mail of this kind reports, a recipient each; nothing for mails that report nothing.

    Args:
        fields: headers of the mail; parts: the parts of a report, what came back among them.
        text: what is written in the mail for people.
    """
    if kind not in {kinds.BOUNCE, kinds.FEEDBACK, kinds.RECEIPT}:
        return []
    text = text[:MAX_READ]
    machine = [part for part in parts if part.get_content_type() in kinds.REPORT_PARTS] or _inner_reports(parts)
    blocks = "\n\n".join(_text_of(part) for part in machine)[:MAX_READ]
    returned = "\n\n".join(_text_of(part) for part in parts if part not in machine)[:MAX_READ]
    original = _original_id(blocks) or _original_id(returned) or _original_id(text)
    if kind == kinds.FEEDBACK:
        return _complaints(blocks, text, original)
    if kind == kinds.RECEIPT:
        recipient = prose.address(_values(blocks).get("final-recipient", "") or raw_first(fields, "from"))
        action = "displayed" if re.search(r"^Disposition:[^\n]*displayed", blocks, re.I | re.M) else "deleted"
        return [Report(recipient, original, action=action)]
    notification = _notification(text)
    if notification is not None:
        return notification
    found = _standard(blocks or text, text, original)
    return found or _from_prose(fields, text, returned, original)


def _inner_reports(parts: Sequence[Message]) -> list[Message]:
    """Return the parts of a report that a gateway has packed into a mail of its own."""
    inner = [child for part in parts for child in _messages(part)[1:3]]
    return [part for one in inner for part in islice(one.walk(), 20) if part.get_content_type() in kinds.REPORT_PARTS]


def _text_of(part: Message) -> str:
    """Return a report's part as text: its blocks, or a returned mail's headers and beginning."""
    if part.is_multipart():
        return "\n\n".join(_headers_of(child) for child in children_of(part)[:MAX_REPORTS])
    return tidy(decode(content_of(part)[:MAX_READ]))


def _headers_of(part: Message) -> str:
    lines = [f"{name}: {value}" for name, value in part.raw_items()]
    return tidy(decode("\n".join(lines)[:MAX_READ].encode("utf-8", "surrogateescape")))


def _values(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(block):
        found.setdefault(name.lower(), " ".join(value.split()))
    return found


def _original_id(text: str) -> str:
    match = _MESSAGE_ID.search(text)
    return message_id(match.group(1)) if match else ""


def _standard(blocks: str, text: str, original: str) -> list[Report]:
    """Read the fields of RFC 3464, wherever they stand."""
    if _OPENS.search(blocks) is None:
        return []
    found: dict[str, Report] = {}
    everybody = prose.address_list(" ".join(re.findall(r"^Final-Recipient[^\n]*", blocks, re.I | re.M)))
    named = prose.first_named(text)
    for block in _per_recipient(blocks)[:MAX_REPORTS]:
        values = _values(block)
        final = prose.address(values.get("final-recipient", "").partition(";")[2] or values.get("final-recipient", ""))
        first = prose.address(values.get("original-recipient", "").partition(";")[2])
        recipient = final if "@" in final else first or named
        action = values.get("action", "failed").lower().split(" ")[0].strip(";")
        said = _said(values)
        about = prose.about(text, recipient, others=everybody)
        report = _report(recipient, original, values.get("status", ""), said, about, action)
        found.setdefault(recipient or f"#{len(found)}", report)
    return list(found.values())


def _per_recipient(blocks: str) -> list[str]:
    """Cut the fields apart where the next recipient begins."""
    pieces = re.split(r"\n[ \t]*\n", blocks)
    held = [piece for piece in pieces if _OPENS.search(piece)]
    apart: list[str] = []
    for piece in held[:MAX_REPORTS]:
        starts = [match.start() for match in _FINAL.finditer(piece)][:MAX_REPORTS] or [0]
        starts[0] = 0
        apart += [piece[begin:end] for begin, end in zip(starts, [*starts[1:], len(piece)], strict=True)]
    return apart


def _said(values: dict[str, str]) -> str:
    value = values.get("diagnostic-code") or values.get("x-smtp-diagnostic") or ""
    kind, mark, rest = value.partition(";")
    return tidy(header(rest.strip() if mark and len(kind) < 20 else value))


def _report(recipient: str, original: str, status: str, said: str, about: str, action: str) -> Report:
    verdict = reasons.judge(status=status, said=said, about=about, action=action)
    return Report(
        recipient[:320],
        original,
        verdict.status,
        verdict.code,
        verdict.reason,
        verdict.permanent,
        action if action in _ACTIONS or action == "delayed" else "failed",
        (said or about)[:MAX_REASON],
    )


def _from_prose(fields: Headers, text: str, returned: str, original: str) -> list[Report]:
    failed = prose.address_list(raw_first(fields, "x-failed-recipients"))
    own = {a.lower() for name in ("to", "from", "reply-to") for a in prose.address_list(raw_first(fields, name))}
    sections = prose.sections(text, failed=failed, own=own, returned=returned)
    words = prose.without_returned(text)[0] if len(sections) == 1 else ""
    return [_report(address, original, "", said, words, action) for address, said, action in sections[:MAX_REPORTS]]


def _complaints(blocks: str, text: str, original: str) -> list[Report]:
    """Return who complained (RFC 5965); one report without a name where the provider hides it."""
    notification = _notification(text)
    if notification is not None:
        return notification
    names = re.findall(r"^(?:Original-Rcpt-To|Removal-Recipient)[ \t]*:\s*([^\n]+)", blocks, re.I | re.M)
    people = list(dict.fromkeys(prose.address(name) or name.strip()[:320] for name in names)) or [""]
    action = "welcomed" if re.search(r"^Feedback-Type[ \t]*:\s*not-spam", blocks, re.I | re.M) else "complained"
    return [Report(person, original, reason=reasons.COMPLAINT, action=action) for person in people[:MAX_REPORTS]]


def _notification(text: str) -> list[Report] | None:
    """Read a notification of Amazon SES that its SNS sends as a mail; None for any other text."""
    if not text.lstrip().startswith("{") or "notificationType" not in text:
        return None
    try:
        value, _ = _LENIENT.raw_decode(text.lstrip())
        inner = _LENIENT.decode(value["Message"]) if "Message" in value else value
        kind = inner["notificationType"].lower()
        about = inner.get(kind) or {}
        sent = inner.get("mail") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    original = message_id(str((sent.get("commonHeaders") or {}).get("messageId") or sent.get("messageId") or ""))
    if kind == "complaint":
        people = [str(one.get("emailAddress", "")) for one in about.get("complainedRecipients", [])]
        return [Report(person[:320], original, reason=reasons.COMPLAINT, action="complained") for person in people]
    if kind == "delivery":
        said = str(about.get("smtpResponse", ""))
        return [_report(str(a), original, "", said, "", "delivered") for a in about.get("recipients", [])]
    return [
        _report(
            str(one.get("emailAddress", "")),
            original,
            str(one.get("status", "")),
            str(one.get("diagnosticCode", "")).partition(";")[2].strip(),
            "",
            str(one.get("action", "failed")),
        )
        for one in about.get("bouncedRecipients", [])
    ]


def statuses(reports: Sequence[Report], ours: str) -> list[DeliveryStatus]:
    """Return what the reports mean for our message of this Message-ID; nothing where it is "" (not ours)."""
    return [
        DeliveryStatus(
            ours,
            one.action,
            one.recipient,
            one.status or one.code,
            one.said[:MAX_REASON],
            one.permanent,
            category="" if one.action == "delivered" else one.reason,
        )
        for one in reports
        if ours and one.action in {"failed", "delivered", "complained"}
    ]


def receipt(reports: Sequence[Report], ours: str) -> list[DeliveryStatus]:
    """Return `read` for a message of ours that its reader's program says was displayed (RFC 8098)."""
    return [DeliveryStatus(ours, "read") for one in reports[:1] if ours and one.action == "displayed"]


def ours(parts: Sequence[Message], *, raw: bytes, recipients: Sequence[str], domain: str) -> str:
    """Return the Message-ID of the message of ours that came back; only signed ones count.

    Args:
        parts: of the report; raw: the whole mail; recipients: of the envelope, maybe our bounce address.
        domain: of the inbox, the right side of our Message-IDs.
    """
    for recipient in recipients:
        if reference := find(recipient):
            return f"{reference.token}@{domain}"
    for part in parts:
        for inner in _messages(part):
            for name in ("message-id", "original-message-id"):
                value = raw_first(collect(inner), name)
                if value and find(value):
                    return message_id(value)
    if reference := find(raw[:400_000].decode("latin-1")):
        return f"{reference.token}@{domain}"
    return ""


def _messages(part: Message) -> list[Message]:
    return [part, *children_of(part)]
