"""What can be done to an order of Magento. Each act looks first for what it left there, and goes on from it."""

from __future__ import annotations

from typing import Any

import msgspec

from pult.commerce.base import AddNote, Cancel, ChangeAddress, Done, Place, Plan, Refused, ShopInfo, Warned
from pult.commerce.connectors.magento import asking, parsing, refunding
from pult.commerce.connectors.magento.rows import found, seen


def refuse_sent(raw: dict[str, Any]) -> None:
    """Refuse where an order is cancelled or something of it has left. Raises Refused."""
    if parsing.state(raw) == "cancelled":
        raise Refused("already_cancelled")
    if parsing.sent(raw) > 0:
        raise Refused("already_sent")
    if raw["state"] in ("complete", "closed"):
        raise Refused("not_possible", "the order is done")


# --- cancelling ----------------------------------------------------------------------------------------


def plan_cancel(shop: ShopInfo, act: Cancel) -> Plan:
    """Say what cancelling would give back."""
    raw = found(shop, act.order_id)
    refuse_sent(raw)
    currency, left = raw["order_currency_code"], refunding.left(raw)
    if left <= 0:
        return Plan(currency=currency)
    if not act.refund:
        raise Refused("not_possible", "Magento cancels no order that was paid without giving the money back")
    online = refunding.online(shop, raw, left)
    warnings: list[Warned] = [] if online else ["paid_elsewhere"]
    return Plan(amount=left, currency=currency, most=left, warnings=warnings)


def cancel(shop: ShopInfo, act: Cancel, key: str) -> Done:
    """Cancel an order that was not paid; one that was is given back whole, which closes it."""
    raw = found(shop, act.order_id)
    given = refunding.made(shop, act.order_id, key) is not None
    if not given and not _is_ours(raw, key):
        if plan_cancel(shop, act).amount:
            refunding.give_all_back(shop, raw, key, restock=act.restock, reason=act.reason)
            given = True
        else:
            _write(shop, raw, f"[Pult {key}]")
    if found(shop, act.order_id)["state"] not in ("canceled", "closed"):
        done = asking.do(shop, "POST", f"/V1/orders/{act.order_id}/cancel")  # also what was never invoiced
        if done is not True and not given:
            raise Refused("not_possible", "Magento does not cancel this order")
    return Done(reference=act.order_id, order=seen(shop, act.order_id))


def _is_ours(raw: dict[str, Any], key: str) -> bool:
    return any(key in str(one.get("comment") or "") for one in raw.get("status_histories") or [])


def _write(shop: ShopInfo, raw: dict[str, Any], text: str) -> None:
    entry = {
        "comment": text,
        "is_customer_notified": 0,
        "is_visible_on_front": 0,
        "parent_id": raw["entity_id"],
        "status": raw.get("status"),
    }
    asking.do(shop, "POST", f"/V1/orders/{raw['entity_id']}/comments", {"statusHistory": entry})


# --- note ----------------------------------------------------------------------------------------------


def plan_note(shop: ShopInfo, act: AddNote) -> Plan:
    """Say whether there is such an order."""
    found(shop, act.order_id)
    return Plan()


def note(shop: ShopInfo, act: AddNote, key: str) -> Done:
    """Write a comment that no buyer sees; it ends with the key."""
    raw = found(shop, act.order_id)
    if not _is_ours(raw, key):
        _write(shop, raw, f"{act.text} [Pult {key}]")
    return Done(reference=act.order_id)


# --- address -------------------------------------------------------------------------------------------


def plan_address(shop: ShopInfo, act: ChangeAddress) -> Plan:
    """Say whether the order can still be sent elsewhere."""
    raw = found(shop, act.order_id)
    refuse_sent(raw)
    _written(raw, act.ship_to)
    return Plan(undo=True)


def change_address(shop: ShopInfo, act: ChangeAddress) -> Done:
    """Send an order elsewhere. Who asks twice finds it changed."""
    raw = found(shop, act.order_id)
    now = msgspec.convert(parsing.place(parsing.shipping_address(raw)), Place)
    if _same(now, act.ship_to):
        return Done(reference=act.order_id, order=seen(shop, act.order_id))
    wanted = _written(raw, act.ship_to)
    refuse_sent(raw)
    asking.do(shop, "PUT", f"/V1/orders/{act.order_id}", {"entity": wanted})
    before = msgspec.json.encode(now).decode()
    return Done(reference=act.order_id, order=seen(shop, act.order_id), undo=before)


def restore_address(shop: ShopInfo, act: ChangeAddress, before: str) -> Done:
    """Put the address back that was there before."""
    return change_address(shop, ChangeAddress(act.order_id, msgspec.json.decode(before, type=Place)))


def _same(now: Place, wanted: Place) -> bool:
    """Say whether an address is the one that is wanted; a phone number that is not given stays as it is."""
    return now == msgspec.structs.replace(wanted, phone=wanted.phone or now.phone)


def _written(raw: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return an address as Magento keeps it. Raises Refused where something is missing that it wants."""
    known = parsing.shipping_address(raw)
    if known is None:
        raise Refused("not_possible", "nothing of this order is sent")
    first, _, last = place.name.rpartition(" ")
    wanted = {"a first and a last name": first, "a street": "".join(place.lines), "a city": place.city}
    wanted |= {"a postcode": place.postcode, "a country": place.country}
    if missing := [name for name, value in wanted.items() if not value]:
        raise Refused("bad_address", f"Magento wants {missing[0]}")
    written = {
        "entity_id": known["entity_id"],
        "parent_id": raw["entity_id"],
        "address_type": "shipping",
        "firstname": first,
        "lastname": last,
        "company": place.company,
        "street": place.lines,
        "city": place.city,
        "postcode": place.postcode,
        "country_id": place.country,
        "region": place.region,
        "telephone": place.phone or known.get("telephone") or "-",
    }
    if known.get("email"):
        written["email"] = known["email"]
    return written
