"""Orders and products of Saleor, as they look from here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from pult.commerce.base import Order, Product, ShopInfo
from pult.platform import money

_STATES = {"CANCELED": "cancelled", "EXPIRED": "cancelled", "FULFILLED": "completed", "RETURNED": "completed"}
_FULFILMENTS = {
    "UNFULFILLED": "none",
    "UNCONFIRMED": "none",
    "DRAFT": "none",
    "PARTIALLY_FULFILLED": "part",
    "FULFILLED": "sent",
    "PARTIALLY_RETURNED": "sent",
    "RETURNED": "returned",
}
_ATTEMPTS = {
    "NOT_CHARGED": "pending",
    "PENDING": "pending",
    "PARTIALLY_CHARGED": "pending",
    "FULLY_CHARGED": "paid",
    "PARTIALLY_REFUNDED": "part_refunded",
    "FULLY_REFUNDED": "refunded",
    "REFUSED": "failed",
    "CANCELLED": "voided",
}
_PARCELS = frozenset({"FULFILLED", "WAITING_FOR_APPROVAL"})


def minor(amount: object, currency: str) -> int:
    """Return an amount as Saleor gives it, a number of major units, in minor units."""
    return money.minor(str(amount), currency)


def order(shop: ShopInfo, raw: dict[str, Any]) -> Order:
    """Return an order. Raises what base.ODD names where it makes no sense."""
    currency = str(raw["total"]["gross"]["currency"])
    total = minor(raw["total"]["gross"]["amount"], currency)
    full = minor(raw["undiscountedTotal"]["gross"]["amount"], currency)
    dashboard = str(shop.settings.get("dashboard", "")).rstrip("/")
    fields = {
        "id": raw["id"],
        "number": str(raw["number"]),
        "placed_at": raw["created"],
        "changed_at": raw["updatedAt"],
        "currency": currency,
        "total": total,
        "state": _STATES.get(raw["status"], "open"),
        "payment": _payment(raw, currency),
        "fulfilment": _FULFILMENTS.get(raw["status"], ""),
        "shipping": minor(raw["shippingPrice"]["gross"]["amount"], currency),
        "tax": minor(raw["total"]["tax"]["amount"], currency),
        "discount": max(0, full - total),
        "buyer": _buyer(raw),
        "ship_to": place(raw["shippingAddress"]),
        "bill_to": place(raw["billingAddress"]),
        "lines": [_line(one, currency) for one in raw["lines"]],
        "payments": _payments(raw, currency),
        "refunds": _refunds(raw, currency),
        "shipments": [_shipment(one, raw) for one in raw["fulfillments"] if one["status"] in _PARCELS],
        "note": raw["customerNote"] or "",
        "url": f"{dashboard}/orders/{raw['id']}" if dashboard else "",
    }
    return msgspec.convert(fields, Order)


def _payment(raw: dict[str, Any], currency: str) -> str:
    charged = minor(raw["totalCharged"]["amount"], currency)
    if minor(raw["totalRefunded"]["amount"], currency) > 0:
        return "part_refunded" if charged > 0 else "refunded"
    if raw["chargeStatus"] in ("FULL", "OVERCHARGED"):
        return "paid"
    if raw["authorizeStatus"] in ("FULL", "PARTIAL"):
        return "authorised"
    attempts = {_ATTEMPTS.get(one["chargeStatus"], "") for one in raw["payments"]}
    return attempts.pop() if attempts in ({"failed"}, {"voided"}) else "pending"


def _buyer(raw: dict[str, Any]) -> dict[str, Any]:
    user, billing = raw["user"] or {}, raw["billingAddress"] or raw["shippingAddress"] or {}
    language = user.get("languageCode") or raw.get("languageCodeEnum") or ""
    return {
        "id": user.get("id") or "",
        "email": user.get("email") or raw["userEmail"] or "",
        "phone": billing.get("phone") or "",
        "name": name(user) or name(billing),
        "language": str(language).partition("_")[0].lower(),
        "registered_at": user.get("dateJoined"),
    }


def name(of: dict[str, Any]) -> str:
    """Return the name of a person or of an address."""
    return f"{of.get('firstName') or ''} {of.get('lastName') or ''}".strip()


def place(raw: dict[str, Any] | None) -> dict[str, Any]:
    """Return an address, empty where there is none."""
    if not raw:
        return {}
    return {
        "name": name(raw),
        "company": raw["companyName"],
        "lines": [line for line in (raw["streetAddress1"], raw["streetAddress2"]) if line],
        "postcode": raw["postalCode"],
        "city": raw["city"],
        "region": raw["countryArea"],
        "country": raw["country"]["code"],
        "phone": raw["phone"] or "",
    }


def _line(raw: dict[str, Any], currency: str) -> dict[str, Any]:
    variant = raw["variant"] or {}
    return {
        "id": raw["id"],
        "title": raw["productName"] + (f" ({raw['variantName']})" if raw["variantName"] else ""),
        "quantity": raw["quantity"],
        "price": minor(raw["unitPrice"]["gross"]["amount"], currency),
        "total": minor(raw["totalPrice"]["gross"]["amount"], currency),
        "sku": raw["productSku"] or "",
        "product_id": (variant.get("product") or {}).get("id") or "",
        "variant_id": raw["productVariantId"] or variant.get("id") or "",
    }


def _payments(raw: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    """Return transactions of today's payments, and payments of the older kind."""
    found = []
    for one in raw["transactions"]:
        sums = {
            kind: minor(one[f"{kind}Amount"]["amount"], currency)
            for kind in ("charged", "refunded", "authorized", "canceled")
        }
        found.append(
            {
                "id": one["id"],
                "method": one["name"],
                "state": _attempt(one, sums),
                "amount": sums["charged"] + sums["refunded"] or sums["authorized"] or sums["canceled"],
                "at": one["createdAt"],
            }
        )
    for one in raw["payments"]:
        amount = minor(one["total"]["amount"], currency) if one["total"] else 0
        state = _ATTEMPTS.get(one["chargeStatus"], "")
        found.append(
            {"id": one["id"], "method": one["gateway"], "state": state, "amount": amount, "at": one["created"]}
        )
    return found


