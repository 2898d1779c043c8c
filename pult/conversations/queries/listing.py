"""The inbox list: explicit SQL, one ordered index walk for each store and status, keyset pages."""

from __future__ import annotations

import base64
import binascii
import itertools
from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from pult.accounts import access_log
from pult.accounts.access_log import Reader
from pult.conversations.filters import STATUSES, Filters, conditions
from pult.conversations.models import Conversation, ReadMark
from pult.conversations.views import Item, Page, Ref
from pult.platform.db import (
    Given,
    Part,
    SqlValue,
    among,
    hot,
    json_out,
    marks,
    must_time,
    time_in,
    time_out,
    with_given,
)
from pult.platform.paging import BadCursor

_COLUMNS = """c.id, c.subject, c.status, c.channel, c.store_id, c.inbox_id,
    coalesce(k.merged_into_id, c.customer_id), c.customer_name, c.assignee_id, s.name, c.team_id, c.priority,
    c.tag_ids, c.snippet, c.last_message_at, c.last_direction, c.last_author, c.message_count,
    c.attachment_count, c.last_message_id, r.message_id, c.snoozed_until, c.version, c.created_at"""
_JOINS = """JOIN customers_customer k ON k.id = c.customer_id
    LEFT JOIN accounts_staff s ON s.id = c.assignee_id
    LEFT JOIN conversations_readmark r ON r.conversation_id = c.id AND r.staff_id = %s"""


NEWEST = 5  # of a customer's conversations beside the one that is open


def make_cursor(at: datetime, conversation_id: int) -> str:
    """Return the opaque cursor after a line of the list."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{conversation_id}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, int]:
    """Return what make_cursor was given. Raises BadCursor."""
    try:
        at, row_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        return datetime.fromisoformat(at), int(row_id)
    except (ValueError, binascii.Error) as error:
        raise BadCursor(cursor) from error


def _item(row: Sequence[SqlValue]) -> Item:
    unread = row[15] == "in" and row[19] is not None and (row[20] or 0) < row[19]
    return Item(
        id=row[0],
        subject=row[1],
        status=row[2],
        channel=row[3],
        store_id=row[4],
        inbox_id=row[5],
        customer=Ref(row[6], row[7]),
        assignee=Ref(row[8], row[9]) if row[8] else None,
        team_id=row[10],
        priority=row[11],
        tags=json_out(row[12]),
        snippet=row[13],
        last_message_at=must_time(row[14]),
        last_direction=row[15],
        last_author=row[16],
        message_count=row[17],
        has_attachments=row[18] > 0,
        unread=unread,
        snoozed_until=time_out(row[21]) if row[21] else None,
        version=row[22],
        created_at=must_time(row[23]),
    )


def _branches(filters: Filters, store_ids: Sequence[int]) -> list[tuple[str, list[SqlValue]]]:
    """Return the conditions of each index walk: one for each store and status, or one for an assignee."""
    stores = [s for s in store_ids if filters.store is None or s == filters.store]
    statuses = filters.statuses
    if filters.assignee or filters.customer_ids:
        parts = [f"c.store_id IN ({marks(stores)})"]
        values: list[SqlValue] = [*stores]
        if statuses:
            parts.append(f"c.status IN ({marks(statuses)})")
            values += statuses
        return [(" AND ".join(parts), values)] if stores else []
    if not statuses or len(statuses) == len(STATUSES):
        return [("c.store_id = %s", [store]) for store in stores]
    return [
        ("c.store_id = %s AND c.status = %s", [store, status]) for store, status in itertools.product(stores, statuses)
    ]


def conversations(
    filters: Filters,
    *,
    store_ids: Sequence[int],
    staff_id: int | None,
    reader: Reader | None,
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Return one page of the inbox list, newest first, of the given stores, and leave the reader's line in the access
    log; no `reader` where nobody gets to see it. Raises BadCursor."""
    page = _page(filters, store_ids=store_ids, staff_id=staff_id, after=after, limit=limit)
    note = reader and access_log.note(
        reader,
        ids="coalesce(jsonb_agg(shown.id), '[]')",
        customer="NULL::bigint",
        source=f"(SELECT id FROM page ORDER BY last_message_at DESC, id DESC LIMIT {limit}) shown",
    )
    given, values = with_given([page, *([note] if note else [])])
    sql = (
        f"{given} SELECT {_COLUMNS} FROM page p JOIN conversations_conversation c ON c.id = p.id {_JOINS}"
        " ORDER BY c.last_message_at DESC, c.id DESC"
    )
    items = [_item(row) for row in hot(sql, [*values, staff_id or 0])]
    more = len(items) > limit
    items = items[:limit]
    if reader and not note:
        access_log.record_for(reader, [item.id for item in items])
    return Page(items, make_cursor(items[-1].last_message_at, items[-1].id) if more else None)


