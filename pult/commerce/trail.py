"""The trail of an act: each state it comes to is a line of the audit, an event, and told on."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone

from pult.commerce.models import ActStep, ShopAct
from pult.platform import events


class Step(NamedTuple):
    """What became of an act, for whoever tells it on."""

    act_id: int
    store_id: int
    conversation_id: int | None
    verb: str
    order: str
    amount: int
    currency: str
    state: str
    actor: str


def step(row: ShopAct, state: str, actor: str) -> Step:
    """Bring an act to a state and write that down, in the caller's transaction."""
    row.state = state
    row.save()
    return record(row, state, actor)


def record(row: ShopAct, state: str, actor: str) -> Step:
    """Write what became of an act into its trail and as an event, in the caller's transaction."""
    now = timezone.now()
    ActStep.objects.create(act=row, state=state, actor=actor, amount=row.amount, error=row.error, at=now)
    ids = {
        "conversation_id": row.conversation_id,
        "order_id": row.order_id,
        "customer_id": row.customer_id,
        "shop_id": row.shop_id,
        "verb": row.verb,
    }
    events.append(f"act.{state}", scope_id=row.shop.store_id, entity_id=row.pk, actor=actor, data=ids)
    return told(row, state, actor)


def told(row: ShopAct, state: str, actor: str) -> Step:
    """Return what became of an act as it is told on."""
    plan = row.plan.get("total") if row.verb == "draft_order" else None
    amount = row.amount if plan is None else int(plan)
    number = row.order.number if row.order else ""
    return Step(row.pk, row.shop.store_id, row.conversation_id, row.verb, number, amount, row.currency, state, actor)
