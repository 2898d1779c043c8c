"""Acting in a shop of PrestaShop, as far as its Webservice goes.

The key of an act stays in the shop: in the description of a cart rule, in the `other` field of an address, in brackets
at the end of a message. A history entry and a credit slip have no words: before them a message is left that is a mark
alone, which the shop's people see with the order.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    GiveBack,
    Refused,
    ShopError,
    ShopInfo,
)
from pult.commerce.connectors.prestashop import plans, things
from pult.commerce.connectors.prestashop.asking import do, element, new_id, of, rows
from pult.commerce.connectors.prestashop.plans import Held, held
from pult.platform.money import major

_VALID = timedelta(days=365)
"""A code without an end is valid for a year: PrestaShop wants one."""


def perform(shop: ShopInfo, act: Act, *, key: str) -> Done:
    """Do it, once for a key. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return _cancel(shop, act, key)
        case ChangeAddress():
            return _change_address(shop, act, key)
        case GiveBack():
            return _give_back(shop, act, key)
        case Discount():
            return _discount(shop, act, key)
        case AddNote():
            found = held(shop, act.order_id)
            message = _message(shop, found, f"{act.text} [{key}]", key)
            return Done(message["id"], undo=message["id"])
        case _:
            raise Refused("not_possible", "PrestaShop's Webservice has no such thing")


def undo(shop: ShopInfo, act: Act, done: Done) -> Done:
    """Take it back; what is no longer there is taken back already. Raises Refused, ShopError."""
    match act:
        case ChangeAddress():
            plans.unsent(held(shop, act.order_id).order)
            _deliver_to(shop, act.order_id, done.undo)
            return Done(act.order_id, order=held(shop, act.order_id).order)
        case Discount():
            _delete(shop, f"cart_rules/{done.reference}")
        case AddNote():
            _delete(shop, f"customer_messages/{done.undo}")
        case _:
            raise Refused("not_possible")
    return Done(done.reference)


def _delete(shop: ShopInfo, path: str) -> None:
    try:
        do(shop, "DELETE", path)
    except Refused as error:
        if error.code != "unknown":
            raise


def _cancel(shop: ShopInfo, act: Cancel, key: str) -> Done:
    found = held(shop, act.order_id)
    if found.order.state == "cancelled":
        if not _marked(shop, act.order_id, key):
            raise Refused("already_cancelled", f"order {found.order.number} is cancelled")
        return Done(act.order_id, order=found.order)
    plans.cancelling(act, found.order)
    _message(shop, found, _mark(key), key)
    state = shop.settings.get("cancelled_state", 6)
    entry = element("order_history", {"id_order": act.order_id, "id_order_state": state})
    do(shop, "POST", "order_histories", entry, {"sendemail": "1"})
    return Done(act.order_id, order=held(shop, act.order_id).order)


def _give_back(shop: ShopInfo, act: GiveBack, key: str) -> Done:
    """Make a credit slip. One of the same sum that came after the mark of the key is that of the key."""
    found = held(shop, act.order_id)
    mark = _marked(shop, act.order_id, key)
    if mark is not None:
        since = things.moment(mark.get("date_add"), ZoneInfo(shop.time_zone))
        for one in found.order.refunds:
            if since and one.at and one.at >= since and one.amount == act.amount:
                return Done(one.id, order=found.order)
    plans.giving_back(act, found.order)
    if mark is None:
        _message(shop, found, _mark(key), key)
    goods = act.amount - act.shipping
    currency, order = found.order.currency, found.order
    net = round(goods * (order.total - order.tax) / order.total) if order.total else goods
    post_net = round(act.shipping * (order.total - order.tax) / order.total) if order.total else act.shipping
    slip = element(
        "order_slip",
        {
            "id_customer": things.text(found.said.get("id_customer")),
            "id_order": act.order_id,
            "conversion_rate": things.text(found.said.get("conversion_rate")) or "1",
            "total_products_tax_excl": major(net, currency),
            "total_products_tax_incl": major(goods, currency),
            "total_shipping_tax_excl": major(post_net, currency),
            "total_shipping_tax_incl": major(act.shipping, currency),
            "amount": major(goods, currency),
            "shipping_cost": int(bool(act.shipping)),
            "shipping_cost_amount": major(act.shipping, currency),
            "partial": int(act.amount < plans.most(order)),
            "order_slip_type": 0,
        },
    )
    reference = new_id(do(shop, "POST", "order_slip", slip))
    return Done(reference, order=held(shop, act.order_id).order)


def _change_address(shop: ShopInfo, act: ChangeAddress, key: str) -> Done:
    """Make a new address, which other orders do not have, and send the order there."""
    found = held(shop, act.order_id)
    old = things.text(found.said.get("id_address_delivery"))
    made = next(iter(rows(shop, "addresses", {"filter[other]": f"%[{key}]%"})), None)
    if made is not None and things.text(made["id"]) == old:
        return Done(act.order_id, order=found.order)
    plans.unsent(found.order)
    number = things.text(made["id"]) if made is not None else _new_address(shop, act, found, key)
    _deliver_to(shop, act.order_id, number)
    return Done(act.order_id, order=held(shop, act.order_id).order, undo=old)


