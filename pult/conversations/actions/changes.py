"""Changing what a conversation is: status, assignee, team, priority, subject, tags, snooze."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from pult.conversations.actions import record
from pult.conversations.actions.tags import standing
from pult.conversations.errors import Refused, VersionConflict
from pult.conversations.models import Change, Conversation, ConversationTag, Priority, Status, Tag


class Keep:
    """The value that leaves a field as it is."""


KEEP: Final = Keep()


@dataclasses.dataclass(frozen=True, slots=True)
class Changes:
    """What to change; KEEP leaves a field alone. `snoozed_until` puts the conversation to sleep until then."""

    status: str | Keep = KEEP
    assignee_id: int | Keep | None = KEEP
    team_id: int | Keep | None = KEEP
    priority: int | Keep = KEEP
    subject: str | Keep = KEEP
    tags: Sequence[int] | Keep = KEEP
    snoozed_until: datetime | Keep | None = KEEP


def change(*, conversation_id: int, changes: Changes, actor: str, versions: Collection[int] | None = None) -> list[str]:
    """Change a conversation and return the names of the fields that changed.

    Raises ConversationNotFound, VersionConflict (it is at none of `versions` any more), Refused.
    """
    with transaction.atomic():
        row = record.locked(conversation_id)
        if versions is not None and row.version not in versions:
            raise VersionConflict(row.version)
        changed = [*_set_state(row, changes, actor), *_set_plain(row, changes, actor)]
        if not isinstance(changes.tags, Keep) and _set_tags(row, changes.tags, actor):
            changed.append("tags")
        if changed:
            row.version += 1
            row.save()
            record.tell("conversation.changed", row.store_id, conversation_id, actor, fields=sorted(set(changed)))
    return changed


def _set_state(row: Conversation, changes: Changes, actor: str) -> list[str]:
    status, until = changes.status, changes.snoozed_until
    if not isinstance(until, Keep) and until is not None:
        if until <= timezone.now():
            raise Refused("in_the_past", "snoozed_until")
        status = Status.SNOOZED.value
    elif status == Status.SNOOZED and (until is None or row.snoozed_until is None):
        raise Refused("snooze_needs_time", "snoozed_until")
    if isinstance(status, Keep):
        return []
    if status not in Status.values or status == Status.SPAM:
        raise Refused("unknown_status", "status")
    if row.status == Status.SPAM:
        raise Refused("in_spam", "status")
    same_time = isinstance(until, Keep) or until == row.snoozed_until
    if status == row.status and same_time:
        return []
    after = f"{status} {until.isoformat()}" if isinstance(until, datetime) else status
    record.note_change(row.id, actor, "status", row.status, after)
    row.status = status
    row.snoozed_until = until if isinstance(until, datetime) else None
    row.closed_at = timezone.now() if status == Status.CLOSED else None
    return ["status"]


def _set_plain(row: Conversation, changes: Changes, actor: str) -> list[str]:
    if not isinstance(changes.priority, Keep) and changes.priority not in Priority.values:
        raise Refused("unknown_priority", "priority")
    changed = []
    for field, value in (
        ("assignee_id", changes.assignee_id),
        ("team_id", changes.team_id),
        ("priority", changes.priority),
        ("subject", changes.subject),
    ):
        if isinstance(value, Keep) or getattr(row, field) == value:
            continue
        name = field.removesuffix("_id")
        before = getattr(row, field)
        # The subject may hold anything the customer wrote: the history keeps codes, never content.
        shown = ("", "") if field == "subject" else ("" if before is None else before, "" if value is None else value)
        record.note_change(row.id, actor, name, *shown)
        setattr(row, field, value[: record.SUBJECT] if isinstance(value, str) else value)
        changed.append(name)
    return changed


def _set_tags(row: Conversation, wanted: Sequence[int], actor: str) -> bool:
    ids = sorted(set(wanted))
    if ids == sorted(row.tag_ids):
        return False
    gone = set(row.tag_ids) - set(ids)
    fresh = [tag_id for tag_id in ids if tag_id not in row.tag_ids]
    given = standing(fresh)
    if len(given) < len(fresh):
        raise Refused("unknown_tag", "tags")
    names = given | dict(Tag.objects.filter(pk__in=gone).values_list("id", "name"))
    ConversationTag.objects.filter(conversation=row, tag__in=gone).delete()
    ConversationTag.objects.bulk_create(
        [ConversationTag(conversation=row, tag_id=tag_id) for tag_id in fresh], ignore_conflicts=True
    )
    for tag_id in sorted(gone):
        record.note_change(row.id, actor, "untagged", names.get(tag_id, ""), "")
    for tag_id in fresh:
        record.note_change(row.id, actor, "tagged", "", names[tag_id])
    row.tag_ids = ids
    return True


def attend(conversation_id: int, *, actor: str = "system") -> None:
    """Open a conversation that is waiting or closed, because something in it needs a person."""
    with transaction.atomic():
        row = record.locked(conversation_id)
        if row.status not in {Status.WAITING_CUSTOMER, Status.SNOOZED, Status.CLOSED}:
            return
        record.note_change(conversation_id, actor, "status", row.status, "open")
        row.status, row.snoozed_until, row.closed_at = Status.OPEN, None, None
        row.version += 1
        row.save(update_fields=["status", "snoozed_until", "closed_at", "version"])
        record.tell("conversation.changed", row.store_id, conversation_id, actor, fields=["status"])


def wake(conversation_id: int) -> None:
    """Bring a snoozed conversation back whose time has come; does nothing to any other."""
    with transaction.atomic():
        row = record.locked(conversation_id)
        if row.status != Status.SNOOZED or row.snoozed_until is None or row.snoozed_until > timezone.now():
            return
        row.status = Status.OPEN
        row.snoozed_until = None
        row.version += 1
        row.save(update_fields=["status", "snoozed_until", "version"])
        record.note_change(conversation_id, "system", "status", "snoozed", "open")
        record.tell("conversation.changed", row.store_id, conversation_id, "system", fields=["status"])


def note_act(conversation_id: int, *, actor: str, what: str, became: str) -> None:
    """Write into the history what was done in a shop and what became of it; the same but once, and nothing where there
    is no such conversation (any more)."""
    with transaction.atomic():
        row = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if row is None or Change.objects.filter(conversation=row, kind="act", before=what, after=became).exists():
            return
        record.note_change(conversation_id, actor, "act", what, became)
        row.version += 1
        row.save(update_fields=["version"])
        record.tell("conversation.changed", row.store_id, conversation_id, actor, fields=["acts"])
