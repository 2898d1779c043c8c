"""What the inbox list can be narrowed to, and the SQL of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from pult.conversations.models import Status
from pult.platform.db import SqlValue, marks

STATUSES = tuple(Status.values)
NOT_SPAM = tuple(status for status in STATUSES if status != Status.SPAM)


@dataclasses.dataclass(frozen=True, slots=True)
class Filters:
    """`assignee` is a staff id, 0 for nobody, None for anybody; the rest None or empty for any. Spam is there where
    `statuses` name it or, without statuses, where `spam` is true."""

    statuses: tuple[str, ...] = ()
    assignee: int | None = None
    team: int | None = None
    tag: int | None = None
    store: int | None = None
    channel: str = ""
    priority: int | None = None
    customer_ids: tuple[int, ...] = ()
    unread_by: int | None = None
    spam: bool = False


def builtin_view(name: str, staff_id: int | None) -> Filters | None:
    """Return the filters of a view every desk has, or None for an unknown name."""
    active = (Status.OPEN.value, Status.WAITING_COLLEAGUE.value)
    return {
        "mine": Filters(statuses=active, assignee=staff_id or 0),
        "unassigned": Filters(statuses=(Status.OPEN.value,), assignee=0),
        "open": Filters(statuses=(Status.OPEN.value,)),
        "waiting": Filters(statuses=(Status.WAITING_CUSTOMER.value, Status.WAITING_COLLEAGUE.value)),
        "snoozed": Filters(statuses=(Status.SNOOZED.value,)),
        "closed": Filters(statuses=(Status.CLOSED.value,)),
        "all": Filters(),
        "spam": Filters(statuses=(Status.SPAM.value,)),
    }.get(name)


BUILTIN_VIEWS = ("mine", "unassigned", "open", "waiting", "snoozed", "closed", "all", "spam")


def conditions(filters: Filters, *, staff_id: int | None) -> tuple[list[str], list[SqlValue]]:
    """Return SQL conditions on conversation `c` and their arguments; stores and statuses are the caller's."""
    parts: list[str] = []
    values: list[SqlValue] = []

    def add(sql: str, given: Iterable[SqlValue]) -> None:
        parts.append(sql)
        values.extend(given)

    if not filters.statuses and not filters.spam:
        add("c.status <> 'spam'", [])
    if filters.assignee == 0:
        add("c.assignee_id IS NULL", [])
    elif filters.assignee is not None:
        add("c.assignee_id = %s", [filters.assignee])
    if filters.team is not None:
        add("c.team_id = %s", [filters.team])
    if filters.channel:
        add("c.channel = %s", [filters.channel])
    if filters.priority is not None:
        add("c.priority = %s", [filters.priority])
    if filters.customer_ids:
        add(f"c.customer_id IN ({marks(filters.customer_ids)})", filters.customer_ids)
    if filters.tag is not None:
        add(
            "EXISTS (SELECT 1 FROM conversations_conversationtag t WHERE t.conversation_id = c.id AND t.tag_id = %s)",
            [filters.tag],
        )
    if filters.unread_by is not None:
        add(
            "c.last_direction = 'in' AND NOT EXISTS (SELECT 1 FROM conversations_readmark r"
            " WHERE r.conversation_id = c.id AND r.staff_id = %s AND r.message_id >= c.last_message_id)",
            [filters.unread_by],
        )
    return parts, values
