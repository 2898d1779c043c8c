"""What the desk keeps beside the conversation: drafts, read marks, presence, tags, saved views, uploads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pult.channels import masking
from pult.channels import queries as channels
from pult.channels.base import Address
from pult.conversations.actions import record
from pult.conversations.actions.tags import standing
from pult.conversations.content import as_html, clean_html
from pult.conversations.errors import MessageNotFound, Refused, VersionConflict
from pult.conversations.models import Attachment, CustomerPresence, Draft, Presence, ReadMark, SavedView
from pult.platform import events, storage, wakeup

PRESENCE_FOR = timedelta(seconds=45)
UPLOADS_KEPT = timedelta(days=7)
SWEEP_PAGE = 500


def save_draft(
    *,
    conversation_id: int,
    staff_id: int,
    kind: str,
    text: str,
    html: str,
    recipients: Mapping[str, Sequence[Address]],
    attachment_ids: Sequence[int] = (),
    expected: frozenset[int] | None = None,
    join: bool = False,
) -> None:
    """Keep what was written so far; `recipients` maps to, cc, bcc.

    Where a draft of another version than `expected` stands, it is not written over: with `join` this text goes below
    that one, else VersionConflict. Raises ConversationNotFound.
    """
    place: dict[str, Any] = {"conversation_id": conversation_id, "staff_id": staff_id, "kind": kind}
    with transaction.atomic():
        rules = channels.rules(record.locked(conversation_id).store_id)
        there = Draft.objects.filter(**place).first()
        text, html = masking.mask(text, rules), clean_html(masking.mask(html, rules))
        files = list(attachment_ids)
        if there is not None and expected is not None and there.version not in expected:
            if not join:
                raise VersionConflict(there.version)
            text, html = _below(there, text, html)
            files = list(dict.fromkeys([*there.attachment_ids, *files]))
        Draft.objects.update_or_create(
            **place,
            defaults={
                "text": text,
                "html": html,
                "recipients": {group: record.people(found) for group, found in recipients.items()},
                "attachment_ids": files,
                "updated_at": timezone.now(),
            },
        )


def _below(there: Draft, text: str, html: str) -> tuple[str, str]:
    """Return what stands with `text` below it, as text and HTML; one alone where it holds the other."""
    if there.text.strip() in text:
        return text, html
    if text.strip() in there.text:
        return there.text, there.html
    return f"{there.text.rstrip()}\n\n{text}", as_html(there.text, there.html) + as_html(text, html)


def discard_draft(*, conversation_id: int, staff_id: int, kind: str, expected: frozenset[int] | None = None) -> None:
    """Throw a draft away. Raises VersionConflict where it is of another version than `expected`."""
    with transaction.atomic():
        there = (
            Draft.objects.select_for_update().filter(conversation=conversation_id, staff=staff_id, kind=kind).first()
        )
        if there is None:
            return
        if expected is not None and there.version not in expected:
            raise VersionConflict(there.version)
        there.delete()


def mark_read(*, conversation_id: int, staff_id: int, message_id: int) -> None:
    """Remember how far this person has read; never backwards."""
    mark, made = ReadMark.objects.get_or_create(
        staff_id=staff_id,
        conversation_id=conversation_id,
        defaults={"message_id": message_id, "at": timezone.now()},
    )
    if not made:
        ReadMark.objects.filter(pk=mark.pk, message_id__lt=message_id).update(message_id=message_id, at=timezone.now())


def mark_unread(*, conversation_id: int, staff_id: int) -> None:
    """Show the conversation as unread to this person again."""
    ReadMark.objects.filter(staff=staff_id, conversation=conversation_id).delete()


def be_present(*, conversation_id: int, staff_id: int, state: str) -> None:
    """Say that somebody is viewing, typing, or has left. Raises Refused."""
    if state not in {"viewing", "typing", "left"}:
        raise Refused("unknown_state", "state")
    now = timezone.now()
    until = now if state == "left" else now + PRESENCE_FOR
    Presence.objects.update_or_create(
        conversation_id=conversation_id,
        staff_id=staff_id,
        defaults={"state": state, "until": until, "updated_at": now},
    )
    wakeup.notify(events.EPHEMERAL)


def save_view(
    *, view_id: int | None, staff_id: int | None, name: str, filters: Mapping[str, str], shared: bool, position: int
) -> int:
    """Make or change a saved view. Raises Refused, MessageNotFound when there is none of that id."""
    name = " ".join(name.split())[:80]
    if not name:
        raise Refused("empty", "name")
    values = {"name": name, "filters": dict(filters), "position": position}
    with transaction.atomic():
        tag = filters.get("tag", "")
        if tag.isdecimal() and not standing([int(tag)]):
            raise Refused("unknown_tag", "filters")
        if view_id is None:
            return SavedView.objects.create(**values, owner_id=None if shared else staff_id, made_by_id=staff_id).id
        row = _visible_view(view_id, staff_id)
        if row is None:
            raise MessageNotFound
        # A view that is shared no more goes back to the one who made it, not to the lead who takes it down.
        owner_id = None if shared else row.owner_id or row.made_by_id or staff_id
        SavedView.objects.filter(pk=row.pk).update(**values, owner_id=owner_id)
    return view_id


def _visible_view(view_id: int, staff_id: int | None) -> SavedView | None:
    rows = SavedView.objects.select_for_update().filter(Q(owner=None) | Q(owner=staff_id), pk=view_id)
    return rows.first()


def delete_view(*, view_id: int, staff_id: int | None) -> None:
    """Delete a saved view of this person, or a shared one."""
    with transaction.atomic():
        row = _visible_view(view_id, staff_id)
        if row is not None:
            row.delete()


def upload(*, name: str, content_type: str, content: bytes, staff_id: int | None) -> int:
    """Store a file that waits for its message and return its id."""
    with transaction.atomic():
        blob = storage.put(content)
        return Attachment.objects.create(
            blob_id=blob.id,
            name=name[:255] or "file",
            content_type=content_type[:120],
            size=blob.size,
            uploaded_by_id=staff_id,
            created_at=timezone.now(),
        ).id


def discard_upload(*, attachment_id: int, staff_id: int | None) -> bool:
    """Delete a file that this person uploaded and nobody sent; False if it is not one of those."""
    with transaction.atomic():
        row = (
            Attachment.objects.select_for_update().filter(pk=attachment_id, message=None, uploaded_by=staff_id).first()
        )
        if row is None:
            return False
        row.delete()
        storage.release(row.blob_id)
    return True


def sweep() -> None:
    """Forget presence that is over and uploads that nobody sent."""
    now = timezone.now()
    Presence.objects.filter(until__lt=now - timedelta(minutes=5)).delete()
    CustomerPresence.objects.filter(until__lt=now - timedelta(minutes=5)).delete()
    old = Attachment.objects.filter(message=None, created_at__lt=now - UPLOADS_KEPT)
    drafted = {i for ids in Draft.objects.values_list("attachment_ids", flat=True) for i in ids}
    seen = 0
    while page := list(old.filter(pk__gt=seen).order_by("pk").values_list("id", "uploaded_by_id")[:SWEEP_PAGE]):
        for attachment_id, staff_id in page:
            if attachment_id not in drafted:
                discard_upload(attachment_id=attachment_id, staff_id=staff_id)
        seen = page[-1][0]
