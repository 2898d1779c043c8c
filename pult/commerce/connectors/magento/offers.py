"""Cart price rules of Magento that hold for anybody, with their coupons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from pult.commerce.base import Gone, Page, Promotion, ShopInfo, each
from pult.commerce.connectors.magento import asking, parsing, searching

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When rules changed, of which Magento does not say it: what is read last counts."""


def pages(shop: ShopInfo) -> Iterator[Page]:
    """Give all rules; there are few."""
    currency = searching.base_currency(shop)
    rules = list(asking.every(shop, "/V1/salesRules/search", [], key="rule_id"))
    codes = {int(one["rule_id"]): str(one["code"]) for one in _coupons(shop, rules)}
    things, misfits = each(rules, lambda raw: promotion(shop, raw, codes, currency), "rule_id", "promotion")
    yield Page(things, None, len(rules), len(rules), misfits)


def _coupons(shop: ShopInfo, rules: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the coupons of rules that have one."""
    numbers = [str(one["rule_id"]) for one in rules if one.get("coupon_type") == "SPECIFIC_COUPON"]
    for begin in range(0, len(numbers), asking.MANY):
        of: list[asking.Filter] = [("rule_id", ",".join(numbers[begin : begin + asking.MANY]), "in")]
        yield from asking.every(shop, "/V1/coupons/search", of, key="coupon_id")


def promotion(shop: ShopInfo, raw: dict[str, Any], codes: dict[int, str], currency: str) -> Promotion | Gone:
    """Return a rule; Gone for what is made here for one person, has a code for each, or conditions that cannot be said
    in a line. Raises what base.ODD names where it makes no sense."""
    number = int(raw["rule_id"])
    name = str(raw.get("name") or "")
    conditions = (raw.get("condition") or {}).get("conditions") or []
    least = _minimum(conditions, currency)
    lines = (raw.get("action_condition") or {}).get("conditions") or []
    own = name.startswith("Pult ") or raw.get("use_auto_generation") or raw.get("coupon_type") == "AUTO"
    coded = raw.get("coupon_type") == "SPECIFIC_COUPON"
    if own or lines or len(conditions) > (least is not None) or (coded and number not in codes):
        return Gone("promotion", str(number))
    action, value = raw.get("simple_action"), raw["discount_amount"]
    fields = {
        "id": str(number),
        "title": name or codes.get(number, ""),
        "changed_at": NEVER,
        "code": codes.get(number, "") if coded else "",
        "percent": value if action == "by_percent" and value else None,
        "amount": parsing.minor(value, currency) if action == "cart_fixed" and value else None,
        "currency": currency,
        "minimum": least,
        "delivery": str(raw.get("simple_free_shipping") or "NONE") not in ("NONE", "NO", "0"),
        "starts_at": _moment(shop, raw.get("from_date"), time.min),
        "ends_at": _moment(shop, raw.get("to_date"), time.max),
        "active": bool(raw.get("is_active")),
    }
    return msgspec.convert(fields, Promotion)


def _minimum(conditions: list[dict[str, Any]], currency: str) -> int | None:
    """Return the sum from which on a rule holds, where that is its only condition."""
    if len(conditions) != 1:
        return None
    (one,) = conditions
    plain = (
        one.get("attribute_name") in ("base_subtotal", "base_subtotal_total_incl_tax") and one.get("operator") == ">="
    )
    return parsing.minor(one["value"], currency) if plain else None


def _moment(shop: ShopInfo, day: str | None, at: time) -> datetime | None:
    """Return a moment of a day on the store's clock."""
    if not day:
        return None
    return datetime.combine(datetime.fromisoformat(str(day)[:10]).date(), at, ZoneInfo(shop.time_zone))
