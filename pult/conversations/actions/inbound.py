"""Messages come in: find their conversations or open them, and write each down once.

Many are taken in at a time, in one transaction of about a dozen statements: what a mail costs is then mostly
reading it. One message is a batch of one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from pult.channels.base import InboundMessage
from pult.conversations import content
from pult.conversations.actions import record, spam, threading
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.actions.threading import Slot
from pult.conversations.index import INDEX
from pult.conversations.models import MACHINE_KINDS, Status
from pult.platform import events, storage
from pult.platform.db import Rows, insert_together, json_in, time_in
from pult.platform.events import NewEvent
from pult.platform.fulltext import Entry, scope_mark

_ATTENTIVE = frozenset({Status.OPEN.value, Status.WAITING_COLLEAGUE.value, Status.SPAM.value})


@dataclasses.dataclass(frozen=True, slots=True)
class Arrival:
    """A message with the inbox it came by and the customer it is from."""

    inbox: InboxRef
    customer_id: int
    customer_name: str
    message: InboundMessage
    masked: bool = False
    payload_id: int | None = None
    spam: Mapping[str, object] | None = None
    """Why it is taken for spam: `by`, `score`, `limit`, `action`, `clues`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival. `duplicate`: it was here already and nothing was written."""

    conversation_id: int
    message_id: int
    opened: bool = False
    duplicate: bool = False


def take_in_many(arrivals: Sequence[Arrival], *, now: datetime | None = None) -> list[Taken]:
    """Write inbound messages into their conversations, opening new ones where there are none.

    A message joins by a conversation id signed by us, else by the Message-IDs it refers to within the store.
    One whose id is taken by the same content is a duplicate; by other content, it is a message of its own that
    joins nothing by that id. A closed conversation reopens within threading.REOPEN_WITHIN; later a new one begins.
    What is taken for spam opens its conversation in Spam, and is ordinary where it goes on with another.
    """
    now = now or timezone.now()
    with transaction.atomic(savepoint=False):
        news = [_new_message(arrival, now) for arrival in arrivals]
        slots = threading.assign(arrivals, news, now)
        back = _sort(slots, arrivals)
        _write(slots, now)
        for conversation_id in back:
            # Only a program took it for spam, and now somebody has written there whom it does not.
            spam.take_out(record.locked(conversation_id), "system")
    taken: dict[int, Taken] = {}
    for slot in slots:
        for index, new, message_id in slot.messages:
            first = slot.fresh and new is slot.messages[0][1]
            taken[index] = Taken(slot.id, message_id, opened=first)
        for index, message_id in slot.duplicates:
            taken[index] = Taken(slot.id, message_id, duplicate=True)
    for slot in slots:
        for index, repeated in slot.twins:
            taken[index] = Taken(slot.id, taken[repeated].message_id, duplicate=True)
    return [taken[index] for index in range(len(arrivals))]


def _new_message(arrival: Arrival, now: datetime) -> NewMessage:
    message, sent = arrival.message, arrival.message.sent_at
    plausible = sent is not None and now - timedelta(days=3) <= sent <= now + timedelta(minutes=5)
    return NewMessage(
        direction="in",
        kind=message.kind,
        external_id=message.external_id[:200],
        in_reply_to=message.in_reply_to,
        subject=message.subject,
        text=message.text,
        html=content.clean_html(message.html),
        reply=message.reply,
        language=message.language,
        author_name=message.sender.name or message.sender.address,
        author_address=message.sender.address,
        customer_id=arrival.customer_id,
        recipients={
            "to": record.people(message.to),
            "cc": record.people(message.cc),
            "reply_to": record.people(message.reply_to),
        },
        headers={
            **message.headers,
            "references": list(message.references)[-threading.MOST_REFERENCES :],
            **({"payload_id": arrival.payload_id} if arrival.payload_id else {}),
            **({} if message.loop_safe else {"loop_safe": False}),
            **({"warnings": list(message.warnings)} if message.warnings else {}),
            **({"auth": dataclasses.asdict(message.auth)} if message.auth else {}),
            **({"invitation": dataclasses.asdict(message.invitation)} if message.invitation else {}),
            **({"sent_at": sent.isoformat()} if sent and plausible else {}),
        },
        masked=arrival.masked,
        created_at=now,
    )


def _sort(slots: Sequence[Slot], arrivals: Sequence[Arrival]) -> list[int]:
    """Say of each slot whether it is in Spam, and mark what is held there; return the conversations that come back.

    A new one is in Spam when all that opens it is taken for spam. One that is there stays, unless no person put it
    there and a message comes to it that is not taken for spam.
    """
    back = []
    for slot in slots:
        reasons = [arrivals[index].spam for index, _, _ in slot.messages]
        if not reasons:
            continue
        if slot.fresh and None not in reasons:
            slot.status = Status.SPAM.value
        if slot.status != Status.SPAM:
            continue
        for (_, new, _), reason in zip(slot.messages, reasons, strict=True):
            new.headers = {**new.headers, "held": True, **({"spam": reason} if reason else {})}
        told = [new for (_, new, _), reason in zip(slot.messages, reasons, strict=True) if reason is None]
        if any(new.kind not in MACHINE_KINDS for new in told) and not spam.marked_by_person(slot.id):
            back.append(slot.id)
    return back


def _write(slots: Sequence[Slot], now: datetime) -> None:
    """Write every slot's messages, then the conversations as the last of them leaves them."""
    alive = [slot for slot in slots if slot.messages]
    entries, told = [], []
    # All files of the batch at once: the order in which files are taken is one for everybody.
    blobs = iter(storage.put_many([file.content for slot in alive for files in slot.files for file in files]))
    for slot in alive:
        status = None if slot.fresh else _status_after(slot)
        for position, (_, new, message_id) in enumerate(slot.messages):
            files = slot.files[position]
            kept = record.keep_files(message_id, files, list(islice(blobs, len(files))), now=now)
            if not slot.fresh:
                record.bump(slot.id, message_id, new, status=status, files=kept)
            names = [*(file.name for file in files), *_of_invitation(new)]
            entries.append(
                Entry(
                    message_id,
                    slot.id,
                    now,
                    content.found_by(record.texts(new, names), new.language),
                    [scope_mark(slot.inbox.store_id)],
                )
            )
            kind = "conversation.created" if slot.fresh and position == 0 else "message.received"
            kind = "spam.received" if slot.status == Status.SPAM else kind
            actor = f"customer:{new.customer_id}"
            told.append(NewEvent(kind, slot.inbox.store_id, slot.id, actor, {"message_id": message_id}))
        if slot.fresh and slot.status == Status.SPAM:
            record.note_change(slot.id, "system", spam.MARKED, "", _by(slot.messages[0][1]))
        if status is not None:
            record.note_change(slot.id, f"customer:{slot.customer_id}", "status", slot.status, status)
    insert_together(
        Rows("conversations_conversation", _CONVERSATION, [_row(slot) for slot in alive if slot.fresh]),
        Rows(
            "conversations_message",
            ("id", *record.MESSAGE_COLUMNS),
            [
                (message_id, *record.message_values(slot.id, slot.inbox.id, new))
                for slot in alive
                for _, new, message_id in slot.messages
            ],
        ),
        INDEX.rows(entries),
        events.rows(told),
    )


