"""What stands beside a conversation of its customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from pult.conversations.queries.listing import newest, newest_of
from pult.conversations.views import Card
from pult.customers import queries as customers
from pult.platform.db import Part, SqlValue, among, gather


class Matter(msgspec.Struct, frozen=True):
    """What a conversation is about at this moment: the newest message of its customer (empty where there is none), and
    the store it belongs to. `language` is the conversation's, else the store's."""

    language: str
    store_id: int
    store: str
    subject: str
    text: str


def matter(conversation_id: int, *, store_ids: Collection[int]) -> Part:
    """Return what has to be read for `matter_of`, given the person's `family`: only a conversation of theirs is."""
    where, stores = among("c.store_id", sorted(store_ids))
    return Part(
        "matter",
        "c.language, t.language, c.store_id, t.name, coalesce(m.subject, '')",
        "FROM conversations_conversation c JOIN accounts_store t ON t.id = c.store_id"
        " LEFT JOIN conversations_message m ON m.id = (SELECT l.id FROM conversations_message l"
        " WHERE l.conversation_id = c.id AND l.direction = 'in' AND l.kind = 'person' ORDER BY l.id DESC LIMIT 1)"
        f" WHERE c.id = %s AND {where} AND c.customer_id IN (SELECT id FROM family)",
        [conversation_id, *stores],
        texts=["m.reply", "m.text"],
    )


def matter_of(rows: Sequence[Sequence[SqlValue]]) -> Matter | None:
    """Return what a conversation is about; None where it is not the person's, or not the reader's to see."""
    if not rows:
        return None
    language, own, store_id, store, subject, reply, text = rows[0]
    return Matter(language or own, store_id, store, subject, (reply or "").strip() or text or "")


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
