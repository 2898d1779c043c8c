"""The customer's card: what every room knows of a person, read together."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from pult.commerce import queries as commerce
from pult.commerce.queries import ShopCard
from pult.conversations import queries as conversations
from pult.conversations.views import Item
from pult.customers import queries as customers
from pult.customers.queries import CustomerView, MergeView, RemarkView
from pult.insights import habits
from pult.insights.habits import Habits
from pult.platform.db import gather


class Card(msgspec.Struct, frozen=True):
    """Who somebody is, how often and how they wrote, what the desk wrote down, what the shops know of them.

    `open_count` are conversations that are not finished; `habits` rest on the newest of their own messages; `remarks`
    and `merges` come newest first.
    """

    customer: CustomerView
    conversation_count: int
    open_count: int
    recent: list[Item]
    habits: Habits
    remarks: list[RemarkView]
    merges: list[MergeView]
    shop: ShopCard


def card(customer_id: int, *, store_ids: Collection[int], staff_id: int | None) -> Card | None:
    """Return a person's card by the id of any of their rows, with one statement; None when there is no such person.

    `store_ids` are those of which the reader may see conversations and orders.
    """
    found = gather(
        [
            *conversations.card_parts(store_ids=store_ids, staff_id=staff_id),
            conversations.still_open(store_ids=store_ids),
            conversations.contacts(store_ids=store_ids),
            customers.remarks(),
            customers.standing_merges(),
            *commerce.card_parts(store_ids=store_ids),
        ],
        customers.family("%s", [customer_id]),
    )
    beside = conversations.card_of(found)
    if beside is None:
        return None
    return Card(
        customer=beside.customer,
        conversation_count=beside.conversation_count,
        open_count=found["open"][0][0],
        recent=beside.recent,
        habits=habits.read(conversations.contacts_of(found["contacts"])),
        remarks=customers.remarks_of(found["remarks"]),
        merges=customers.standing_merges_of(found["merges"]),
        shop=commerce.card_of(found),
    )
