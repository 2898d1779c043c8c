"""The desk's tags: made, renamed, merged into another, removed. History keeps the names of their time."""

from __future__ import annotations

import dataclasses

from django.db import IntegrityError, transaction

from pult.conversations.actions import record
from pult.conversations.errors import MessageNotFound, Refused
from pult.conversations.models import Conversation, ConversationTag, SavedView, Tag
from pult.platform import events, queue

RETAG_TASK = "conversations.retag"
BATCH = 100
"""Conversations retagged in one transaction."""


def _name(text: str) -> str:
    name = " ".join(text.split())[:60]
    if not name:
        raise Refused("empty", "name")
    return name


def _tell(tag_id: int, actor: str) -> None:
    events.append("tag.changed", scope_id=None, entity_id=tag_id, actor=actor)


def create_tag(*, name: str, hue: int, actor: str = "system") -> int:
    """Make a tag, or return the one of that name. Raises Refused."""
    name = _name(name)
    with transaction.atomic():
        found = Tag.objects.filter(name__iexact=name, retired=False).first()
        if found is not None:
            return found.id
        made = Tag.objects.get_or_create(name=name, defaults={"hue": hue % 360})[0]
        _tell(made.id, actor)
    return made.id


def change_tag(*, tag_id: int, name: str | None, hue: int | None, actor: str) -> None:
    """Give a tag another name or colour; it stays on its conversations. Raises MessageNotFound, Refused("taken")."""
    with transaction.atomic():
        tag = _standing(tag_id)
        if name is not None:
            tag.name = _name(name)
            if Tag.objects.filter(name__iexact=tag.name).exclude(pk=tag_id).exists():
                raise Refused("taken", "name")
        if hue is not None:
            tag.hue = hue % 360
        try:
            with transaction.atomic():
                tag.save(update_fields=["name", "hue"])
        except IntegrityError as error:
            raise Refused("taken", "name") from error
        _tell(tag_id, actor)


def remove_tag(*, tag_id: int, into_id: int | None, actor: str) -> None:
    """Take a tag out of use and off its conversations, where `into_id` is given in favour of that one.

    It disappears at once; a job works through the conversations and writes it into the history of each.
    Raises MessageNotFound, Refused("same", "unknown_tag").
    """
    if into_id == tag_id:
        raise Refused("same", "into_id")
    with transaction.atomic():
        tag = _standing(tag_id)
        if into_id is not None and not Tag.objects.select_for_update().filter(pk=into_id, retired=False).exists():
            raise Refused("unknown_tag", "into_id")
        arguments = {"tag_id": tag_id, "into_id": into_id, "name": tag.name, "actor": actor}
        # The name is free at once for a new tag; nobody can give one that begins with a space.
        tag.name, tag.retired = f" {tag_id}", True
        tag.save(update_fields=["name", "retired"])
        if into_id is not None:
            for view in SavedView.objects.filter(filters__tag=str(tag_id)):
                view.filters = {**view.filters, "tag": str(into_id)}
                view.save(update_fields=["filters"])
        queue.enqueue(RETAG_TASK, arguments, key=f"retag:{tag_id}")
        _tell(tag_id, actor)


def _standing(tag_id: int) -> Tag:
    tag = Tag.objects.select_for_update().filter(pk=tag_id, retired=False).first()
    if tag is None:
        raise MessageNotFound
    return tag


@dataclasses.dataclass(frozen=True, slots=True)
class _Swap:
    old: int
    old_name: str
    new: int | None
    new_name: str
    actor: str


def retag(*, tag_id: int, into_id: int | None, name: str, actor: str) -> None:
    """Take a retired tag off all its conversations, a batch in a transaction, and then delete it. Idempotent.

    Where the other tag was retired meanwhile, its own job comes after this one and takes the conversations further.
    """
    into = Tag.objects.filter(pk=into_id).first() if into_id is not None else None
    swap = _Swap(tag_id, name, into.id if into else None, into.name if into else "", actor)
    while True:
        tagged = ConversationTag.objects.filter(tag=tag_id).order_by("conversation_id")
        ids = list(tagged.values_list("conversation_id", flat=True)[:BATCH])
        if not ids:
            break
        with transaction.atomic():
            for row in Conversation.objects.select_for_update().filter(pk__in=ids).order_by("pk"):
                _swap(row, swap)
    Tag.objects.filter(pk=tag_id, retired=True).delete()


def _swap(row: Conversation, swap: _Swap) -> None:
    kept = [tag for tag in row.tag_ids if tag != swap.old]
    ConversationTag.objects.filter(conversation=row, tag=swap.old).delete()
    record.note_change(row.id, swap.actor, "untagged", swap.old_name, "")
    if swap.new is not None and swap.new not in kept:
        ConversationTag.objects.get_or_create(conversation=row, tag_id=swap.new)
        record.note_change(row.id, swap.actor, "tagged", "", swap.new_name)
        kept.append(swap.new)
    row.tag_ids = sorted(kept)
    row.version += 1
    row.save(update_fields=["tag_ids", "version"])
    record.tell("conversation.changed", row.store_id, row.id, swap.actor, fields=["tags"])
