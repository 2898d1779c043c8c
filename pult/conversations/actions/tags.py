"""The desk's tags: made, renamed, merged into another, removed. History keeps the names of their time."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from django.db import IntegrityError, transaction

from pult.conversations.actions import record
from pult.conversations.errors import MessageNotFound, Refused
from pult.conversations.models import Conversation, ConversationTag, SavedView, Tag
from pult.platform import db, events, queue

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


def standing(tag_ids: Collection[int]) -> dict[int, str]:
    """Return the names of those of these tags that are in use, and keep them in use until the transaction ends.

    Without that a tag could be given while it is being removed, and stay behind as an id without a name.
    """
    if not tag_ids:
        return {}
    share = " FOR SHARE" if db.is_postgres() else ""
    sql = f"SELECT id, name FROM conversations_tag WHERE id IN ({db.marks(tag_ids)}) AND NOT retired ORDER BY id{share}"
    return dict(db.rows(sql, list(tag_ids)))


def create_tag(*, name: str, hue: int, actor: str = "system") -> int:
    """Make a tag, or return the one of that name; nobody removes it before the transaction ends. Raises Refused."""
    name = _name(name)
    with transaction.atomic():
        found = Tag.objects.filter(name__iexact=name, retired=False).first()
        if found is not None and standing([found.id]):
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
    """Take a tag out of use, off its conversations and out of saved views, where `into_id` is given in favour of that.

    It disappears at once; a job works through the conversations and writes it into the history of each. A view that
    showed nothing but the tag goes with it: without the tag it would show everything.
    Raises MessageNotFound, Refused("same", "unknown_tag").
    """
    if into_id == tag_id:
        raise Refused("same", "into_id")
    with transaction.atomic():
        # Both at once and by their ids: whoever merges the other way round waits instead of standing in the way.
        wanted = Tag.objects.select_for_update().filter(pk__in=[tag_id, into_id or tag_id], retired=False)
        found = {row.id: row for row in wanted.order_by("pk")}
        if tag_id not in found:
            raise MessageNotFound
        if into_id is not None and into_id not in found:
            raise Refused("unknown_tag", "into_id")
        tag = found[tag_id]
        arguments = {"tag_id": tag_id, "into_id": into_id, "name": tag.name, "actor": actor}
        # The name is free at once for a new tag; nobody can give one that begins with a space.
        tag.name, tag.retired, tag.merged_into = f" {tag_id}", True, into_id
        tag.save(update_fields=["name", "retired", "merged_into"])
        _change_views(tag_id, into_id)
        queue.enqueue(RETAG_TASK, arguments, key=f"retag:{tag_id}")
        _tell(tag_id, actor)


def _change_views(tag_id: int, into_id: int | None) -> None:
    for view in SavedView.objects.select_for_update().filter(filters__tag=str(tag_id)).order_by("pk"):
        rest = {word: value for word, value in view.filters.items() if word != "tag"}
        if into_id is not None:
            rest["tag"] = str(into_id)
        if rest:
            view.filters = rest
            view.save(update_fields=["filters"])
        else:
            view.delete()


def _standing(tag_id: int) -> Tag:
    tag = Tag.objects.select_for_update().filter(pk=tag_id, retired=False).first()
    if tag is None:
        raise MessageNotFound
    return tag


@dataclasses.dataclass(frozen=True, slots=True)
class _Swap:
    old: int
    old_name: str
    into: int | None
    actor: str


def retag(*, tag_id: int, into_id: int | None, name: str, actor: str) -> None:
    """Take a retired tag off all its conversations, a batch in a transaction. Idempotent."""
    swap = _Swap(tag_id, name, into_id, actor)
    while True:
        tagged = ConversationTag.objects.filter(tag=tag_id).order_by("conversation_id")
        ids = list(tagged.values_list("conversation_id", flat=True)[:BATCH])
        if not ids:
            break
        with transaction.atomic():
            for row in Conversation.objects.select_for_update().filter(pk__in=ids).order_by("pk"):
                _swap(row, swap)


def _destination(into_id: int | None) -> tuple[int, str] | None:
    """Return the id and name of the tag that stands where this one went, by now perhaps into yet another one."""
    while into_id is not None:
        name = standing([into_id]).get(into_id)
        if name is not None:
            return into_id, name
        into_id = Tag.objects.filter(pk=into_id).values_list("merged_into", flat=True).first()
    return None


def _swap(row: Conversation, swap: _Swap) -> None:
    kept = [tag for tag in row.tag_ids if tag != swap.old]
    ConversationTag.objects.filter(conversation=row, tag=swap.old).delete()
    record.note_change(row.id, swap.actor, "untagged", swap.old_name, "")
    into = _destination(swap.into)
    if into is not None and into[0] not in kept:
        ConversationTag.objects.get_or_create(conversation=row, tag_id=into[0])
        record.note_change(row.id, swap.actor, "tagged", "", into[1])
        kept.append(into[0])
    row.tag_ids = sorted(kept)
    row.version += 1
    row.save(update_fields=["tag_ids", "version"])
    record.tell("conversation.changed", row.store_id, row.id, swap.actor, fields=["tags"])
