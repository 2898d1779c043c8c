"""History imports: conversations of another system, read from a file line by line and announced to nobody.

The file is JSON Lines (see history_format.py and docs/import.md). Lines are written in batches, each in one
transaction, so that an import that was stopped, or a file that is imported twice, goes on where it has to: what
an inbox knows already is passed over. Memory holds one batch, whatever the size of the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import msgspec
from django.db import transaction

from pult.accounts import queries as accounts
from pult.channels import queries as channels
from pult.channels.base import Address, File
from pult.channels.masking import mask
from pult.conversations import actions as conversations
from pult.conversations.actions import InboxRef
from pult.conversations.actions.importing import OldConversation, OldMessage, imported_already
from pult.conversations.actions.importing import import_conversations as write_conversations
from pult.conversations.actions.record import NewMessage, people
from pult.customers.importing import OldPerson, import_people
from pult.flows.history_format import HistoryConversation, HistoryFile, HistoryMessage, Person

BATCH = 200
BATCH_BYTES = 16 << 20
LONGEST_LINE = 64 << 20
"""Bytes; a longer line is refused before it fills the memory."""

TAG_HUE = 220
_NUL = rb"\u0000"


class BadLine(Exception):
    """A line that cannot be imported: `line` counts from 1, `reason` says why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclasses.dataclass(slots=True)
class Report:
    """How far an import is: lines read, conversations and messages written, lines passed over, lines refused."""

    lines: int = 0
    conversations: int = 0
    messages: int = 0
    known: int = 0
    refused: list[BadLine] = dataclasses.field(default_factory=list)


def import_file(path: Path, *, progress: Callable[[Report], None] | None = None) -> Report:
    """Import a file. Lines that cannot be read are told in the report, the others are written."""
    with path.open("rb") as file:
        return import_lines(file, folder=path.parent, progress=progress)


def import_lines(
    file: BinaryIO, *, folder: Path | None = None, progress: Callable[[Report], None] | None = None
) -> Report:
    """Import lines; files named by `path` are read from `folder`."""
    report = Report()
    importer = _Importer(folder, report)
    for batch in _batches(_lines(file, report)):
        importer.write(batch)
        if progress is not None:
            progress(report)
    return report


def import_conversations(found: Iterable[HistoryConversation]) -> Report:
    """Import conversations that were made in memory, such as the demo's."""
    report = Report()
    importer = _Importer(None, report)
    for batch in _batches((number, 0, line) for number, line in enumerate(found, start=1)):
        importer.write(batch)
    return report


Numbered = tuple[int, HistoryConversation]


def _lines(file: BinaryIO, report: Report) -> Iterator[tuple[int, int, HistoryConversation]]:
    """Yield line number, size and content of each line that can be read."""
    decoder = msgspec.json.Decoder(HistoryConversation)
    number = 0
    while raw := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            report.refused.append(BadLine(number, f"longer than {LONGEST_LINE} bytes"))
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(1 << 20)
            continue
        if not raw.strip():
            continue
        try:
            line = decoder.decode(raw)
            if _NUL in raw:
                line = msgspec.convert(_without_nul(msgspec.json.decode(raw)), HistoryConversation)
            yield number, len(raw), line
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            report.refused.append(BadLine(number, str(error)))


