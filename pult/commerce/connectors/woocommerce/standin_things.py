"""Things of the contract as WooCommerce's REST API says them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Line, Order, Place, Product, Promotion, Variant
from pult.platform.money import major

_RANGES = {"o": 1_000, "p": 700_000, "v": 800_000, "c": 900_000}


def row_id(name: str) -> int:
    """Return the number that stands for a name of the contract (o1, p7); a number is itself."""
    return int(name) if name.isdigit() else _RANGES[name[0]] + int(name[1:])


def stamp(moment: datetime | None) -> str | None:
    """Return a moment as WooCommerce writes those of UTC: whole seconds, and no zone."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() if moment else None


def address(place: Place) -> dict[str, Any]:
    """Return an address."""
    first, _, last = place.name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "company": place.company,
        "address_1": place.lines[0] if place.lines else "",
        "address_2": ", ".join(place.lines[1:]),
        "city": place.city,
        "state": place.region,
        "postcode": place.postcode,
        "country": place.country,
        "phone": place.phone,
    }


def _line(line: Line, currency: str) -> dict[str, Any]:
    return {
        "id": int(line.id),
        "name": line.title,
        "product_id": row_id(line.product_id) if line.product_id else 0,
        "variation_id": row_id(line.variant_id) if line.variant_id else 0,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": major(line.price * line.quantity, currency),
        "subtotal_tax": "0.00",
        "total": major(line.total, currency),
        "total_tax": "0.00",
        "taxes": [],
        "meta_data": [{"id": 1, "key": name, "value": value} for name, value in line.options.items()],
        "sku": line.sku,
        "price": line.price / 100,
    }


def order_row(order: Order) -> dict[str, Any]:
    """Return an order."""
    status = "cancelled" if order.state == "cancelled" else "completed" if order.state == "completed" else "processing"
    if status == "processing" and order.payment == "pending":
        status = "pending"
    paid = order.payment in ("paid", "part_refunded", "refunded")
    named = order.buyer.name.partition(" ")
    bill = address(order.bill_to) | {"email": order.buyer.email, "phone": order.buyer.phone}
    if not order.bill_to.name:
        bill |= {"first_name": named[0], "last_name": named[2]}
    number = row_id(order.id)
    return {
        "id": number,
        "parent_id": 0,
        "number": order.number,
        "order_key": f"wc_order_{number}",
        "created_via": "checkout",
        "status": status,
        "currency": order.currency,
        "date_created_gmt": stamp(order.placed_at),
        "date_modified_gmt": stamp(order.changed_at),
        "discount_total": major(order.discount, order.currency),
        "discount_tax": "0.00",
        "shipping_total": major(order.shipping, order.currency),
        "shipping_tax": "0.00",
        "total": major(order.total, order.currency),
        "total_tax": major(order.tax, order.currency),
        "customer_id": int(order.buyer.id or 0),
        "customer_note": order.note,
        "billing": bill,
        "shipping": address(order.ship_to),
        "payment_method": "stripe" if paid else "",
        "payment_method_title": order.payments[0].method if order.payments else "",
        "transaction_id": order.payments[0].id if order.payments else "",
        "date_paid_gmt": stamp(order.payments[0].at or order.placed_at) if paid and order.payments else None,
        "date_completed_gmt": stamp(order.changed_at) if status == "completed" else None,
        "meta_data": _tracking(order),
        "line_items": [_line(line, order.currency) for line in order.lines],
        "shipping_lines": [
            {
                "id": 90,
                "method_title": "Pošta",
                "method_id": "flat_rate",
                "total": major(order.shipping, order.currency),
                "total_tax": "0.00",
                "taxes": [],
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [
            {"id": int(one.id), "reason": one.reason, "total": major(-one.amount, order.currency)}
            for one in order.refunds
        ],
        "payment_url": f"https://shop.example/checkout/order-pay/{number}/?pay_for_order=true&key=wc_order_{number}",
    }


def _tracking(order: Order) -> list[dict[str, Any]]:
    items = [
        {
            "tracking_provider": "",
            "custom_tracking_provider": parcel.carrier,
            "custom_tracking_link": parcel.url,
            "tracking_number": parcel.number,
            "date_shipped": str(int(parcel.sent_at.timestamp())) if parcel.sent_at else "",
            "tracking_id": parcel.id,
        }
        for parcel in order.shipments
    ]
    return [{"id": 5, "key": "_wc_shipment_tracking_items", "value": items}] if items else []


def _sold(variant: Variant) -> dict[str, Any]:
    stock = variant.stock[0].quantity if variant.stock else None
    usual = variant.price if variant.before is None else variant.before
    return {
        "sku": variant.sku,
        "global_unique_id": variant.barcode,
        "price": major(variant.price, variant.currency),
        "regular_price": major(usual, variant.currency),
        "sale_price": major(variant.price, variant.currency) if variant.before is not None else "",
        "manage_stock": stock is not None,
        "stock_quantity": stock,
        "stock_status": "outofstock" if stock == 0 else "instock",
    }


def product_rows(product: Product) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a product and its variations; one with a single variant is simple."""
    variable = len(product.variants) > 1
    variations = [
        {
            "id": row_id(one.id),
            "attributes": [{"id": 1, "name": name, "option": value} for name, value in one.attributes.items()],
            "date_modified_gmt": stamp(product.changed_at),
            **_sold(one),
        }
        for one in (product.variants if variable else [])
    ]
    row = {
        "id": row_id(product.id),
        "name": product.title,
        "type": "variable" if variable else "simple",
        "status": "publish" if product.active else "draft",
        "permalink": product.url,
        "date_created_gmt": stamp(product.changed_at),
        "date_modified_gmt": stamp(product.changed_at),
        "categories": [{"id": 1, "name": product.category, "slug": "x"}] if product.category else [],
        "images": [{"id": 1, "src": product.picture}] if product.picture else [],
        "attributes": [
            {"id": 1, "name": name, "visible": True, "variation": False, "options": [value]}
            for name, value in product.attributes.items()
        ],
        "variations": [one["id"] for one in variations],
        **(_sold(product.variants[0]) if product.variants else {"price": "", "stock_status": "instock"}),
    }
    return row, variations


def promotion_row(promotion: Promotion) -> dict[str, Any]:
    """Return a coupon."""
    percent = promotion.percent is not None
    return {
        "id": row_id(promotion.id),
        "code": promotion.code.lower(),
        "amount": str(promotion.percent) if percent else major(promotion.amount or 0, promotion.currency),
        "discount_type": "percent" if percent else "fixed_cart",
        "status": "publish",
        "description": promotion.title,
        "date_created_gmt": stamp(promotion.changed_at),
        "date_modified_gmt": stamp(promotion.changed_at),
        "date_expires_gmt": stamp(promotion.ends_at),
        "usage_count": 0,
        "usage_limit": None,
        "free_shipping": promotion.delivery,
        "minimum_amount": major(promotion.minimum or 0, promotion.currency),
        "product_ids": [],
        "product_categories": [],
        "meta_data": [],
    }
