"""Which conversation a message belongs to: decided for a whole batch, with every row that matters locked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection

from pult.channels.base import FORGED, File, InboundMessage
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.models import ASIDE_KINDS, Message
from pult.customers import queries as customers
from pult.platform.db import among, hot, insert_many, is_postgres, reserve, time_out

REOPEN_WITHIN = timedelta(days=30)
MOST_REFERENCES = 20


class Arriving(Protocol):
    """What is known of a message before it has a conversation."""

    @property
    def inbox(self) -> InboxRef: ...
    @property
    def customer_id(self) -> int: ...
    @property
    def customer_name(self) -> str: ...
    @property
    def message(self) -> InboundMessage: ...


@dataclasses.dataclass(slots=True)
class Slot:
    """A conversation, `fresh` or standing, with the messages of this batch that go into it.

    `messages` are (index in the batch, message, its id); `duplicates` (index, id of the message that was there);
    `twins` (index, index of the message of this batch that it repeats).
    """

    id: int
    inbox: InboxRef
    customer_id: int
    customer_name: str
    fresh: bool
    status: str = "open"
    messages: list[tuple[int, NewMessage, int]] = dataclasses.field(default_factory=list)
    files: list[Sequence[File]] = dataclasses.field(default_factory=list)
    duplicates: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    twins: list[tuple[int, int]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class _Standing:
    id: int
    store_id: int
    status: str
    closed_at: datetime | None
    customer_id: int


@dataclasses.dataclass(slots=True)
class _Known:
    """What the database knew before this batch."""

    ids: dict[tuple[int, str], list[tuple[int, int, int]]]
    """(store, Message-ID) -> (conversation, message, inbox), oldest first."""
    roots: dict[tuple[int, str], int]
    """(inbox, thread key) -> conversation."""
    standing: dict[int, _Standing]
    """Conversations that a message might join, locked."""
    asides: set[tuple[int, str]] = dataclasses.field(default_factory=set)
    """(conversation, Message-ID) of what was said aside."""


def references(message: InboundMessage) -> list[str]:
    """Return the Message-IDs a message refers to, the first of the thread first."""
    return [r[:200] for r in [*message.references, message.in_reply_to] if r][-MOST_REFERENCES:]


def assign(arrivals: Sequence[Arriving], news: Sequence[NewMessage], now: datetime) -> list[Slot]:
    """Return the conversations of a batch with their messages and the ids these will have; new thread keys are
    written."""
    known = _look(arrivals, news)
    slots: dict[int, Slot] = {}
    here: dict[tuple[int, str], Slot] = {}
    # After the locks: in a conversation the ids of messages follow the order in which they were written.
    ids = reserve(len(arrivals), "conversations_conversation", "conversations_message")
    fresh_ids = iter([conversation_id for conversation_id, _ in ids])
    keys: list[tuple[int, str, Slot]] = []
    for index, (arrival, new) in enumerate(zip(arrivals, news, strict=True)):
        repeated = _repeated(arrival, new, here)
        if repeated is not None:
            here[(arrival.inbox.store_id, new.external_id)].twins.append((index, repeated))
            continue
        twin = _twin(arrival, new, known)
        if twin is not None:
            status = known.standing[twin[0]].status if twin[0] in known.standing else "open"
            slot = slots.setdefault(twin[0], _slot_of(twin[0], arrival, fresh=False, status=status))
            slot.duplicates.append((index, twin[1]))
            continue
        refers = references(arrival.message)
        slot = _joined(arrival, refers, known, here, slots, now) or _slot_of(next(fresh_ids), arrival, fresh=True)
        if slot.fresh and not slot.messages:
            root = new.external_id if _is_forged(arrival) else next(iter(refers), "") or new.external_id
            if root:
                keys.append((arrival.inbox.id, root, slot))
                here.setdefault((arrival.inbox.store_id, root), slot)
        if known.asides and new.kind == "person" and _is_aside(arrival, slot, refers, known):
            new.kind = "aside"
        slots[slot.id] = slot
        slot.messages.append((index, new, 0))
        slot.files.append(arrival.message.files)
        if new.external_id:
            here[(arrival.inbox.store_id, new.external_id)] = slot
    joined_others = _claim_keys(keys, slots, now)
    alive = [slot for slot in slots.values() if slot.messages]
    if joined_others:
        ids = reserve(len(arrivals), "conversations_conversation", "conversations_message")
    message_ids = iter([message_id for _, message_id in ids])
    for slot in alive:
        slot.messages = [(index, new, next(message_ids)) for index, new, _ in slot.messages]
    return list(slots.values())


def _slot_of(conversation_id: int, arrival: Arriving, *, fresh: bool, status: str = "open") -> Slot:
    return Slot(conversation_id, arrival.inbox, arrival.customer_id, arrival.customer_name, fresh, status)


def _look(arrivals: Sequence[Arriving], news: Sequence[NewMessage]) -> _Known:
    known = _Known({}, {}, {})
    wanted = {new.external_id for new in news} | {r for a in arrivals for r in references(a.message)}
    wanted.discard("")
    hints = {hint for a in arrivals for hint in (a.message.conversation_hint, a.message.subject_number)} - {None}
    if wanted:
        condition, values = among("m.external_id", wanted)
        found = hot(
            "SELECT m.external_id, m.conversation_id, m.id, m.inbox_id, c.store_id, m.kind FROM conversations_message m"
            f" JOIN conversations_conversation c ON c.id = m.conversation_id WHERE {condition} ORDER BY m.id",
            values,
        )
        for external_id, conversation_id, message_id, inbox_id, store_id, kind in found:
            if kind in ASIDE_KINDS:
                known.asides.add((conversation_id, external_id))
            known.ids.setdefault((store_id, external_id), []).append((conversation_id, message_id, inbox_id))
    if roots := {refers[0] for a in arrivals if (refers := references(a.message))}:
        condition, values = among("key", roots)
        sql = f"SELECT inbox_id, key, conversation_id FROM conversations_threadkey WHERE {condition}"
        known.roots = {(row[0], row[1]): row[2] for row in hot(sql, values)}
    candidates = {c for found in known.ids.values() for c, _, _ in found} | set(known.roots.values())
    known.standing = _lock(candidates | {int(h) for h in hints if h is not None})
    return known


def _lock(ids: Iterable[int]) -> dict[int, _Standing]:
    """Lock conversations in the order of their ids, so that two batches never cross."""
    ordered = sorted(set(ids))
    if not ordered:
        return {}
    condition, values = among("id", ordered)
    columns = "id, store_id, status, closed_at, customer_id"
    sql = f"SELECT {columns} FROM conversations_conversation WHERE {condition} ORDER BY id"
    found = hot(f"{sql} FOR UPDATE" if is_postgres() else sql, values)
    return {row[0]: _Standing(row[0], row[1], row[2], time_out(row[3]), row[4]) for row in found}


def _same(one: NewMessage, other: NewMessage) -> bool:
    return (one.author_address, one.subject, one.text) == (other.author_address, other.subject, other.text)


def _repeated(arrival: Arriving, new: NewMessage, here: Mapping[tuple[int, str], Slot]) -> int | None:
    """Return the index of the same message of this batch; forget an id that is another message's."""
    slot = here.get((arrival.inbox.store_id, new.external_id)) if new.external_id else None
    for index, other, _ in slot.messages if slot is not None else []:
        if other.external_id == new.external_id:
            if _same(other, new):
                return index
            _disown(new)
            return None
    return None


