"""How much somebody may do without a second person: by store, role and verb, as an admin has set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import msgspec
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from pult.accounts import queries as accounts
from pult.commerce import base
from pult.commerce.models import ActLimit, Order, Product, ShopAct
from pult.platform import money

ROLES = ("agent", "lead", "admin")
VERBS: tuple[base.Verb, ...] = ("refund", "cancel", "resend", "discount", "draft_order")
"""What costs the shop something; the others need no limit."""
_MAJOR: Final[Mapping[str, int | None]] = {"agent": 50, "lead": 500, "admin": None}
_PERCENT: Final[Mapping[str, int | None]] = {"agent": 20, "lead": 50, "admin": None}
_TOGETHER = timedelta(days=30)
"""What one person had done to one order within this time counts together, so that a sum is not cut into small ones."""
_SPENT = ("waiting", "approved", "doing", "done")


class Limit(msgspec.Struct, frozen=True):
    """A limit: `alone` in minor units of the store's currency; None where there is none."""

    role: str
    verb: str
    alone: int | None
    percent: int | None


def limits(store_id: int) -> list[Limit]:
    """Return every limit of a store, those that nobody has set as Pult has them from the beginning."""
    unit: int = 10 ** money.digits(accounts.store(store_id).currency)
    kept = {(row.role, row.verb): row for row in ActLimit.objects.filter(store=store_id)}
    found = []
    for verb in VERBS:
        for role in ROLES:
            if row := kept.get((role, verb)):
                found.append(Limit(role, verb, row.alone, row.percent))
            else:
                major = _MAJOR[role]
                percent = _PERCENT[role] if verb == "discount" else None
                found.append(Limit(role, verb, None if major is None else major * unit, percent))
    return found


def set_limits(store_id: int, wanted: Iterable[Limit]) -> None:
    """Set limits of a store; those that are not named stay."""
    with transaction.atomic():
        for one in wanted:
            ActLimit.objects.update_or_create(
                store_id=store_id,
                role=one.role,
                verb=one.verb,
                defaults={"alone": one.alone, "percent": one.percent},
            )


def stake(act: base.Act, plan: base.Plan, order: Order | None, shop_id: int) -> int | None:
    """Return what an act costs the shop, in minor units; None where nobody knows."""
    match act:
        case base.GiveBack():
            return max(act.amount, plan.amount)
        case base.Cancel():
            return plan.amount
        case base.Resend():
            return _worth(act, order)
        case base.Discount():
            return (act.amount or 0) * act.uses
        case base.DraftOrder():
            return _given_away(act, shop_id)
        case _:
            return 0


def _worth(act: base.Resend, order: Order | None) -> int | None:
    lines = {line["id"]: line for line in order.body.get("lines", ())} if order else {}
    worth = 0
    for part in act.parts:
        line = lines.get(part.line_id)
        if line is None or not line["quantity"]:
            return None
        worth += -(-abs(line["total"]) * part.quantity // abs(line["quantity"]))
    return worth


def _given_away(act: base.DraftOrder, shop_id: int) -> int | None:
    """Return by how much goods are cheaper than the shop sells them."""
    given = 0
    for wanted in act.wanted:
        if wanted.price is None:
            continue
        row = Product.objects.filter(shop=shop_id, external_id=wanted.product_id).first()
        prices = {one["id"]: one["price"] for one in row.body.get("variants", ())} if row else {}
        if wanted.variant_id not in prices:
            return None
        given += max(0, int(prices[wanted.variant_id]) - wanted.price) * wanted.quantity
    return given


def before(row: ShopAct) -> int:
    """Return what else the same person had done to the same order of late."""
    if row.order_id is None:
        return 0
    since = timezone.now() - _TOGETHER
    others = ShopAct.objects.filter(
        order=row.order_id, asked_by=row.asked_by, state__in=_SPENT, asked_at__gt=since
    ).exclude(pk=row.pk)
    return int(others.aggregate(all=Sum("stake"))["all"] or 0)


def may(role: str, row: ShopAct, store_id: int) -> bool:
    """Say whether somebody of this role may have this done, or let another have it done."""
    limit = next((one for one in limits(store_id) if (one.role, one.verb) == (role, row.verb)), None)
    if limit is None:
        return row.verb not in VERBS
    if limit.percent is not None and (row.percent or 0) > limit.percent:
        return False
    if limit.alone is None:
        return True
    if row.stake is None:
        return False
    foreign = bool(row.currency) and row.currency != accounts.store(store_id).currency
    total = row.stake + before(row)
    return total <= limit.alone and not (foreign and total)
