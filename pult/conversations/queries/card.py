"""What stands beside a conversation of its customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pult.conversations.queries.listing import newest, newest_of
from pult.conversations.views import Card
from pult.customers import queries as customers
from pult.platform.db import Part, SqlValue, gather


def card_parts(*, store_ids: Collection[int], staff_id: int | None) -> list[Part]:
    """Return what has to be read for `card_of`, given the person's `customers.family`."""
    return [customers.person(), newest(store_ids=store_ids, staff_id=staff_id)]


def card_of(rows: Mapping[str, Sequence[Sequence[SqlValue]]]) -> Card | None:
    """Return the card from what was read; None when there is no such person."""
    person = customers.person_of(rows["person"])
    if person is None:
        return None
    count, recent = newest_of(rows["newest"])
    return Card(person, count, recent)


def card(customer_id: int, *, store_ids: Collection[int], staff_id: int | None) -> Card | None:
    """Return a person's card by the id of any of their rows; None when there is no such person."""
    parts = card_parts(store_ids=store_ids, staff_id=staff_id)
    return card_of(gather(parts, customers.family("%s", [customer_id])))
