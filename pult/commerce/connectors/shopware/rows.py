"""An order of Shopware as it is before something is done to it, and the ids of what is made."""

from __future__ import annotations

import re
import uuid
from typing import Any

from pult.commerce.base import Order, Refused, ShopInfo
from pult.commerce.connectors.shopware import asking, parsing, searching


def own_id(key: str, of: str) -> str:
    """Return the id of a row that is made under a key: the same key makes the same row."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"pult {of} {key}").hex


def found(shop: ShopInfo, order_id: str) -> dict[str, Any]:
    """Return an order as Shopware has it now. Raises Refused, ShopError."""
    if not re.fullmatch("[0-9a-f]{32}", order_id):
        raise Refused("unknown")
    try:
        raw, _ = searching.one(shop, order_id)
    except asking.Answered as error:
        if error.status == 403:
            raise Refused("not_allowed", str(error)) from error
        raise
    if raw is None:
        raise Refused("unknown")
    return raw


def seen(shop: ShopInfo, order_id: str) -> Order:
    """Return an order as it looks from here. Raises Refused, ShopError."""
    raw, sent = searching.one(shop, order_id)
    if raw is None:
        raise Refused("unknown")
    return parsing.order(shop, raw, sent)
