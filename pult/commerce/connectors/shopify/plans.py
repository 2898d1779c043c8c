"""What an act would do in a shop of Shopify, asked of the shop as it is now; nothing is changed here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    DraftOrder,
    GiveBack,
    Option,
    Order,
    Part,
    Place,
    Plan,
    Refused,
    Register,
    Resend,
    ShopError,
    ShopInfo,
    Warned,
)
from pult.commerce.connectors.shopify import queries, things
from pult.commerce.connectors.shopify.asking import Denied, ask, do, whole
from pult.platform.money import major, minor


class Held(NamedTuple):
    """An order as the shop has it: what it says, and how it looks from here."""

    said: dict[str, Any]
    order: Order


class Source(NamedTuple):
    """A payment that can still be given back, and how much of it."""

    id: str
    gateway: str
    left: int
    by_hand: bool


def plan(shop: ShopInfo, act: Act) -> Plan:
    """Say what would happen. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return cancelling(act, held(shop, act.order_id))
        case ChangeAddress():
            order = unsent(held(shop, act.order_id).order)
            return Plan(currency=order.currency, undo=True)
        case GiveBack():
            return giving_back(act, held(shop, act.order_id))
        case Resend():
            order = held(shop, act.order_id).order
            named(order, act.parts)
            return Plan(currency=order.currency, undo=True)
        case Discount():
            return discounting(shop, act)
        case AddNote():
            return Plan(currency=held(shop, act.order_id).order.currency, undo=True)
        case DraftOrder():
            return basket(shop, act)
        case Register():
            return registering(shop, act)


def held(shop: ShopInfo, order_id: str) -> Held:
    """Return an order as the shop has it. Raises Refused, ShopError."""
    if not (order_id.isascii() and order_id.isdigit()):
        raise Refused("unknown", f"Shopify has no order {order_id}")
    try:
        said = ask(shop, queries.ORDER, {"id": things.gid("Order", order_id)})["order"]
    except Denied as error:
        raise Refused("not_allowed", str(error)) from error
    if said is None:
        raise Refused("unknown", f"Shopify has no order {order_id}")
    try:
        said = whole(shop, said, "lineItems", "order", queries.MORE_LINES)
        return Held(said, things.order(said, str(shop.settings["url"])))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ShopError(f"order {order_id}: {error!r}", permanent=True) from error


def unsent(order: Order) -> Order:
    """Return an order that has neither left nor been cancelled. Raises Refused."""
    if order.state == "cancelled":
        raise Refused("already_cancelled", f"order {order.number} is cancelled")
    if order.fulfilment in ("sent", "delivered", "returned"):
        raise Refused("already_sent", f"order {order.number} is {order.fulfilment}")
    return order


def sources(said: Mapping[str, Any]) -> list[Source]:
    """Return the payments of an order that can still be given back."""
    moves = said.get("transactions") or []
    back: dict[str, int] = {}
    for one in moves:
        if one.get("kind") == "REFUND" and one.get("status") in ("SUCCESS", "PENDING"):
            parent = things.text((one.get("parentTransaction") or {}).get("id"))
            back[parent] = back.get(parent, 0) + things.money(one.get("amountSet"))
    found: list[Source] = []
    for one in moves:
        if one.get("kind") in ("SALE", "CAPTURE") and one.get("status") == "SUCCESS":
            left = things.money(one.get("amountSet")) - back.get(str(one["id"]), 0)
            if left > 0:
                by_hand = bool(one.get("manualPaymentGateway"))
                found.append(Source(str(one["id"]), things.text(one.get("gateway")), left, by_hand))
    return found


def most(found: Held) -> int:
    """Return what was paid and not given back yet."""
    back = sum(refund.amount for refund in found.order.refunds)
    return max(0, min(sum(one.left for one in sources(found.said)), found.order.total - back))


def cancelling(act: Cancel, found: Held) -> Plan:
    """Plan a cancellation; of an order of which some has left only the rest can be cancelled by hand."""
    order = unsent(found.order)
    if order.fulfilment == "part":
        raise Refused("already_sent", f"some of order {order.number} has left")
    amount = most(found) if act.refund else 0
    warnings: list[Warned] = ["shop_writes"]
    if amount and any(one.by_hand for one in sources(found.said)):
        warnings.insert(0, "paid_elsewhere")
    return Plan(amount=amount, currency=order.currency, most=most(found), warnings=warnings)


def giving_back(act: GiveBack, found: Held) -> Plan:
    """Plan a refund."""
    there = sources(found.said)
    if not there and not found.order.refunds:
        raise Refused("not_paid", f"order {found.order.number} is not paid")
    if act.amount > most(found) or act.shipping > act.amount:
        raise Refused("too_much", f"{most(found)} can be given back at most")
    named(found.order, act.parts)
    warnings: list[Warned] = ["shop_writes"]
    if any(one.by_hand for one in there):
        warnings.insert(0, "paid_elsewhere")
    return Plan(amount=act.amount, currency=found.order.currency, most=most(found), warnings=warnings)


def named(order: Order, parts: Sequence[Part]) -> None:
    """Check that an order has the pieces that parts name. Raises Refused."""
    lines = {line.id: line for line in order.lines}
    for part in parts:
        line = lines.get(part.line_id)
        if line is None or part.quantity > line.quantity:
            raise Refused("unknown_line", f"order {order.number} has no {part.quantity} of line {part.line_id}")


