"""The customer's card: what every room knows of a person, read together."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import msgspec
from django.utils import timezone

from pult.commerce import queries as commerce
from pult.commerce.mentions import queries as mentions
from pult.commerce.mentions import questions
from pult.commerce.mentions.questions import Answer
from pult.commerce.queries import ShopCard
from pult.conversations import queries as conversations
from pult.conversations.queries import Matter
from pult.conversations.views import Item
from pult.customers import names
from pult.customers import queries as customers
from pult.customers.queries import CustomerView, MergeView, RemarkView
from pult.insights import habits, not_ours
from pult.insights.habits import Habits
from pult.platform.db import gather

LATELY = timedelta(days=60)
"""An order as new as this may still be on its way."""


class About(msgspec.Struct, frozen=True):
    """What the newest message is about: orders of ours that it names, numbers like ours that are none, and why it seems
    to be about another shop's order, with an `answer` to propose; empty where it does not."""

    orders: list[mentions.OrderNamed]
    unknown: list[mentions.Reason]
    not_ours: list[mentions.Reason]
    answer: str


class Card(msgspec.Struct, frozen=True):
    """Who somebody is, how often and how they wrote, what the desk wrote down, what the shops know of them.

    `open_count` are conversations that are not finished; `habits` rest on the newest of their own messages; `remarks`
    and `merges` come newest first. `greeting` begins a letter to them in `language`; `about` and `answers` are of one
    conversation: what its newest message names, and the attributes of products that it asks for.
    """

    customer: CustomerView
    conversation_count: int
    open_count: int
    recent: list[Item]
    habits: Habits
    remarks: list[RemarkView]
    merges: list[MergeView]
    shop: ShopCard
    language: str
    greeting: str
    about: About
    answers: list[Answer]


def card(
    customer_id: int, *, store_ids: Collection[int], staff_id: int | None, conversation_id: int | None = None
) -> Card | None:
    """Return a person's card by the id of any of their rows, with one statement, and one or a few more where the newest
    message of the conversation names something; None when there is no such person.

    `store_ids` are those of which the reader may see conversations and orders; a conversation that is not the person's,
    or not the reader's to see, is left out.
    """
    parts = [
        *conversations.card_parts(store_ids=store_ids, staff_id=staff_id),
        conversations.still_open(store_ids=store_ids),
        conversations.contacts(store_ids=store_ids),
        customers.remarks(),
        customers.standing_merges(),
        *commerce.card_parts(store_ids=store_ids),
    ]
    if conversation_id is not None:
        parts += [
            conversations.matter(conversation_id, store_ids=store_ids),
            *mentions.rule_parts(store_ids=store_ids),
        ]
    found = gather(parts, customers.family("%s", [customer_id]))
    beside = conversations.card_of(found)
    if beside is None:
        return None
    matter = conversations.matter_of(found["matter"]) if conversation_id is not None else None
    person, shop = beside.customer, commerce.card_of(found)
    language = (matter.language if matter else "") or person.language or "en"
    rules = mentions.rules_of(found) if matter else None
    return Card(
        customer=person,
        conversation_count=beside.conversation_count,
        open_count=found["open"][0][0],
        recent=beside.recent,
        habits=habits.read(conversations.contacts_of(found["contacts"])),
        remarks=customers.remarks_of(found["remarks"]),
        merges=customers.standing_merges_of(found["merges"]),
        shop=shop,
        language=language,
        greeting=names.greeting(person.name, language),
        about=_about(matter, rules, person.name, shop, store_ids) if matter and rules else About([], [], [], ""),
        answers=_answers(matter, shop, store_ids) if matter else [],
    )


def _about(matter: Matter, rules: mentions.Rules, name: str, shop: ShopCard, store_ids: Collection[int]) -> About:
    lately = shop.last_order_at is not None and timezone.now() - shop.last_order_at < LATELY
    text = f"{matter.subject}\n{matter.text}"
    found = mentions.about(text, rules, store_ids=store_ids, bought_lately=lately or shop.open_parcels > 0)
    answer = ""
    if found.not_ours:
        answer = not_ours.answer(found.not_ours, name=name, language=matter.language, store=matter.store)
    return About(found.orders, found.unknown, found.not_ours, answer)


def _answers(matter: Matter, shop: ShopCard, store_ids: Collection[int]) -> list[Answer]:
    """Return what answers a question: of what they bought lately, else of a product that the message names."""
    what = questions.asked(f"{matter.subject}\n{matter.text}", matter.language)
    if not what.sentences:
        return []
    bought = mentions.products_of((order.shop_id, line.product_id) for order in shop.orders for line in order.lines)
    named = mentions.products_named(matter.text, what, store_ids=store_ids)
    return questions.answers(what, [*named, *(one for one in bought if one not in named)])
