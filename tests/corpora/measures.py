"""The measures: each gives one verdict a case, so that a figure can be taken apart."""

from __future__ import annotations

import html as entities
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import Message
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from pult.channels.adapters.email import inspection, mime
from pult.channels.adapters.email.text import decode

DATA = Path(os.environ.get("PULT_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ORDINARY = ("mail/chatwoot", "mail/otobo", "mail/freescout", "mail/libredesk", "mail/django-helpdesk", "mail/zammad")
REPORTS = {
    "mail/chatwoot/auto_reply.eml",
    "mail/chatwoot/bounced_gmail.eml",
    "mail/libredesk/bounce-dsn.eml",
    "mail/zammad/mail063.eml",
    "mail/zammad/mail092.eml",
}
"""Mails among them that machines did send: delivery reports, and one with `X-Autoreply: yes`."""
ARGUED = {
    ("body", "mail060"),
    ("body", "mail072"),
    ("from", "mail065"),
    ("attachments", "mail064"),
    ("attachments", "mail073"),
    ("attachments", "mail085"),
}
"""Fields in which Pult means to differ from Zammad; docs/mail.md says why, one by one."""
MACHINES = {"bounce", "feedback", "receipt", "auto_reply"}


class Case(NamedTuple):
    """One verdict: which case, whether it is right, and what was found where it is not."""

    name: str
    right: bool
    found: str = ""


@cache
def inspected(path: Path) -> dict[str, Any]:
    """Return what `pult mail inspect` says of a mail."""
    return inspection.of_mail(path.read_bytes(), received_at=NOW)


def visible(text: str) -> str:
    """Return what was newly written in a bare text, as `pult mail inspect --text` says it."""
    return str(inspection.of_text(text.encode())["reply"])


# --- mails whose reading another help desk has written down


def zammad(field: str) -> Iterator[Case]:
    """Compare one field of every mail of Zammad's suite: from, to, cc, subject, attachments or body."""
    for path in sorted((DATA / "mail/zammad").glob("*.json")):
        wanted = json.loads(path.read_text())
        found = inspected(path.with_suffix(".eml"))
        compare: dict[str, Callable[[dict[str, Any], dict[str, Any]], tuple[Any, Any]]] = {
            "from": _from,
            "to": lambda w, f: (addresses(w.get("to") or ""), [a["address"].lower() for a in f["to"]]),
            "cc": lambda w, f: (addresses(w.get("cc") or ""), [a["address"].lower() for a in f["cc"]]),
            "subject": lambda w, f: (plain(w.get("subject") or ""), plain(f["subject"])),
            "attachments": _attachments,
            "body": _body,
        }
        one, other = compare[field](wanted, found)
        yield Case(
            path.stem, one == other or (field, path.stem) in ARGUED, f"wanted {one!r:.300}\n      found {other!r:.300}"
        )


def _from(wanted: dict[str, Any], found: dict[str, Any]) -> tuple[Any, Any]:
    sender = found["from"]
    name = plain(wanted.get("from_display_name") or "")
    return (name, (wanted.get("from_email") or "").lower()), (plain(sender["name"]), sender["address"].lower())


def addresses(value: str) -> list[str]:
    """Return the addresses in a header, in lower case."""
    return [match.lower() for match in re.findall(r"[^\s<>,;\"()']+@[^\s<>,;\"()']+", re.sub(r'"[^"]*"', "", value))]


def _attachments(wanted: dict[str, Any], found: dict[str, Any]) -> tuple[Any, Any]:
    """Zammad keeps the HTML of a mail as a file; Pult keeps it as the mail's HTML."""
    names = [a["filename"] for a in wanted["attachments"] if not a["preferences"].get("content-alternative")]
    return sorted(names), sorted(a["name"] for a in found["attachments"])


def _body(wanted: dict[str, Any], found: dict[str, Any]) -> tuple[str, str]:
    html = wanted["content_type"] == "text/html"
    body = wanted["body"]
    mine = found["html"] if html and found["html"] else found["text"]
    one, other = letters(bare(body) if html else body), letters(bare(mine) if mine == found["html"] else mine)
    return ("", "") if body == "no visible content" and not other else (one, other)


def bare(html: str) -> str:
    """Return an HTML body's words by plain removal of tags."""
    html = re.sub(r"(?is)<!--.*?-->|<(script|style|head|title)\b.*?</\1\s*>", " ", html)
    return entities.unescape(re.sub(r"(?s)<[^>]*>", " ", html))


def letters(text: str) -> str:
    """Return a text without what layout changes: white space, marks without width, kinds of letter forms."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def plain(text: str) -> str:
    """Return a line with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


# --- replies


def crisp() -> Iterator[Case]:
    """What crisp's suite asks of the visible reply."""
    folder = DATA / "replies/crisp"
    for test in json.loads((folder / "expected.json").read_text()):
        fixture = test.get("fixture")
        if not fixture:
            continue
        reply = visible((folder / "test/fixtures" / f"{fixture}.txt").read_text())
        for right, what in _crisp_checks(test, reply):
            yield Case(f"{test['test']}: {what}", right, f"{reply[:400]!r}")


def _crisp_checks(test: dict[str, Any], reply: str) -> Iterator[tuple[bool, str]]:
    if whole := test.get("first_fragment"):
        yield plain(reply) == plain(whole), "the reply and nothing else"
    for check in test["checks"]:
        if match := re.search(
            r"test\.equal\((\"(?:[^\"\\]|\\.)*\"), (?:reply\.)?(?:email\.)?(fragments\[0\]|getVis)", check
        ):
            wanted = json.loads(match.group(1))
            yield (
                (reply.strip().startswith(wanted.strip()) if "fragments" in check else plain(reply) == plain(wanted)),
                "text",
            )
        elif match := re.search(r"test\.equal\((true|false), ?/(.*)/\.test\(fragments\[0\]", check):
            found = re.search(match.group(2), reply) is not None
            yield found is (match.group(1) == "true"), match.group(2)
        elif match := re.search(r"/(.*)/\.test\(fragments\[1\]", check):
            if "bottom_post" in test["test"]:
                continue
            yield re.search(match.group(1), reply, re.MULTILINE) is None, f"without {match.group(1)}"
        elif "fragments.length" in check and re.search(r"equal\(1,", check):
            yield reply.strip() != "", "one fragment"


def zapier() -> Iterator[Case]:
    """What zapier's suite asks of the visible reply."""
    folder = DATA / "replies/zapier"
    for test in json.loads((folder / "expected.json").read_text()):
        name = Path(test["inputs"][0]["args"][0]).stem
        path = folder / "test/emails" / f"{name}.txt"
        text = path.read_text().replace("\r\n", "\n")
        reply = visible(text)
        hidden = next((c for c in test["expect"] if "f.hidden" in c or "fragment.hidden" in c), "")
        flags = re.findall(r"True|False", hidden)
        for check in test["expect"]:
            if match := re.search(r"assertEqual\((?:'([^']*)', EmailR|message\.reply\.strip\(\), '([^']*)')", check):
                wanted = match.group(1) or match.group(2)
                yield Case(f"{test['test']}: text", plain(reply) == plain(wanted), f"{reply[:400]!r}")
            elif match := re.search(r"'(.*)' (not )?in (?:EmailReply|message\.reply)", check):
                yield Case(
                    f"{test['test']}: {match.group(1)}",
                    (match.group(1) in reply) is not bool(match.group(2)),
                    reply[:400],
                )
            elif match := re.search(r"'(.*)' in (?:message|msg)\.fragments\[(\d)\]", check):
                shown = flags[int(match.group(2))] == "False" if flags else match.group(2) == "0"
                if len(match.group(1)) > 2:
                    yield Case(
                        f"{test['test']}: {match.group(1)}", (match.group(1) in reply) is shown, f"{reply[:400]!r}"
                    )
            elif re.search(r"assertEqual\(1, len", check):
                yield Case(f"{test['test']}: whole", plain(reply) == plain(text), f"{reply[:400]!r}")


# --- bounces


@cache
def bounces() -> tuple[tuple[str, list[dict[str, Any]], dict[str, Any]], ...]:
    """Return every report with what the data says of it and what Pult found."""
    wanted = json.loads((DATA / "bounces/expected.json").read_text())
    return tuple((name, rows, inspected(DATA / "bounces" / name)) for name, rows in sorted(wanted.items()))


def expected_kind(rows: list[dict[str, Any]]) -> str:
    """Return the kind of mail that rows of the data stand for."""
    return {"feedback": "feedback", "vacation": "auto_reply"}.get(rows[0]["reason"], "bounce")


def recognised() -> Iterator[Case]:
    """Whether each report is seen to be one."""
    for name, rows, found in bounces():
        yield Case(
            name, found["kind"] == expected_kind(rows), f"{expected_kind(rows)} but {found['kind']}: {found['subject']}"
        )


def permanent() -> Iterator[Case]:
    """Whether each recipient's address is rightly said to be dead or not."""
    for name, rows, found in bounces():
        if expected_kind(rows) != "bounce":
            continue
        for at, row in enumerate(rows):
            mine = found["bounce"][at] if at < len(found["bounce"]) else {}
            said = f"{row['reason']} {row['dsn']} {row['replycode']} but {mine}"
            yield Case(f"{name} {at}", mine.get("permanent", False) is bool(row["hardbounce"]), said)


def recipients() -> Iterator[Case]:
    """Whether each recipient is found."""
    for name, rows, found in bounces():
        if expected_kind(rows) == "auto_reply":
            continue
        for at, row in enumerate(rows):
            mine = found["bounce"][at]["recipient"] if at < len(found["bounce"]) else ""
            right = at < len(found["bounce"]) and (bool(mine) or expected_kind(rows) == "feedback")
            yield Case(f"{name} {at}", right and len(found["bounce"]) == len(rows), f"{row} but {found['bounce']}")


def statuses() -> Iterator[Case]:
    """Whether the reported status is the data's, where that one was reported and not made up."""
    for name, rows, found in bounces():
        for at, row in enumerate(rows):
            if not row["dsn"] or re.match(r"[45]\.0\.", row["dsn"]) or expected_kind(rows) != "bounce":
                continue
            mine = found["bounce"][at] if at < len(found["bounce"]) else {}
            yield Case(f"{name} {at}", mine.get("status") == row["dsn"], f"{row} but {mine}")


def ordinary() -> Iterator[Case]:
    """Whether mails that people wrote are taken for people's."""
    for folder in ORDINARY:
        for path in sorted((DATA / folder).glob("*.eml")):
            if f"{folder}/{path.name}" in REPORTS:
                continue
            found = inspected(path)
            yield Case(
                f"{folder}/{path.name}",
                found["kind"] not in MACHINES,
                f"{found['kind']}: {found['from']} {found['subject']}",
            )


# --- no part of any mail is lost


def parts() -> Iterator[Case]:
    """Whether each part of a mail that says or holds something is in its text, its HTML or its files."""
    for folder in ("mime", "mail"):
        for path in sorted((DATA / folder).rglob("*")):
            if not path.is_file() or path.suffix not in {".eml", ".txt"} or path.stem in {"SOURCE", "LICENSE"}:
                continue
            found = inspected(path)
            files = {file["sha256"] for file in found["attachments"]}
            words = letters(found["text"] + bare(found["html"]))
            lost = [one for one in _leaves(mime.read(path.read_bytes())[0]) if not _kept(one, files, words)]
            right = not lost and "unreadable" not in found["warnings"]
            yield Case(path.name, right, f"{found['warnings']} {[one.get_content_type() for one in lost]}")


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts of a mail that hold something themselves; a mail inside it is one."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            yield from _leaves(part)
    else:
        yield message


def _kept(part: Message, files: set[str], words: str) -> bool:
    if part.is_multipart():
        return bool(files)
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    if sha256(content).hexdigest() in files:
        return True
    text = decode(content, str(part.get_content_charset() or ""))
    return letters(bare(text) if part.get_content_type() == "text/html" else text)[:400] in words


TABLE: tuple[tuple[str, Callable[[], Iterator[Case]], float], ...] = (
    *(
        (f"zammad: {field}", lambda field=field: zammad(field), 1.0)
        for field in ("from", "to", "cc", "subject", "attachments")
    ),
    ("zammad: body", lambda: zammad("body"), 0.95),
    ("crisp: visible reply", crisp, 0.95),
    ("zapier: visible reply", zapier, 0.95),
    ("bounces: recognised", recognised, 0.98),
    ("bounces: permanent", permanent, 0.97),
    ("bounces: recipients", recipients, 0.90),
    ("bounces: status", statuses, 0.0),
    ("parts: none lost", parts, 1.0),
    ("ordinary mail", ordinary, 1.0),
)