def _twin(arrival: Arriving, new: NewMessage, known: _Known) -> tuple[int, int] | None:
    """Return (conversation, message) of the same message taken before, by whatever inbox of the store; forget an id
    that is somebody else's."""
    if not new.external_id:
        return None
    place = (arrival.inbox.store_id, new.external_id)
    standing = known.ids.get(place, [])
    for conversation_id, message_id, _ in standing:
        row = Message.objects.filter(pk=message_id).values_list("author_address", "subject", "text").get()
        if row == (new.author_address, new.subject[:500], new.text):
            return conversation_id, message_id
    if any(inbox_id == arrival.inbox.id for _, _, inbox_id in standing):
        _disown(new)
    return None


def _disown(new: NewMessage) -> None:
    new.headers = {**new.headers, "claimed_id": new.external_id}
    new.external_id = ""


def _joined(
    arrival: Arriving,
    refers: Sequence[str],
    known: _Known,
    here: Mapping[tuple[int, str], Slot],
    slots: Mapping[int, Slot],
    now: datetime,
) -> Slot | None:
    """Return the conversation this message belongs to, or None for a new one.

    What it refers to by ids comes first; a number in the subject anybody can write, so it joins participants only, and
    no forged ones.
    """
    store = arrival.inbox.store_id
    candidates: list[int] = []
    if arrival.message.conversation_hint is not None:
        candidates.append(arrival.message.conversation_hint)
    for reference in reversed(refers):
        if (store, reference) in here:
            candidates.append(here[(store, reference)].id)
        candidates += [c for c, _, _ in reversed(known.ids.get((store, reference), []))]
    if refers and (arrival.inbox.id, refers[0]) in known.roots:
        candidates.append(known.roots[(arrival.inbox.id, refers[0])])
    forged_as = _rows_of(arrival) if _is_forged(arrival) else None
    for candidate in candidates:
        standing = known.standing.get(candidate)
        owner = standing or slots.get(candidate)
        if owner is None or (forged_as is not None and owner.customer_id not in forged_as):
            continue
        if candidate in slots:
            return slots[candidate]
        if standing is not None and standing.store_id == store and not _long_closed(standing, now):
            return _slot_of(candidate, arrival, fresh=False, status=standing.status)
    return _numbered(arrival, known, slots, now) if forged_as is None else None


