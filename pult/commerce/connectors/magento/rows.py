"""An order of Magento as it is before and after something is done to it."""

from __future__ import annotations

from typing import Any

from pult.commerce.base import Order, Refused, ShopInfo
from pult.commerce.connectors.magento import asking, parsing, searching


def found(shop: ShopInfo, order_id: str) -> dict[str, Any]:
    """Return an order as Magento has it now. Raises Refused, ShopError."""
    if not (order_id.isascii() and order_id.isdecimal()):
        raise Refused("unknown")
    return dict(asking.do(shop, "GET", f"/V1/orders/{order_id}"))


def seen(shop: ShopInfo, order_id: str) -> Order:
    """Return an order as it looks from here. Raises Refused, ShopError."""
    beside = searching.beside_orders(shop, [int(order_id)])
    return parsing.order(found(shop, order_id), beside.shipments, beside.creditmemos)
