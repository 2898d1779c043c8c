"""Giving money back in a shop of WooCommerce, for whole lines with their tax or as a sum."""

from __future__ import annotations

from typing import Any

from pult.commerce.base import GiveBack, Refused, ShopInfo
from pult.commerce.connectors.woocommerce import plans, things, wire
from pult.commerce.connectors.woocommerce.asking import do
from pult.platform.money import major


def give_back(shop: ShopInfo, act: GiveBack, order: wire.Order, key: str) -> str:
    """Give money back, once for a key, and return the refund's id.

    Where the way in which was paid gives nothing back by itself the refund is noted only. Raises Refused, ShopError.
    """
    mark = f"_pult_{key}"
    for one in do(shop, "GET", f"orders/{act.order_id}/refunds", {"per_page": 100}):
        if any(isinstance(meta, dict) and meta.get("key") == mark for meta in one.get("meta_data", [])):
            return str(one["id"])
    plan = plans.giving_back(shop, act, order)
    body: dict[str, Any] = {
        "amount": major(act.amount, order.currency),
        "reason": act.note or act.reason,
        "api_refund": "paid_elsewhere" not in plan.warnings,
        "api_restock": act.restock,
        "meta_data": [{"key": mark, "value": "1"}],
    }
    if lines := _lines(act, order):
        body["line_items"] = lines
    made = do(shop, "POST", f"orders/{act.order_id}/refunds", json_body=body)
    if not isinstance(made, dict) or "id" not in made:
        raise Refused("not_possible", "the shop names no refund")
    return str(made["id"])


def _lines(act: GiveBack, order: wire.Order) -> list[dict[str, Any]]:
    """Spread the sum over the lines named, by what their pieces cost, and over each line's tax by its rates."""
    parts = plans.named(order, act.parts)
    worth = [
        round(things.gross(line, order.currency) * pieces / max(1, things.quantity(line))) for line, pieces in parts
    ]
    left, left_worth = act.amount - act.shipping, sum(worth)
    lines: list[dict[str, Any]] = []
    for (line, pieces), one in zip(parts, worth, strict=True):
        share = round(left * one / left_worth) if left_worth else 0
        left, left_worth = left - share, left_worth - one
        lines.append({**_share(line, share, order.currency), "quantity": pieces})
    if act.shipping and order.shipping_lines:
        lines.append(_share(order.shipping_lines[0], act.shipping, order.currency))
    return lines


def _share(line: wire.Item, share: int, currency: str) -> dict[str, Any]:
    """Return so much of a line, divided into net and taxes as the line is."""
    whole = things.gross(line, currency)
    taxes = []
    for tax in line.taxes:
        part = round(things.amount(tax.total, currency) * share / whole) if whole else 0
        if part and things.text(tax.id):
            taxes.append((int(things.text(tax.id)), part))
    net = share - sum(part for _, part in taxes)
    found: dict[str, Any] = {"id": int(things.text(line.id)), "refund_total": major(net, currency)}
    if taxes:
        found["refund_tax"] = [{"id": rate, "amount": major(part, currency)} for rate, part in taxes]
    return found
