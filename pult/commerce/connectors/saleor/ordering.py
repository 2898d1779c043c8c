"""What can be done to an order of Saleor. Each act looks first for what it left there, and goes on from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from pult.commerce.base import AddNote, Cancel, ChangeAddress, Done, GiveBack, Place, Plan, Refused, ShopInfo, Warned
from pult.commerce.connectors.saleor import asking, parsing, questions
from pult.platform import money

MARK = "pult_cancel"
"""Private metadata of an order: the key under which it was cancelled."""
_OVER = frozenset({"CANCELED", "EXPIRED"})
_NOT_SENT = frozenset({"CANCELED", "REFUNDED", "REPLACED", "RETURNED", "REFUNDED_AND_RETURNED"})
"""States of a fulfilment that keep an order from nothing."""


def order(shop: ShopInfo, order_id: str) -> dict[str, Any]:
    """Return an order as Saleor has it now. Raises Refused, ShopError."""
    try:
        found = asking.ask(shop, questions.ONE_ORDER, id=order_id)["order"]
    except asking.NoSuchId as error:
        raise Refused("unknown", str(error)) from error
    except asking.Denied as error:
        raise Refused("not_allowed", str(error)) from error
    if not found:
        raise Refused("unknown")
    return dict(found)


def _currency(raw: dict[str, Any]) -> str:
    return str(raw["total"]["gross"]["currency"])


def _refuse_sent(raw: dict[str, Any]) -> None:
    if raw["status"] in _OVER:
        raise Refused("already_cancelled")
    if any(one["status"] not in _NOT_SENT for one in raw["fulfillments"]):
        raise Refused("already_sent")


# --- money ---------------------------------------------------------------------------------------------


class _Payment(NamedTuple):
    """What a transaction still holds, and whether its provider gives it back when Saleor asks."""

    id: str
    charged: int
    returns: bool


def _payments(raw: dict[str, Any]) -> list[_Payment]:
    currency = _currency(raw)
    found = [
        _Payment(one["id"], parsing.minor(one["chargedAmount"]["amount"], currency), "REFUND" in one["actions"])
        for one in raw["transactions"]
    ]
    return [one for one in found if one.charged > 0]


def _grants(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [one for one in raw["grantedRefunds"] if key in (one["reason"] or "")]


def _grant(shop: ShopInfo, raw: dict[str, Any], payment: _Payment, amount: int, reason: str, **more: Any) -> str:
    given = {"amount": money.major(amount, _currency(raw)), "transactionId": payment.id, "reason": reason, **more}
    return str(asking.do(shop, questions.GRANT, id=raw["id"], input=given)["grantedRefund"]["id"])


def _pay_back(shop: ShopInfo, grant: dict[str, Any]) -> None:
    """Ask the payment's provider for what was granted, unless that was done."""
    if grant["status"] not in ("SUCCESS", "PENDING"):
        asking.do(shop, questions.PAY_BACK, id=grant["id"])


# --- cancelling ----------------------------------------------------------------------------------------


def plan_cancel(shop: ShopInfo, act: Cancel) -> Plan:
    """Say what cancelling would give back."""
    raw = order(shop, act.order_id)
    _refuse_sent(raw)
    held = _payments(raw) if act.refund else []
    paid = parsing.minor(raw["totalCharged"]["amount"], _currency(raw)) if act.refund else 0
    elsewhere = paid > sum(one.charged for one in held if one.returns)
    warnings: list[Warned] = ["shop_writes", *(["paid_elsewhere"] if elsewhere else [])]  # type: ignore[list-item]
    return Plan(amount=paid, currency=_currency(raw), most=paid, warnings=warnings)


def cancel(shop: ShopInfo, act: Cancel, key: str) -> Done:
    """Cancel an order and have its payments given back. Saleor puts what was allocated back into stock."""
    raw = order(shop, act.order_id)
    marks = {one["key"]: one["value"] for one in raw["privateMetadata"]}
    if raw["status"] not in _OVER or marks.get(MARK) != key:
        _refuse_sent(raw)
        asking.do(shop, questions.MARK, id=act.order_id, input=[{"key": MARK, "value": key}])
        asking.do(shop, questions.CANCEL, id=act.order_id)
    if act.refund:
        _give_all_back(shop, order(shop, act.order_id), key)
    return Done(reference=act.order_id, order=parsing.order(shop, order(shop, act.order_id)))


def _give_all_back(shop: ShopInfo, raw: dict[str, Any], key: str) -> None:
    ours = _grants(raw, key)
    for grant in ours:
        _pay_back(shop, grant)
    begun = {(one["transaction"] or {}).get("id") for one in ours}
    for payment in _payments(raw):
        if payment.returns and payment.id not in begun:
            made = _grant(shop, raw, payment, payment.charged, f"[Pult {key}]")
            asking.do(shop, questions.PAY_BACK, id=made)
    for one in raw["transactions"]:
        if "CANCEL" in one["actions"] and parsing.minor(one["authorizedAmount"]["amount"], _currency(raw)) > 0:
            asking.do(shop, questions.VOID, id=one["id"])


# --- giving back ---------------------------------------------------------------------------------------


def plan_refund(shop: ShopInfo, act: GiveBack) -> Plan:
    """Say what would be given back, and how much could be."""
    raw = order(shop, act.order_id)
    payment = _payment_for(raw, act)
    most = sum(one.charged for one in _payments(raw))
    warnings: list[Warned] = [] if payment.returns else ["paid_elsewhere"]
    if act.restock:
        warnings.append("no_restock")
    return Plan(amount=act.amount, currency=_currency(raw), most=most, warnings=warnings)


