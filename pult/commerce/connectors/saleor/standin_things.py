"""Orders and products as Saleor keeps them, made of those that tests speak of."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import Any

from pult.commerce.base import Order, Place, Product, Variant

CHANNEL = "default-channel"
CHANNEL_ID = base64.b64encode(b"Channel:1").decode()


def gid(kind: str, name: str) -> str:
    """Return a global id as Saleor makes them of a type and a key."""
    return base64.b64encode(f"{kind}:{uuid.uuid5(uuid.NAMESPACE_OID, name)}".encode()).decode()


def amount(minor: int) -> dict[str, Any]:
    """Return an amount in euros."""
    return {"amount": minor / 100, "currency": "EUR"}


def taxed(minor: int, tax: int = 0) -> dict[str, Any]:
    """Return an amount with its tax."""
    return {"gross": amount(minor), "net": amount(minor - tax), "tax": amount(tax), "currency": "EUR"}


def moment(at: datetime | None) -> str | None:
    """Return a time as Saleor writes it."""
    return at.isoformat() if at else None


def address(place: Place) -> dict[str, Any] | None:
    """Return an address, None for an empty one."""
    if place == Place():
        return None
    first, _, last = place.name.rpartition(" ")
    return {
        "firstName": first or last,
        "lastName": last if first else "",
        "companyName": place.company,
        "streetAddress1": place.lines[0] if place.lines else "",
        "streetAddress2": place.lines[1] if len(place.lines) > 1 else "",
        "city": place.city,
        "cityArea": "",
        "postalCode": place.postcode,
        "country": {"code": place.country},
        "countryArea": place.region,
        "phone": place.phone or None,
    }


def transaction(name: str, charged: int, at: datetime | None, actions: list[str]) -> dict[str, Any]:
    """Return a payment that was charged."""
    event = {"id": gid("TransactionEvent", name), "createdAt": moment(at), "type": "CHARGE_SUCCESS", "message": ""}
    return {
        "id": gid("TransactionItem", name),
        "name": "card",
        "createdAt": moment(at),
        "pspReference": name,
        "actions": actions,
        "chargedAmount": amount(charged),
        "authorizedAmount": amount(0),
        "refundedAmount": amount(0),
        "canceledAmount": amount(0),
        "events": [event | {"amount": amount(charged)}],
    }


def order(of: Order) -> dict[str, Any]:
    """Return an order as Saleor keeps it."""
    charged = sum(one.amount for one in of.payments if one.state == "paid")
    first, _, last = of.buyer.name.rpartition(" ") if of.buyer.name.count(" ") == 1 else (of.buyer.name, "", "")
    named = {"firstName": first, "lastName": last}
    user = {"id": gid("User", of.buyer.email), "email": of.buyer.email, "languageCode": "SL", **named}
    state = {"cancelled": "CANCELED", "completed": "FULFILLED", "open": "UNFULFILLED"}[of.state]
    return {
        "id": gid("Order", of.id),
        "number": of.number,
        "created": moment(of.placed_at),
        "updatedAt": moment(of.changed_at),
        "status": "FULFILLED" if of.shipments and state == "UNFULFILLED" else state,
        "chargeStatus": "FULL" if charged >= of.total else "PARTIAL" if charged else "NONE",
        "authorizeStatus": "FULL" if charged >= of.total else "NONE",
        "customerNote": of.note,
        "userEmail": of.buyer.email,
        "languageCodeEnum": "SL_SI",
        "shippingMethodName": of.shipments[0].carrier if of.shipments else None,
        "voucherCode": None,
        "total": taxed(of.total, of.tax),
        "undiscountedTotal": taxed(of.total + of.discount),
        "shippingPrice": taxed(of.shipping),
        "totalCharged": amount(charged),
        "totalRefunded": amount(0),
        "user": user | {"dateJoined": moment(of.placed_at)},
        "billingAddress": address(of.bill_to),
        "shippingAddress": address(of.ship_to),
        "lines": [
            {
                "id": gid("OrderLine", f"{of.id} {line.id}"),
                "productName": line.title,
                "variantName": "",
                "productSku": line.sku,
                "productVariantId": gid("ProductVariant", "v7"),
                "quantity": line.quantity,
                "unitPrice": taxed(line.price),
                "totalPrice": taxed(line.total),
                "variant": {
                    "id": gid("ProductVariant", "v7"),
                    "product": {"id": gid("Product", line.product_id)},
                },
            }
            for line in of.lines
        ],
        "fulfillments": [
            {
                "id": gid("Fulfillment", f"{of.id} {one.id}"),
                "status": "FULFILLED",
                "trackingNumber": one.number,
                "created": moment(one.sent_at),
            }
            for one in of.shipments
        ],
        "transactions": [
            transaction(f"{of.id} {one.id}", one.amount, one.at, ["REFUND"])
            for one in of.payments
            if one.state == "paid"
        ],
        "payments": [],
        "grantedRefunds": [],
        "privateMetadata": [],
        "events": [],
    }


def product(of: Product) -> dict[str, Any]:
    """Return a product as Saleor keeps it, listed in the channel."""
    return {
        "id": gid("Product", of.id),
        "name": of.title,
        "slug": of.id,
        "updatedAt": moment(of.changed_at),
        "category": {"name": of.category} if of.category else None,
        "thumbnail": {"url": of.picture} if of.picture else None,
        "attributes": _attributes(of.attributes),
        "channelListings": [{"channel": {"slug": CHANNEL}, "isPublished": of.active}],
        "variants": [_variant(one, of) for one in of.variants],
    }


def _attributes(given: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"attribute": {"name": name}, "values": [{"name": value, "plainText": None, "boolean": None}]}
        for name, value in given.items()
    ]


def _variant(of: Variant, product_of: Product) -> dict[str, Any]:
    return {
        "id": gid("ProductVariant", of.id),
        "name": of.title,
        "sku": of.sku,
        "updatedAt": moment(product_of.changed_at),
        "trackInventory": bool(of.stock),
        "quantityAvailable": sum(one.quantity for one in of.stock) if of.stock else 50,
        "attributes": _attributes(of.attributes),
        "pricing": {"price": taxed(of.price), "priceUndiscounted": taxed(of.before or of.price)},
        "stocks": [
            {"quantity": one.quantity + 1, "quantityAllocated": 1, "warehouse": {"name": one.place}} for one in of.stock
        ],
    }