def _is_aside(arrival: Arriving, slot: Slot, refers: Sequence[str], known: _Known) -> bool:
    """Say whether a message answers what was said aside, and is not the customer's."""
    store = arrival.inbox.store_id
    parent = next((one for one in reversed(refers) if (store, one) in known.ids), "")
    if slot.fresh or (slot.id, parent) not in known.asides:
        return False
    standing = known.standing.get(slot.id)
    return standing is None or standing.customer_id not in _rows_of(arrival)


def _numbered(arrival: Arriving, known: _Known, slots: Mapping[int, Slot], now: datetime) -> Slot | None:
    """Return the conversation whose number the subject gives, for somebody who takes part in it."""
    standing = known.standing.get(arrival.message.subject_number or 0)
    if standing is None or standing.store_id != arrival.inbox.store_id or _long_closed(standing, now):
        return None
    theirs = arrival.customer_id == standing.customer_id or standing.customer_id in _rows_of(arrival)
    if not theirs and not _takes_part(arrival.message.sender.address, standing.id):
        return None
    return slots.get(standing.id) or _slot_of(standing.id, arrival, fresh=False, status=standing.status)


def _takes_part(address: str, conversation_id: int) -> bool:
    """Say whether a message of the conversation is from or to this address."""
    wanted = address.casefold()
    found = Message.objects.filter(conversation_id=conversation_id).values_list("author_address", "recipients")
    return bool(wanted) and any(
        wanted in {author.casefold(), *(r["address"].casefold() for group in recipients.values() for r in group)}
        for author, recipients in found
    )


def _is_forged(arrival: Arriving) -> bool:
    return FORGED in arrival.message.warnings


def _rows_of(arrival: Arriving) -> Sequence[int]:
    """Return the rows of the customer that a message names, with those merged into it.

    A forged one joins that customer's conversations only, never another's by an id that its sender came to know.
    """
    found = customers.customer(arrival.customer_id)
    return found.all_ids if found is not None else [arrival.customer_id]


def _long_closed(standing: _Standing, now: datetime) -> bool:
    return standing.status == "closed" and standing.closed_at is not None and now - standing.closed_at > REOPEN_WITHIN


def _claim_keys(keys: Sequence[tuple[int, str, Slot]], slots: dict[int, Slot], now: datetime) -> bool:
    """Write the thread keys of new conversations; where another batch was faster, join its conversation. Say
    whether one was.

    The keys are written before the conversations (the foreign key is checked at the end of the transaction), so
    a conversation that lost the race is never made.
    """
    ordered = sorted(keys, key=lambda row: row[:2])
    if not ordered:
        return False
    won = insert_many(
        "conversations_threadkey",
        ("inbox_id", "key", "conversation_id"),
        [(inbox_id, key, slot.id) for inbox_id, key, slot in ordered],
        tail="ON CONFLICT (inbox_id, key) DO NOTHING RETURNING inbox_id, key",
    )
    mine = {(inbox_id, key) for inbox_id, key in won}
    lost = [row for row in ordered if row[:2] not in mine]
    if not lost:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inbox_id, key, conversation_id FROM conversations_threadkey"
            f" WHERE (inbox_id, key) IN (VALUES {', '.join(['(%s, %s)'] * len(lost))})",
            [value for inbox_id, key, _ in lost for value in (inbox_id, key)],
        )
        theirs = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
    standing = _lock(theirs.values())
    for inbox_id, key, slot in lost:
        found = standing.get(theirs.get((inbox_id, key), 0))
        if found is None or _long_closed(found, now) or found.store_id != slot.inbox.store_id:
            continue  # The thread goes on in a new conversation, which then is not found by this key.
        other = slots.get(found.id)
        del slots[slot.id]
        if other is None:
            slot.id, slot.fresh, slot.status = found.id, False, found.status
            slots[found.id] = slot
        else:
            other.messages += slot.messages
            other.files += slot.files
            other.duplicates += slot.duplicates
            other.twins += slot.twins
    return True
