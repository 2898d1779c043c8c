"""A message is taken back before it leaves: its text goes to who wrote it, and nothing shows that it was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pult.conversations import content
from pult.conversations.actions import record
from pult.conversations.actions.outbound import Writer, send_key
from pult.conversations.errors import MessageNotFound, TooLate
from pult.conversations.models import Attachment, Change, Conversation, Draft, Message, Status
from pult.platform import queue


def undo(*, message_id: int, writer: Writer) -> int:
    """Take a message back that has not left and return the conversation's id.

    It becomes the draft of the person who wrote it, whoever takes it back; where that person has begun another
    answer meanwhile, above that. What no person wrote goes to the one who takes it back, what was forwarded to nobody.
    Raises MessageNotFound, TooLate.
    """
    with transaction.atomic():
        outgoing = Message.objects.filter(pk=message_id, direction="out")
        conversation_id = outgoing.values_list("conversation_id", flat=True).first()
        if conversation_id is None:
            raise MessageNotFound
        # The conversation first, as everybody does, so that an undo and what arrives never wait for each other.
        conversation = record.locked(conversation_id)
        message = outgoing.select_for_update().first()
        if message is None:
            raise MessageNotFound
        if message.state != Message.State.QUEUED or not queue.cancel(send_key(message_id)):
            raise TooLate
        owner_id = message.staff_id or writer.staff_id
        files = list(message.attachments.values_list("id", flat=True))
        Attachment.objects.filter(message=message).update(message=None, uploaded_by=owner_id)
        # What was forwarded is nobody's draft to the customer: the screen that sent it still has it.
        if owner_id is not None and message.kind != "forward":
            _to_draft(message, owner_id, files)
        record.forget_words(message)
        message.delete()
        _put_back(conversation, message, writer.actor)
        _step_back(conversation, len(files))
        record.tell("message.undone", conversation.store_id, conversation.id, writer.actor, message_id)
    return conversation.id


def _to_draft(message: Message, staff_id: int, files: list[int]) -> None:
    """Put a message into its writer's draft, above what stands there; the draft's own recipients stay."""
    place: dict[str, Any] = {"conversation_id": message.conversation_id, "staff_id": staff_id, "kind": "reply"}
    newer = Draft.objects.select_for_update().filter(**place).first()
    values: dict[str, Any] = {
        "text": message.text,
        "html": message.html,
        "recipients": message.recipients,
        "attachment_ids": files,
        "updated_at": timezone.now(),
    }
    if newer is not None and (newer.text.strip() or newer.attachment_ids):
        values["text"] = "\n\n".join(text for text in (message.text.rstrip(), newer.text) if text.strip())
        values["html"] = content.as_html(message.text, message.html) + content.as_html(newer.text, newer.html)
        values["attachment_ids"] = list(dict.fromkeys([*files, *newer.attachment_ids]))
        if _anybody(newer.recipients):
            values["recipients"] = newer.recipients
    Draft.objects.update_or_create(**place, defaults=values)


def _anybody(recipients: Mapping[str, Any]) -> bool:
    return any(recipients.get(group) for group in ("to", "cc", "bcc"))


def _put_back(conversation: Conversation, message: Message, actor: str) -> None:
    """Give back the status from before an answer, unless something has happened since that changed it."""
    headers = message.headers
    before = str(headers.get("status_before", ""))
    if not before or conversation.status not in {Status.WAITING_CUSTOMER, Status.CLOSED}:
        return
    now = timezone.now()
    until = datetime.fromisoformat(str(headers.get("snoozed_before") or now.isoformat()))
    asleep = before == Status.SNOOZED and until > now
    conversation.status = Status.OPEN if before == Status.SNOOZED and not asleep else before
    conversation.snoozed_until = until if asleep else None
    conversation.closed_at = (conversation.closed_at or now) if before == Status.CLOSED else None
    # What never left has changed nothing: the history does not say that it did.
    said = Change.objects.filter(conversation=conversation.id, kind="status", actor=actor, before=before)
    said.filter(at__gte=message.created_at).delete()


def _step_back(conversation: Conversation, files: int) -> None:
    last = Message.objects.filter(conversation=conversation.id, direction__in=["in", "out"]).order_by("-id").first()
    conversation.message_count -= 1
    conversation.attachment_count -= files
    conversation.version += 1
    conversation.last_message = last
    if last is not None:
        conversation.last_message_at = last.created_at
        conversation.last_direction = last.direction
        conversation.last_author = last.author_name
        conversation.snippet = content.snippet(last.reply, last.text)
    conversation.save()
