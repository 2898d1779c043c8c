"""Draft orders of Shopify: baskets that the buyer pays himself, and what is sent once more for nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pult.commerce.base import Done, DraftOrder, Refused, Resend, ShopInfo
from pult.commerce.connectors.shopify import plans, queries, things
from pult.commerce.connectors.shopify.asking import ask, do

_SKEW = timedelta(hours=1)
"""By how much the shop's clock may go behind ours where what a key left is looked for."""


def _tag(key: str) -> str:
    """Return the tag that carries a key. The order that comes of a draft has it too, and so is known as its."""
    return f"{things.MARK}{key}"


def _made(shop: ShopInfo, key: str, at: datetime) -> dict[str, Any] | None:
    """Return the draft that a key has made. The search for tags lags behind, so the newest are looked at themselves."""
    after: str | None = None
    while True:
        page = ask(shop, queries.DRAFTS, {"after": after})["draftOrders"]
        for one in page["nodes"]:
            if _tag(key) in (one.get("tags") or []):
                return dict(one)
            if things.must(one["createdAt"]) < at - _SKEW:
                return None
        if not page["pageInfo"]["hasNextPage"]:
            return None
        after = page["pageInfo"]["endCursor"]


def draft(shop: ShopInfo, act: DraftOrder, key: str, at: datetime) -> Done:
    """Make a basket, once for a key. Raises Refused, ShopError."""
    made = _made(shop, key, at)
    if made is None:
        given = plans.draft_input(act)
        if handle := plans.chosen(plans.rates(shop, given), act.delivery):
            given["shippingLine"] = {"shippingRateHandle": handle}
        made = do(shop, queries.DRAFT, {"input": {**given, "tags": [_tag(key)]}})["draftOrder"]
    return Done(_tag(key), url=things.text(made.get("invoiceUrl")), undo=things.short(made["id"]))


def forget_draft(shop: ShopInfo, done: Done) -> Done:
    """Delete a basket that is not paid. Raises Refused, ShopError."""
    found = do(shop, queries.ONE_DRAFT, {"id": things.gid("DraftOrder", done.undo)})
    if found.get("status") == "COMPLETED":
        raise Refused("changed", "the basket is paid")
    if found:
        do(shop, queries.FORGET_DRAFT, {"input": {"id": found["id"]}})
    return Done(done.reference)


def resend(shop: ShopInfo, act: Resend, key: str, at: datetime) -> Done:
    """Send pieces once more: a draft with its whole price taken off, then completed. Raises Refused, ShopError."""
    made = _made(shop, key, at)
    if made is None:
        made = do(shop, queries.DRAFT, {"input": _again(shop, act, key)})["draftOrder"]
    if not made.get("order"):
        made = do(shop, queries.COMPLETE, {"id": made["id"]})["draftOrder"]
    order = plans.held(shop, things.short(made["order"]["id"])).order
    return Done(order.id, order=order, undo="cancel")


def _again(shop: ShopInfo, act: Resend, key: str) -> dict[str, Any]:
    order = plans.held(shop, act.order_id).order
    plans.named(order, act.parts)
    lines = {line.id: line for line in order.lines}
    given: dict[str, Any] = {
        "lineItems": [],
        "presentmentCurrencyCode": order.currency,
        "appliedDiscount": {"value": 100.0, "valueType": "PERCENTAGE", "title": order.number},
        "shippingLine": {"title": order.number, "priceWithCurrency": {"amount": "0", "currencyCode": order.currency}},
        "note": f"{order.number} ({act.reason})",
        "tags": [_tag(key)],
    }
    for part in act.parts:
        line = lines[part.line_id]
        if not line.variant_id:
            raise Refused("not_possible", f"{line.title} is no longer sold")
        variant = things.gid("ProductVariant", line.variant_id)
        given["lineItems"].append({"variantId": variant, "quantity": part.quantity})
    if order.buyer.id:
        given["purchasingEntity"] = {"customerId": things.gid("Customer", order.buyer.id)}
    if order.buyer.email:
        given["email"] = order.buyer.email
    for name, place in (("shippingAddress", act.ship_to or order.ship_to), ("billingAddress", order.bill_to)):
        if found := plans.address(place):
            given[name] = found
    return given
