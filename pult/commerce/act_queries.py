"""What is known of acts: those of an order, of a conversation, those that wait; and what a shop can do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q, QuerySet

from pult.accounts.access import Actor
from pult.commerce import acts, base, limits, registry
from pult.commerce.models import Shop, ShopAct
from pult.commerce.trail import Step, told

OFFERED = ("refund", "cancel", "change_address", "resend", "discount", "note", "draft_order", "register")
"""Verbs in the order in which they are offered."""


class StepView(msgspec.Struct, frozen=True):
    """A line of the trail: who brought an act to which state."""

    state: str
    actor: str
    error: str
    at: datetime


class ActView(msgspec.Struct, frozen=True):
    """An act whole. `act` is what was asked for (base.Act), `plan` what was shown; amounts in minor units."""

    id: int
    shop_id: int
    store_id: int
    order_id: int | None
    order_number: str
    conversation_id: int | None
    customer_id: int | None
    verb: str
    act: dict[str, Any]
    plan: base.Plan
    amount: int
    currency: str
    state: str
    asked_by: str
    asked_by_id: int | None
    asked_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    reason: str
    done_at: datetime | None
    reference: str
    url: str
    code: str
    can_undo: bool
    payment: str
    error: str
    words: str
    created_at: datetime
    steps: list[StepView]


class CanDo(msgspec.Struct, frozen=True):
    """A shop and what can be done in it; `look`: it can be asked for single things as they are now."""

    id: int
    store_id: int
    name: str
    currency: str
    verbs: list[str]
    look: bool


def able(*, store_ids: Collection[int], currencies: dict[int, str]) -> list[CanDo]:
    """Return the active shops of these stores with what can be done in each, in the order in which it is offered."""
    found = []
    for shop in Shop.objects.filter(store__in=store_ids, active=True).order_by("id"):
        can = acts.can(shop)
        look = registry.looking(shop.connector) is not None
        verbs: list[str] = [verb for verb in OFFERED if verb in can]
        found.append(CanDo(shop.id, shop.store_id, shop.name, currencies.get(shop.store_id, ""), verbs, look))
    return found


def act(act_id: int, *, store_ids: Collection[int]) -> ActView | None:
    """Return an act, None where there is none in these stores."""
    return next(iter(_views(ShopAct.objects.filter(pk=act_id, shop__store__in=store_ids))), None)


def acts_of(
    *,
    store_ids: Collection[int],
    order_ids: Collection[int] | None = None,
    conversation_id: int | None = None,
    limit: int = 50,
) -> list[ActView]:
    """Return what was asked for of orders or in a conversation, newest first; plans that nobody asked for are none."""
    found = ShopAct.objects.filter(shop__store__in=store_ids).exclude(state=ShopAct.State.PLANNED)
    if order_ids is not None:
        found = found.filter(order__in=order_ids)
    if conversation_id is not None:
        found = found.filter(conversation_id=conversation_id)
    return _views(found.order_by("-id")[:limit])


def waiting(*, store_ids: Collection[int], limit: int = 100) -> list[ActView]:
    """Return what waits for a second person, the longest waiting first."""
    found = ShopAct.objects.filter(state=ShopAct.State.WAITING, shop__store__in=store_ids)
    return _views(found.order_by("id")[:limit])


def count_waiting(*, store_ids: Collection[int]) -> int:
    """Return how much waits for a second person."""
    return ShopAct.objects.filter(state=ShopAct.State.WAITING, shop__store__in=store_ids).count()


def history(
    *, store_ids: Collection[int], before: int | None = None, limit: int = 50, state: str = ""
) -> list[ActView]:
    """Return everything that was asked for, newest first, of those before an id."""
    found = ShopAct.objects.filter(shop__store__in=store_ids).exclude(state=ShopAct.State.PLANNED)
    if state:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return _views(found.order_by("-id")[:limit])


def may_approve(act_id: int, actor: Actor) -> str:
    """Return why somebody may not approve an act (`own`, `above_limit`), empty where he may."""
    row = ShopAct.objects.select_related("shop").get(pk=act_id)
    if acts.is_own(row, actor):
        return "own"
    return "" if limits.may(actor.role, row, row.shop.store_id) else "above_limit"


def needs_second(act_id: int, actor: Actor) -> bool:
    """Say whether a second person has to approve this for the actor."""
    return acts.needs_second(ShopAct.objects.select_related("shop").get(pk=act_id), actor)


def payment_step(act_id: int) -> Step | None:
    """Return what became of a basket's payment, None where nothing has yet."""
    row = ShopAct.objects.select_related("shop", "order").filter(pk=act_id).exclude(payment="").first()
    return told(row, "paid" if row.payment == "paid" else "unpaid", "system") if row else None


def export(customer_ids: Sequence[int], *, store_ids: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Return what was done in shops for a person, for the person."""
    where = Q(customer_id__in=customer_ids)
    if store_ids is not None:
        where &= Q(shop__store_id__in=store_ids)
    return [
        {"verb": one.verb, "state": one.state, "asked_at": one.asked_at, "act": one.act, "amount": one.amount}
        for one in _views(ShopAct.objects.filter(where).order_by("id"))
    ]


def _views(found: QuerySet[ShopAct]) -> list[ActView]:
    return [_view(row) for row in found.select_related("shop", "order").prefetch_related("steps")]


def _view(row: ShopAct) -> ActView:
    return ActView(
        id=row.pk,
        shop_id=row.shop_id,
        store_id=row.shop.store_id,
        order_id=row.order_id,
        order_number=row.order.number if row.order else "",
        conversation_id=row.conversation_id,
        customer_id=row.customer_id,
        verb=row.verb,
        act=row.act,
        plan=msgspec.convert(row.plan, base.Plan),
        amount=row.amount,
        currency=row.currency,
        state=row.state,
        asked_by=row.asked_by,
        asked_by_id=row.asked_by_staff_id,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason or "",
        done_at=row.done_at,
        reference=row.reference,
        url=row.result.get("url", ""),
        code=row.result.get("code", ""),
        can_undo=row.state == ShopAct.State.DONE and bool(row.result.get("undo")),
        payment=row.payment,
        error=row.error,
        words=row.words or "",
        created_at=row.created_at,
        steps=[
            StepView(one.state, one.actor, one.error, one.at) for one in sorted(row.steps.all(), key=lambda one: one.pk)
        ],
    )
