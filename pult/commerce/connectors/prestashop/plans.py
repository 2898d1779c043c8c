"""What an act would do in a shop of PrestaShop, asked of the shop as it is now; nothing is changed here."""

from __future__ import annotations

from typing import Any, NamedTuple

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    GiveBack,
    Order,
    Plan,
    Refused,
    ShopError,
    ShopInfo,
    Warned,
)
from pult.commerce.connectors.prestashop import beside, things
from pult.commerce.connectors.prestashop.asking import Declined, of, rows


class Held(NamedTuple):
    """An order as the shop has it: what it says, and how it looks from here."""

    said: dict[str, Any]
    order: Order


def plan(shop: ShopInfo, act: Act) -> Plan:
    """Say what would happen. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return cancelling(act, held(shop, act.order_id).order)
        case ChangeAddress():
            order = unsent(held(shop, act.order_id).order)
            country(shop, act)
            return Plan(currency=order.currency, undo=True)
        case GiveBack():
            return giving_back(act, held(shop, act.order_id).order)
        case Discount():
            return discounting(shop, act)
        case AddNote():
            return Plan(currency=held(shop, act.order_id).order.currency, undo=True)
        case _:
            raise Refused("not_possible", "PrestaShop's Webservice has no such thing")


def held(shop: ShopInfo, order_id: str) -> Held:
    """Return an order as the shop has it. Raises Refused, ShopError."""
    if not (order_id.isascii() and order_id.isdigit()):
        raise Refused("unknown", f"PrestaShop has no order {order_id}")
    try:
        found = rows(shop, "orders", {"filter[id]": f"[{order_id}]"})
        aside = beside.of_orders(shop, found)
    except Declined as error:
        raise Refused("not_allowed" if error.status in (401, 403) else "not_possible", str(error)) from error
    if not found:
        raise Refused("unknown", f"PrestaShop has no order {order_id}")
    try:
        return Held(found[0], things.order(found[0], aside, shop))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ShopError(f"order {order_id}: {error!r}", permanent=True) from error


def unsent(order: Order) -> Order:
    """Return an order that has neither left nor been cancelled. Raises Refused."""
    if order.state == "cancelled":
        raise Refused("already_cancelled", f"order {order.number} is cancelled")
    if order.fulfilment != "none" or order.state == "completed":
        raise Refused("already_sent", f"order {order.number} is {order.fulfilment}")
    return order


def most(order: Order) -> int:
    """Return what was paid and not given back yet."""
    paid = sum(one.amount for one in order.payments) or (order.total if order.payment == "paid" else 0)
    return max(0, min(paid, order.total) - sum(one.amount for one in order.refunds))


def cancelling(act: Cancel, order: Order) -> Plan:
    """Plan a cancellation: PrestaShop writes to the buyer, and moves no money."""
    unsent(order)
    amount = most(order) if act.refund else 0
    return Plan(
        amount=amount,
        currency=order.currency,
        most=most(order),
        warnings=["paid_elsewhere", "shop_writes"] if amount else ["shop_writes"],
    )


def giving_back(act: GiveBack, order: Order) -> Plan:
    """Plan a credit slip: the Webservice keeps its sums and none of its lines, and moves no money."""
    if not order.payments and order.payment not in ("paid", "part_refunded", "refunded"):
        raise Refused("not_paid", f"order {order.number} is not paid")
    if act.amount > most(order) or act.shipping > act.amount:
        raise Refused("too_much", f"{most(order)} can be given back at most")
    lines = {line.id: line for line in order.lines}
    for part in act.parts:
        if part.line_id not in lines or part.quantity > lines[part.line_id].quantity:
            raise Refused("unknown_line", f"order {order.number} has no {part.quantity} of line {part.line_id}")
    warnings: list[Warned] = ["paid_elsewhere", "sum_only"]
    if act.restock:
        warnings.append("no_restock")
    return Plan(amount=act.amount, currency=order.currency, most=most(order), warnings=warnings)


def country(shop: ShopInfo, act: ChangeAddress) -> str:
    """Return the shop's number of a country to which it sends. Raises Refused."""
    place = act.ship_to
    if not (place.country and place.city and place.lines and place.name):
        raise Refused("bad_address", "an address needs a name, a street, a city and a country")
    found = of(shop, "countries", "iso_code", [place.country])
    good = [one for one in found if things.text(one.get("active")) == "1"]
    if not good:
        raise Refused("bad_address", f"the shop does not send to {place.country}")
    return things.text(good[0]["id"])


def rule(shop: ShopInfo, code: str) -> dict[str, Any] | None:
    """Return the cart rule of a code."""
    found = of(shop, "cart_rules", "code", [code])
    return next((one for one in found if things.text(one.get("code")).casefold() == code.casefold()), None)


def discounting(shop: ShopInfo, act: Discount) -> Plan:
    """Plan a code."""
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a code takes off either a part or a sum")
    currency(shop, act.currency or shop.currency)
    if rule(shop, act.code):
        raise Refused("bad_code", f"there is a code {act.code} already")
    if act.buyer.id or act.buyer.email:
        buyer(shop, act)
    return Plan(amount=act.amount or 0, currency=act.currency or shop.currency, undo=True)


def currency(shop: ShopInfo, code: str) -> str:
    """Return the shop's number of a currency. Raises Refused."""
    for number, name in beside.currencies(shop).items():
        if name == code:
            return number
    raise Refused("not_possible", f"the shop has no {code}")


def buyer(shop: ShopInfo, act: Discount) -> str:
    """Return the number of the customer for whom alone a code is. Raises Refused: else it were for everybody."""
    if act.buyer.id.isascii() and act.buyer.id.isdigit():
        return act.buyer.id
    for one in of(shop, "customers", "email", [act.buyer.email]):
        return things.text(one["id"])
    raise Refused("unknown", f"{act.buyer.email} has no account")
