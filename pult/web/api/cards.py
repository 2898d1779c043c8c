"""The door to a customer's card, and to what the desk writes down about a person."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from pult.accounts import access, access_log
from pult.commerce.queries import SHOWN
from pult.customers import actions
from pult.customers import queries as customers
from pult.customers.errors import CustomerNotFound
from pult.insights import queries
from pult.web.api import schemas
from pult.web.api.answers import answer, conditional, empty
from pult.web.api.auth import actor_of, address_of
from pult.web.api.commerce import ShopCardOut, next_of, whole

router = Router(tags=["customers"])

RemarkKind = Literal["note", "dislike"]


class HabitOut(Schema):
    """What holds for `count` of the newest `of` messages of this person."""

    count: int
    of: int
    value: str = Field(description="The channel; empty for hours.")
    from_hour: int = Field(description="On the clock of the stores written to.")
    until_hour: int = Field(description="Excluded.")


class HabitsOut(Schema):
    """How somebody writes; null where there are too few messages to say."""

    channel: HabitOut | None
    hours: HabitOut | None


class RemarkOut(Schema):
    id: int
    kind: RemarkKind
    text: str
    by: str
    at: datetime


class RemarkIn(Schema):
    kind: RemarkKind = "note"
    text: str = Field(min_length=1, max_length=4_000, pattern=r"\S")


class PersonOut(Schema):
    id: int
    name: str
    language: str
    company: str
    notes: str
    identities: list[schemas.IdentityOut]
    first_contact_at: datetime | None
    last_contact_at: datetime | None


class OrderNamedOut(Schema):
    """An order of ours that the message names."""

    text: str
    order_id: int
    number: str
    customer_id: int | None
    by: Literal["number", "parcel"]


class ReasonOut(Schema):
    """The rule by which something was taken for what it is, the words of the message, the carrier or the other shop."""

    rule: Literal["unknown_number", "unknown_own", "unknown_parcel", "bought_there", "mail_domain"]
    text: str
    name: str


class AboutOut(Schema):
    """What the newest message of the conversation is about."""

    orders: list[OrderNamedOut]
    unknown: list[ReasonOut] = Field(description="Numbers like ours that are none.")
    not_ours: list[ReasonOut] = Field(description="Why it seems to be about another shop's order.")
    answer: str = Field(description="Proposed in the customer's language where it does; never sent by itself.")


class ProductAnswerOut(Schema):
    """An attribute of a product that answers what the message asks."""

    product: str
    variant: str
    sku: str
    attribute: str
    value: str
    lots: list[str]
    words: str = Field(description="Of the message, by which it was found.")
    text: str


class PersonCardOut(Schema):
    """Everything that stands beside a conversation of its customer."""

    customer: PersonOut
    conversation_count: int
    open_count: int = Field(description="Conversations that are not finished.")
    recent: list[schemas.ItemOut]
    habits: HabitsOut
    remarks: list[RemarkOut] = Field(description="Newest first, fifty at most.")
    merges: list[schemas.MergeOut] = Field(description="Those that stand, newest first.")
    shop: ShopCardOut
    language: str = Field(description="In which they are written to: the conversation's, else their own.")
    greeting: str = Field(description="How a letter to them begins.")
    about: AboutOut
    answers: list[ProductAnswerOut]


@router.get("/customers/{int:customer_id}/card", response=PersonCardOut)
def card(
    request: HttpRequest, customer_id: int, prefetch: bool = False, conversation: int | None = None
) -> HttpResponse:
    """Who somebody is, their contacts and habits, what was written down about them, what they bought; with
    `conversation` also what its newest message names and asks."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    found = queries.card(
        customer_id,
        store_ids=access.visible_stores(actor),
        staff_id=actor.staff_id,
        conversation_id=conversation,
    )
    if found is None:
        raise CustomerNotFound
    access_log.record(
        actor.ref,
        "prefetch" if prefetch else "open",
        subject="customer",
        subject_ids=[found.customer.id],
        customer_id=found.customer.id,
        address=address_of(request),
    )
    person = msgspec.structs.asdict(found.customer)
    del person["all_ids"]
    shop = {**whole(found.shop), "next": next_of(found.shop.orders, SHOWN)}
    return conditional(request, {**msgspec.structs.asdict(found), "customer": person, "shop": shop})


@router.post("/customers/{int:customer_id}/remarks", response={201: RemarkOut})
def add_remark(request: HttpRequest, customer_id: int, wanted: RemarkIn) -> HttpResponse:
    """Write down a note about a person, or one thing they dislike. Colleagues see it, the customer does not."""
    actor = actor_of(request)
    access.require(actor, "customers.write")
    kept = _kept(customer_id)
    remark_id = actions.add_remark(
        customer_id=kept, kind=wanted.kind, text=wanted.text.strip(), staff_id=actor.staff_id, actor=actor.ref
    )
    return answer(next(one for one in customers.remarks_about(kept) if one.id == remark_id), 201)


@router.delete("/customers/{int:customer_id}/remarks/{int:remark_id}", response={204: None})
def remove_remark(request: HttpRequest, customer_id: int, remark_id: int) -> HttpResponse:
    """Take back what was written down about a person."""
    actor = actor_of(request)
    access.require(actor, "customers.write")
    actions.remove_remark(customer_id=_kept(customer_id), remark_id=remark_id, actor=actor.ref)
    return empty()


def _kept(customer_id: int) -> int:
    kept = customers.resolve(customer_id)
    if kept is None:
        raise CustomerNotFound
    return kept
