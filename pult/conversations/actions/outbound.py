"""A person at the desk writes: a reply, a note, a new mail; and may take it back until it has left."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from pult.channels import masking, registry
from pult.channels import queries as channels
from pult.channels.base import Address, InboxInfo
from pult.conversations import answering, content
from pult.conversations.actions import record, spam
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.errors import MessageNotFound, NewerMessage, NoRecipient, Refused, TooLate
from pult.conversations.models import ASIDE_KINDS, Attachment, Conversation, Draft, Message, Status
from pult.conversations.queries.detail import answered, reply_recipients
from pult.conversations.views import AddressView
from pult.platform import queue

SEND_TASK = "flows.send"
_REFERENCES = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: `actor` for the record, `staff_id` where it is a person, the name the customer sees."""

    actor: str
    staff_id: int | None
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """What was written. None as recipients means: to whom an answer would go by itself."""

    text: str
    html: str = ""
    subject: str = ""
    to: Sequence[Address] | None = None
    cc: Sequence[Address] | None = None
    bcc: Sequence[Address] = ()
    attachment_ids: Sequence[int] = ()
    automatic: bool = False


def reply(
    *,
    conversation_id: int,
    inbox: InboxInfo,
    writer: Writer,
    written: Written,
    own_addresses: frozenset[str],
    close: bool = False,
    undo_seconds: int = 0,
    seen_message_id: int | None = None,
) -> int:
    """Answer the customer, whom that takes out of Spam, and return the message's id. It leaves after `undo_seconds`.

    An answer to nobody but people to whom something was forwarded is said aside: it changes neither the status nor what
    is being written to the customer.

    Raises ConversationNotFound, NewerMessage (the customer wrote after `seen_message_id`), NoRecipient,
    Refused("empty").
    """
    _must_say_something(written)
    with transaction.atomic():
        conversation = record.locked(conversation_id)
        written = masked(written, conversation.store_id)
        thread = _thread(conversation_id, written.to)
        if seen_message_id is not None and thread.newest_in_id > seen_message_id:
            raise NewerMessage(thread.newest_in_id)
        automatic = reply_recipients(thread.answered, own_addresses)
        to = _given(written.to, automatic.to)
        cc = _given(written.cc, [] if written.to is not None else automatic.cc)
        if not to:
            raise NoRecipient
        now = timezone.now()
        spam.take_out(conversation, writer.actor)
        new = NewMessage(
            direction="out",
            kind="aside" if thread.aside else "person",
            text=written.text,
            html=content.clean_html(written.html),
            reply=written.text,
            subject=written.subject or _answer_subject(conversation.subject),
            language=conversation.language,
            in_reply_to=thread.references[-1] if thread.references else "",
            author_name=writer.name,
            author_address=inbox.address,
            staff_id=writer.staff_id,
            recipients={"to": to, "cc": cc, "bcc": record.people(written.bcc)},
            headers=_headers(conversation, thread, written, automatic.to, [*to, *cc]),
            state="queued",
            send_after=leaves_at(now, conversation.channel, undo_seconds),
            created_at=now,
        )
        waiting = None if thread.aside else Status.WAITING_CUSTOMER.value
        status = Status.CLOSED.value if close else waiting
        message_id = write(conversation, inbox, new, written.attachment_ids, writer, status=status)
        if writer.staff_id is not None and not thread.aside:
            Draft.objects.filter(conversation=conversation_id, staff=writer.staff_id, kind="reply").delete()
        if status is not None and conversation.status != status:
            record.note_change(conversation_id, writer.actor, "status", conversation.status, status)
    return message_id


def start(
    *,
    inbox: InboxInfo,
    place: InboxRef,
    customer_id: int,
    customer_name: str,
    writer: Writer,
    written: Written,
    undo_seconds: int = 0,
) -> tuple[int, int]:
    """Write to a customer first; return the new conversation's and the message's id.

    Raises NoRecipient, Refused("empty").
    """
    _must_say_something(written)
    if not written.to:
        raise NoRecipient
    to, written = written.to, masked(written, place.store_id)
    now = timezone.now()
    new = NewMessage(
        direction="out",
        text=written.text,
        html=content.clean_html(written.html),
        reply=written.text,
        subject=written.subject,
        author_name=writer.name,
        author_address=inbox.address,
        staff_id=writer.staff_id,
        recipients={
            "to": record.people(to),
            "cc": record.people(written.cc or ()),
            "bcc": record.people(written.bcc),
        },
        headers={"references": [], "status_before": "open"},
        state="queued",
        send_after=leaves_at(now, place.channel, undo_seconds),
        created_at=now,
    )
    with transaction.atomic():
        conversation = Conversation.objects.create(
            store_id=place.store_id,
            inbox_id=place.id,
            channel=place.channel,
            team_id=place.team_id,
            customer_id=customer_id,
            customer_name=customer_name[: record.NAME],
            subject=new.subject[: record.SUBJECT],
            status=Status.WAITING_CUSTOMER,
            last_message_at=now,
            created_at=now,
        )
        conversation_id = conversation.id
        record.tell("conversation.created", place.store_id, conversation_id, writer.actor)
        message_id = write(conversation, inbox, new, written.attachment_ids, writer, status=None)
    return conversation_id, message_id


