"""Things of the contract as PrestaShop keeps them: in resources of their own, numbers as text, on the shop's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pult.commerce.base import Order, Place, Product, Promotion
from pult.platform.money import major

ZONE = ZoneInfo("Europe/Ljubljana")
_RANGES = {"o": 1_000, "p": 700_000, "v": 800_000, "c": 900_000}
COUNTRIES = {"SI": "1", "HR": "2", "XX": "3"}
CURRENCIES = {"EUR": "1", "JPY": "2", "KWD": "3"}
AWAITED, PAID, SENT, DELIVERED, CANCELLED = "1", "2", "4", "5", "6"


def number(name: str) -> str:
    """Return the number that stands for a name of the contract (o1, p7); a number is itself."""
    return name if name.isdigit() else str(_RANGES[name[0]] + int(name[1:]))


def stamp(at: datetime | None) -> str:
    """Return a moment as PrestaShop writes it."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S") if at else "0000-00-00 00:00:00"


def sum_of(amount: int, currency: str) -> str:
    """Return an amount with six digits."""
    whole, _, part = major(amount, currency).partition(".")
    return f"{whole}.{part:0<6}"


def address(place: Place, name: str, phone: str) -> dict[str, Any]:
    """Return an address."""
    first, _, last = (place.name or name).partition(" ")
    return {
        "id_country": COUNTRIES.get(place.country, "0"),
        "id_state": "0",
        "alias": "Home",
        "company": place.company,
        "firstname": first,
        "lastname": last,
        "address1": place.lines[0] if place.lines else "",
        "address2": ", ".join(place.lines[1:]),
        "postcode": place.postcode,
        "city": place.city,
        "other": "",
        "phone": place.phone or phone,
        "phone_mobile": "",
    }


def order_rows(order: Order) -> dict[str, list[dict[str, Any]]]:
    """Return an order and what stands beside it, by resource."""
    name, money = number(order.id), order.currency
    state = PAID if order.payment in ("paid", "part_refunded") else AWAITED
    state = CANCELLED if order.state == "cancelled" else SENT if order.fulfilment == "sent" else state
    row = {
        "id": int(name),
        "id_address_delivery": f"{name}1",
        "id_address_invoice": f"{name}2",
        "id_cart": name,
        "id_currency": CURRENCIES[money],
        "id_lang": "1",
        "id_customer": f"{name}3",
        "id_carrier": "1",
        "current_state": state,
        "module": "ps_wirepayment",
        "payment": "Card",
        "date_add": stamp(order.placed_at),
        "date_upd": stamp(order.changed_at),
        "reference": order.number,
        "conversion_rate": "1.000000",
        "total_discounts_tax_incl": sum_of(order.discount, money),
        "total_paid_tax_incl": sum_of(order.total, money),
        "total_paid_tax_excl": sum_of(order.total - order.tax, money),
        "total_paid_real": sum_of(sum(one.amount for one in order.payments), money),
        "total_shipping_tax_incl": sum_of(order.shipping, money),
        "note": order.note,
        "associations": {
            "order_rows": [
                {
                    "id": line.id,
                    "product_id": number(line.product_id) if line.product_id else "0",
                    "product_attribute_id": "0",
                    "product_quantity": str(line.quantity),
                    "product_name": line.title,
                    "product_reference": line.sku,
                    "unit_price_tax_incl": sum_of(line.price, money),
                }
                for line in order.lines
            ]
        },
    }
    return {"orders": [row], **_people(order, name), **_course(order, name)}