def _new_address(shop: ShopInfo, act: ChangeAddress, found: Held, key: str) -> str:
    place = act.ship_to
    first, _, last = place.name.rpartition(" ")
    fields = {
        "id_customer": things.text(found.said.get("id_customer")),
        "id_country": plans.country(shop, act),
        "alias": found.order.number[:32],
        "company": place.company[:255],
        "lastname": last[:255],
        "firstname": (first or last)[:255],
        "address1": place.lines[0][:128],
        "address2": ", ".join(place.lines[1:])[:128],
        "postcode": place.postcode[:12],
        "city": place.city[:64],
        "other": key,
        "phone": place.phone[:32],
    }
    return new_id(do(shop, "POST", "addresses", element("address", fields)))


def _deliver_to(shop: ShopInfo, order_id: str, address: str) -> None:
    """An order is written whole, so it is taken as the shop says it and given back with one word changed."""
    said = do(shop, "GET", f"orders/{order_id}").find("order")
    field = said.find("id_address_delivery") if said is not None else None
    if said is None or field is None:
        raise ShopError("the shop says no order", permanent=True)
    field.text = address
    for one in said.findall("associations"):
        said.remove(one)
    do(shop, "PUT", f"orders/{order_id}", said)


def _discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    found = plans.rule(shop, act.code)
    if found is not None and things.text(found.get("description")) == key:
        return Done(things.text(found["id"]), code=act.code, undo="delete")
    plans.discounting(shop, act)
    currency = act.currency or shop.currency
    number, zone, now = plans.currency(shop, currency), ZoneInfo(shop.time_zone), datetime.now(UTC)
    fields: dict[str, Any] = {
        "id_customer": plans.buyer(shop, act) if act.buyer.id or act.buyer.email else 0,
        "date_from": things.stamp(now - timedelta(minutes=5), zone),
        "date_to": things.stamp(act.until or now + _VALID, zone),
        "description": key,
        "quantity": act.uses,
        "quantity_per_user": act.uses,
        "priority": 1,
        "partial_use": 0,
        "code": act.code,
        "minimum_amount": major(act.minimum or 0, currency),
        "minimum_amount_tax": 1,
        "minimum_amount_currency": number,
        "minimum_amount_shipping": 0,
        "reduction_percent": act.percent or 0,
        "reduction_amount": major(act.amount or 0, currency),
        "reduction_tax": 1,
        "reduction_currency": number,
        "active": 1,
    }
    language = next((things.text(one["id"]) for one in rows(shop, "languages", {})), "1")
    made = new_id(do(shop, "POST", "cart_rules", element("cart_rule", fields, {"name": act.code}, language)))
    return Done(made, code=act.code, undo="delete")


# --- messages: what only the shop's people read ---------------------------------------------------------


def _mark(key: str) -> str:
    return f"[{key}]"


def _marked(shop: ShopInfo, order_id: str, key: str) -> dict[str, Any] | None:
    """Return the message of an order that carries a key."""
    threads = of(shop, "customer_threads", "id_order", [order_id])
    if not threads:
        return None
    names = {things.text(one["id"]) for one in threads}
    found = rows(shop, "customer_messages", {"filter[message]": f"%[{key}]%"})
    return next((one for one in found if things.text(one.get("id_customer_thread")) in names), None)


def _message(shop: ShopInfo, found: Held, text: str, key: str) -> dict[str, str]:
    """Leave a private message with an order, once for a key, and return its id."""
    if (there := _marked(shop, found.order.id, key)) is not None:
        return {"id": things.text(there["id"])}
    threads = of(shop, "customer_threads", "id_order", [found.order.id])
    thread = things.text(threads[0]["id"]) if threads else _new_thread(shop, found)
    fields = {"id_customer_thread": thread, "id_employee": 0, "message": text, "private": 1, "read": 1}
    return {"id": new_id(do(shop, "POST", "customer_messages", element("customer_message", fields)))}


def _new_thread(shop: ShopInfo, found: Held) -> str:
    contact = next((things.text(one["id"]) for one in rows(shop, "contacts", {})), "1")
    fields: dict[str, Any] = {
        "id_lang": things.text(found.said.get("id_lang")) or "1",
        "id_shop": things.text(found.said.get("id_shop")) or "1",
        "id_customer": things.text(found.said.get("id_customer")),
        "id_order": found.order.id,
        "id_contact": contact,
        "email": found.order.buyer.email,
        "token": secrets.token_hex(6),
        "status": "closed",
    }
    return new_id(do(shop, "POST", "customer_threads", element("customer_thread", fields)))
