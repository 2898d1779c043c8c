"""Acting in a shop of WooCommerce.

The key of an act stays in the shop as metadata of what it made or changed (`_pult_` and the key, which the shop's
screens do not show); an order's note, which has none, carries it in brackets. It is looked for before anything is done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pult.commerce.base import (
    Act,
    AddNote,
    Buyer,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    DraftOrder,
    GiveBack,
    Place,
    Refused,
    Register,
    Resend,
    ShopInfo,
)
from pult.commerce.connectors.woocommerce import plans, things, wire
from pult.commerce.connectors.woocommerce.asking import do, every
from pult.commerce.connectors.woocommerce.delivery import options
from pult.commerce.connectors.woocommerce.refunds import give_back
from pult.platform.money import major

_SKEW = timedelta(hours=1)
"""By how much the shop's clock may go behind ours where what a key left is looked for."""


def perform(shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
    """Do it, once for a key. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return _cancel(shop, act, key)
        case ChangeAddress():
            return _change_address(shop, act, key)
        case GiveBack():
            return _give_back(shop, act, key)
        case Resend():
            return _resend(shop, act, key, at)
        case Discount():
            return _discount(shop, act, key)
        case AddNote():
            note = _note(shop, act.order_id, act.text, key)
            return Done(str(note), undo=f"{act.order_id}/notes/{note}")
        case DraftOrder():
            return _draft(shop, act, key, at)
        case Register():
            return _register(shop, act, key)


def undo(shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
    """Take it back; what is no longer there is taken back already. Raises Refused, ShopError."""
    match act:
        case ChangeAddress():
            old = json.loads(done.undo)
            body = {"shipping": old, "meta_data": _mark(key)}
            return _seen(shop, do(shop, "PUT", f"orders/{act.order_id}", json_body=body))
        case Resend() | DraftOrder():
            order = plans.order_of(shop, done.reference)
            if order.status == "cancelled":
                return Done(done.reference)
            if isinstance(act, DraftOrder) and order.date_paid_gmt:
                raise Refused("changed", f"order {order.number} is paid")
            plans.unsent(order)
            return _seen(shop, do(shop, "PUT", f"orders/{done.reference}", json_body={"status": "cancelled"}))
        case Discount():
            _delete(shop, f"coupons/{done.reference}")
        case AddNote():
            _delete(shop, f"orders/{done.undo}")
        case _:
            raise Refused("not_possible")
    return Done(done.reference)


def _delete(shop: ShopInfo, path: str) -> None:
    try:
        do(shop, "DELETE", path, {"force": "true"})
    except Refused as error:
        if error.code != "unknown":
            raise


def _mark(key: str) -> list[dict[str, str]]:
    return [{"key": f"_pult_{key}", "value": "1"}]


def _marked(meta: object, key: str) -> bool:
    rows = meta if isinstance(meta, list) else []
    return any(isinstance(one, dict) and one.get("key") == f"_pult_{key}" for one in rows)


def _has(order: wire.Order, key: str) -> bool:
    return any(one.key == f"_pult_{key}" for one in order.meta_data)


def _seen(shop: ShopInfo, raw: Any, *, reference: str = "", url: str = "", undo: str = "") -> Done:
    """Return what was done, with the order as it is now."""
    order = things.order(raw, str(shop.settings["url"]))
    return Done(reference or order.id, order=order, url=url, undo=undo)


def _cancel(shop: ShopInfo, act: Cancel, key: str) -> Done:
    """Cancel first, so that nothing leaves; then give the money back."""
    order = plans.order_of(shop, act.order_id)
    if not _has(order, key):
        plans.cancelling(shop, act, order)
        body = {"status": "cancelled", "meta_data": _mark(key)}
        order = plans.read_order(do(shop, "PUT", f"orders/{act.order_id}", json_body=body))
    if act.refund and plans.refundable(order):
        back = GiveBack(act.order_id, plans.refundable(order), reason=act.reason)
        give_back(shop, back, order, key)
    return _seen(shop, do(shop, "GET", f"orders/{act.order_id}"))


def _change_address(shop: ShopInfo, act: ChangeAddress, key: str) -> Done:
    raw = do(shop, "GET", f"orders/{_number(act.order_id)}")
    order = plans.read_order(raw)
    if _has(order, key):
        return _seen(shop, raw)
    plans.unsent(order)
    if not (act.ship_to.country and act.ship_to.city):
        raise Refused("bad_address", "an address needs a city and a country")
    old = {name: things.text(value) for name, value in msgspec.to_builtins(order.shipping).items() if name != "email"}
    body = {"shipping": _address(act.ship_to), "meta_data": _mark(key)}
    return _seen(shop, do(shop, "PUT", f"orders/{act.order_id}", json_body=body), undo=json.dumps(old))


def _number(order_id: str) -> str:
    if not (order_id.isascii() and order_id.isdigit()):
        raise Refused("unknown", f"WooCommerce has no order {order_id}")
    return order_id


def _give_back(shop: ShopInfo, act: GiveBack, key: str) -> Done:
    order = plans.order_of(shop, act.order_id)
    reference = give_back(shop, act, order, key)
    return _seen(shop, do(shop, "GET", f"orders/{act.order_id}"), reference=reference)


def _address(place: Place, buyer: Buyer | None = None) -> dict[str, str]:
    """Return an address as WooCommerce takes it; that of a bill names the buyer's mail and telephone."""
    name = place.name or (buyer.name if buyer else "")
    first, _, last = name.partition(" ")
    address = {
        "first_name": first,
        "last_name": last,
        "company": place.company,
        "address_1": place.lines[0] if place.lines else "",
        "address_2": ", ".join(place.lines[1:]),
        "city": place.city,
        "state": place.region,
        "postcode": place.postcode,
        "country": place.country,
        "phone": place.phone or (buyer.phone if buyer else ""),
    }
    return address | ({"email": buyer.email} if buyer and buyer.email else {})


def _made(shop: ShopInfo, key: str, at: datetime) -> dict[str, Any] | None:
    """Return the order that a key has made. Orders cannot be asked for by metadata, so all since then are looked at."""
    since = (at - _SKEW).astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    asked = {"after": since, "dates_are_gmt": "true", "orderby": "id", "order": "desc"}
    return next((one for one in every(shop, "orders", asked) if _marked(one.get("meta_data"), key)), None)


def _resend(shop: ShopInfo, act: Resend, key: str, at: datetime) -> Done:
    made = _made(shop, key, at)
    if made is None:
        order = plans.order_of(shop, act.order_id)
        billing = {k: things.text(v) for k, v in msgspec.to_builtins(order.billing).items() if things.text(v)}
        shipping = {k: v for k, v in msgspec.to_builtins(order.shipping).items() if k != "email"}
        body: dict[str, Any] = {
            "status": "processing",
            "currency": order.currency,
            "customer_id": int(things.text(order.customer_id) or 0),
            "billing": billing,
            "shipping": _address(act.ship_to) if act.ship_to else shipping,
            "line_items": [
                {
                    "product_id": int(things.text(line.product_id) or 0),
                    "variation_id": int(things.text(line.variation_id) or 0),
                    "quantity": pieces,
                    "subtotal": "0",
                    "total": "0",
                }
                for line, pieces in plans.named(order, act.parts)
            ],
            "meta_data": [*_mark(key), {"key": "resend_of", "value": f"#{things.text(order.number)} ({act.reason})"}],
        }
        made = do(shop, "POST", "orders", json_body=body)
    return _seen(shop, made, undo="cancel")


def _draft(shop: ShopInfo, act: DraftOrder, key: str, at: datetime) -> Done:
    made = _made(shop, key, at)
    if made is None:
        lines: list[dict[str, Any]] = []
        for one in act.wanted:
            _, ids = plans.goods(shop, one)
            price = {} if one.price is None else _priced(one.price * one.quantity, act.currency)
            lines.append({**ids, "quantity": one.quantity, **price})
        if act.currency != shop.currency:
            raise Refused("not_possible", f"prices of this shop are in {shop.currency}")
        way = plans.chosen(options(shop, act.ship_to), act.delivery)
        body: dict[str, Any] = {
            "status": "pending",
            "currency": act.currency,
            "billing": _address(act.bill_to if act.bill_to != Place() else act.ship_to, act.buyer),
            "shipping": _address(act.ship_to),
            "line_items": lines,
            "meta_data": _mark(key),
        }
        if act.buyer.id.isascii() and act.buyer.id.isdigit():
            body["customer_id"] = int(act.buyer.id)
        if way is not None:
            method, _, instance = way.id.partition(":")
            line = {"method_id": method, "method_title": way.title, "total": major(way.price, act.currency)}
            body["shipping_lines"] = [line | ({"instance_id": instance} if instance else {})]
        if act.code:
            body["coupon_lines"] = [{"code": act.code}]
        made = do(shop, "POST", "orders", json_body=body)
    if act.note:
        _note(shop, str(made["id"]), act.note, key)
    return _seen(shop, made, url=_pay_at(shop, made), undo="cancel")


def _priced(amount: int, currency: str) -> dict[str, str]:
    return {"subtotal": major(amount, currency), "total": major(amount, currency)}


def _pay_at(shop: ShopInfo, made: Mapping[str, Any]) -> str:
    """Return where the buyer pays; older versions say only the order's key."""
    given = things.text(made.get("payment_url"))
    base = str(shop.settings["url"]).rstrip("/")
    return given or f"{base}/checkout/order-pay/{made['id']}/?pay_for_order=true&key={made.get('order_key', '')}"


def _discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    found = plans.coupon(shop, act.code)
    if found is None or not _marked(found.get("meta_data"), key):
        plans.discounting(shop, act)
        body: dict[str, Any] = {
            "code": act.code,
            "discount_type": "fixed_cart" if act.percent is None else "percent",
            "amount": major(act.amount or 0, shop.currency) if act.percent is None else str(act.percent),
            "usage_limit": act.uses,
            "meta_data": _mark(key),
        }
        if act.until is not None:
            body["date_expires_gmt"] = act.until.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
        if act.minimum is not None:
            body["minimum_amount"] = major(act.minimum, shop.currency)
        if act.buyer.email:
            body["email_restrictions"] = [act.buyer.email]
        found = do(shop, "POST", "coupons", json_body=body)
    return Done(str(found["id"]), code=act.code, undo="delete")


def _note(shop: ShopInfo, order_id: str, text: str, key: str) -> int:
    """Leave a note that only the shop's people read, once for a key; return its id."""
    mark = f"[{key}]"
    for one in do(shop, "GET", f"orders/{_number(order_id)}/notes", {"type": "internal"}):
        if mark in things.text(one.get("note")):
            return int(one["id"])
    body = {"note": f"{text} {mark}", "customer_note": False}
    return int(do(shop, "POST", f"orders/{order_id}/notes", json_body=body)["id"])


def _register(shop: ShopInfo, act: Register, key: str) -> Done:
    """Make an account without a password: the shop then sends a link under which it is chosen, or declines."""
    found = plans.customer(shop, act.buyer.email) if act.buyer.email else None
    if found is None or not _marked(found.get("meta_data"), key):
        plans.registering(shop, act)
        first, _, last = act.buyer.name.partition(" ")
        body = {
            "email": act.buyer.email,
            "first_name": first,
            "last_name": last,
            "billing": _address(act.ship_to, act.buyer),
            "shipping": _address(act.ship_to),
            "meta_data": _mark(key),
        }
        found = do(shop, "POST", "customers", json_body=body)
    return Done(str(found["id"]))
