"""Search over everything said, newest first, and the questions other rooms ask of conversations."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime

import msgspec
from django.db import connection

from pult.conversations.filters import Filters, conditions
from pult.conversations.index import INDEX
from pult.conversations.models import Attachment, Message, Presence, SavedView, Tag
from pult.conversations.queries.listing import items
from pult.conversations.views import Item, Page, Ref, SavedViewView, TagView
from pult.platform import words
from pult.platform.db import marks, must_time, time_in
from pult.platform.fulltext import entry_key, key_time, scope_mark
from pult.platform.paging import id_of

_NUMBER = re.compile(r"#?([1-9][0-9]{0,14})", re.ASCII)
_BATCH = 80
_ROUNDS = 40
_BEGINNINGS = "p"
"""How the cursor begins of a search whose last word is taken as a beginning."""


def search(
    query: str,
    filters: Filters,
    *,
    store_ids: frozenset[int],
    staff_id: int | None,
    all_stores: bool,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Return conversations in which every word of `query` stands in one message, newest first.

    Words match in every ending their dictionary knows and without accents. When nothing matches, the last
    word is taken as a beginning. A number, also with a "#", finds the conversation that has it first. Spam is found as
    well, unless `filters` name statuses. `all_stores` says that `store_ids` are all there are. Raises BadCursor.
    """
    terms = words.query_terms(query)
    if not terms:
        return Page([], None)
    filters = dataclasses.replace(filters, spam=True)
    stores = frozenset({filters.store}) & store_ids if filters.store is not None else store_ids
    if not stores:
        return Page([], None)
    any_mark = [] if all_stores and filters.store is None else [scope_mark(s) for s in sorted(stores)]
    begun = (after or "").startswith(_BEGINNINGS)
    before = id_of((after or "").removeprefix(_BEGINNINGS))
    page = _collect(terms, any_mark, filters, staff_id, before, limit, prefix=begun)
    if not page.items and before is None and len(terms[-1][0]) >= 3:
        begun = True
        page = _collect(terms, any_mark, filters, staff_id, None, limit, prefix=True)
    numbered = [] if after else _numbered(query, stores, filters, staff_id)
    found = [*numbered, *(item for item in page.items if item not in numbered)]
    return Page(found, _BEGINNINGS + page.next if begun and page.next else page.next)


def _numbered(query: str, stores: frozenset[int], filters: Filters, staff_id: int | None) -> list[Item]:
    number = _NUMBER.fullmatch(query.strip())
    if number is None:
        return []
    allowed = sorted(_allowed([int(number.group(1))], filters))
    return [item for item in items(allowed, staff_id=staff_id) if item.store_id in stores]


def _collect(
    terms: list[list[str]],
    any_mark: list[str],
    filters: Filters,
    staff_id: int | None,
    before: int | None,
    limit: int,
    *,
    prefix: bool,
) -> Page:
    kept: list[int] = []
    seen: set[int] = set()
    top = before
    batch = max(_BATCH, limit * 2)
    for _ in range(_ROUNDS):
        hits = INDEX.find(terms, any_mark=any_mark, before=before, limit=batch, prefix=prefix)
        fresh = []
        for hit in hits:
            if hit.owner_id not in seen:
                seen.add(hit.owner_id)
                fresh.append(hit)
        allowed = _allowed([hit.owner_id for hit in fresh], filters)
        if top is not None:
            allowed -= _shown_before(allowed, terms, top, prefix=prefix)
        for hit in fresh:
            if hit.owner_id in allowed:
                kept.append(hit.owner_id)
                if len(kept) == limit:
                    return Page(items(kept, staff_id=staff_id), str(hit.key))
        if len(hits) < batch:
            return Page(items(kept, staff_id=staff_id), None)
        before = hits[-1].key
    return Page(items(kept, staff_id=staff_id), str(before))


