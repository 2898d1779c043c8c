"""Rows of orders and products, many by one statement: model objects cost more than all the rest of an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from pult.commerce import base
from pult.commerce.models import Order, Product
from pult.platform.db import JsonText, SqlValue, insert_many, time_in

_ORDER = (
    *("number", "customer_id", "placed_at", "changed_at", "state", "payment", "fulfilment", "currency", "total"),
    *("refunded", "open_parcels", "body", "digest"),
)
_PRODUCT = ("title", "category", "changed_at", "active", "body", "digest")
_LINE = ("order_id", "sku", "product_id", "variant_id", "title", "quantity", "total")
_AT_ONCE = 500
"""Rows a statement: SQLite binds 32,766 values at most."""


def nameless(order: base.Order) -> base.Order:
    """Return an order without whom it was for, and without the texts in which the shop's people write of them."""
    return msgspec.structs.replace(
        order,
        buyer=base.Buyer(),
        ship_to=base.Place(),
        bill_to=base.Place(),
        note="",
        lines=[msgspec.structs.replace(line, options={}) for line in order.lines],
        refunds=[msgspec.structs.replace(refund, reason="") for refund in order.refunds],
        shipments=[msgspec.structs.replace(parcel, number="", url="") for parcel in order.shipments],
    )


def placeless(order: base.Order) -> base.Order:
    """Return an order without addresses and numbers of a telephone."""
    return msgspec.structs.replace(
        order,
        buyer=msgspec.structs.replace(order.buyer, phone=""),
        ship_to=base.Place(country=order.ship_to.country),
        bill_to=base.Place(country=order.bill_to.country),
        note="",
    )


def orders(rows: Sequence[Order], told: Sequence[base.Order]) -> None:
    """Write orders with what the shop told of them, new or in the place of what is known, and give them their ids."""
    lines: list[Sequence[SqlValue]] = [
        (
            *(row.shop_id, row.external_id, False, row.number, row.customer_id, time_in(row.placed_at)),
            *(time_in(row.changed_at), row.state, row.payment, row.fulfilment, row.currency, row.total, row.refunded),
            *(row.open_parcels, _json(whole), row.digest),
        )
        for row, whole in zip(rows, told, strict=True)
    ]
    ids = _upsert("commerce_order", ("shop_id", "external_id", "erased"), _ORDER, lines)
    for row in rows:
        row.id = ids[row.external_id]


def products(rows: Sequence[Product], told: Sequence[base.Product]) -> None:
    """Write products with what the shop told of them, as `orders` does."""
    lines: list[Sequence[SqlValue]] = [
        (
            *(row.shop_id, row.external_id, row.title, row.category, time_in(row.changed_at), row.active),
            *(_json(whole), row.digest),
        )
        for row, whole in zip(rows, told, strict=True)
    ]
    ids = _upsert("commerce_product", ("shop_id", "external_id"), _PRODUCT, lines)
    for row in rows:
        row.id = ids[row.external_id]


def lines(rows: Sequence[Order], told: Sequence[base.Order]) -> None:
    """Write the lines of orders that have none yet."""
    found: list[Sequence[SqlValue]] = [
        (
            *(row.id, line.sku[:100], line.product_id[:200], line.variant_id[:200], line.title[:300]),
            *(line.quantity, line.total),
        )
        for row, order in zip(rows, told, strict=True)
        for line in order.lines
    ]
    for start in range(0, len(found), _AT_ONCE):
        insert_many("commerce_orderline", _LINE, found[start : start + _AT_ONCE])


def _json(thing: base.Order | base.Product) -> JsonText:
    return JsonText(msgspec.json.encode(thing).decode())


def _upsert(
    table: str, given: Sequence[str], changed: Sequence[str], lines: Sequence[Sequence[SqlValue]]
) -> Mapping[str, int]:
    """Insert rows, or change those of the same shop and external id; return the ids by the latter."""
    sets = ", ".join(f"{column} = excluded.{column}" for column in changed)
    tail = f"ON CONFLICT (shop_id, external_id) DO UPDATE SET {sets} RETURNING external_id, id"
    ids: dict[str, int] = {}
    for start in range(0, len(lines), _AT_ONCE):
        ids.update(insert_many(table, (*given, *changed), lines[start : start + _AT_ONCE], tail=tail))
    return ids
