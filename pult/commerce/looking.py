"""Asking a shop for single things as they are at this moment; what it says is kept as anything it says."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from pult.commerce import actions, base, reading, registry
from pult.commerce.errors import OrderNotFound, ShopAway, ShopNotFound
from pult.commerce.models import Order, Shop


def look_at_order(order_id: int) -> datetime | None:
    """Read an order anew and return when that was; None where its shop cannot be asked for single things.

    Raises OrderNotFound, ShopAway.
    """
    row = Order.objects.select_related("shop").filter(pk=order_id).first()
    if row is None:
        raise OrderNotFound
    return _look(row.shop, "order", row.external_id)


def look_at_product(shop_id: int, product_id: str) -> datetime | None:
    """Read a product anew, with its prices and stock. Raises ShopNotFound, ShopAway."""
    shop = Shop.objects.filter(pk=shop_id).first()
    if shop is None:
        raise ShopNotFound
    return _look(shop, "product", product_id)


def _look(shop: Shop, kind: base.Kind, thing_id: str) -> datetime | None:
    looking = registry.looking(shop.connector)
    if looking is None or not shop.active:
        return None
    at = timezone.now()
    try:
        found = looking.look(reading.info(shop), kind, [thing_id])
    except base.ShopError as error:
        raise ShopAway(str(error)) from error
    # That something is gone is for the shop's reading to say: a look is for what is there.
    there = [thing for thing in found if not isinstance(thing, base.Gone)]
    actions.take(shop.id, there, live=True)
    return at if there else None