def discounting(shop: ShopInfo, act: Discount) -> Plan:
    """Plan a code."""
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a code takes off either a part or a sum")
    if act.currency and act.currency != shop.currency:
        raise Refused("not_possible", f"discounts are in {shop.currency}")
    if code(shop, act.code):
        raise Refused("bad_code", f"there is a discount {act.code} already")
    if act.buyer.email or act.buyer.id:
        _customer_of(shop, act)
    return Plan(amount=act.amount or 0, currency=shop.currency, undo=True)


def _customer_of(shop: ShopInfo, act: Discount) -> str:
    """Return the customer for whom alone a code is. Raises Refused: to nobody in particular it is for everybody."""
    if act.buyer.id.isascii() and act.buyer.id.isdigit():
        return things.gid("Customer", act.buyer.id)
    found = customer(shop, act.buyer.email)
    if not found:
        raise Refused("unknown", f"{act.buyer.email} has no account")
    return str(found["id"])


def code(shop: ShopInfo, text: str) -> dict[str, Any]:
    """Return the discount of a code, nothing where there is none."""
    return do(shop, queries.CODE, {"code": text})


def customer(shop: ShopInfo, email: str) -> dict[str, Any]:
    """Return the account of an address, nothing where there is none."""
    return do(shop, queries.CUSTOMER, {"identifier": {"emailAddress": email}})


def registering(shop: ShopInfo, act: Register) -> Plan:
    """Plan an account."""
    if not act.buyer.email:
        raise Refused("bad_address", "an account needs an address")
    if customer(shop, act.buyer.email):
        raise Refused("already_done", f"{act.buyer.email} has an account")
    return Plan(currency=shop.currency, warnings=["shop_writes"])


def for_whom(shop: ShopInfo, act: Discount) -> dict[str, Any]:
    """Return for whom a code is, as Shopify takes it."""
    if act.buyer.email or act.buyer.id:
        return {"customers": {"add": [_customer_of(shop, act)]}}
    return {"all": "ALL"}


def address(place: Place) -> dict[str, str]:
    """Return an address as Shopify takes it."""
    first, _, last = place.name.rpartition(" ")
    given = {
        "firstName": first,
        "lastName": last,
        "company": place.company,
        "address1": place.lines[0] if place.lines else "",
        "address2": ", ".join(place.lines[1:]),
        "city": place.city,
        "provinceCode": place.region,
        "zip": place.postcode,
        "countryCode": place.country,
        "phone": place.phone,
    }
    return {name: value for name, value in given.items() if value}


def draft_input(act: DraftOrder) -> dict[str, Any]:
    """Return a basket as Shopify takes it, without the mark of its key."""
    lines: list[dict[str, Any]] = []
    for one in act.wanted:
        if not (one.variant_id.isascii() and one.variant_id.isdigit()):
            raise Refused("unknown", f"Shopify has no variant {one.variant_id}")
        line: dict[str, Any] = {"variantId": things.gid("ProductVariant", one.variant_id), "quantity": one.quantity}
        if one.price is not None:
            line["priceOverride"] = {"amount": major(one.price, act.currency), "currencyCode": act.currency}
        lines.append(line)
    given: dict[str, Any] = {"lineItems": lines, "presentmentCurrencyCode": act.currency}
    if act.buyer.id.isascii() and act.buyer.id.isdigit():
        given["purchasingEntity"] = {"customerId": things.gid("Customer", act.buyer.id)}
    for name, value in (("email", act.buyer.email), ("phone", act.buyer.phone), ("note", act.note)):
        if value:
            given[name] = value
    for name, place in (("shippingAddress", act.ship_to), ("billingAddress", act.bill_to)):
        if found := address(place):
            given[name] = found
    if act.code:
        given["discountCodes"] = [act.code]
    return given


def basket(shop: ShopInfo, act: DraftOrder) -> Plan:
    """Plan a basket: the shop reckons it with its prices, taxes, discounts and ways of delivery."""
    given = draft_input(act)
    ways = rates(shop, given)
    if handle := chosen(ways, act.delivery):
        given["shippingLine"] = {"shippingRateHandle": handle}
    said = do(shop, queries.CALCULATE, {"input": given}).get("calculatedDraftOrder") or {}
    total = things.money(said.get("totalPriceSet"))
    changed = any(one.price is not None for one in act.wanted)
    return Plan(
        amount=total,
        currency=act.currency,
        undo=True,
        warnings=["price_changed"] if changed else [],
        total=total,
        shipping=things.money(said.get("totalShippingPriceSet")),
        tax=things.money(said.get("totalTaxSet")),
        discount=things.money(said.get("totalDiscountsSet")),
        options=ways,
    )


def rates(shop: ShopInfo, given: Mapping[str, Any]) -> list[Option]:
    """Return the ways in which a basket can be delivered. Raises Refused, ShopError."""
    said = do(shop, queries.CALCULATE, {"input": given}).get("calculatedDraftOrder") or {}
    return [
        Option(
            str(one["handle"])[:200],
            things.text(one.get("title")),
            minor(str(one["price"]["amount"]), str(one["price"]["currencyCode"])),
        )
        for one in said.get("availableShippingRates") or []
    ]


def chosen(ways: Sequence[Option], delivery: str) -> str:
    """Return the handle of the way that was chosen, of the first where none was. Raises Refused."""
    if not delivery:
        return ways[0].id if ways else ""
    if not any(way.id == delivery for way in ways):
        raise Refused("changed", f"there is no delivery {delivery} any more")
    return delivery
