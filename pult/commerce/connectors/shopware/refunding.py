"""Giving money back in a shop of Shopware.

Where the payment's plugin keeps captures, a refund of one is made and the plugin asked for it. Else Shopware moves no
money: the payment is set to refunded and the sum noted with it, and somebody gives it back where it was paid.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from pult.commerce.base import Done, GiveBack, Plan, Refused, ShopInfo, Warned
from pult.commerce.connectors.shopware import asking, parsing, rows
from pult.platform import money

_PAID = frozenset({"paid", "paid_partially", "refunded_partially", "refunded"})
_LOST = frozenset({"failed", "cancelled"})


class Held(NamedTuple):
    """What an order's payment still holds, and whether its plugin gives it back."""

    left: int
    by_plugin: bool


NOTHING = Held(0, False)


def held(raw: dict[str, Any]) -> Held:
    """Return what can still be given back of an order."""
    paid, currency = _payment(raw), raw["currency"]["isoCode"]
    if parsing.state(paid) not in _PAID:
        return NOTHING
    captures = _captures(paid)
    if captures:
        return Held(sum(_left(one, currency) for one in captures), True)
    given = sum(one["amount"] for one in parsing.refunds(paid, currency))
    return Held(parsing.minor(paid["amount"]["totalPrice"], currency) - given, False)


def _payment(raw: dict[str, Any]) -> dict[str, Any]:
    return parsing.paying(sorted(raw["transactions"] or [], key=lambda one: str(one["createdAt"])))


def _captures(paid: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in paid.get("captures") or [] if parsing.state(one) == "completed"]


def _left(capture: dict[str, Any], currency: str) -> int:
    begun = [one for one in capture.get("refunds") or [] if parsing.state(one) not in _LOST]
    given = sum(parsing.minor(one["amount"]["totalPrice"], currency) for one in begun)
    return parsing.minor(capture["amount"]["totalPrice"], currency) - given


def _lines(raw: dict[str, Any], act: GiveBack) -> None:
    known = {one["id"]: int(one["quantity"]) for one in raw["lineItems"] or []}
    for part in act.parts:
        if part.line_id not in known:
            raise Refused("unknown_line", part.line_id)
        if part.quantity > known[part.line_id]:
            raise Refused("too_much", part.line_id)


def _refuse_more(raw: dict[str, Any], amount: int) -> Held:
    there = held(raw)
    if parsing.state(_payment(raw)) not in _PAID:
        raise Refused("not_paid")
    if amount > there.left:
        raise Refused("too_much")
    return there


def plan(shop: ShopInfo, act: GiveBack) -> Plan:
    """Say what would be given back, and how much could be."""
    raw = rows.found(shop, act.order_id)
    _lines(raw, act)
    there = _refuse_more(raw, act.amount)
    warnings: list[Warned] = [] if there.by_plugin else ["paid_elsewhere"]
    warnings += ["sum_only"] if act.parts else []
    warnings += ["no_restock"] if act.restock else []
    return Plan(amount=act.amount, currency=raw["currency"]["isoCode"], most=there.left, warnings=warnings)


def refund(shop: ShopInfo, act: GiveBack, key: str, at: datetime) -> Done:
    """Give a sum back, once for a key."""
    raw = rows.found(shop, act.order_id)
    if not is_begun(raw, key):
        _lines(raw, act)
        _refuse_more(raw, act.amount)
    reference = give_back(shop, raw, act.amount, key, at, act.note or act.reason)
    return Done(reference=reference, order=rows.seen(shop, act.order_id))


def is_begun(raw: dict[str, Any], key: str) -> bool:
    """Say whether something was given back under this key."""
    paid = _payment(raw)
    ids = {one["id"] for capture in paid.get("captures") or [] for one in capture.get("refunds") or []}
    return rows.own_id(key, "refund") in ids or parsing.RECORD + key in (paid.get("customFields") or {})


def give_back(shop: ShopInfo, raw: dict[str, Any], amount: int, key: str, at: datetime, reason: str) -> str:
    """Give a sum back by the payment's plugin, or note that it has to be; go on where an earlier try ended."""
    paid = _payment(raw)
    if _captures(paid):
        return _by_plugin(shop, raw, paid, amount, key, reason)
    currency = raw["currency"]["isoCode"]
    name = parsing.RECORD + key
    if name not in (paid.get("customFields") or {}):
        noted = {"amount": amount, "at": at.isoformat(), "reason": reason}
        asking.write(shop, ("order_transaction", {"id": paid["id"], "customFields": {name: noted}}))
        paid = {**paid, "customFields": {**(paid.get("customFields") or {}), name: noted}}
    given = sum(one["amount"] for one in parsing.refunds(paid, currency))
    whole = given >= parsing.minor(paid["amount"]["totalPrice"], currency)
    wanted, step = ("refunded", "refund") if whole else ("refunded_partially", "refund_partially")
    if parsing.state(paid) != wanted:
        asking.do(shop, "POST", f"/api/_action/order_transaction/{paid['id']}/state/{step}", {})
    return name


def _by_plugin(shop: ShopInfo, raw: dict[str, Any], paid: dict[str, Any], amount: int, key: str, reason: str) -> str:
    currency, made = raw["currency"]["isoCode"], rows.own_id(key, "refund")
    found = _refund(paid, made)
    if found is None:
        enough = [one for one in _captures(paid) if _left(one, currency) >= amount]
        if not enough:
            raise Refused("too_much", "no one payment holds so much")
        value = float(money.major(amount, currency))
        price = {"unitPrice": value, "totalPrice": value, "quantity": 1, "calculatedTaxes": [], "taxRules": []}
        row = {
            "id": made,
            "captureId": enough[0]["id"],
            "stateId": _open_state(shop),
            "amount": price,
            "reason": reason[:255],
            "externalReference": key,
        }
        asking.write(shop, ("order_transaction_capture_refund", row))
    if found is None or parsing.state(found) == "open":
        asking.do(shop, "POST", f"/api/_action/order_transaction_capture_refund/{made}", {})
    now = _refund(_payment(rows.found(shop, raw["id"])), made)
    if now is None or parsing.state(now) in _LOST:
        raise Refused("not_possible", "the payment's plugin did not give it back")
    return made


def _refund(paid: dict[str, Any], refund_id: str) -> dict[str, Any] | None:
    every = [one for capture in paid.get("captures") or [] for one in capture.get("refunds") or []]
    return next((one for one in every if one["id"] == refund_id), None)


def _open_state(shop: ShopInfo) -> str:
    criteria = {
        "limit": 1,
        "filter": [
            {"type": "equals", "field": "technicalName", "value": "open"},
            {
                "type": "equals",
                "field": "stateMachine.technicalName",
                "value": "order_transaction_capture_refund.state",
            },
        ],
    }
    states = asking.search(shop, "state-machine-state", criteria)["data"]
    if not states:
        raise Refused("not_possible", "the shop knows no states of refunds")
    return str(states[0]["id"])
