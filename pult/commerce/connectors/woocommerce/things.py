"""WooCommerce's orders, products and coupons as Pult has them. What makes no sense raises ValueError."""

from __future__ import annotations

import html
import math
from datetime import UTC, datetime
from typing import Any

import msgspec

from pult.commerce.base import (
    Buyer,
    Fulfilment,
    Line,
    Order,
    OrderState,
    Payment,
    PaymentState,
    Place,
    Product,
    Promotion,
    Refund,
    Shipment,
    Stock,
    Variant,
)
from pult.commerce.connectors.woocommerce import wire
from pult.platform.money import minor

TRACKING = "_wc_shipment_tracking_items"
"""Where the usual plugins for parcels (Shipment Tracking, Advanced Shipment Tracking) keep their numbers."""
_CLOSED = frozenset({"cancelled", "failed"})


def text(value: object) -> str:
    """Return a text; nothing for what is none."""
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def plain(value: object) -> str:
    """Return a name: WordPress keeps "&" as "&amp;"."""
    return html.unescape(text(value))


def key_of(value: object) -> str:
    """Return an id; 0 stands for none."""
    return "" if value in (0, "0", "", None) else text(value)


def moment(value: str | None) -> datetime | None:
    """Return a moment of UTC written without saying so. Raises ValueError."""
    if not value:
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def amount(value: wire.Number, currency: str) -> int:
    """Return an amount in minor units; nothing is zero. Raises ValueError."""
    return 0 if value in (None, "") else minor(str(value), currency)


def order(raw: object, base_url: str) -> Order:
    """Return an order."""
    said = msgspec.convert(raw, wire.Order, strict=False)
    currency = said.currency.upper()
    placed = moment(said.date_created_gmt)
    if placed is None:
        raise ValueError("an order without date_created_gmt")
    refunds = [Refund(text(one.id), abs(amount(one.total, currency)), reason=text(one.reason)) for one in said.refunds]
    total = amount(said.total, currency)
    shipments = _shipments(said)
    return Order(
        id=text(said.id),
        number=text(said.number) or text(said.id),
        placed_at=placed,
        changed_at=moment(said.date_modified_gmt) or placed,
        currency=currency,
        total=total,
        state=_state(said),
        payment=_payment_state(said, total, sum(refund.amount for refund in refunds)),
        fulfilment=_fulfilment(said, shipments),
        shipping=amount(said.shipping_total, currency) + amount(said.shipping_tax, currency),
        tax=amount(said.total_tax, currency),
        discount=amount(said.discount_total, currency) + amount(said.discount_tax, currency),
        buyer=_buyer(said),
        ship_to=place(said.shipping),
        bill_to=place(said.billing),
        lines=[_line(one, currency) for one in said.line_items],
        payments=_payments(said, total),
        refunds=refunds,
        shipments=shipments,
        cancelled_at=moment(said.date_modified_gmt) if said.status == "cancelled" else None,
        note=text(said.customer_note),
        url=f"{base_url.rstrip('/')}/wp-admin/post.php?post={text(said.id)}&action=edit",
    )


def _state(said: wire.Order) -> OrderState:
    """An order that was given back before it was ever completed has been cancelled."""
    if said.status in _CLOSED or (said.status == "refunded" and not said.date_completed_gmt):
        return "cancelled"
    return "completed" if said.status in ("completed", "refunded") else "open"


def _payment_state(said: wire.Order, total: int, refunded: int) -> PaymentState:
    if said.status == "refunded" or (refunded and refunded >= total):
        return "refunded"
    if refunded:
        return "part_refunded"
    if said.date_paid_gmt:
        return "paid"
    if said.status == "failed":
        return "failed"
    if said.status == "cancelled":
        return "voided"
    return "pending" if said.status in ("pending", "on-hold") else ""


def _fulfilment(said: wire.Order, shipments: list[Shipment]) -> Fulfilment:
    """Completed is WooCommerce's word for sent; a parcel before that may be one of several."""
    if said.status == "completed" or (said.status == "refunded" and said.date_completed_gmt):
        return "sent"
    return "part" if shipments else "none"


def _buyer(said: wire.Order) -> Buyer:
    billed = said.billing
    return Buyer(
        id=key_of(said.customer_id),
        email=text(billed.email),
        phone=text(billed.phone),
        name=_name(billed),
    )


def _name(address: wire.Address) -> str:
    return " ".join(part for part in (text(address.first_name), text(address.last_name)) if part)


def place(address: wire.Address) -> Place:
    """Return a postal address."""
    return Place(
        name=_name(address),
        company=text(address.company),
        lines=[line for line in (text(address.address_1), text(address.address_2)) if line],
        postcode=text(address.postcode),
        city=text(address.city),
        region=text(address.state),
        country=text(address.country).upper(),
        phone=text(address.phone),
    )


def quantity(said: wire.Item) -> int:
    """Return how many pieces; where half of one can be bought, it is one."""
    return math.ceil(float(said.quantity or 0))


def gross(said: wire.Item, currency: str) -> int:
    """Return what a line costs after its discounts, with tax: what the buyer pays for it."""
    return amount(said.total, currency) + amount(said.total_tax, currency)


