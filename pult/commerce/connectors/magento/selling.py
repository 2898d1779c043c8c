"""Codes and accounts in a shop of Magento."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pult.commerce.base import Discount, Done, Place, Plan, Refused, Register, ShopInfo
from pult.commerce.connectors.magento import asking
from pult.platform import money

_COMBINE = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine"
_ADDRESS = "Magento\\SalesRule\\Model\\Rule\\Condition\\Address"
SKEW = timedelta(minutes=5)
"""By how much the shop's clock may be behind ours."""


def _searched(shop: ShopInfo, path: str, *filters: asking.Filter) -> list[dict[str, Any]]:
    try:
        return asking.search(shop, path, filters)[0]
    except asking.Answered as error:
        if error.status in (401, 403):
            raise Refused("not_allowed", str(error)) from error
        raise


# --- codes ---------------------------------------------------------------------------------------------


def plan_discount(shop: ShopInfo, act: Discount) -> Plan:
    """Say whether the code is free."""
    currency = _refuse_senseless(shop, act)
    if _searched(shop, "/V1/coupons/search", ("code", act.code, "eq")):
        raise Refused("bad_code", "there is such a code")
    return Plan(currency=currency, undo=True)


def _refuse_senseless(shop: ShopInfo, act: Discount) -> str:
    if (act.percent is None) == (act.amount is None):
        raise Refused("not_possible", "a discount is of a percentage or of an amount")
    configs = asking.do(shop, "GET", "/V1/store/storeConfigs")
    currency = str(configs[0]["base_currency_code"]) if configs else ""
    if (act.amount or act.minimum) and act.currency not in ("", currency):
        raise Refused("not_possible", f"the shop's own currency is {currency}")
    return currency


def discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    """Make a rule whose name holds the key, and a coupon of it."""
    rules = _searched(shop, "/V1/salesRules/search", ("name", f"Pult {key}", "eq"))
    coupons = _searched(shop, "/V1/coupons/search", ("code", act.code, "eq"))
    if coupons and coupons[0]["rule_id"] not in [one["rule_id"] for one in rules]:
        raise Refused("bad_code", "there is such a code")
    if rules:
        rule_id = rules[0]["rule_id"]
    else:
        rule = _rule(shop, act, key, _refuse_senseless(shop, act))
        rule_id = asking.do(shop, "POST", "/V1/salesRules", {"rule": rule})["rule_id"]
    if not coupons:
        coupon = {
            "rule_id": rule_id,
            "code": act.code,
            "usage_limit": act.uses,
            "usage_per_customer": act.uses,
            "times_used": 0,
            "is_primary": True,
            "type": 0,
        }
        asking.do(shop, "POST", "/V1/coupons", {"coupon": coupon})
    return Done(reference=str(rule_id), code=act.code, undo=str(rule_id))


def _rule(shop: ShopInfo, act: Discount, key: str, currency: str) -> dict[str, Any]:
    websites = asking.do(shop, "GET", "/V1/store/websites")
    groups = _searched(shop, "/V1/customerGroups/search")
    rule: dict[str, Any] = {
        "name": f"Pult {key}",
        "website_ids": [one["id"] for one in websites if one["id"]],
        "customer_group_ids": [one["id"] for one in groups],
        "uses_per_customer": act.uses,
        "is_active": True,
        "stop_rules_processing": False,
        "is_advanced": True,
        "sort_order": 0,
        "simple_action": "cart_fixed" if act.percent is None else "by_percent",
        "discount_amount": act.percent if act.percent is not None else float(money.major(act.amount or 0, currency)),
        "discount_step": 0,
        "apply_to_shipping": False,
        "times_used": 0,
        "is_rss": False,
        "coupon_type": "SPECIFIC_COUPON",
        "use_auto_generation": False,
        "uses_per_coupon": act.uses,
    }
    if act.until:
        rule["to_date"] = f"{act.until.astimezone(UTC):%Y-%m-%d}"
    if act.minimum:
        least = {
            "condition_type": _ADDRESS,
            "attribute_name": "base_subtotal",
            "operator": ">=",
            "value": money.major(act.minimum, currency),
        }
        rule["condition"] = {
            "condition_type": _COMBINE,
            "aggregator_type": "all",
            "operator": "",
            "value": "1",
            "conditions": [least],
        }
    return rule


def drop_discount(shop: ShopInfo, rule_id: str) -> Done:
    """Delete a rule with its coupon; one that is no longer there is as good."""
    try:
        asking.do(shop, "DELETE", f"/V1/salesRules/{rule_id}")
    except Refused as error:
        if error.code != "unknown":
            raise
    return Done(reference=rule_id)


# --- accounts ------------------------------------------------------------------------------------------


def plan_register(shop: ShopInfo, act: Register) -> Plan:
    """Say whether the address has no account yet."""
    _names(act)
    if _accounts(shop, act.buyer.email):
        raise Refused("already_done", "there is such an account")
    return Plan(warnings=["shop_writes"])


def _accounts(shop: ShopInfo, email: str) -> list[dict[str, Any]]:
    if not email:
        raise Refused("bad_address", "an account needs an e-mail address")
    return _searched(shop, "/V1/customers/search", ("email", email, "eq"))


def _names(act: Register) -> tuple[str, str]:
    first, _, last = (act.buyer.name or act.ship_to.name).rpartition(" ")
    if not first:
        raise Refused("bad_address", "Magento wants a first and a last name")
    return first, last


def register(shop: ShopInfo, act: Register, at: datetime) -> Done:
    """Make an account; Magento asks its owner for a password by mail.

    An account of Magento has no place for a key: one of that address which is not older than the wish is its fruit.
    """
    first, last = _names(act)
    if known := _accounts(shop, act.buyer.email):
        made = datetime.fromisoformat(f"{known[0]['created_at']}+00:00")
        if made < at - SKEW or (known[0]["firstname"], known[0]["lastname"]) != (first, last):
            raise Refused("already_done", "there is such an account")
        return Done(reference=str(known[0]["id"]))
    customer: dict[str, Any] = {"email": act.buyer.email, "firstname": first, "lastname": last}
    if act.ship_to != Place():
        customer["addresses"] = [_address(act.ship_to, first, last)]
    return Done(reference=str(asking.do(shop, "POST", "/V1/customers", {"customer": customer})["id"]))


def _address(place: Place, first: str, last: str) -> dict[str, Any]:
    own_first, _, own_last = place.name.rpartition(" ")
    return {
        "firstname": own_first or first,
        "lastname": own_last if own_first else last,
        "company": place.company,
        "street": place.lines or ["-"],
        "city": place.city or "-",
        "postcode": place.postcode,
        "country_id": place.country,
        "telephone": place.phone or "-",
        "default_shipping": True,
        "default_billing": True,
    }
