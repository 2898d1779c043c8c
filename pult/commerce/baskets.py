"""Baskets that somebody put together for a customer, and what became of their payment; actions.take calls this."""

from __future__ import annotations

from collections.abc import Sequence

from pult.commerce.models import Order, Shop, ShopAct
from pult.commerce.trail import record

_SAID = {"paid": "paid", "failed": "failed", "voided": "failed"}


def settle(shop: Shop, orders: Sequence[Order]) -> None:
    """Join orders to the baskets that they came from, and write down once that one was paid or could not be."""
    of = {
        reference: order for order in orders for reference in (order.external_id, order.body.get("draft")) if reference
    }
    found = ShopAct.objects.select_for_update(of=("self",)).select_related("shop", "order")
    for act in found.filter(shop=shop, reference__in=list(of), verb="draft_order", state=ShopAct.State.DONE):
        order = of[act.reference]
        said = _SAID.get(order.payment, "")
        news = said if said and said != act.payment and act.payment != "paid" else ""
        if act.order_id is None or news:
            act.order, act.payment = order, news or act.payment
            act.save(update_fields=["order", "payment"])
        if news:
            record(act, "paid" if news == "paid" else "unpaid", "system")