def _people(order: Order, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return who ordered, and where to."""
    first, _, last = order.buyer.name.partition(" ")
    customer = {
        "id": int(f"{name}3"),
        "email": order.buyer.email,
        "firstname": first,
        "lastname": last,
        "birthday": "0000-00-00",
        "is_guest": "0",
        "date_add": stamp(order.placed_at),
    }
    return {
        "customers": [customer],
        "addresses": [
            {"id": int(f"{name}1"), **address(order.ship_to, order.buyer.name, order.buyer.phone)},
            {"id": int(f"{name}2"), **address(order.bill_to, order.buyer.name, order.buyer.phone)},
        ],
    }


def _course(order: Order, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return what became of an order: its states, payments and parcels."""
    sent = next((one.sent_at for one in order.shipments if one.sent_at), None)
    history = [{"id": int(f"{name}4"), "id_order": name, "id_order_state": AWAITED, "date_add": stamp(order.placed_at)}]
    if sent:
        history.append({"id": int(f"{name}5"), "id_order": name, "id_order_state": SENT, "date_add": stamp(sent)})
    return {
        "order_histories": history,
        "order_payments": [
            {
                "id": int(f"{name}{at}"),
                "order_reference": order.number,
                "amount": sum_of(one.amount, order.currency),
                "payment_method": one.method,
                "date_add": stamp(one.at),
            }
            for at, one in enumerate(order.payments, 6)
        ],
        "order_carriers": [
            {"id": int(f"{name}{at}"), "id_order": name, "id_carrier": "1", "tracking_number": one.number}
            for at, one in enumerate(order.shipments, 1)
        ],
    }


def product_rows(product: Product) -> dict[str, list[dict[str, Any]]]:
    """Return a product and what stands beside it, by resource. Prices of the shop are with tax of a fourth."""
    name = number(product.id)
    many = len(product.variants) > 1
    money = product.variants[0].currency if product.variants else "EUR"
    usual = [one.price if one.before is None else one.before for one in product.variants] or [0]
    row: dict[str, Any] = {
        "id": int(name),
        "name": [{"id": "1", "value": product.title}, {"id": "2", "value": "other"}],
        "reference": product.variants[0].sku if product.variants else "",
        "ean13": product.variants[0].barcode if product.variants else "",
        "price": sum_of(usual[0] * 4 // 5, money),
        "usual": sum_of(usual[0], money),
        "final": sum_of(product.variants[0].price if product.variants else 0, money),
        "active": "1" if product.active else "0",
        "date_upd": stamp(product.changed_at),
        "id_category_default": "3",
        "manufacturer_name": product.vendor,
        "associations": {
            "product_features": [
                {"id": str(at), "id_feature_value": str(at)} for at in range(1, len(product.attributes) + 1)
            ]
        },
    }
    found: dict[str, list[dict[str, Any]]] = {"products": [row], "combinations": [], "stock_availables": []}
    for at, (label, value) in enumerate(product.attributes.items(), 1):
        found.setdefault("product_features", []).append({"id": at, "name": label})
        found.setdefault("product_feature_values", []).append({"id": at, "id_feature": str(at), "value": value})
    for variant in product.variants:
        combination = number(variant.id) if many else "0"
        for lot in variant.stock:
            found["stock_availables"].append(
                {
                    "id": int(number(variant.id)),
                    "id_product": name,
                    "id_product_attribute": combination,
                    "quantity": str(lot.quantity),
                }
            )
        if many:
            found["combinations"].append(_combination(variant.id, name, variant.sku, variant.attributes))
            extra = variant.price - product.variants[0].price
            found["combinations"][-1]["price"] = sum_of(extra * 4 // 5, money)
    if many:
        row["associations"]["combinations"] = [{"id": str(one["id"])} for one in found["combinations"]]
    return found


def _combination(name: str, product: str, sku: str, options: dict[str, str]) -> dict[str, Any]:
    return {
        "id": int(number(name)),
        "id_product": product,
        "reference": sku,
        "ean13": "",
        "associations": {"product_option_values": [{"id": value} for value in options.values()]},
    }


def promotion_row(promotion: Promotion) -> dict[str, Any]:
    """Return a cart rule."""
    return {
        "id": int(number(promotion.id)),
        "name": [{"id": "1", "value": promotion.title}],
        "code": promotion.code,
        "reduction_percent": str(promotion.percent or "0.00"),
        "reduction_amount": sum_of(promotion.amount or 0, promotion.currency),
        "reduction_currency": CURRENCIES[promotion.currency],
        "reduction_product": "0",
        "minimum_amount": sum_of(promotion.minimum or 0, promotion.currency),
        "free_shipping": "1" if promotion.delivery else "0",
        "date_from": stamp(promotion.starts_at),
        "date_to": stamp(promotion.ends_at),
        "date_upd": stamp(promotion.changed_at),
        "active": "1",
        "quantity": "5",
        "description": "",
    }