def _page(filters: Filters, *, store_ids: Sequence[int], staff_id: int | None, after: str | None, limit: int) -> Given:
    """Return what finds the lines of a page, and one more: `page(id, last_message_at)`. Raises BadCursor."""
    rest, rest_values = conditions(filters, staff_id=staff_id)
    if after:
        at, row_id = read_cursor(after)
        rest.append("(c.last_message_at, c.id) < (%s, %s)")
        rest_values += [time_in(at), row_id]
    walks, values = [], []
    for where, where_values in _branches(filters, store_ids) or [("false", [])]:
        walks.append(
            "SELECT * FROM (SELECT c.id, c.last_message_at FROM conversations_conversation c WHERE "
            + " AND ".join([where, *rest])
            + f" ORDER BY c.last_message_at DESC, c.id DESC LIMIT {limit + 1}) w"
        )
        values += [*where_values, *rest_values]
    union = " UNION ALL ".join(walks)
    return Given("page", f"SELECT * FROM ({union}) u ORDER BY last_message_at DESC, id DESC LIMIT {limit + 1}", values)


def items(ids: Sequence[int], *, staff_id: int | None) -> list[Item]:
    """Return the lines of these conversations in the order of the ids; unknown ones are left out."""
    if not ids:
        return []
    condition, values = among("c.id", ids)
    sql = f"SELECT {_COLUMNS} FROM conversations_conversation c {_JOINS} WHERE {condition}"
    found = {row[0]: _item(row) for row in hot(sql, [staff_id or 0, *values])}
    return [found[i] for i in ids if i in found]


def line(conversation_id: int, *, staff_id: int | None) -> Part:
    """Return what has to be read for `line_of`."""
    return Part(
        "line",
        f"{_COLUMNS}, c.language",
        f"FROM conversations_conversation c {_JOINS} WHERE c.id = %s",
        [staff_id or 0, conversation_id],
    )


def line_of(row: Sequence[SqlValue]) -> tuple[Item, str]:
    """Return a conversation's line and its language."""
    return _item(row), row[24]


def newest(*, store_ids: Collection[int], staff_id: int | None) -> Part:
    """Return what has to be read for `newest_of`, given a person's `family`: conversations in these stores."""
    condition, values = among("o.store_id", sorted(store_ids))
    return Part(
        "newest",
        f"{_COLUMNS}, p.number",
        "FROM (SELECT o.id, o.last_message_at, count(*) OVER () AS number"
        " FROM family JOIN conversations_conversation o ON o.customer_id = family.id"
        f" WHERE {condition} ORDER BY o.last_message_at DESC, o.id DESC LIMIT {NEWEST}) p"
        f" JOIN conversations_conversation c ON c.id = p.id {_JOINS}",
        [*values, staff_id or 0],
    )


def still_open(*, store_ids: Collection[int]) -> Part:
    """Return what has to be read to know how many of a person's conversations are not finished, given the `family`."""
    condition, values = among("o.store_id", sorted(store_ids))
    return Part(
        "open",
        "q.number",
        "FROM (SELECT count(*) AS number FROM family JOIN conversations_conversation o ON o.customer_id = family.id"
        f" WHERE {condition} AND o.status NOT IN ('closed', 'spam')) q",
        values,
    )


CONTACTS = 200
"""As many of a person's newest messages as habits are read from."""