def _without_nul(value: object) -> object:
    """Take out of a line the one character that no database keeps."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nul(item) for key, item in value.items()}
    return value


def _batches(lines: Iterable[tuple[int, int, HistoryConversation]]) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    size = 0
    for number, length, line in lines:
        batch.append((number, line))
        size += length
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Importer:
    """Knows the shop's inboxes, people, teams and tags by the names that lines use."""

    def __init__(self, folder: Path | None, report: Report) -> None:
        self.folder = folder.resolve() if folder else None
        self.report = report
        self.inboxes = {(inbox.channel, inbox.address.lower()): inbox for inbox in channels.inboxes()}
        self.staff = {person.email.lower(): person for person in accounts.staff()}
        self.teams = {team.name.casefold(): team.id for team in accounts.teams()}
        self.tags: dict[str, int] = {}

    def write(self, batch: Sequence[Numbered]) -> None:
        """Write one batch."""
        good: list[Numbered] = []
        for number, line in batch:
            try:
                self._check(line)
            except ValueError as error:
                self.report.refused.append(BadLine(number, str(error)))
            else:
                good.append((number, line))
        fresh = self._unknown(good)
        olds: list[OldConversation] = []
        self.tags.clear()  # What is removed while an import runs is made anew.
        with transaction.atomic():
            owners = import_people([_person(line) for _, line in fresh])
            for (number, line), owner in zip(fresh, owners, strict=True):
                try:
                    olds.append(self._conversation(line, owner.id, owner.name))
                except (ValueError, OSError) as error:
                    self.report.refused.append(BadLine(number, str(error)))
            written = write_conversations(olds)
        self.report.lines += len(batch)
        self.report.conversations += len(written)
        self.report.messages += sum(len(old.messages) for old in olds if old.key in written)
        self.report.known += len(good) - len(fresh)

    def _unknown(self, good: Sequence[Numbered]) -> list[Numbered]:
        keys = [(self._inbox(line).id, line.id) for _, line in good]
        known = imported_already(keys)
        return [item for item, key in zip(good, keys, strict=True) if key not in known]

    def _check(self, line: HistoryConversation) -> None:
        if (line.channel, line.inbox.lower()) not in self.inboxes:
            raise ValueError(f"there is no {line.channel} inbox {line.inbox!r}")
        named = [line.assignee, *(message.staff for message in line.messages)]
        missing = next((email for email in named if email and email.lower() not in self.staff), None)
        if missing is not None:
            raise ValueError(f"there is no colleague {missing!r}")
        if line.team and line.team.casefold() not in self.teams:
            raise ValueError(f"there is no team {line.team!r}")
        if not (line.customer.emails or line.customer.phones or line.customer.handles):
            raise ValueError("the customer has no address, number or handle")
        if line.status == "snoozed" and line.snoozed_until is None:
            raise ValueError("a snoozed conversation needs snoozed_until")

    def _inbox(self, line: HistoryConversation) -> channels.InboxRecord:
        return self.inboxes[line.channel, line.inbox.lower()]

    def _conversation(self, line: HistoryConversation, customer_id: int, name: str) -> OldConversation:
        inbox = self._inbox(line)
        team_id = self.teams[line.team.casefold()] if line.team else inbox.team_id
        said = sorted(line.messages, key=lambda message: message.at)
        return OldConversation(
            key=line.id,
            inbox=InboxRef(inbox.id, inbox.store_id, team_id, inbox.channel, inbox.address),
            customer_id=customer_id,
            customer_name=name or _address(line),
            subject=line.subject or said[0].subject,
            messages=[self._message(line, message, customer_id) for message in said],
            status=line.status,
            language=line.language,
            priority=line.priority,
            assignee_id=self.staff[line.assignee.lower()].id if line.assignee else None,
            tag_ids=[self._tag(tag) for tag in line.tags],
            snoozed_until=line.snoozed_until,
        )

    def _message(self, line: HistoryConversation, message: HistoryMessage, customer_id: int) -> OldMessage:
        inward = message.direction == "in"
        writer = self.staff.get(message.staff.lower()) if message.staff else None
        author = message.author or (Person(_address(line), line.customer.name) if inward else None)
        given = (message.text, message.reply or message.text, message.html, message.subject)
        text, reply, html, subject = (mask(part, self._inbox(line).rules()) for part in given)
        new = NewMessage(
            direction=message.direction,
            text=text,
            reply=reply,
            html=html,
            subject=subject,
            language=message.language or line.language,
            external_id=message.id,
            in_reply_to=message.in_reply_to,
            author_name=author.name if author else (writer.name if writer else ""),
            author_address=author.address if author else "",
            customer_id=customer_id if inward else None,
            staff_id=None if inward or writer is None else writer.id,
            recipients={
                group: people([Address(person.address, person.name) for person in found])
                for group, found in (("to", message.to), ("cc", message.cc))
                if found
            },
            state=message.state or {"in": "received", "out": "sent", "note": "received"}[message.direction],
            masked=(text, reply, html, subject) != given,
            created_at=message.at,
        )
        return OldMessage(new, [self._file(file) for file in message.files], message.state_reason)

    def _file(self, file: HistoryFile) -> File:
        content = file.content
        if file.path:
            if self.folder is None:
                raise ValueError(f"file {file.path!r}: there is no folder to read it from")
            path = (self.folder / file.path).resolve()
            if not path.is_relative_to(self.folder):
                raise ValueError(f"file {file.path!r} lies outside the import's folder")
            content = path.read_bytes()
        return File(file.name, file.type, content, file.content_id, file.inline)

    def _tag(self, name: str) -> int:
        if name not in self.tags:
            self.tags[name] = conversations.create_tag(name=name, hue=TAG_HUE)
        return self.tags[name]


def _person(line: HistoryConversation) -> OldPerson:
    moments = [message.at for message in line.messages]
    customer = line.customer
    return OldPerson(
        identities=list(
            chain(
                (("email", value) for value in customer.emails),
                (("phone", value) for value in customer.phones),
                (("handle", value) for value in customer.handles),
            )
        ),
        name=customer.name,
        language=customer.language or line.language,
        company=customer.company,
        first_at=min(moments),
        last_at=max(moments),
    )


def _address(line: HistoryConversation) -> str:
    customer = line.customer
    return next(iter([*customer.emails, *customer.phones, *customer.handles]))
