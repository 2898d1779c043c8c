"""A message is forwarded to somebody outside: aside from the talk with the customer, in the same conversation."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from pult.channels.base import InboxInfo
from pult.conversations import content
from pult.conversations.actions import outbound, record
from pult.conversations.actions.outbound import Writer, Written
from pult.conversations.actions.record import NewMessage
from pult.conversations.errors import MessageNotFound, NoRecipient, Refused
from pult.conversations.models import Attachment, Message

_PREFIXES = ("fwd:", "fw:", "wg:", "pd:", "προώθ:")


def forward(
    *,
    message_id: int,
    inbox: InboxInfo,
    writer: Writer,
    written: Written,
    file_ids: Collection[int] | None = None,
    undo_seconds: int = 0,
) -> int:
    """Send a message of a conversation on to somebody else and return the new message's id.

    What `written` says stands above the message that is forwarded, which is put there when it leaves. The conversation
    stays as it is, and what is answered to it changes nothing about whom the customer's answers go to.

    Args:
        file_ids: those of the message's files that go with it; None for all.

    Raises MessageNotFound (also for a note), NoRecipient, Refused("unknown_attachment").
    """
    if not written.to:
        raise NoRecipient
    with transaction.atomic():
        original = Message.objects.filter(pk=message_id, direction__in=["in", "out"]).first()
        if original is None:
            raise MessageNotFound
        conversation = record.locked(original.conversation_id)
        said = outbound.masked(written, conversation.store_id)
        files = _files(message_id, file_ids)
        now = timezone.now()
        new = NewMessage(
            direction="out",
            kind="forward",
            text=said.text,
            html=content.clean_html(said.html),
            reply=said.text,
            subject=said.subject or _subject(original.subject or conversation.subject),
            language=conversation.language,
            author_name=writer.name,
            author_address=inbox.address,
            staff_id=writer.staff_id,
            recipients={
                "to": record.people(written.to),
                "cc": record.people(written.cc or ()),
                "bcc": record.people(written.bcc),
            },
            headers={"references": [], "status_before": conversation.status, "forwards": message_id},
            state="queued",
            send_after=outbound.leaves_at(now, conversation.channel, undo_seconds),
            created_at=now,
        )
        return outbound.write(conversation, inbox, new, written.attachment_ids, writer, status=None, copies=files)


def _files(message_id: int, file_ids: Collection[int] | None) -> list[Attachment]:
    files = list(Attachment.objects.filter(message=message_id).order_by("id"))
    if file_ids is None:
        return files
    if not set(file_ids) <= {file.id for file in files}:
        raise Refused("unknown_attachment", "file_ids")
    return [file for file in files if file.id in set(file_ids)]


def _subject(subject: str) -> str:
    bare = subject.strip()
    return bare if bare.casefold().startswith(_PREFIXES) else f"Fwd: {bare}".strip()
