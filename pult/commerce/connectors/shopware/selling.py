"""Codes and accounts in a shop of Shopware."""

from __future__ import annotations

from typing import Any

from pult.commerce.base import Discount, Done, Place, Plan, Refused, Register, ShopError, ShopInfo
from pult.commerce.connectors.shopware import asking, ordering, parsing
from pult.commerce.connectors.shopware.rows import own_id
from pult.platform import money

MAILED = "pult_mailed"
"""Custom field of an account: the key under which its owner was asked for a password."""


def _channel(shop: ShopInfo) -> dict[str, Any]:
    wanted = shop.settings.get("sales_channel")
    if not wanted:
        raise Refused("not_possible", "no sales channel is set")
    criteria = {
        "limit": 1,
        "filter": [{"type": "equals", "field": "id", "value": wanted}],
        "associations": {"domains": {}},
    }
    found = _searched(shop, "sales-channel", criteria)
    if not found:
        raise Refused("not_possible", f"no sales channel {wanted}")
    return found[0]


def _searched(shop: ShopInfo, entity: str, criteria: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        return list(asking.search(shop, entity, criteria)["data"])
    except asking.Answered as error:
        if error.status == 403:
            raise Refused("not_allowed", str(error)) from error
        raise


# --- codes ---------------------------------------------------------------------------------------------


def plan_discount(shop: ShopInfo, act: Discount) -> Plan:
    """Say whether the code is free."""
    _channel(shop)
    currency = _refuse_senseless(shop, act)
    if _promotion(shop, act.code) is not None:
        raise Refused("bad_code", "there is such a code")
    return Plan(currency=currency, undo=True)


def _refuse_senseless(shop: ShopInfo, act: Discount) -> str:
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a discount is of a percentage or of an amount")
    if act.minimum:
        raise Refused("not_possible", "a minimum is a rule, which is made in the administration")
    criteria = {"limit": 1, "filter": [{"type": "equals", "field": "id", "value": parsing.DEFAULT_CURRENCY}]}
    found = _searched(shop, "currency", criteria)
    usual = str(found[0]["isoCode"]) if found else ""
    if act.amount and act.currency not in ("", usual):
        raise Refused("not_possible", f"the shop's own currency is {usual}")
    return usual


def _promotion(shop: ShopInfo, code: str) -> dict[str, Any] | None:
    same = [{"type": "equals", "field": field, "value": code} for field in ("code", "individualCodes.code")]
    criteria = {"limit": 1, "filter": [{"type": "multi", "operator": "or", "queries": same}]}
    return next(iter(_searched(shop, "promotion", criteria)), None)


def discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    """Make a promotion whose id comes of the key."""
    made = own_id(key, "promotion")
    known = _promotion(shop, act.code)
    if known is not None and known["id"] != made:
        raise Refused("bad_code", "there is such a code")
    if known is None:
        currency = _refuse_senseless(shop, act)
        value = float(act.percent) if act.percent is not None else float(money.major(act.amount or 0, currency))
        row: dict[str, Any] = {
            "id": made,
            "name": f"Pult {act.code}",
            "active": True,
            "validUntil": act.until.isoformat() if act.until else None,
            "maxRedemptionsGlobal": act.uses,
            "maxRedemptionsPerCustomer": act.uses,
            "priority": 1,
            "exclusive": False,
            "useCodes": True,
            "useIndividualCodes": False,
            "useSetGroups": False,
            "preventCombination": False,
            "customerRestriction": bool(act.buyer.id),
            "code": act.code,
            "salesChannels": [{"id": own_id(key, "listing"), "salesChannelId": _channel(shop)["id"], "priority": 1}],
            "discounts": [
                {
                    "id": own_id(key, "reduction"),
                    "scope": "cart",
                    "type": "absolute" if act.percent is None else "percentage",
                    "value": value,
                    "considerAdvancedRules": False,
                }
            ],
        }
        if act.buyer.id:
            row["personaCustomers"] = [{"id": act.buyer.id}]
        asking.write(shop, ("promotion", row))
    return Done(reference=made, code=act.code, undo=made)


def drop_discount(shop: ShopInfo, promotion_id: str) -> Done:
    """Delete a promotion; one that is no longer there is as good."""
    try:
        asking.do(shop, "DELETE", f"/api/promotion/{promotion_id}")
    except Refused as error:
        if error.code != "unknown":
            raise
    return Done(reference=promotion_id)


# --- accounts ------------------------------------------------------------------------------------------


def plan_register(shop: ShopInfo, act: Register) -> Plan:
    """Say whether the address has no account yet."""
    _channel(shop)
    if _account(shop, act.buyer.email) is not None:
        raise Refused("already_done", "there is such an account")
    ordering.written(shop, _home(act))
    return Plan(warnings=["shop_writes"])


def _account(shop: ShopInfo, email: str) -> dict[str, Any] | None:
    if not email:
        raise Refused("bad_address", "an account needs an e-mail address")
    criteria = {
        "limit": 1,
        "filter": [
            {"type": "equals", "field": "email", "value": email},
            {"type": "equals", "field": "guest", "value": False},
        ],
    }
    return next(iter(_searched(shop, "customer", criteria)), None)


def _home(act: Register) -> Place:
    home = act.ship_to
    return Place(
        act.buyer.name or home.name, home.company, home.lines, home.postcode, home.city, home.region, home.country
    )


def register(shop: ShopInfo, act: Register, key: str) -> Done:
    """Make an account whose id comes of the key, and have the shop ask its owner for a password by mail."""
    made, known, channel = own_id(key, "customer"), _account(shop, act.buyer.email), _channel(shop)
    if known is not None and known["id"] != made:
        raise Refused("already_done", "there is such an account")
    if known is None:
        address, home = own_id(key, "home"), ordering.written(shop, _home(act))
        number = asking.do(shop, "GET", f"/api/_action/number-range/reserve/customer/{channel['id']}")["number"]
        row = {
            "id": made,
            "groupId": channel["customerGroupId"],
            "salesChannelId": channel["id"],
            "languageId": channel["languageId"],
            "defaultPaymentMethodId": channel["paymentMethodId"],
            "defaultBillingAddressId": address,
            "defaultShippingAddressId": address,
            "customerNumber": number,
            "firstName": home["firstName"],
            "lastName": home["lastName"],
            "email": act.buyer.email,
            "accountType": "private",
            "active": True,
            "guest": False,
            "addresses": [{"id": address, **home}],
        }
        asking.write(shop, ("customer", row))
    domains = [one["url"] for one in channel.get("domains") or [] if str(one["url"]).startswith("http")]
    if domains and ((known or {}).get("customFields") or {}).get(MAILED) != key:
        _ask_for_password(shop, act.buyer.email, domains[0], channel["accessKey"])
        asking.write(shop, ("customer", {"id": made, "customFields": {MAILED: key}}))
    return Done(reference=made)


def _ask_for_password(shop: ShopInfo, email: str, domain: str, access_key: str) -> None:
    asked = {"email": email, "storefrontUrl": domain}
    try:
        asking.storefront(shop, "/store-api/account/recovery-password", asked, access_key)
    except asking.Answered as error:
        raise ShopError(
            f"the account is there, but nobody was asked for a password: {error}", permanent=True
        ) from error