def _line(said: wire.Item, currency: str) -> Line:
    before = amount(said.subtotal, currency) + amount(said.subtotal_tax, currency)
    pieces = quantity(said)
    options = {
        plain(value.get("display_key") if isinstance(value, dict) else value): plain(shown)
        for value, shown in _options(said)
    }
    return Line(
        id=text(said.id),
        title=plain(said.name),
        quantity=pieces,
        price=round(before / pieces) if pieces else before,
        total=gross(said, currency),
        sku=text(said.sku),
        product_id=key_of(said.product_id),
        variant_id=key_of(said.variation_id) or key_of(said.product_id),
        options=options,
    )


def _options(said: wire.Item) -> list[tuple[str, Any]]:
    """Return what was chosen; words of plugins begin with an underscore and are for machines."""
    return [
        (text(one.key), one.value)
        for one in said.meta_data
        if text(one.key) and not text(one.key).startswith("_") and isinstance(one.value, str | int | float)
    ]


def _payments(said: wire.Order, total: int) -> list[Payment]:
    method = text(said.payment_method_title) or text(said.payment_method)
    if not method and not said.date_paid_gmt:
        return []
    paid = moment(said.date_paid_gmt)
    state: PaymentState = "paid" if paid else "failed" if said.status == "failed" else "pending"
    return [Payment(text(said.transaction_id) or "1", method, state, total, at=paid)]


def _shipments(said: wire.Order) -> list[Shipment]:
    found: list[Shipment] = []
    for one in said.meta_data:
        rows = one.value if one.key == TRACKING and isinstance(one.value, list) else []
        for number, row in enumerate(rows, 1):
            if isinstance(row, dict):
                found.append(_shipment(row, number))
    return found


def _shipment(row: dict[str, Any], number: int) -> Shipment:
    sent = text(row.get("date_shipped"))
    return Shipment(
        id=text(row.get("tracking_id")) or str(number),
        number=text(row.get("tracking_number")),
        carrier=text(row.get("custom_tracking_provider")) or text(row.get("tracking_provider")),
        url=text(row.get("custom_tracking_link")),
        sent_at=datetime.fromtimestamp(int(sent), UTC) if sent.isascii() and sent.isdigit() and sent != "0" else None,
    )


def product(raw: object, variations: list[object], currency: str) -> Product:
    """Return a product; `variations` are those of a variable one."""
    said = msgspec.convert(raw, wire.Product, strict=False)
    changed = moment(said.date_modified_gmt) or moment(said.date_created_gmt)
    if changed is None:
        raise ValueError("a product without date_modified_gmt")
    title = plain(said.name)
    found = [msgspec.convert(one, wire.Variation, strict=False) for one in variations]
    return Product(
        id=text(said.id),
        title=title,
        changed_at=changed,
        variants=[_variant(one, title, currency) for one in found] if found else [_variant(said, title, currency)],
        category=", ".join(plain(one.name) for one in said.categories),
        vendor=", ".join(plain(one.name) for one in said.brands),
        url=text(said.permalink),
        picture=text(said.images[0].src) if said.images else "",
        attributes=_attributes(said.attributes),
        active=said.status == "publish",
    )


def _attributes(found: list[wire.Attribute]) -> dict[str, str]:
    said = {
        plain(one.name): plain(one.option) if one.option is not None else ", ".join(plain(x) for x in one.options)
        for one in found
    }
    return {name: value for name, value in said.items() if name and value}


def _variant(said: wire.Variation, title: str, currency: str) -> Variant:
    own = _attributes(said.attributes)
    price = amount(said.price, currency)
    usual = amount(said.regular_price, currency)
    return Variant(
        id=text(said.id),
        title=title if isinstance(said, wire.Product) or not own else f"{title} – {', '.join(own.values())}",
        price=price,
        currency=currency,
        sku=text(said.sku),
        barcode=text(said.global_unique_id),
        before=usual if usual > price else None,
        attributes={} if isinstance(said, wire.Product) else own,
        stock=_stock(said),
    )


def _stock(said: wire.Variation) -> list[Stock]:
    """A shop that does not count its stock says only whether there is any, which is no number."""
    if said.stock_quantity not in (None, ""):
        return [Stock("", math.floor(float(said.stock_quantity or 0)))]
    return [Stock("", 0)] if said.stock_status == "outofstock" else []


def promotion(raw: object, currency: str) -> Promotion:
    """Return a coupon as a promotion."""
    said = msgspec.convert(raw, wire.Coupon, strict=False)
    changed = moment(said.date_modified_gmt) or moment(said.date_created_gmt)
    if changed is None:
        raise ValueError("a coupon without date_modified_gmt")
    percent = float(said.amount or 0) if said.discount_type == "percent" else None
    limit, used = int(float(said.usage_limit or 0)), int(float(said.usage_count or 0))
    off = amount(said.amount, currency) if percent is None else 0
    minimum = amount(said.minimum_amount, currency)
    return Promotion(
        id=text(said.id),
        title=plain(said.description) or text(said.code),
        changed_at=changed,
        code=text(said.code),
        percent=percent or None,
        amount=off or None,
        currency=currency,
        minimum=minimum or None,
        delivery=bool(said.free_shipping),
        ends_at=moment(said.date_expires_gmt),
        product_ids=[text(one) for one in said.product_ids],
        categories=[text(one) for one in said.product_categories],
        active=said.status == "publish" and not (limit and used >= limit),
    )
