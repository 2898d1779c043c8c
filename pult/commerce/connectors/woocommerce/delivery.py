"""In which ways a shop of WooCommerce would deliver to a place: zones, and the methods in them.

Zones are tried in the shop's order and the first that holds the place counts; zone 0 is the rest of the world. What a
method costs by a formula is not guessed, and the method left out.
"""

from __future__ import annotations

import re
from typing import Any

from pult.commerce.base import Option, Place, Refused, ShopInfo
from pult.commerce.connectors.woocommerce.asking import do
from pult.commerce.connectors.woocommerce.things import plain, text
from pult.platform.money import minor

_PLAIN = re.compile(r"[0-9]{1,10}([.,][0-9]{1,4})?")


def options(shop: ShopInfo, place: Place) -> list[Option]:
    """Return the ways, none where the key may not ask. Raises ShopError."""
    try:
        zones = sorted(_rows(do(shop, "GET", "shipping/zones")), key=lambda zone: int(zone.get("order") or 0))
        for zone in [one for one in zones if one.get("id")]:
            if _holds(shop, zone, place):
                return _ways(shop, zone["id"])
        return _ways(shop, 0)
    except Refused:
        return []


def _ways(shop: ShopInfo, zone: Any) -> list[Option]:
    ways: list[Option] = []
    for method in _rows(do(shop, "GET", f"shipping/zones/{zone}/methods")):
        price = _price(method, shop.currency)
        if method.get("enabled") is True and price is not None:
            name = f"{text(method.get('method_id'))}:{text(method.get('instance_id'))}"
            ways.append(Option(name, plain(method.get("title")), price))
    return ways


def _price(method: dict[str, Any], currency: str) -> int | None:
    if method.get("method_id") == "free_shipping":
        return 0
    settings = method.get("settings")
    cost = settings.get("cost") if isinstance(settings, dict) else None
    value = text(cost.get("value")) if isinstance(cost, dict) else ""
    if not value and method.get("method_id") == "local_pickup":
        return 0
    return minor(value.replace(",", "."), currency) if _PLAIN.fullmatch(value) else None


def _holds(shop: ShopInfo, zone: dict[str, Any], place: Place) -> bool:
    where = _rows(do(shop, "GET", f"shipping/zones/{zone['id']}/locations"))
    if not where:
        return True
    for one in where:
        kind, code = one.get("type"), text(one.get("code"))
        if kind == "country" and code == place.country:
            return True
        if kind == "state" and code == f"{place.country}:{place.region}":
            return True
        if kind == "continent" and place.country in _countries(shop, code):
            return True
    return False


def _countries(shop: ShopInfo, continent: str) -> set[str]:
    said = do(shop, "GET", f"data/continents/{continent.lower()}")
    return {text(one.get("code")) for one in _rows(said.get("countries") if isinstance(said, dict) else None)}


def _rows(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
