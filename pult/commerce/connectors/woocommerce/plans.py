"""What an act would do in a shop of WooCommerce, asked of the shop as it is now; nothing is changed here."""

from __future__ import annotations

from typing import Any

import msgspec

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    DraftOrder,
    GiveBack,
    Option,
    Part,
    Plan,
    Refused,
    Register,
    Resend,
    ShopInfo,
    Wanted,
    Warned,
)
from pult.commerce.connectors.woocommerce import things, wire
from pult.commerce.connectors.woocommerce.asking import MOST, do
from pult.commerce.connectors.woocommerce.delivery import options
from pult.platform.money import minor


def plan(shop: ShopInfo, act: Act) -> Plan:
    """Say what would happen. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return cancelling(shop, act, order_of(shop, act.order_id))
        case ChangeAddress():
            order = unsent(order_of(shop, act.order_id))
            return Plan(currency=order.currency, undo=True)
        case GiveBack():
            return giving_back(shop, act, order_of(shop, act.order_id))
        case Resend():
            order = order_of(shop, act.order_id)
            named(order, act.parts)
            return Plan(currency=order.currency, undo=True)
        case Discount():
            return discounting(shop, act)
        case AddNote():
            return Plan(currency=order_of(shop, act.order_id).currency, undo=True)
        case DraftOrder():
            return basket(shop, act)
        case Register():
            return registering(shop, act)


def order_of(shop: ShopInfo, order_id: str) -> wire.Order:
    """Return an order as the shop has it. Raises Refused, ShopError."""
    if not (order_id.isascii() and order_id.isdigit()):
        raise Refused("unknown", f"WooCommerce has no order {order_id}")
    return read_order(do(shop, "GET", f"orders/{order_id}"))


def read_order(raw: Any) -> wire.Order:
    """Return what an act needs to know of an order. Raises Refused for what is none, or lies in the bin."""
    try:
        found = msgspec.convert(raw, wire.Order, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("not_possible", str(error)) from error
    if found.status == "trash":
        raise Refused("unknown", f"order {found.number} lies in the bin")
    return found


def unsent(order: wire.Order) -> wire.Order:
    """Return an order that has neither left nor been cancelled. Raises Refused."""
    if order.status in ("cancelled", "refunded", "failed"):
        raise Refused("already_cancelled", f"order {order.number} is {order.status}")
    if order.status == "completed":
        raise Refused("already_sent", f"order {order.number} is {order.status}")
    return order


def refundable(order: wire.Order) -> int:
    """Return what was paid and not given back yet."""
    if not order.date_paid_gmt:
        return 0
    back = sum(abs(things.amount(one.total, order.currency)) for one in order.refunds)
    return max(0, things.amount(order.total, order.currency) - back)


def gives_back(shop: ShopInfo, order: wire.Order) -> bool:
    """Say whether the way in which an order was paid gives money back by itself; where the key may not ask, it is tried
    and the shop says no."""
    method = things.text(order.payment_method)
    if not method:
        return False
    try:
        gateway = do(shop, "GET", f"payment_gateways/{method}")
    except Refused as error:
        return error.code == "not_allowed"
    supports = gateway.get("method_supports") if isinstance(gateway, dict) else None
    return isinstance(supports, list) and "refunds" in supports


def cancelling(shop: ShopInfo, act: Cancel, order: wire.Order) -> Plan:
    """Plan a cancellation; a parcel of several may have left already."""
    unsent(order)
    warnings: list[Warned] = ["part_sent"] if any(one.key == things.TRACKING for one in order.meta_data) else []
    amount = refundable(order) if act.refund else 0
    if amount:
        warnings += ["shop_writes"] if gives_back(shop, order) else ["paid_elsewhere", "shop_writes"]
    return Plan(amount=amount, currency=order.currency, most=refundable(order), warnings=warnings)


def giving_back(shop: ShopInfo, act: GiveBack, order: wire.Order) -> Plan:
    """Plan a refund."""
    if not order.date_paid_gmt:
        raise Refused("not_paid", f"order {order.number} is not paid")
    most = refundable(order)
    if act.amount > most or act.shipping > act.amount:
        raise Refused("too_much", f"{most} can be given back at most")
    named(order, act.parts)
    warnings: list[Warned] = ["shop_writes"]
    if not gives_back(shop, order):
        warnings.insert(0, "paid_elsewhere")
    return Plan(amount=act.amount, currency=order.currency, most=most, warnings=warnings)


def named(order: wire.Order, parts: list[Part]) -> list[tuple[wire.Item, int]]:
    """Return the lines that parts name, and how many pieces of each. Raises Refused."""
    lines = {things.text(line.id): line for line in order.line_items}
    found: list[tuple[wire.Item, int]] = []
    for part in parts:
        line = lines.get(part.line_id)
        if line is None or part.quantity > things.quantity(line):
            raise Refused("unknown_line", f"order {order.number} has no {part.quantity} of line {part.line_id}")
        found.append((line, part.quantity))
    return found


def discounting(shop: ShopInfo, act: Discount) -> Plan:
    """Plan a code."""
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a code takes off either a part or a sum")
    if act.currency and act.currency != shop.currency:
        raise Refused("not_possible", f"coupons are in {shop.currency}")
    if coupon(shop, act.code):
        raise Refused("bad_code", f"there is a coupon {act.code} already")
    return Plan(amount=act.amount or 0, currency=shop.currency, undo=True)


def coupon(shop: ShopInfo, code: str) -> dict[str, Any] | None:
    """Return the coupon of that code; WooCommerce keeps codes in small letters."""
    found = do(shop, "GET", "coupons", {"code": code})
    rows = found if isinstance(found, list) else []
    return next((one for one in rows if str(one.get("code", "")).casefold() == code.casefold()), None)


def customer(shop: ShopInfo, email: str) -> dict[str, Any] | None:
    """Return the account of an address."""
    found = do(shop, "GET", "customers", {"email": email, "role": "all"})
    rows = found if isinstance(found, list) else []
    return next((one for one in rows if str(one.get("email", "")).casefold() == email.casefold()), None)


def registering(shop: ShopInfo, act: Register) -> Plan:
    """Plan an account."""
    if not act.buyer.email:
        raise Refused("bad_address", "an account needs an address")
    if customer(shop, act.buyer.email):
        raise Refused("already_done", f"{act.buyer.email} has an account")
    return Plan(currency=shop.currency, warnings=["shop_writes"])


def goods(shop: ShopInfo, wanted: Wanted) -> tuple[wire.Product, dict[str, int]]:
    """Return what is wanted, and the ids by which a line of an order names it. Raises Refused."""
    if not all(one.isascii() and one.isdigit() for one in (wanted.variant_id, wanted.product_id or "0")):
        raise Refused("unknown", f"WooCommerce has no product {wanted.product_id or wanted.variant_id}")
    variation, parent = wanted.variant_id, wanted.product_id or wanted.variant_id
    path = f"products/{parent}" if parent == variation else f"products/{parent}/variations/{variation}"
    raw = do(shop, "GET", path)
    found = msgspec.convert(raw, wire.Product, strict=False)
    if parent == variation and found.type == "variation":
        parent = str(raw.get("parent_id", 0))
    if found.stock_status == "outofstock":
        raise Refused("no_stock", things.plain(found.name) or variation)
    ids = {"product_id": int(parent)} | ({"variation_id": int(variation)} if parent != variation else {})
    return found, ids


def basket(shop: ShopInfo, act: DraftOrder) -> Plan:
    """Plan a basket: the shop reckons it only when it is made, so tax that comes on top is not in it."""
    if act.currency != shop.currency:
        raise Refused("not_possible", f"prices of this shop are in {shop.currency}")
    total, warnings = 0, set[Warned]()
    for one in act.wanted:
        found, _ = goods(shop, one)
        price = things.amount(found.price, shop.currency)
        if one.price is not None and one.price != price:
            warnings.add("price_changed")
        total += (price if one.price is None else one.price) * one.quantity
        if found.stock_quantity not in (None, "") and float(found.stock_quantity or 0) < one.quantity:
            warnings.add("low_stock")
    off = _off(shop, act.code, total) if act.code else 0
    ways = options(shop, act.ship_to)
    way = chosen(ways, act.delivery)
    shipping = way.price if way else 0
    return Plan(
        amount=max(0, total - off) + shipping,
        currency=act.currency,
        undo=True,
        warnings=sorted(warnings),
        total=max(0, total - off) + shipping,
        shipping=shipping,
        discount=off,
        options=ways[:MOST],
    )


def chosen(ways: list[Option], delivery: str) -> Option | None:
    """Return the way that was chosen, the first where none was. Raises Refused."""
    if not delivery:
        return ways[0] if ways else None
    for way in ways:
        if way.id == delivery:
            return way
    raise Refused("changed", f"there is no delivery {delivery} any more")


def _off(shop: ShopInfo, code: str, total: int) -> int:
    found = coupon(shop, code)
    if found is None:
        raise Refused("bad_code", f"there is no coupon {code}")
    said = msgspec.convert(found, wire.Coupon, strict=False)
    if said.discount_type == "percent":
        return round(total * float(said.amount or 0) / 100)
    return min(total, minor(str(said.amount or 0), shop.currency)) if said.discount_type == "fixed_cart" else 0
