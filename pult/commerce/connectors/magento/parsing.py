"""Orders and products of Magento, as they look from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from pult.commerce.base import Order, Product, ShopInfo
from pult.platform import money

Attributes = dict[str, tuple[str, str, dict[str, str]]]
"""Of each attribute's code its number, what it is called and what its choices are called."""
HIDDEN = 1
"""Visibility of a product that is sold as a variant of another alone."""
_CANCELLED_MEMO = 3


def moment(text: str | None) -> str | None:
    """Return a time as Magento gives it, in UTC and without saying so."""
    return f"{str(text).replace(' ', 'T')}+00:00" if text else None


def minor(amount: object, currency: str) -> int:
    """Return an amount as Magento gives it, a number of major units, in minor units; nothing is nought."""
    return 0 if amount is None else money.minor(str(amount), currency)


def top(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the lines that a buyer sees: of a product with variants the whole, not the variant below it."""
    return [one for one in raw["items"] if not one.get("parent_item_id")]


def order(
    raw: dict[str, Any], shipments: dict[int, list[dict[str, Any]]], creditmemos: dict[int, list[dict[str, Any]]]
) -> Order:
    """Return an order. Raises what base.ODD names where it makes no sense."""
    currency = str(raw["order_currency_code"])
    parcels = shipments.get(int(raw["entity_id"]), [])
    memos = [one for one in creditmemos.get(int(raw["entity_id"]), []) if one.get("state") != _CANCELLED_MEMO]
    moments = [one[at] for one in (raw, *parcels, *memos) for at in ("updated_at", "created_at") if one.get(at)]
    fields = {
        "id": str(raw["entity_id"]),
        "number": str(raw["increment_id"]),
        "placed_at": moment(raw["created_at"]),
        "changed_at": moment(max(moments)),
        "currency": currency,
        "total": minor(raw["grand_total"], currency),
        "state": state(raw),
        "payment": _payment_state(raw, currency),
        "fulfilment": _fulfilment(raw),
        "shipping": minor(raw.get("shipping_incl_tax"), currency),
        "tax": minor(raw.get("tax_amount"), currency),
        "discount": abs(minor(raw.get("discount_amount"), currency)),
        "buyer": _buyer(raw),
        "ship_to": place(shipping_address(raw)),
        "bill_to": place(raw.get("billing_address")),
        "lines": [_line(one, raw["items"], currency) for one in top(raw)],
        "payments": _payments(raw, currency),
        "refunds": [_refund(one, currency) for one in memos],
        "shipments": [parcel for one in parcels for parcel in _parcels(one)],
        "note": raw.get("customer_note") or "",
    }
    return msgspec.convert(fields, Order)


def sent(raw: dict[str, Any]) -> float:
    """Return how many pieces of an order have left."""
    return sum(float(one.get("qty_shipped") or 0) for one in raw["items"])


def state(raw: dict[str, Any]) -> str:
    """Return an order's state. What was given back whole before anything left is closed in Magento: never sent, it is
    cancelled."""
    if raw["state"] == "canceled" or (raw["state"] == "closed" and not sent(raw) and not raw.get("is_virtual")):
        return "cancelled"
    return "completed" if raw["state"] in ("complete", "closed") else "open"


def _payment_state(raw: dict[str, Any], currency: str) -> str:
    paid, back = minor(raw.get("total_paid"), currency), minor(raw.get("total_refunded"), currency)
    if back > 0:
        return "refunded" if back >= paid else "part_refunded"
    if paid > 0 and paid >= minor(raw["grand_total"], currency):
        return "paid"
    if raw["state"] == "canceled":
        return "voided"
    return "authorised" if minor((raw.get("payment") or {}).get("amount_authorized"), currency) > 0 else "pending"


def _fulfilment(raw: dict[str, Any]) -> str:
    goods = [one for one in top(raw) if not one.get("is_virtual")]
    if raw.get("is_virtual") or not goods:
        return ""
    wanted = sum(float(one["qty_ordered"]) - float(one.get("qty_canceled") or 0) for one in goods)
    gone = sent(raw)
    return "none" if gone <= 0 else "sent" if gone >= wanted else "part"


def _buyer(raw: dict[str, Any]) -> dict[str, Any]:
    billing = raw.get("billing_address") or {}
    own = f"{raw.get('customer_firstname') or ''} {raw.get('customer_lastname') or ''}".strip()
    return {
        "id": str(raw["customer_id"]) if raw.get("customer_id") else "",
        "email": raw.get("customer_email") or billing.get("email") or "",
        "phone": billing.get("telephone") or "",
        "name": own or _name(billing),
        "birthday": str(raw["customer_dob"])[:10] if raw.get("customer_dob") else None,
    }


def _name(of: dict[str, Any]) -> str:
    return f"{of.get('firstname') or ''} {of.get('lastname') or ''}".strip()


def shipping_address(raw: dict[str, Any]) -> dict[str, Any] | None:
    """Return the address that an order is sent to."""
    assigned = (raw.get("extension_attributes") or {}).get("shipping_assignments") or []
    found = (assigned[0].get("shipping") or {}).get("address") if assigned else None
    return dict(found) if found else None


def place(raw: dict[str, Any] | None) -> dict[str, Any]:
    """Return an address, empty where there is none."""
    if not raw:
        return {}
    return {
        "name": _name(raw),
        "company": raw.get("company") or "",
        "lines": [line for line in raw.get("street") or [] if line],
        "postcode": raw.get("postcode") or "",
        "city": raw.get("city") or "",
        "region": raw.get("region") or "",
        "country": raw.get("country_id") or "",
        "phone": raw.get("telephone") or "",
    }


def _line(raw: dict[str, Any], items: list[dict[str, Any]], currency: str) -> dict[str, Any]:
    below = [one for one in items if one.get("parent_item_id") == raw["item_id"]]
    variant = below[0] if raw.get("product_type") == "configurable" and below else raw
    back = ("amount_refunded", "tax_refunded", "discount_tax_compensation_refunded")
    returned = sum(minor(raw.get(name), currency) for name in back) - minor(raw.get("discount_refunded"), currency)
    return {
        "id": str(raw["item_id"]),
        "title": raw["name"],
        "quantity": int(float(raw["qty_ordered"])),
        "price": minor(raw.get("price_incl_tax", raw["price"]), currency),
        "total": line_total(raw, currency),
        "sku": raw["sku"],
        "product_id": str(raw.get("product_id") or ""),
        "variant_id": str(variant.get("product_id") or ""),
        "refunded": max(0, returned),
    }


def line_total(raw: dict[str, Any], currency: str) -> int:
    """Return what a line costs with its tax and after its discount."""
    added = ("row_total", "tax_amount", "discount_tax_compensation_amount")
    return sum(minor(raw.get(name), currency) for name in added) - minor(raw.get("discount_amount"), currency)


def _payments(raw: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    payment = raw.get("payment") or {}
    if not payment.get("entity_id"):
        return []
    named = payment.get("additional_information") or []
    paid = minor(raw.get("total_paid"), currency)
    return [
        {
            "id": str(payment["entity_id"]),
            "method": str(named[0] if named else payment.get("method") or ""),
            "state": _payment_state(raw, currency),
            "amount": paid or minor(payment.get("amount_authorized") or payment.get("amount_ordered"), currency),
        }
    ]


def _refund(raw: dict[str, Any], currency: str) -> dict[str, Any]:
    notes = [str(one["comment"]) for one in raw.get("comments") or [] if one.get("comment")]
    return {
        "id": str(raw["entity_id"]),
        "amount": minor(raw["grand_total"], currency),
        "at": moment(raw.get("created_at")),
        "reason": notes[0] if notes else "",
    }


def _parcels(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for track in raw.get("tracks") or [{}]:
        yield {
            "id": f"{raw['entity_id']}-{track['entity_id']}" if track.get("entity_id") else str(raw["entity_id"]),
            "number": track.get("track_number") or "",
            "carrier": track.get("title") or track.get("carrier_code") or "",
            "sent_at": moment(raw["created_at"]),
        }


# --- products ------------------------------------------------------------------------------------------


def links(raw: dict[str, Any]) -> list[int]:
    """Return the numbers of the products that are a product's variants."""
    return [int(one) for one in (raw.get("extension_attributes") or {}).get("configurable_product_links") or []]


def product(
    shop: ShopInfo,
    raw: dict[str, Any],
    stock: dict[str, list[dict[str, Any]]],
    variants: dict[int, dict[str, Any]],
    attributes: Attributes,
    currency: str,
) -> Product | None:
    """Return a product with its variants; None for what is a variant of another. Raises what base.ODD names."""
    if raw.get("visibility") == HIDDEN and raw.get("type_id") in ("simple", "virtual"):
        return None
    sold = [variants[one] for one in links(raw) if one in variants] or [raw]
    options = (raw.get("extension_attributes") or {}).get("configurable_product_options") or []
    chosen = {str(one["attribute_id"]) for one in options}
    media = next((one["file"] for one in raw.get("media_gallery_entries") or [] if one.get("file")), "")
    base = str(shop.settings["base_url"]).rstrip("/")
    fields = {
        "id": str(raw["id"]),
        "title": raw["name"],
        "changed_at": moment(max([raw["updated_at"], *(one["updated_at"] for one in sold)])),
        "variants": [
            _variant(one, stock, attributes, chosen, currency) for one in sold if one.get("price") is not None
        ],
        "url": f"{base}/catalog/product/view/id/{raw['id']}",
        "picture": f"{base}/media/catalog/product{media}" if media else "",
        "attributes": _texts(raw, attributes, chosen, of_variants=False),
        "active": raw.get("status") == 1,
    }
    return msgspec.convert(fields, Product)


def _variant(
    raw: dict[str, Any],
    stock: dict[str, list[dict[str, Any]]],
    attributes: Attributes,
    chosen: set[str],
    currency: str,
) -> dict[str, Any]:
    usual = minor(raw["price"], currency)
    special = _special(raw, currency)
    now = min(usual, special) if special is not None else usual
    options = _texts(raw, attributes, chosen, of_variants=True)
    return {
        "id": str(raw["id"]),
        "title": ", ".join(options.values()) or raw["name"],
        "price": now,
        "currency": currency,
        "sku": raw["sku"],
        "before": usual if now < usual else None,
        "attributes": options,
        "stock": [
            {"place": one["source_code"], "quantity": int(float(one["quantity"])) if one["status"] else 0}
            for one in stock.get(raw["sku"], [])
        ],
    }


def _custom(raw: dict[str, Any]) -> dict[str, Any]:
    return {str(one["attribute_code"]): one.get("value") for one in raw.get("custom_attributes") or []}


def _special(raw: dict[str, Any], currency: str) -> int | None:
    """Return the price of a reduction that holds today."""
    given = _custom(raw)
    today = datetime.now(UTC).strftime("%Y-%m-%d 00:00:00")
    if not given.get("special_price"):
        return None
    if str(given.get("special_from_date") or "") > today or today > str(given.get("special_to_date") or "9999"):
        return None
    return minor(given["special_price"], currency)


def _texts(raw: dict[str, Any], attributes: Attributes, chosen: set[str], *, of_variants: bool) -> dict[str, str]:
    """Return the shop's own attributes in words: those by which variants differ, or the others."""
    found = {}
    for code, value in _custom(raw).items():
        if code not in attributes or value in (None, "", []):
            continue
        number, label, choices = attributes[code]
        if (number in chosen) != of_variants:
            continue
        parts = value if isinstance(value, list) else str(value).split(",") if choices else [value]
        found[label] = ", ".join(choices.get(str(one), str(one)) for one in parts)
    return found