def _shown_before(ids: set[int], terms: list[list[str]], top: int, *, prefix: bool) -> set[int]:
    """Return which conversations an earlier page has shown: those with a message above the cursor that is found."""
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, created_at FROM conversations_message WHERE conversation_id IN ({marks(ids)})"
            " AND created_at >= %s",
            [*ids, time_in(key_time(top))],
        )
        keys = [entry_key(must_time(at), message_id) for message_id, at in cursor.fetchall()]
    return INDEX.owners_among([key for key in keys if key >= top], terms, prefix=prefix)


def _allowed(ids: list[int], filters: Filters) -> set[int]:
    parts, values = conditions(filters, staff_id=None)
    if filters.statuses:
        parts.append(f"c.status IN ({marks(filters.statuses)})")
        values += filters.statuses
    if not parts or not ids:
        return set(ids)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT c.id FROM conversations_conversation c WHERE c.id IN ({marks(ids)}) AND " + " AND ".join(parts),
            [*ids, *values],
        )
        return {row[0] for row in cursor.fetchall()}


class Place(msgspec.Struct, frozen=True):
    """Where a conversation belongs: what an access check needs."""

    conversation_id: int
    store_id: int
    customer_id: int


def place(conversation_id: int) -> Place | None:
    """Return where a conversation belongs, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT store_id, customer_id FROM conversations_conversation WHERE id = %s", [conversation_id])
        row = cursor.fetchone()
    return Place(conversation_id, row[0], row[1]) if row else None


def payload_of(message_id: int) -> int | None:
    """Return the id of the payload that a message was read from, None where it came as none."""
    headers = Message.objects.filter(pk=message_id).values_list("headers", flat=True).first()
    found = (headers or {}).get("payload_id")
    return found if isinstance(found, int) else None


def place_of_message(message_id: int) -> Place | None:
    """Return where a message belongs, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, c.store_id, c.customer_id FROM conversations_message m"
            " JOIN conversations_conversation c ON c.id = m.conversation_id WHERE m.id = %s",
            [message_id],
        )
        row = cursor.fetchone()
    return Place(*row) if row else None


class StoredFile(msgspec.Struct, frozen=True):
    """A file, where it lies and to whom it belongs; without a conversation it is an upload of `staff_id`."""

    id: int
    blob_id: int
    name: str
    content_type: str
    size: int
    inline: bool
    message_id: int | None
    staff_id: int | None


def stored_file(attachment_id: int) -> StoredFile | None:
    """Return a file by its id."""
    row = Attachment.objects.filter(pk=attachment_id).first()
    if row is None:
        return None
    return StoredFile(
        row.id, row.blob_id, row.name, row.content_type, row.size, row.inline, row.message_id, row.uploaded_by_id
    )


def html_of(message_id: int) -> str | None:
    """Return the cleaned HTML of a message."""
    return Message.objects.filter(pk=message_id).values_list("html", flat=True).first()


def saved_views(staff_id: int | None) -> list[SavedViewView]:
    """Return the named filters of everybody and of this person."""
    rows = SavedView.objects.filter(owner=None) | SavedView.objects.filter(owner=staff_id)
    return [
        SavedViewView(
            row.id,
            row.name,
            row.owner_id is None,
            row.filters,
            row.position,
            staff_id is not None and staff_id in {row.owner_id, row.made_by_id},
        )
        for row in rows.order_by("position", "id")
    ]


def tags() -> list[TagView]:
    """Return every tag by name."""
    return [TagView(row.id, row.name, row.hue) for row in Tag.objects.filter(retired=False).order_by("name")]


class PresenceChange(msgspec.Struct, frozen=True):
    """Somebody came, typed or left."""

    conversation_id: int
    store_id: int
    staff: Ref
    state: str
    until: datetime


def presence_since(since: datetime) -> list[PresenceChange]:
    """Return what changed in who is where since then."""
    rows = Presence.objects.filter(updated_at__gt=since).values_list(
        "conversation_id", "conversation__store_id", "staff_id", "staff__name", "state", "until"
    )
    return [PresenceChange(a, b, Ref(c, d), e, f) for a, b, c, d, e, f in rows]