def note(*, conversation_id: int, writer: Writer, text: str, html: str = "", attachment_ids: Sequence[int] = ()) -> int:
    """Write a note that only the desk sees; it changes nobody's recipients. Raises Refused("empty")."""
    _must_say_something(Written(text=text, html=html, attachment_ids=attachment_ids))
    new = NewMessage(
        direction="note",
        text="",
        author_name=writer.name,
        staff_id=writer.staff_id,
        state="sent",
    )
    with transaction.atomic():
        conversation = record.locked(conversation_id)
        said = masked(Written(text=text, html=html), conversation.store_id)
        new.text, new.reply, new.html = said.text, said.text, content.clean_html(said.html)
        new.language = conversation.language
        message_id = record.insert_message(conversation_id, conversation.inbox_id, new)
        files = _attach(message_id, attachment_ids, writer.staff_id)
        record.bump(conversation_id, message_id, new, files=files)
        record.index_message(conversation_id, conversation.store_id, message_id, new)
        if writer.staff_id is not None:
            Draft.objects.filter(conversation=conversation_id, staff=writer.staff_id, kind="note").delete()
        record.tell("note.added", conversation.store_id, conversation_id, writer.actor, message_id)
    return message_id


def retry(*, message_id: int, writer: Writer) -> None:
    """Send a failed message again, or one whose fate is unknown, under its old Message-ID.

    Raises MessageNotFound, TooLate (it is not in such a state).
    """
    with transaction.atomic():
        message = Message.objects.select_for_update().filter(pk=message_id, direction="out").first()
        if message is None:
            raise MessageNotFound
        if message.state not in {Message.State.FAILED, Message.State.UNKNOWN}:
            raise TooLate
        message.state = Message.State.QUEUED
        message.state_reason = ""
        message.save(update_fields=["state", "state_reason"])
        queue.enqueue(SEND_TASK, {"message_id": message_id}, priority=1)
        store_id = Conversation.objects.values_list("store_id", flat=True).get(pk=message.conversation_id)
        record.tell("message.queued", store_id, message.conversation_id, writer.actor, message_id)


def leaves_at(now: datetime, channel: str, undo_seconds: int) -> datetime | None:
    """Return until when a message of ours can be taken back; None where it leaves at once, as it does where the
    customer has the conversation open before him."""
    held = undo_seconds and registry.manifest(channel).limits.undo_seconds
    return now + timedelta(seconds=undo_seconds) if held else None


def send_key(message_id: int) -> str:
    """Return the queue key of a message's sending."""
    return f"send:{message_id}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Thread:
    answered: list[tuple[str, str, str, Mapping[str, Any]]]
    """The message the answer goes by, or nothing."""
    newest_in_id: int
    references: list[str]
    quoted_id: int
    """The message the answer goes by, where it came from outside; else 0."""
    aside: bool = False
    """It is an answer to somebody whom something was forwarded to, and not to the customer."""


_Line = tuple[int, str, str, str, str, Mapping[str, Any], Any, str]


def _thread(conversation_id: int, to: Sequence[Address] | None) -> _Thread:
    found = (
        Message.objects.filter(conversation=conversation_id, direction__in=["in", "out"])
        .order_by("-id")
        .values_list(
            "id", "direction", "kind", "author_name", "author_address", "recipients", "headers__warnings", "external_id"
        )
    )
    rows: list[_Line] = list(found[:_REFERENCES])
    newest_in = next((row[0] for row in rows if row[1] == "in" and row[2] not in ASIDE_KINDS), 0)
    if to and (aside := _aside(list(found.filter(kind__in=ASIDE_KINDS)[:_REFERENCES]), to)):
        last = next((row for row in aside if row[1] == "in"), None)
        lines = [] if last is None else [(last[1], last[3], last[4], answered(last[5], last[6]))]
        return _Thread(lines, newest_in, _names(aside), last[0] if last else 0, aside=True)
    row = answering.chosen(rows, lambda row: (row[1], row[2]), older=lambda way: found.filter(way.condition()).first())
    if row is None:
        return _Thread([], newest_in, [], 0)
    return _Thread(
        [(row[1], row[3], row[4], answered(row[5], row[6]))],
        newest_in or (row[0] if row[1] == "in" else 0),
        _names([one for one in rows if one[2] not in ASIDE_KINDS]),
        row[0] if row[1] == "in" else 0,
    )