def contacts(*, store_ids: Collection[int]) -> Part:
    """Return what has to be read for `contacts_of`, given a person's `family`: what they wrote, no machine for them."""
    condition, values = among("c.store_id", sorted(store_ids))
    return Part(
        "contacts",
        "q.channel, q.created_at, q.time_zone",
        "FROM (SELECT c.channel, m.created_at, s.time_zone FROM family"
        " JOIN conversations_message m ON m.customer_id = family.id"
        " JOIN conversations_conversation c ON c.id = m.conversation_id JOIN accounts_store s ON s.id = c.store_id"
        f" WHERE {condition} AND m.direction = 'in' AND m.kind = 'person' AND c.status <> 'spam'"
        f" ORDER BY m.id DESC LIMIT {CONTACTS}) q",
        values,
    )


def contacts_of(rows: Sequence[Sequence[SqlValue]]) -> list[tuple[str, datetime]]:
    """Return by which channel and when, on the clock of the store, a person wrote; in no particular order."""
    return [(row[0], must_time(row[1]).astimezone(ZoneInfo(row[2]))) for row in rows]


def newest_of(rows: Sequence[Sequence[SqlValue]]) -> tuple[int, list[Item]]:
    """Return how many conversations a person has in these stores, and the newest of them."""
    items = sorted((_item(row) for row in rows), key=lambda item: (item.last_message_at, item.id), reverse=True)
    return (rows[0][24] if rows else 0), items


def count(filters: Filters, *, store_ids: Sequence[int], staff_id: int | None, ceiling: int = 1000) -> int:
    """Return how many conversations match, counting no further than `ceiling`."""
    branches = _branches(filters, store_ids)
    if not branches:
        return 0
    rest, rest_values = conditions(filters, staff_id=staff_id)
    walks, values = [], []
    for where, where_values in branches:
        walks.append(
            "SELECT 1 FROM (SELECT 1 FROM conversations_conversation c WHERE "
            + " AND ".join([where, *rest])
            + f" LIMIT {ceiling}) w"
        )
        values += [*where_values, *rest_values]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({' UNION ALL '.join(walks)}) u", values)
        return int(min(cursor.fetchone()[0], ceiling))


def plain_conversations(
    filters: Filters, *, store_ids: Sequence[int], staff_id: int | None, limit: int = 50
) -> list[Item]:
    """Return the first page as the ORM makes it; a test holds it equal to `conversations`."""
    chosen = {
        "status__in": filters.statuses or None,
        "assignee": filters.assignee or None,
        "assignee__isnull": True if filters.assignee == 0 else None,
        "team": filters.team,
        "store": filters.store,
        "channel": filters.channel or None,
        "priority": filters.priority,
        "customer__in": filters.customer_ids or None,
    }
    rows = Conversation.objects.filter(
        store__in=store_ids, **{field: value for field, value in chosen.items() if value is not None}
    ).select_related("assignee", "customer")
    if not filters.statuses and not filters.spam:
        rows = rows.exclude(status="spam")
    read = dict(ReadMark.objects.filter(staff=staff_id or 0).values_list("conversation_id", "message_id"))
    result = []
    for row in rows.order_by("-last_message_at", "-id"):
        unread = row.last_direction == "in" and (read.get(row.id) or 0) < (row.last_message_id or 0)
        if (filters.unread_by is None or unread) and (filters.tag is None or filters.tag in row.tag_ids):
            result.append(_plain_item(row, unread=unread))
    return result[:limit]


def _plain_item(row: Conversation, *, unread: bool) -> Item:
    return Item(
        id=row.id,
        subject=row.subject,
        status=row.status,
        channel=row.channel,
        store_id=row.store_id,
        inbox_id=row.inbox_id,
        customer=Ref(row.customer.merged_into_id or row.customer_id, row.customer_name),
        assignee=Ref(row.assignee.id, row.assignee.name) if row.assignee else None,
        team_id=row.team_id,
        priority=row.priority,
        tags=row.tag_ids,
        snippet=row.snippet,
        last_message_at=row.last_message_at,
        last_direction=row.last_direction,
        last_author=row.last_author,
        message_count=row.message_count,
        has_attachments=row.attachment_count > 0,
        unread=unread,
        snoozed_until=row.snoozed_until,
        version=row.version,
        created_at=row.created_at,
    )


def due_snoozes(*, limit: int = 200) -> list[int]:
    """Return the conversations whose time to come back has come."""
    return list(
        Conversation.objects.filter(status="snoozed", snoozed_until__lte=timezone.now())
        .order_by("snoozed_until")
        .values_list("id", flat=True)[:limit]
    )
