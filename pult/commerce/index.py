"""What orders and products are found by."""

from __future__ import annotations

import re

from pult.commerce import base
from pult.platform import words
from pult.platform.fulltext import Entry, FullText, scope_mark

ORDERS = FullText("commerce_order_search")
PRODUCTS = FullText("commerce_product_search")
_NOT_DIGITS = re.compile(r"\D")


def order_entry(order_id: int, customer_id: int | None, store_id: int, order: base.Order) -> Entry:
    """Return an order as it is found: by its numbers, its buyer, its parcels and what was bought."""
    phones = [_NOT_DIGITS.sub("", phone) for phone in (order.buyer.phone, order.ship_to.phone) if phone]
    texts = [
        order.number,
        order.number.lstrip("#"),
        order.id,
        order.buyer.name,
        order.buyer.email,
        *phones,
        order.ship_to.name,
        order.ship_to.company,
        *(parcel.number for parcel in order.shipments),
        *(text for line in order.lines for text in (line.sku, line.title)),
    ]
    return Entry(order_id, customer_id or 0, order.placed_at, words.index_words(texts), [scope_mark(store_id)])


def product_entry(product_id: int, store_id: int, product: base.Product) -> Entry:
    """Return a product as it is found: by its names, codes and attributes."""
    texts = [product.title, product.category, product.vendor, *product.attributes.values()]
    for variant in product.variants:
        texts += [variant.title, variant.sku, variant.barcode, *variant.attributes.values()]
    return Entry(product_id, product_id, product.changed_at, words.index_words(texts), [scope_mark(store_id)])