def _payment_for(raw: dict[str, Any], act: GiveBack) -> _Payment:
    """Return the payment from which so much can be given back: the smallest that is enough."""
    lines = {one["id"]: one["quantity"] for one in raw["lines"]}
    for part in act.parts:
        if part.line_id not in lines:
            raise Refused("unknown_line", part.line_id)
        if part.quantity > lines[part.line_id]:
            raise Refused("too_much", part.line_id)
    held = _payments(raw)
    if not held:
        older = parsing.minor(raw["totalCharged"]["amount"], _currency(raw)) > 0
        raise Refused("not_possible", "paid by Saleor's older payments") if older else Refused("not_paid")
    enough = [one for one in held if one.charged >= act.amount]
    if not enough:
        raise Refused("too_much", f"no payment of this order holds {money.major(act.amount, _currency(raw))}")
    return min(enough, key=lambda one: (not one.returns, one.charged))


def refund(shop: ShopInfo, act: GiveBack, key: str) -> Done:
    """Grant a refund and have the payment's provider give it back; the grant carries the key."""
    raw = order(shop, act.order_id)
    ours = _grants(raw, key)
    if not ours:
        payment = _payment_for(raw, act)
        lines = [{"id": part.line_id, "quantity": part.quantity} for part in act.parts]
        more: dict[str, Any] = {"lines": lines} if lines else {}
        if act.shipping:
            more["grantRefundForShipping"] = True
        _grant(shop, raw, payment, act.amount, f"{act.note or act.reason} [Pult {key}]", **more)
        raw = order(shop, act.order_id)
        ours = _grants(raw, key)
    grant = ours[0]
    returning = {one["id"] for one in raw["transactions"] if "REFUND" in one["actions"]}
    if (grant["transaction"] or {}).get("id") in returning:
        _pay_back(shop, grant)
        raw = order(shop, act.order_id)
        if any(one["status"] == "FAILURE" for one in _grants(raw, key)):
            raise Refused("not_possible", "the payment's provider did not give it back")
    return Done(reference=grant["id"], order=parsing.order(shop, raw))


# --- address and note ----------------------------------------------------------------------------------


def plan_address(shop: ShopInfo, act: ChangeAddress) -> Plan:
    """Say whether the order can still be sent elsewhere."""
    _refuse_sent(order(shop, act.order_id))
    return Plan(undo=True)


def change_address(shop: ShopInfo, act: ChangeAddress) -> Done:
    """Send an order elsewhere. Who asks twice finds it changed."""
    raw = order(shop, act.order_id)
    now = msgspec.convert(parsing.place(raw["shippingAddress"]), Place)
    if _same(now, act.ship_to):
        return Done(reference=act.order_id, order=parsing.order(shop, raw))
    _refuse_sent(raw)
    asking.do(shop, questions.READDRESS, id=act.order_id, input={"shippingAddress": written(act.ship_to)})
    then = parsing.order(shop, order(shop, act.order_id))
    return Done(reference=act.order_id, order=then, undo=msgspec.json.encode(now).decode())


def restore_address(shop: ShopInfo, act: ChangeAddress, before: str) -> Done:
    """Put the address back that was there before."""
    return change_address(shop, ChangeAddress(act.order_id, msgspec.json.decode(before, type=Place)))


def _same(now: Place, wanted: Place) -> bool:
    """Saleor writes some parts of an address in capitals."""
    return _folded(now) == _folded(wanted)


def _folded(place: Place) -> list[str]:
    given = written(place)
    names = ("streetAddress1", "streetAddress2", "postalCode", "city", "country", "companyName", "countryArea")
    who = f"{given['firstName']} {given['lastName']}".strip()
    return [who.casefold(), *(str(given.get(name, "")).casefold() for name in names)]


def written(place: Place) -> dict[str, str]:
    """Return an address as Saleor takes it; what is empty is left out where it would be checked."""
    first, _, last = place.name.rpartition(" ")
    given = {
        "firstName": first or last,
        "lastName": last if first else "",
        "companyName": place.company,
        "streetAddress1": place.lines[0] if place.lines else "",
        "streetAddress2": ", ".join(place.lines[1:]),
        "postalCode": place.postcode,
        "city": place.city,
        "countryArea": place.region,
    }
    if place.country:
        given["country"] = place.country
    if place.phone:
        given["phone"] = place.phone
    return given


def plan_note(shop: ShopInfo, act: AddNote) -> Plan:
    """Say whether there is such an order."""
    order(shop, act.order_id)
    return Plan()


def note(shop: ShopInfo, act: AddNote, key: str) -> Done:
    """Write a note among the order's events; it ends with the key."""
    try:
        found = asking.ask(shop, questions.EVENTS, id=act.order_id)["order"]
    except asking.NoSuchId as error:
        raise Refused("unknown", str(error)) from error
    if not found:
        raise Refused("unknown")
    for event in found["events"]:
        if event["type"] == "NOTE_ADDED" and key in (event["message"] or ""):
            return Done(reference=event["id"])
    made = asking.do(shop, questions.NOTE, id=act.order_id, input={"message": f"{act.text}\n\n[Pult {key}]"})
    return Done(reference=made["event"]["id"])
