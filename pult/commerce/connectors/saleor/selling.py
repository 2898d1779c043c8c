"""Codes, accounts and prepared orders in a shop of Saleor."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pult.commerce.base import Discount, Done, DraftOrder, Option, Place, Plan, Refused, Register, ShopInfo, Warned
from pult.commerce.connectors.saleor import asking, ordering, parsing, questions
from pult.platform import money

MARK = "pult_key"
"""Private metadata of an account: the key under which it was made."""


def _channel(shop: ShopInfo) -> dict[str, Any]:
    found = _asked(shop, questions.CHANNEL, slug=shop.settings["channel"])["channel"]
    if not found:
        raise Refused("not_possible", f"no channel {shop.settings['channel']}")
    return dict(found)


def _asked(shop: ShopInfo, question: str, **variables: Any) -> dict[str, Any]:
    try:
        return asking.ask(shop, question, **variables)
    except asking.Denied as error:
        raise Refused("not_allowed", str(error)) from error
    except asking.NoSuchId as error:
        raise Refused("unknown", str(error)) from error


# --- codes ---------------------------------------------------------------------------------------------


def plan_discount(shop: ShopInfo, act: Discount) -> Plan:
    """Say whether the code is free."""
    channel = _channel(shop)
    _refuse_senseless(act, channel["currencyCode"])
    if _voucher(shop, act.code) is not None:
        raise Refused("bad_code", "there is such a code")
    return Plan(currency=channel["currencyCode"], undo=True)


def _refuse_senseless(act: Discount, currency: str) -> None:
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a discount is of a percentage or of an amount")
    if (act.amount or act.minimum) and act.currency not in ("", currency):
        raise Refused("not_possible", f"the channel's currency is {currency}")


def _voucher(shop: ShopInfo, code: str) -> dict[str, Any] | None:
    edges = _asked(shop, questions.VOUCHERS, code=code)["vouchers"]["edges"]
    return next((dict(edge["node"]) for edge in edges if edge["node"]["code"] == code), None)


def discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    """Make a voucher whose name holds the key, and let it count in the channel."""
    channel = _channel(shop)
    currency = channel["currencyCode"]
    _refuse_senseless(act, currency)
    found = _voucher(shop, act.code)
    if found is not None and key not in (found["name"] or ""):
        raise Refused("bad_code", "there is such a code")
    if found is None:
        given = {
            "name": f"Pult {key}",
            "addCodes": [act.code],
            "type": "ENTIRE_ORDER",
            "discountValueType": "FIXED" if act.percent is None else "PERCENTAGE",
            "usageLimit": act.uses,
            "applyOncePerCustomer": bool(act.buyer.email or act.buyer.id),
            "endDate": act.until.isoformat() if act.until else None,
        }
        found = {**asking.do(shop, questions.MAKE_VOUCHER, input=given)["voucher"], "channelListings": []}
    if not found["channelListings"]:
        value = str(act.percent) if act.percent is not None else money.major(act.amount or 0, currency)
        listing = {"channelId": channel["id"], "discountValue": value}
        if act.minimum:
            listing["minAmountSpent"] = money.major(act.minimum, currency)
        asking.do(shop, questions.LIST_VOUCHER, id=found["id"], input={"addChannels": [listing]})
    return Done(reference=found["id"], code=act.code, undo=found["id"])


def drop_discount(shop: ShopInfo, voucher_id: str) -> Done:
    """Delete a voucher; one that is no longer there is as good."""
    try:
        asking.do(shop, questions.DROP_VOUCHER, id=voucher_id)
    except Refused as error:
        if error.code != "unknown":
            raise
    return Done(reference=voucher_id)


# --- accounts ------------------------------------------------------------------------------------------


def plan_register(shop: ShopInfo, act: Register) -> Plan:
    """Say whether the address has no account yet."""
    if _buyer(shop, act.buyer.email):
        raise Refused("already_done", "there is such an account")
    return Plan(warnings=["shop_writes"])


def _buyer(shop: ShopInfo, email: str) -> dict[str, Any] | None:
    if not email:
        raise Refused("bad_address", "an account needs an e-mail address")
    found = _asked(shop, questions.BUYER, email=email)["user"]
    return dict(found) if found else None


def register(shop: ShopInfo, act: Register, key: str) -> Done:
    """Make an account. Saleor sends the mail about the password where it knows the page to set it."""
    if found := _buyer(shop, act.buyer.email):
        if {"key": MARK, "value": key} not in found["privateMetadata"]:
            raise Refused("already_done", "there is such an account")
        return Done(reference=found["id"])
    first, _, last = act.buyer.name.rpartition(" ")
    given: dict[str, Any] = {
        "email": act.buyer.email,
        "firstName": first or last,
        "lastName": last if first else "",
        "channel": shop.settings["channel"],
        "privateMetadata": [{"key": MARK, "value": key}],
    }
    if act.ship_to != Place():
        given["defaultShippingAddress"] = given["defaultBillingAddress"] = ordering.written(act.ship_to)
    if page := shop.settings.get("password_url"):
        given["redirectUrl"] = page
    return Done(reference=asking.do(shop, questions.REGISTER, input=given)["user"]["id"])


# --- prepared orders -----------------------------------------------------------------------------------


def plan_draft(shop: ShopInfo, act: DraftOrder) -> Plan:
    """Say what a basket would cost. What a code takes off is known once the order is there."""
    if not shop.settings.get("payment_url"):
        raise Refused("not_possible", "no address at which buyers pay is set")
    channel = _channel(shop)
    currency = channel["currencyCode"]
    if act.currency != currency:
        raise Refused("not_possible", f"the channel's currency is {currency}")
    total, tax, warnings = _goods(shop, act, currency)
    options = _deliveries(shop, act, currency)
    taken = next((one for one in options if act.delivery in ("", one.id)), None)
    if taken is None and act.delivery:
        raise Refused("changed", "there is no such delivery any more")
    shipping = taken.price if taken else 0
    return Plan(
        currency=currency, total=total + shipping, shipping=shipping, tax=tax, options=options, warnings=warnings
    )


def _goods(shop: ShopInfo, act: DraftOrder, currency: str) -> tuple[int, int, list[Warned]]:
    ids = sorted({one.variant_id for one in act.wanted})
    edges = _asked(shop, questions.VARIANTS, ids=ids, channel=shop.settings["channel"])["productVariants"]["edges"]
    known = {edge["node"]["id"]: edge["node"] for edge in edges}
    total = tax = 0
    warnings: set[Warned] = set()
    for one in act.wanted:
        variant = known.get(one.variant_id)
        price = ((variant or {}).get("pricing") or {}).get("price")
        if variant is None or price is None:
            raise Refused("unknown", f"no variant {one.variant_id} in the channel")
        left = variant["quantityAvailable"]
        if variant["trackInventory"] and left is not None and left < one.quantity:
            if left <= 0:
                raise Refused("no_stock", one.variant_id)
            warnings.add("low_stock")
        usual = parsing.minor(price["gross"]["amount"], currency)
        total += one.quantity * (usual if one.price is None else one.price)
        tax += one.quantity * parsing.minor(price["tax"]["amount"], currency)
    return total, tax, sorted(warnings)


def _deliveries(shop: ShopInfo, act: DraftOrder, currency: str) -> list[Option]:
    address = {"country": act.ship_to.country} if act.ship_to.country else None
    found = _asked(shop, questions.DELIVERIES, channel=shop.settings["channel"], address=address)
    return [
        Option(one["id"], one["name"], parsing.minor(one["price"]["amount"], currency))
        for one in found["shop"]["availableShippingMethods"] or []
        if one["active"]
    ]


def draft(shop: ShopInfo, act: DraftOrder, key: str) -> Done:
    """Make a draft order whose external reference is the key; who follows the address completes and pays it."""
    found = _asked(shop, questions.BY_REFERENCE, key=key)["order"]
    if not found:
        planned = plan_draft(shop, act)
        given: dict[str, Any] = {
            "channelId": _channel(shop)["id"],
            "externalReference": key,
            "customerNote": act.note,
            "lines": [_wanted(one.variant_id, one.quantity, one.price, act.currency) for one in act.wanted],
        }
        given |= {"user": act.buyer.id} if act.buyer.id else {"userEmail": act.buyer.email}
        if act.ship_to != Place():
            given["shippingAddress"] = ordering.written(act.ship_to)
        if act.bill_to != Place():
            given["billingAddress"] = ordering.written(act.bill_to)
        if planned.options:
            given["shippingMethod"] = act.delivery or planned.options[0].id
        if act.code:
            given["voucherCode"] = act.code
        found = asking.do(shop, questions.DRAFT, input=given)["order"]
    where = str(shop.settings["payment_url"]).replace("{id}", quote(found["id"], safe=""))
    return Done(reference=found["id"], url=where)


def _wanted(variant_id: str, quantity: int, price: int | None, currency: str) -> dict[str, Any]:
    line: dict[str, Any] = {"variantId": variant_id, "quantity": quantity}
    return line if price is None else {**line, "price": money.major(price, currency)}