def _attempt(raw: dict[str, Any], sums: dict[str, int]) -> str:
    if sums["refunded"] > 0:
        return "part_refunded" if sums["charged"] > 0 else "refunded"
    if sums["charged"] > 0:
        return "paid"
    if sums["authorized"] > 0:
        return "authorised"
    if sums["canceled"] > 0:
        return "voided"
    failed = {"CHARGE_FAILURE", "AUTHORIZATION_FAILURE"}
    last = next((one["type"] for one in reversed(raw["events"]) if one["type"] != "INFO"), "")
    return "failed" if last in failed else "pending"


def _refunds(raw: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    """Return what was really given back; what was only granted or asked for has moved no money yet."""
    found = [
        {
            "id": event["id"],
            "amount": minor(event["amount"]["amount"], currency),
            "at": event["createdAt"],
            "reason": event["message"] or "",
        }
        for one in raw["transactions"]
        for event in one["events"]
        if event["type"] == "REFUND_SUCCESS"
    ]
    for one in raw["payments"]:
        for step in one["transactions"] or []:
            if step["kind"] == "REFUND" and step["isSuccess"] and step["amount"]:
                amount = minor(step["amount"]["amount"], currency)
                found.append({"id": step["id"], "amount": amount, "at": step["created"], "reason": ""})
    return found


def _shipment(raw: dict[str, Any], of: dict[str, Any]) -> dict[str, Any]:
    number = raw["trackingNumber"] or ""
    is_address = number.startswith(("http://", "https://"))
    return {
        "id": raw["id"],
        "number": "" if is_address else number,
        "url": number if is_address else "",
        "carrier": of["shippingMethodName"] or "",
        "sent_at": raw["created"] if raw["status"] == "FULFILLED" else None,
    }


def product(shop: ShopInfo, raw: dict[str, Any]) -> Product:
    """Return a product with the prices of the shop's channel. Raises what base.ODD names."""
    channel = shop.settings.get("channel", "")
    listed = [one for one in raw["channelListings"] or [] if one["channel"]["slug"] == channel]
    variants = [one for one in raw["variants"] or [] if ((one["pricing"] or {}).get("price"))]
    shown = str(shop.settings.get("product_url", ""))
    fields = {
        "id": raw["id"],
        "title": raw["name"],
        "changed_at": max([raw["updatedAt"], *(one["updatedAt"] for one in variants)]),
        "variants": [_variant(one) for one in variants],
        "category": (raw["category"] or {}).get("name") or "",
        "url": shown.replace("{slug}", raw["slug"]),
        "picture": (raw["thumbnail"] or {}).get("url") or "",
        "attributes": _attributes(raw["attributes"]),
        "active": any(one["isPublished"] for one in listed),
    }
    return msgspec.convert(fields, Product)


def _variant(raw: dict[str, Any]) -> dict[str, Any]:
    gross = raw["pricing"]["price"]["gross"]
    currency = gross["currency"]
    price = minor(gross["amount"], currency)
    full = (raw["pricing"]["priceUndiscounted"] or {}).get("gross")
    before = minor(full["amount"], currency) if full else price
    return {
        "id": raw["id"],
        "title": raw["name"],
        "price": price,
        "currency": currency,
        "sku": raw["sku"] or "",
        "before": before if before > price else None,
        "attributes": _attributes(raw["attributes"]),
        "stock": [
            {"place": one["warehouse"]["name"], "quantity": one["quantity"] - one["quantityAllocated"]}
            for one in raw["stocks"] or []
        ],
    }


def _attributes(raws: Iterable[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for raw in raws:
        texts = [_value(one) for one in raw["values"]]
        if text := ", ".join(one for one in texts if one):
            found[raw["attribute"]["name"]] = text
    return found


def _value(raw: dict[str, Any]) -> str:
    return str(raw["plainText"] or raw["name"] or "")