def _aside(asides: list[_Line], to: Sequence[Address]) -> list[_Line]:
    """Return what was said aside with these people; nothing where one of them has no part in it."""
    wanted = {person.address.casefold() for person in to}
    theirs = [(row, _others(row)) for row in asides]
    if not wanted <= {address for _, people in theirs for address in people}:
        return []
    return [row for row, people in theirs if wanted & people]


def _others(row: _Line) -> set[str]:
    if row[1] == "in":
        return {row[4].casefold()}
    return {str(one["address"]).casefold() for group in ("to", "cc") for one in row[5].get(group, [])}


def _names(rows: Sequence[_Line]) -> list[str]:
    return [row[7] for row in reversed(rows) if row[7]]


def _given(chosen: Sequence[Address] | None, automatic: Sequence[AddressView]) -> list[dict[str, str]]:
    if chosen is not None:
        return record.people(chosen)
    return [{"name": a.name, "address": a.address} for a in automatic]


def _headers(
    conversation: Conversation,
    thread: _Thread,
    written: Written,
    automatic: Sequence[AddressView],
    recipients: Sequence[dict[str, str]],
) -> dict[str, object]:
    """Return what is kept beside an answer: what it goes by, what it quotes, how to put the conversation back."""
    kept: dict[str, object] = {"references": thread.references, "status_before": conversation.status}
    if thread.quoted_id and _quotes(thread, written, automatic, recipients):
        kept["quotes"] = thread.quoted_id
    if conversation.snoozed_until:
        kept["snoozed_before"] = conversation.snoozed_until.isoformat()
    if written.automatic:
        kept["automatic"] = True
    return kept


def _quotes(
    thread: _Thread, written: Written, answered: Sequence[AddressView], recipients: Sequence[dict[str, str]]
) -> bool:
    """Say whether an answer quotes the newest message: a person's does, and only to somebody who knows that message."""
    authors = {address.casefold() for _, _, address, _ in thread.answered} | {a.address.casefold() for a in answered}
    return not written.automatic and any(person["address"].casefold() in authors for person in recipients)


def masked(written: Written, store_id: int) -> Written:
    rules = channels.rules(store_id)
    text, html, subject = (masking.mask(part, rules) for part in (written.text, written.html, written.subject))
    return dataclasses.replace(written, text=text, html=html, subject=subject)


def _answer_subject(subject: str) -> str:
    bare = subject.lstrip()
    return subject if bare[:3].casefold() in {"re:", "aw:", "sv:"} else f"Re: {subject}".strip()


def _must_say_something(written: Written) -> None:
    if not written.text.strip() and not written.html.strip() and not written.attachment_ids:
        raise Refused("empty", "text")


def write(
    conversation: Conversation,
    inbox: InboxInfo,
    new: NewMessage,
    attachment_ids: Sequence[int],
    writer: Writer,
    *,
    status: str | None,
    copies: Sequence[Attachment] = (),
) -> int:
    """Write a message of ours with its files, `copies` of another message's among them, and the job that sends it."""
    message_id = record.insert_message(conversation.id, inbox.id, new)
    external_id = registry.adapter(conversation.channel).new_external_id(
        inbox, conversation_id=conversation.id, message_id=message_id
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_message SET external_id = %s WHERE id = %s", [external_id, message_id])
    files = _attach(message_id, attachment_ids, writer.staff_id) + record.copy_files(message_id, copies)
    record.bump(conversation.id, message_id, new, status=status, files=files)
    record.index_message(conversation.id, conversation.store_id, message_id, new)
    queue.enqueue(SEND_TASK, {"message_id": message_id}, run_at=new.send_after, priority=1, key=send_key(message_id))
    record.tell("message.queued", conversation.store_id, conversation.id, writer.actor, message_id)
    return message_id


def _attach(message_id: int, attachment_ids: Sequence[int], staff_id: int | None) -> int:
    if not attachment_ids:
        return 0
    waiting = Attachment.objects.filter(pk__in=attachment_ids, message=None, uploaded_by=staff_id)
    taken = waiting.update(message=message_id)
    if taken != len(set(attachment_ids)):
        raise Refused("unknown_attachment", "attachment_ids")
    return taken
