"""Giving money back in a shop of Magento: by a credit memo, which carries the key in its comment.

Online, through the payment's provider, where an invoice has a transaction of it; else offline: Magento notes it, and
somebody gives the money back where it was paid.
"""

from __future__ import annotations

from typing import Any

from pult.commerce.base import Done, GiveBack, Plan, Refused, ShopInfo, Warned
from pult.commerce.connectors.magento import asking, parsing, rows
from pult.platform import money

_PAID_INVOICE = 2


def left(raw: dict[str, Any]) -> int:
    """Return what was paid and not given back."""
    currency = raw["order_currency_code"]
    return parsing.minor(raw.get("total_paid"), currency) - parsing.minor(raw.get("total_refunded"), currency)


def online(shop: ShopInfo, raw: dict[str, Any], amount: int) -> str:
    """Return the number of the invoice through which so much can be given back, empty where there is none."""
    of: list[asking.Filter] = [("order_id", str(raw["entity_id"]), "eq")]
    for one in asking.every(shop, "/V1/invoices", of, key="entity_id"):
        paid = one.get("state") == _PAID_INVOICE and one.get("transaction_id")
        if paid and parsing.minor(one["grand_total"], raw["order_currency_code"]) >= amount:
            return str(one["entity_id"])
    return ""


def made(shop: ShopInfo, order_id: str, key: str) -> str | None:
    """Return the number of the credit memo that was made under a key."""
    for memo in asking.every(shop, "/V1/creditmemos", [("order_id", order_id, "eq")], key="entity_id"):
        comments, _ = asking.search(shop, f"/V1/creditmemo/{memo['entity_id']}/comments", [])
        if any(key in str(one.get("comment") or "") for one in comments):
            return str(memo["entity_id"])
    return None


def plan(shop: ShopInfo, act: GiveBack) -> Plan:
    """Say what would be given back, and how much could be."""
    raw = rows.found(shop, act.order_id)
    _refuse_more(raw, act)
    _body(raw, act, "")
    warnings: list[Warned] = [] if online(shop, raw, act.amount) else ["paid_elsewhere"]
    if act.restock and not act.parts:
        warnings.append("no_restock")
    return Plan(amount=act.amount, currency=raw["order_currency_code"], most=left(raw), warnings=warnings)


def _refuse_more(raw: dict[str, Any], act: GiveBack) -> None:
    if raw["order_currency_code"] != raw["base_currency_code"]:
        raise Refused("not_possible", "Magento takes amounts of refunds in the shop's own currency alone")
    if parsing.minor(raw.get("total_paid"), raw["order_currency_code"]) <= 0:
        raise Refused("not_paid")
    if act.amount > left(raw):
        raise Refused("too_much")


def refund(shop: ShopInfo, act: GiveBack, key: str) -> Done:
    """Make a credit memo, once for a key."""
    reference = made(shop, act.order_id, key)
    if reference is None:
        raw = rows.found(shop, act.order_id)
        _refuse_more(raw, act)
        reference = _refund(shop, raw, act.amount, _body(raw, act, f"{act.note or act.reason} [Pult {key}]"))
    return Done(reference=reference, order=rows.seen(shop, act.order_id))


def give_all_back(shop: ShopInfo, raw: dict[str, Any], key: str, *, restock: bool, reason: str) -> None:
    """Give back everything of an order of which nothing has left, postage as well: Magento closes it."""
    body = {
        "notify": False,
        "appendComment": False,
        "comment": {"comment": f"{reason} [Pult {key}]", "is_visible_on_front": 0},
    }
    if restock:
        numbers = [one["item_id"] for one in parsing.top(raw)]
        body["arguments"] = {"extension_attributes": {"return_to_stock_items": numbers}}
    _refund(shop, raw, left(raw), body)


def _refund(shop: ShopInfo, raw: dict[str, Any], amount: int, body: dict[str, Any]) -> str:
    if invoice := online(shop, raw, amount):
        return str(asking.do(shop, "POST", f"/V1/invoice/{invoice}/refund", {**body, "isOnline": True}))
    return str(asking.do(shop, "POST", f"/V1/order/{raw['entity_id']}/refund", body))


def _body(raw: dict[str, Any], act: GiveBack, comment: str) -> dict[str, Any]:
    """Return the request for a credit memo of exactly this amount.

    Magento gives back every line that is not named and all postage that is not named: each line is named therefore,
    and what its lines do not come to is put on top or taken off.
    """
    currency = raw["order_currency_code"]
    items = {str(one["item_id"]): one for one in parsing.top(raw)}
    wanted: dict[str, int] = {}
    worth = 0
    for part in act.parts:
        line = items.get(part.line_id)
        if line is None:
            raise Refused("unknown_line", part.line_id)
        there = float(line["qty_ordered"]) - float(line.get("qty_refunded") or 0) - float(line.get("qty_canceled") or 0)
        if part.quantity > there:
            raise Refused("too_much", part.line_id)
        wanted[part.line_id] = part.quantity
        worth += round(parsing.line_total(line, currency) * part.quantity / float(line["qty_ordered"]))
    more = act.amount - worth
    arguments: dict[str, Any] = {
        "shipping_amount": 0,
        "adjustment_positive": float(money.major(max(0, more), currency)),
        "adjustment_negative": float(money.major(max(0, -more), currency)),
    }
    if act.restock and wanted:
        arguments["extension_attributes"] = {"return_to_stock_items": [int(one) for one in wanted]}
    return {
        "items": [{"order_item_id": int(number), "qty": wanted.get(number, 0)} for number in items],
        "notify": False,
        "appendComment": False,
        "comment": {"comment": comment, "is_visible_on_front": 0},
        "arguments": arguments,
    }
