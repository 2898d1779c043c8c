"""What Shopify's webhooks say, in the shape of its REST API: other names, the same things.

They leave out what was paid how, so the connector asks for what has changed; what stands here is taken where the shop
cannot be asked at this moment. https://shopify.dev/docs/api/admin-rest/latest/resources/order
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pult.commerce.base import Buyer, Line, Order, Place, Product, Refund, Shipment, Stock, Variant
from pult.commerce.connectors.shopify.things import (
    FULFILMENTS,
    PAYMENTS,
    fulfilment,
    mark,
    moment,
    must,
    state,
    text,
    titled,
)
from pult.platform.money import minor

_FULFILMENTS = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "restocked": "RESTOCKED"}
_DEAD = frozenset({"cancelled", "error", "failure"})


class _Money:
    """Reads amounts in the currency that the buyer sees; old and odd payloads name only the shop's."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.currency = text(said.get("presentment_currency")) or text(said.get("currency"))
        self._shown = bool(said.get("presentment_currency"))
        if not self.currency:
            raise ValueError("an order without currency")

    def of(self, said: Mapping[str, Any], name: str) -> int:
        """Return an amount by its name, from its `_set` where there is one."""
        bag = said.get(f"{name}_set")
        shown = bag.get("presentment_money") if isinstance(bag, dict) and self._shown else None
        value = shown.get("amount") if isinstance(shown, dict) else said.get(name)
        return 0 if value in (None, "") else minor(str(value), self.currency)


def order(said: Mapping[str, Any], base_url: str) -> Order:
    """Return an order."""
    money = _Money(said)
    customer = said.get("customer") or {}
    parcels = [one for one in said.get("fulfillments") or [] if one.get("status") not in _DEAD]
    shipping = sum(money.of(one, "price") for one in said.get("shipping_lines") or [])
    status = _FULFILMENTS.get(text(said.get("fulfillment_status")), "")
    return Order(
        id=text(said["id"]),
        number=text(said.get("name")) or text(said["id"]),
        placed_at=must(said.get("processed_at") or said["created_at"]),
        changed_at=must(said["updated_at"]),
        currency=money.currency,
        total=money.of(said, "total_price"),
        state=state(said.get("cancelled_at"), said.get("closed_at")),
        payment=PAYMENTS.get(text(said.get("financial_status")).upper(), ""),
        fulfilment=fulfilment(FULFILMENTS.get(status, "none"), [text(one.get("shipment_status")) for one in parcels]),
        shipping=money.of(said, "total_shipping_price") if "total_shipping_price_set" in said else shipping,
        tax=money.of(said, "total_tax"),
        discount=money.of(said, "total_discounts"),
        buyer=Buyer(
            id=text(customer.get("id")),
            email=text(said.get("email")) or text(customer.get("email")),
            phone=text(said.get("phone")) or text(customer.get("phone")),
            name=_name(customer) or text((said.get("billing_address") or {}).get("name")),
            language=text(said.get("customer_locale"))[:2].lower(),
            registered_at=moment(customer.get("created_at")),
        ),
        ship_to=_place(said.get("shipping_address")),
        bill_to=_place(said.get("billing_address")),
        lines=[_line(one, money) for one in said.get("line_items") or []],
        refunds=[_refund(one, money) for one in said.get("refunds") or []],
        shipments=[_shipment(one) for one in parcels],
        cancelled_at=moment(said.get("cancelled_at")),
        note=text(said.get("note")),
        url=f"{base_url.rstrip('/')}/admin/orders/{text(said['id'])}",
        draft=mark([tag.strip() for tag in text(said.get("tags")).split(",")]),
    )


def _name(said: Mapping[str, Any]) -> str:
    return " ".join(part for part in (text(said.get("first_name")), text(said.get("last_name"))) if part)


def _place(said: Mapping[str, Any] | None) -> Place:
    if not said:
        return Place()
    return Place(
        name=text(said.get("name")) or _name(said),
        company=text(said.get("company")),
        lines=[one for one in (text(said.get("address1")), text(said.get("address2"))) if one],
        postcode=text(said.get("zip")),
        city=text(said.get("city")),
        region=text(said.get("province_code")) or text(said.get("province")),
        country=text(said.get("country_code")),
        phone=text(said.get("phone")),
    )


def _line(said: Mapping[str, Any], money: _Money) -> Line:
    price, quantity = money.of(said, "price"), int(said["quantity"])
    given = said.get("discount_allocations") or []
    off = sum(money.of(one, "amount") for one in given) if given else money.of(said, "total_discount")
    options = {text(one.get("name")): text(one.get("value")) for one in said.get("properties") or []}
    return Line(
        id=text(said["id"]),
        title=titled(said.get("title"), said.get("variant_title")),
        quantity=quantity,
        price=price,
        total=price * quantity - off,
        sku=text(said.get("sku")),
        product_id=text(said.get("product_id")),
        variant_id=text(said.get("variant_id")),
        options={name: value for name, value in options.items() if value and not name.startswith("_")},
    )


def _refund(said: Mapping[str, Any], money: _Money) -> Refund:
    moved = [one for one in said.get("transactions") or [] if one.get("kind") == "refund"]
    return Refund(
        text(said["id"]),
        sum(money.of(one, "amount") for one in moved if one.get("status") in ("success", "pending")),
        at=moment(said.get("created_at")),
        reason=text(said.get("note")),
    )


def _shipment(said: Mapping[str, Any]) -> Shipment:
    delivered = text(said.get("shipment_status")) == "delivered"
    return Shipment(
        id=text(said["id"]),
        number=text(said.get("tracking_number")),
        carrier=text(said.get("tracking_company")),
        url=text(said.get("tracking_url")),
        sent_at=moment(said.get("created_at")),
        delivered_at=moment(said.get("updated_at")) if delivered else None,
    )


def product(said: Mapping[str, Any], base_url: str, currency: str) -> Product:
    """Return a product; how many pieces lie where only the shop can be asked."""
    names = [text(one.get("name")) for one in said.get("options") or []]
    return Product(
        id=text(said["id"]),
        title=text(said.get("title")),
        changed_at=must(said["updated_at"]),
        variants=[_variant(one, names, currency) for one in said.get("variants") or []],
        category=text(said.get("product_type")),
        vendor=text(said.get("vendor")),
        url=f"{base_url.rstrip('/')}/admin/products/{text(said['id'])}",
        picture=text((said.get("image") or {}).get("src")),
        active=text(said.get("status") or "active") in ("active", "unlisted"),
    )


def _variant(said: Mapping[str, Any], names: list[str], currency: str) -> Variant:
    price = minor(str(said["price"]), currency)
    before = said.get("compare_at_price")
    was = minor(str(before), currency) if before else None
    chosen = {name: text(said.get(f"option{number}")) for number, name in enumerate(names, 1)}
    title = text(said.get("title"))
    counted = text(said.get("inventory_management")) and said.get("inventory_quantity") is not None
    return Variant(
        id=text(said["id"]),
        title="" if title == "Default Title" else title,
        price=price,
        currency=currency,
        sku=text(said.get("sku")),
        barcode=text(said.get("barcode")),
        before=was if was is not None and was > price else None,
        attributes={name: value for name, value in chosen.items() if value and value != "Default Title"},
        stock=[Stock("", int(said["inventory_quantity"]))] if counted else [],
    )
