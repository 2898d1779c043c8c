"""What can be done to an order of Shopware. Each act looks first for what it left there, and goes on from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pult.commerce.base import AddNote, Cancel, ChangeAddress, Done, Place, Plan, Refused, ShopInfo, Warned
from pult.commerce.connectors.shopware import asking, parsing, refunding
from pult.commerce.connectors.shopware.rows import found, own_id, seen

MARK = "pult_cancel"
"""Custom field of an order: the key under which it was cancelled."""
BEFORE = "pult_before"
"""Custom field of an address: the id of the address that it took the place of."""
_OPEN = frozenset({"open", "in_progress", "reminded", "authorized", "unconfirmed"})
"""States of a payment of which nothing was taken."""


def _refuse_sent(raw: dict[str, Any]) -> None:
    if parsing.state(raw) == "cancelled":
        raise Refused("already_cancelled")
    if any(parsing.state(one) in parsing.LEFT for one in raw["deliveries"] or []):
        raise Refused("already_sent")


# --- cancelling ----------------------------------------------------------------------------------------


def plan_cancel(shop: ShopInfo, act: Cancel) -> Plan:
    """Say what cancelling would give back."""
    raw = found(shop, act.order_id)
    _refuse_sent(raw)
    held = refunding.held(raw) if act.refund else refunding.NOTHING
    elsewhere = held.left > 0 and not held.by_plugin
    warnings: list[Warned] = ["shop_writes", "paid_elsewhere"] if elsewhere else ["shop_writes"]
    return Plan(amount=held.left, currency=raw["currency"]["isoCode"], most=held.left, warnings=warnings)


def cancel(shop: ShopInfo, act: Cancel, key: str, at: datetime) -> Done:
    """Cancel an order, and its payments that were never taken; what was taken is given back."""
    raw = found(shop, act.order_id)
    if parsing.state(raw) != "cancelled" or (raw.get("customFields") or {}).get(MARK) != key:
        _refuse_sent(raw)
        asking.write(shop, ("order", {"id": act.order_id, "customFields": {MARK: key}}))
        asking.do(shop, "POST", f"/api/_action/order/{act.order_id}/state/cancel", {})
    for one in raw["transactions"] or []:
        if parsing.state(one) in _OPEN:
            _give_up(shop, one["id"])
    if act.refund:
        left = refunding.held(raw).left
        if left > 0 or refunding.is_begun(raw, key):
            refunding.give_back(shop, raw, left, key, at, act.reason)
    return Done(reference=act.order_id, order=seen(shop, act.order_id))


def _give_up(shop: ShopInfo, transaction_id: str) -> None:
    try:
        asking.do(shop, "POST", f"/api/_action/order_transaction/{transaction_id}/state/cancel", {})
    except Refused as error:
        if error.code != "changed":  # it is in a state from which no payment is given up
            raise


# --- address -------------------------------------------------------------------------------------------


def plan_address(shop: ShopInfo, act: ChangeAddress) -> Plan:
    """Say whether the order can still be sent elsewhere."""
    _refuse_sent(found(shop, act.order_id))
    written(shop, act.ship_to)
    return Plan(undo=True)


def change_address(shop: ShopInfo, act: ChangeAddress, key: str) -> Done:
    """Send an order elsewhere: to an address of its own, since Shopware may use the old one for the bill as well."""
    raw = found(shop, act.order_id)
    made = own_id(key, "address")
    deliveries = raw["deliveries"] or []
    ours = next((one["shippingOrderAddress"] for one in deliveries if one["shippingOrderAddressId"] == made), None)
    if ours is not None:
        before = str((ours.get("customFields") or {}).get(BEFORE) or "")
        return Done(reference=act.order_id, order=seen(shop, act.order_id), undo=before)
    _refuse_sent(raw)
    if not deliveries:
        raise Refused("not_possible", "nothing of this order is delivered")
    before = str(deliveries[0]["shippingOrderAddressId"])
    address = {"id": made, "orderId": act.order_id, "customFields": {BEFORE: before}, **written(shop, act.ship_to)}
    moved = [("order_delivery", {"id": one["id"], "shippingOrderAddressId": made}) for one in deliveries]
    asking.write(shop, ("order_address", address), *moved)
    return Done(reference=act.order_id, order=seen(shop, act.order_id), undo=before)


def restore_address(shop: ShopInfo, act: ChangeAddress, before: str) -> Done:
    """Send an order again to the address that it had."""
    raw = found(shop, act.order_id)
    _refuse_sent(raw)
    moved = [
        ("order_delivery", {"id": one["id"], "shippingOrderAddressId": before})
        for one in raw["deliveries"] or []
        if one["shippingOrderAddressId"] != before
    ]
    if moved:
        asking.write(shop, *moved)
    return Done(reference=act.order_id, order=seen(shop, act.order_id))


def written(shop: ShopInfo, place: Place) -> dict[str, Any]:
    """Return an address as Shopware keeps it. Raises Refused where something is missing that it wants."""
    first, _, last = place.name.rpartition(" ")
    wanted = {"a first and a last name": first, "a street": "".join(place.lines[:1]), "a city": place.city}
    if missing := [name for name, value in wanted.items() if not value]:
        raise Refused("bad_address", f"Shopware wants {missing[0]}")
    by_code = {"limit": 1, "filter": [{"type": "equals", "field": "iso", "value": place.country.upper()}]}
    countries = asking.search(shop, "country", by_code)["data"]
    if not countries:
        raise Refused("bad_address", f"the shop knows no country {place.country}")
    return {
        "countryId": countries[0]["id"],
        "firstName": first,
        "lastName": last,
        "company": place.company or None,
        "street": place.lines[0],
        "additionalAddressLine1": place.lines[1] if len(place.lines) > 1 else None,
        "additionalAddressLine2": ", ".join(place.lines[2:]) or None,
        "zipcode": place.postcode,
        "city": place.city,
        "phoneNumber": place.phone or None,
    }


# --- note ----------------------------------------------------------------------------------------------


def plan_note(shop: ShopInfo, act: AddNote) -> Plan:
    """Say whether the order takes a note."""
    _comment(found(shop, act.order_id))
    return Plan()


def _comment(raw: dict[str, Any]) -> str:
    if "internalComment" not in raw:
        raise Refused("not_possible", "this version of Shopware keeps no internal comment")
    return str(raw["internalComment"] or "")


def note(shop: ShopInfo, act: AddNote, key: str) -> Done:
    """Write below the order's internal comment; what is written ends with the key."""
    known = _comment(found(shop, act.order_id))
    if key not in known:
        text = f"{known}\n\n{act.text} [Pult {key}]".strip()
        asking.write(shop, ("order", {"id": act.order_id, "internalComment": text}))
    return Done(reference=act.order_id)
