"""A person at the desk writes: a reply, a note, a new mail; and may take it back until it has left."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from pult.channels import masking, registry
from pult.channels import queries as channels
from pult.channels.base import Address, InboxInfo
from pult.conversations import content
from pult.conversations.actions import record, spam
from pult.conversations.actions.record import InboxRef, NewMessage
from pult.conversations.errors import MessageNotFound, NewerMessage, NoRecipient, Refused, TooLate
from pult.conversations.models import MACHINE_KINDS, Attachment, Conversation, Draft, Message, Status
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

    Raises ConversationNotFound, NewerMessage (the customer wrote after `seen_message_id`), NoRecipient,
    Refused("empty").
    """
    _must_say_something(written)
    with transaction.atomic():
        conversation = record.locked(conversation_id)
        written = _masked(written, conversation.store_id)
        thread = _thread(conversation_id)
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
            headers={
                "references": thread.references,
                "status_before": conversation.status,
                **({"quotes": thread.newest_in_id} if _quotes(thread, written, automatic.to, [*to, *cc]) else {}),
                **({"snoozed_before": conversation.snoozed_until.isoformat()} if conversation.snoozed_until else {}),
                **({"automatic": True} if written.automatic else {}),
            },
            state="queued",
            send_after=now + timedelta(seconds=undo_seconds) if undo_seconds else None,
            created_at=now,
        )
        status = Status.CLOSED.value if close else Status.WAITING_CUSTOMER.value
        message_id = _write(conversation, inbox, new, written.attachment_ids, writer, status=status)
        if writer.staff_id is not None:
            Draft.objects.filter(conversation=conversation_id, staff=writer.staff_id, kind="reply").delete()
        if conversation.status != status:
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
    to, written = written.to, _masked(written, place.store_id)
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
        send_after=now + timedelta(seconds=undo_seconds) if undo_seconds else None,
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
        message_id = _write(conversation, inbox, new, written.attachment_ids, writer, status=None)
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
        said = _masked(Written(text=text, html=html), conversation.store_id)
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


def send_key(message_id: int) -> str:
    """Return the queue key of a message's sending."""
    return f"send:{message_id}"


@dataclasses.dataclass(frozen=True, slots=True)
class _Thread:
    answered: list[tuple[str, str, str, Mapping[str, Any]]]
    """The latest message of a person; ours where there is none."""
    newest_in_id: int
    references: list[str]


def _thread(conversation_id: int) -> _Thread:
    found = (
        Message.objects.filter(conversation=conversation_id, direction__in=["in", "out"])
        .order_by("-id")
        .values_list(
            "id", "direction", "kind", "author_name", "author_address", "recipients", "headers__warnings", "external_id"
        )
    )
    rows = list(found[:_REFERENCES])
    # However much was written since, an answer goes to whom the latest message of a person says.
    people = [row for row in rows if row[1] == "in" and row[2] not in MACHINE_KINDS][:1]
    people = people or list(found.filter(direction="in").exclude(kind__in=MACHINE_KINDS)[:1])
    ours = [row for row in rows if row[1] == "out"][:1]
    newest_in = next((row[0] for row in rows if row[1] == "in"), people[0][0] if people else 0)
    return _Thread(
        [
            (way, name, address, answered(recipients, warnings))
            for _, way, _, name, address, recipients, warnings, _ in (people or ours or rows[:1])
        ],
        newest_in,
        [row[7] for row in reversed(rows) if row[7]],
    )


def _given(chosen: Sequence[Address] | None, automatic: Sequence[AddressView]) -> list[dict[str, str]]:
    if chosen is not None:
        return record.people(chosen)
    return [{"name": a.name, "address": a.address} for a in automatic]


def _quotes(
    thread: _Thread, written: Written, answered: Sequence[AddressView], recipients: Sequence[dict[str, str]]
) -> bool:
    """Say whether an answer quotes the newest message: a person's does, and only to somebody who knows that message."""
    authors = {address.casefold() for _, _, address, _ in thread.answered} | {a.address.casefold() for a in answered}
    return not written.automatic and any(person["address"].casefold() in authors for person in recipients)


def _masked(written: Written, store_id: int) -> Written:
    rules = channels.rules(store_id)
    text, html, subject = (masking.mask(part, rules) for part in (written.text, written.html, written.subject))
    return dataclasses.replace(written, text=text, html=html, subject=subject)


def _answer_subject(subject: str) -> str:
    bare = subject.lstrip()
    return subject if bare[:3].casefold() in {"re:", "aw:", "sv:"} else f"Re: {subject}".strip()


def _must_say_something(written: Written) -> None:
    if not written.text.strip() and not written.html.strip() and not written.attachment_ids:
        raise Refused("empty", "text")


def _write(
    conversation: Conversation,
    inbox: InboxInfo,
    new: NewMessage,
    attachment_ids: Sequence[int],
    writer: Writer,
    *,
    status: str | None,
) -> int:
    message_id = record.insert_message(conversation.id, inbox.id, new)
    external_id = registry.adapter(conversation.channel).new_external_id(
        inbox, conversation_id=conversation.id, message_id=message_id
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE conversations_message SET external_id = %s WHERE id = %s", [external_id, message_id])
    files = _attach(message_id, attachment_ids, writer.staff_id)
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