def _by(new: NewMessage) -> object:
    """Return who took a message for spam."""
    reason = new.headers.get("spam")
    return reason.get("by", "") if isinstance(reason, Mapping) else ""


def _of_invitation(new: NewMessage) -> list[str]:
    """Return the words of the event in a message, to be found by."""
    event = new.headers.get("invitation")
    if not isinstance(event, dict):
        return []
    return [event["summary"], event["place"], event["organiser"]["name"], event["organiser"]["address"]]


def _status_after(slot: Slot) -> str | None:
    """Return the status the slot's messages put a conversation into, None when it stays as it is."""
    if slot.status in _ATTENTIVE or all(new.kind in MACHINE_KINDS for _, new, _ in slot.messages):
        return None
    return Status.OPEN.value


_CONVERSATION = (
    "id",
    "store_id",
    "inbox_id",
    "channel",
    "customer_id",
    "customer_name",
    "subject",
    "language",
    "status",
    "priority",
    "team_id",
    "tag_ids",
    "last_message_id",
    "last_message_at",
    "last_direction",
    "last_author",
    "snippet",
    "message_count",
    "attachment_count",
    "version",
    "created_at",
)


def _row(slot: Slot) -> tuple[object, ...]:
    first, last = slot.messages[0][1], slot.messages[-1][1]
    at = time_in(last.created_at)
    return (
        slot.id,
        slot.inbox.store_id,
        slot.inbox.id,
        slot.inbox.channel,
        slot.customer_id,
        slot.customer_name[: record.NAME],
        first.subject[: record.SUBJECT],
        first.language,
        slot.status,
        0,
        slot.inbox.team_id,
        json_in([]),
        slot.messages[-1][2],
        at,
        "in",
        last.author_name[: record.NAME],
        content.snippet(last.reply, last.text),
        len(slot.messages),
        sum(len(files) for files in slot.files),
        1,
        at,
    )
