"""Giving money back in a shop of Shopify, for whole lines or as a sum, to where it came from."""

from __future__ import annotations

from typing import Any

from pult.commerce.base import GiveBack, ShopInfo
from pult.commerce.connectors.shopify import plans, queries, things
from pult.commerce.connectors.shopify.asking import ask, do
from pult.platform.money import major

_REASONS = {"customer": "CUSTOMER", "damaged": "DAMAGE", "quality": "DAMAGE", "wrong": "DAMAGE"}


def give_back(shop: ShopInfo, act: GiveBack, key: str) -> str:
    """Give money back, once for a key, and return the refund's id. Raises Refused, ShopError."""
    found = plans.held(shop, act.order_id)
    for one in found.said.get("refunds") or []:
        if f"[{key}]" in things.text(one.get("note")):
            return things.short(one["id"])
    plans.giving_back(act, found)
    order_gid = things.gid("Order", act.order_id)
    currency = found.order.currency
    given: dict[str, Any] = {
        "orderId": order_gid,
        "currency": currency,
        "note": f"{act.note or act.reason} [{key}]",
        "notify": True,
        "transactions": _from_where(act, plans.sources(found.said), order_gid, currency),
        "discrepancyReason": _REASONS.get(act.reason, "OTHER"),
    }
    if act.parts:
        given["refundLineItems"] = _lines(shop, act, sent=found.order.fulfilment != "none")
    if act.shipping:
        given["shipping"] = {"amount": major(act.shipping, currency)}
    made = do(shop, queries.REFUND, {"input": given, "key": key})
    return things.short((made.get("refund") or {}).get("id"))


def _from_where(act: GiveBack, sources: list[plans.Source], order_gid: str, currency: str) -> list[dict[str, Any]]:
    """Divide the sum among the payments, the first first."""
    left = act.amount
    moves: list[dict[str, Any]] = []
    for one in sources:
        share = min(left, one.left)
        if share > 0:
            moves.append(
                {
                    "amount": major(share, currency),
                    "gateway": one.gateway,
                    "kind": "REFUND",
                    "orderId": order_gid,
                    "parentId": one.id,
                }
            )
        left -= share
    return moves


def _lines(shop: ShopInfo, act: GiveBack, *, sent: bool) -> list[dict[str, Any]]:
    """Name the pieces; what comes back into stock does so at the shop's first place."""
    stock: dict[str, str] = {"restockType": "NO_RESTOCK"}
    if act.restock:
        place = (ask(shop, queries.LOCATION)["location"] or {}).get("id")
        stock = {"restockType": "RETURN" if sent else "CANCEL"} | ({"locationId": place} if place else {})
    return [
        {"lineItemId": things.gid("LineItem", part.line_id), "quantity": part.quantity, **stock} for part in act.parts
    ]
