"""What arrives: parsed, its sender found, its conversation found or opened, all in one transaction."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from pult.channels import actions as channels
from pult.channels import masking, queries, registry
from pult.channels.base import (
    FORGED,
    Address,
    Authenticity,
    DeliveryStatus,
    InboundMessage,
    Opinion,
    Screening,
    SenderCheck,
    SpamCheck,
    Vouching,
)
from pult.channels.queries import InboxRecord, Payload
from pult.conversations import actions as conversations
from pult.conversations import queries as conversation_queries
from pult.conversations.actions import Arrival, InboxRef, Writer, Written
from pult.customers import actions as customers
from pult.customers.actions import Known, Wanted
from pult.flows import spam as spam_flow
from pult.platform import language
from pult.spam.queries import Reason, judge

log = logging.getLogger(__name__)
BATCH = 25
CHECK_SECONDS = 3.0
_UNREADABLE = 100_000


class Read(NamedTuple):
    """A payload that could be read: what it says, masked, and its masked copy where anything had to be."""

    inbox: InboxRecord
    payload: Payload
    messages: Sequence[tuple[InboundMessage, bool]]
    statuses: Sequence[DeliveryStatus]
    clean: bytes | None
    check: SenderCheck | None = None
    screen: SpamCheck | None = None
    spam: Sequence[Reason | None] = ()
    """Of each message why it is taken for spam."""


class Overtaken(Exception):
    """Another worker has finished a payload of ours: nothing of it may be written twice."""


def run_batch(limit: int = BATCH) -> int:
    """Work through payloads that wait and return how many there were."""
    waiting = channels.apart(channels.claim(limit))
    if not waiting:
        return 0
    # As they are now: whom to trust and what to hide holds for the first mail after it was said.
    inboxes = queries.inboxes_by_id({payload.inbox_id for payload in waiting})
    read = [found for payload in waiting if (found := _read(_inbox(inboxes, payload), payload)) is not None]
    read = _judged(_asked(read))
    try:
        _write(read)
    except Exception:
        # One that cannot be written must not hold the others: each alone, and each failure its own.
        log.warning("a batch of %s payloads is taken one by one", len(read), exc_info=len(read) == 1)
        for one in read:
            _write_alone(one)
    return len(waiting)


def _inbox(known: Mapping[int, InboxRecord], payload: Payload) -> InboxRecord:
    return known.get(payload.inbox_id) or queries.inbox(payload.inbox_id)


def _read(inbox: InboxRecord, payload: Payload) -> Read | None:
    if payload.attempts > channels.MAX_ATTEMPTS:
        _failed(inbox, payload, RuntimeError("the process that read it died each time"))
        return None
    try:
        adapter, info, raw = registry.adapter(inbox.channel), inbox.info(), payload.raw()
        events = adapter.parse(info, raw)
        check = adapter.sender_check(info, raw) if isinstance(adapter, Vouching) else None
        screen = adapter.spam_check(info, raw) if isinstance(adapter, Screening) else None
        rules = inbox.rules()
        messages = [masking.mask_message(event, rules) for event in events if isinstance(event, InboundMessage)]
        hides = any(masked for _, masked in messages) or masking.shows_number(payload.body, rules)
        clean = masking.masked_copy(payload.body, rules) if hides else None
    except Exception as error:
        _failed(inbox, payload, error)
        return None
    statuses = [event for event in events if isinstance(event, DeliveryStatus)]
    return Read(inbox, payload, messages, statuses, clean, check, screen)


def _asked(read: list[Read]) -> list[Read]:
    """Ask others who sent what, and whether it is spam, all at once: however slow the answers are, a batch waits
    CHECK_SECONDS, and a forger's slow names take no other mail's time."""
    checks = [(one, one.check) for one in read if one.check is not None]
    screens = [(one, one.screen) for one in read if one.screen is not None]
    if not checks and not screens:
        return read
    deadline = time.monotonic() + CHECK_SECONDS
    with ThreadPoolExecutor(len(checks) + len(screens), "mail-check") as pool:
        said = [(one, pool.submit(ask, deadline)) for one, ask in screens]
        found = [(one, pool.submit(ask, deadline)) for one, ask in checks]
    auths = {id(one): answer.result() for one, answer in found}
    opinions = {id(one): answer.result() for one, answer in said}
    spam_flow.note_health([(one.inbox.id, opinions[id(one)]) for one, _ in screens])
    return [_told(one, auths.get(id(one)), opinions.get(id(one))) for one in read]


def _told(one: Read, auth: Authenticity | None, opinion: Opinion | None) -> Read:
    changes: dict[str, Any] = {"auth": auth} if auth is not None else {}
    # What the server before us found stands, unless there is more to say.
    if opinion is not None and opinion.spam is not None:
        changes["opinion"] = opinion
    if not changes:
        return one
    messages = [(dataclasses.replace(message, **_kept(message, changes)), masked) for message, masked in one.messages]
    return one._replace(messages=messages)


def _kept(message: InboundMessage, changes: dict[str, Any]) -> dict[str, Any]:
    said = message.opinion is not None and message.opinion.spam
    return {name: value for name, value in changes.items() if name != "opinion" or not said}


def _judged(read: list[Read]) -> list[Read]:
    """Say what is spam. Whoever answers a mail of ours, or reports on one, is not asked about; where the filter itself
    fails, nothing is spam and no mail waits for it."""
    asked = [(one, message) for one in read for message, _ in one.messages if not one.statuses and _is_new(message)]
    try:
        found = judge([message for _, message in asked])
    except Exception:
        log.exception("the spam filter failed")
        return read
    reasons = {id(message): reason for (_, message), reason in zip(asked, found, strict=True)}
    if not any(found):
        return read
    return [one._replace(spam=[reasons.get(id(message)) for message, _ in one.messages]) for one in read]


def _is_new(message: InboundMessage) -> bool:
    return message.conversation_hint is None and message.kind != "unreadable"


def _write_alone(one: Read) -> None:
    try:
        _write([one])
    except Overtaken:
        log.info("payload %s was finished elsewhere", one.payload.id)
    except Exception as error:
        _failed(one.inbox, one.payload, error)


def _write(read: Sequence[Read]) -> None:
    with transaction.atomic():
        take_messages(
            [(one.inbox, message, masked) for one in read for message, masked in one.messages],
            payload_ids=[one.payload.id for one in read for _ in one.messages],
            spam=[reason for one in read for reason in one.spam or [None] * len(one.messages)],
        )
        for one in read:
            for status in one.statuses:
                take_status(one.inbox, status)
        if not _finish(read):
            raise Overtaken


def _finish(read: Sequence[Read]) -> bool:
    plain = [one.payload.id for one in read if one.clean is None]
    masked = [channels.mark_parsed(one.payload.id, one.clean) for one in read if one.clean is not None]
    return channels.mark_many_parsed(plain) and all(masked)


def take_messages(
    masked: Sequence[tuple[InboxRecord, InboundMessage, bool]],
    *,
    payload_ids: Sequence[int] = (),
    spam: Sequence[Reason | None] = (),
) -> list[int]:
    """Write masked messages where they belong and return their conversations' ids.

    The third of each says whether anything was masked; `payload_ids` are what they were read from, so that erasing a
    person reaches that as well; `spam` is why each is taken for spam.
    """
    if not masked:
        return []
    read_from: Sequence[int | None] = payload_ids or [None] * len(masked)
    senders = customers.identify_many([_sender(message) for _, message, _ in masked])
    reasons = _spared(spam, [message for _, message, _ in masked], senders) if any(spam) else [None] * len(masked)
    taken = conversations.take_in_many(
        [
            Arrival(
                ref(inbox),
                one.id,
                one.name or message.sender.address,
                _marked(message, one),
                was_masked,
                payload_id,
                reason._asdict() if reason else None,
            )
            for (inbox, message, was_masked), one, payload_id, reason in zip(
                masked, senders, read_from, reasons, strict=True
            )
        ]
    )
    return [one.conversation_id for one in taken]


def _spared(
    spam: Sequence[Reason | None], messages: Sequence[InboundMessage], senders: Sequence[Known]
) -> list[Reason | None]:
    """Take nobody for a spammer with whom the desk has corresponded, where the mail is his, or nobody can tell."""
    known = conversation_queries.corresponded({one.id for one, why in zip(senders, spam, strict=True) if why})
    return [
        None if one.id in known and not one.forged and (message.auth is None or message.auth.verdict == "pass") else why
        for why, message, one in zip(spam, messages, senders, strict=True)
    ]


def _sender(message: InboundMessage) -> Wanted:
    kind = "email" if "@" in message.sender.address else "handle"
    alive = message.kind == "person"
    proof = message.auth.verdict if message.auth else ""
    return Wanted(kind, message.sender.address or "unknown", message.sender.name, message.language, alive, proof)


def _marked(message: InboundMessage, sender: Known) -> InboundMessage:
    """Mark a message that is not from whom it names; nothing answers it by itself."""
    if not sender.forged:
        return message
    auth = dataclasses.replace(message.auth, unusual=message.auth.verdict == "none") if message.auth else None
    return dataclasses.replace(message, auth=auth, loop_safe=False, warnings=[FORGED, *message.warnings])


def take_status(inbox: InboxRecord, status: DeliveryStatus) -> None:
    """Write what became of a message of ours; what it says of an address is remembered if the message went there.

    Whoever got a mail of ours can make up a report on it, but not on anybody else's address. A complaint often hides
    whose it is: then it is that of the only recipient.
    """
    message_id = conversations.record_delivery(inbox.id, status)
    found = conversation_queries.message(message_id) if message_id is not None else None
    if found is None:
        return
    reached = [a.address for a in [*found[1].to, *found[1].cc, *found[1].bcc]]
    address = status.recipient
    if not address and status.state == "complained" and len(reached) == 1:
        address = reached[0]
    if not address or address.casefold() not in {a.casefold() for a in reached}:
        return
    if status.state in {"delivered", "read"}:
        customers.mark_deliverable(address=address)
    elif status.state in {"failed", "complained"}:
        kind = "complaint" if status.state == "complained" else "hard" if status.permanent else "soft"
        words = " ".join(part for part in (status.code, status.reason) if part)
        customers.mark_undeliverable(address=address, kind=kind, reason=status.category, words=words)


def _failed(inbox: InboxRecord, payload: Payload, error: Exception) -> None:
    """What cannot be read or written is tried again, and in the end shown to a person as it came."""
    log.error("payload %s of inbox %s failed", payload.id, inbox.id, exc_info=error)
    if not channels.mark_failed(payload.id, f"{type(error).__name__}: {error}"):
        return
    shown = InboundMessage(
        sender=Address(str(payload.envelope.get("sender") or "unknown")),
        subject="(unreadable message)",
        text=payload.body[:_UNREADABLE].decode("utf-8", "replace").replace("\x00", ""),
        external_id=f"unreadable-{payload.id}",
        kind="unreadable",
        loop_safe=False,
    )
    with transaction.atomic():
        take_messages([(inbox, *masking.mask_message(shown, inbox.rules()))])


def create(inbox: InboxRecord, address: str, name: str, subject: str, text: str, html: str) -> int:
    """Open a conversation for a customer's matter that a program brings, and return its id."""
    message = InboundMessage(
        sender=Address(address, name),
        subject=subject,
        text=text,
        html=html,
        reply=text,
        language=language.detect(text),
        to=[Address(inbox.address)],
        sent_at=timezone.now(),
    )
    with transaction.atomic():
        return take_messages([(inbox, *masking.mask_message(message, inbox.rules()))])[0]


def start(inbox: InboxRecord, writer: Writer, written: Written, *, undo_seconds: int = 0) -> int:
    """Write to a customer first and return the new conversation's id."""
    first = next(iter(written.to or ()), Address("unknown"))
    with transaction.atomic():
        customer = customers.identify(kind="email", value=first.address, name=first.name)
        conversation_id, _ = conversations.start(
            inbox=inbox.info(),
            place=ref(inbox),
            customer_id=customer.id,
            customer_name=customer.name or first.address,
            writer=writer,
            written=written,
            undo_seconds=undo_seconds,
        )
    return conversation_id


def ref(inbox: InboxRecord) -> InboxRef:
    """Return an inbox as conversations take it."""
    return InboxRef(inbox.id, inbox.store_id, inbox.team_id, inbox.channel, inbox.address)
