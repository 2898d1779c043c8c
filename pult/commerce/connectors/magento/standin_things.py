"""Orders and products as Magento keeps them, made of those that tests speak of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Line, Order, Place, Product, Variant


def number(name: str) -> int:
    """Return the number of a row: one more than stands in the name."""
    return int("".join(one for one in name if one.isdigit()) or 0) + 1


def moment(at: datetime | None) -> str | None:
    """Return a time as Magento writes it: in UTC, to the second, without saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else None


def address(place: Place, kind: str, of: int, email: str) -> dict[str, Any]:
    """Return an address of an order."""
    first, _, last = place.name.rpartition(" ")
    return {
        "address_type": kind,
        "entity_id": 2 * of + (kind == "shipping"),
        "parent_id": of,
        "firstname": first or "Maja",
        "lastname": last or "Kos",
        "company": place.company,
        "street": place.lines or ["Cesta 1"],
        "city": place.city or "Ljubljana",
        "postcode": place.postcode,
        "country_id": place.country or "SI",
        "region": place.region,
        "telephone": place.phone,
        "email": email,
    }


def order(of: Order) -> dict[str, Any]:
    """Return an order as Magento keeps it."""
    own = number(of.id)
    paid = sum(one.amount for one in of.payments if one.state == "paid") / 100
    first, _, last = of.buyer.name.rpartition(" ") if of.buyer.name.count(" ") == 1 else (of.buyer.name, "", "")
    states = {"open": "processing" if paid else "new", "completed": "complete", "cancelled": "canceled"}
    shipping = address(of.ship_to, "shipping", own, of.buyer.email)
    return {
        "entity_id": own,
        "increment_id": of.number,
        "state": states[of.state],
        "status": states[of.state],
        "created_at": moment(of.placed_at),
        "updated_at": moment(of.changed_at),
        "base_currency_code": "EUR",
        "order_currency_code": "EUR",
        "grand_total": of.total / 100,
        "base_grand_total": of.total / 100,
        "shipping_incl_tax": of.shipping / 100,
        "shipping_amount": of.shipping / 100,
        "tax_amount": of.tax / 100,
        "discount_amount": -of.discount / 100,
        "total_paid": paid or None,
        "total_refunded": None,
        "is_virtual": 0,
        "customer_email": of.buyer.email,
        "customer_firstname": first,
        "customer_lastname": last,
        "customer_id": number(of.id) + 1_000,
        "customer_note": of.note or None,
        "billing_address": address(of.bill_to, "billing", own, of.buyer.email),
        "payment": {
            "account_status": "",
            "additional_information": ["Card", "1"],
            "cc_last4": "",
            "entity_id": own,
            "method": "checkmo",
            "amount_ordered": of.total / 100,
        },
        "status_histories": [],
        "items": [_item(own, index, line, left=bool(of.shipments)) for index, line in enumerate(of.lines)],
        "extension_attributes": {"shipping_assignments": [{"shipping": {"address": shipping, "method": "flatrate"}}]},
    }


def _item(own: int, index: int, line: Line, *, left: bool) -> dict[str, Any]:
    return {
        "item_id": 100 * own + index,
        "name": line.title,
        "sku": line.sku,
        "product_type": "simple",
        "product_id": number(line.product_id or "0"),
        "qty_ordered": line.quantity,
        "qty_shipped": line.quantity if left else 0,
        "qty_refunded": 0,
        "qty_canceled": 0,
        "price": line.price / 100,
        "price_incl_tax": line.price / 100,
        "row_total": line.total / 100,
        "row_total_incl_tax": line.total / 100,
        "tax_amount": 0,
        "discount_amount": 0,
        "is_virtual": 0,
    }


def shipments(of: Order) -> list[dict[str, Any]]:
    """Return the parcels of an order."""
    own = number(of.id)
    return [
        {
            "entity_id": 10 * own + index,
            "order_id": own,
            "created_at": moment(parcel.sent_at),
            "updated_at": moment(parcel.sent_at),
            "items": [],
            "tracks": [
                {
                    "entity_id": 10 * own + index,
                    "parent_id": 10 * own + index,
                    "order_id": own,
                    "weight": 0,
                    "qty": 1,
                    "description": "",
                    "track_number": parcel.number,
                    "title": parcel.carrier,
                    "carrier_code": "custom",
                }
            ],
        }
        for index, parcel in enumerate(of.shipments)
    ]


def products(of: Product) -> list[dict[str, Any]]:
    """Return a product as Magento keeps it: one of several variants beside each of these."""
    if len(of.variants) < 2:
        alone = of.variants[0] if of.variants else Variant(of.id, of.title, 100, "EUR", of.id)
        return [_row(alone, of, number(of.id), 4, {})]
    sizes = [one.attributes.get("Size", "") for one in of.variants]
    children = [
        _row(one, of, number(one.id), 1, {"size": str(sizes.index(one.attributes["Size"]) + 1)}) for one in of.variants
    ]
    whole = {
        **_row(
            Variant(of.id, of.title, 0, "EUR", of.id), of, number(of.id), 4, {"colour": of.attributes.get("Colour", "")}
        ),
        "type_id": "configurable",
        "extension_attributes": {
            "configurable_product_links": [one["id"] for one in children],
            "configurable_product_options": [
                {"id": 1, "attribute_id": "93", "label": "Size", "position": 0, "values": []}
            ],
        },
    }
    return [whole, *children]


def _row(of: Variant, product_of: Product, own: int, visibility: int, custom: dict[str, str]) -> dict[str, Any]:
    given = dict(custom)
    if of.before is not None:
        given |= {"special_price": str(of.price / 100), "special_from_date": "2020-01-01 00:00:00"}
    file = [
        {"id": 1, "media_type": "image", "label": "", "position": 1, "disabled": False, "types": [], "file": "/l/a.jpg"}
    ]
    return {
        "id": own,
        "sku": of.sku or of.id,
        "name": product_of.title,
        "price": (of.price if of.before is None else of.before) / 100,
        "status": 1 if product_of.active else 2,
        "visibility": visibility,
        "type_id": "simple",
        "created_at": moment(product_of.changed_at),
        "updated_at": moment(product_of.changed_at),
        "media_gallery_entries": file,
        "extension_attributes": {},
        "custom_attributes": [{"attribute_code": name, "value": value} for name, value in given.items()],
    }
