"""Shopify's orders, products and discounts as its GraphQL Admin API says them. What makes no sense raises ValueError.

Ids are written without what Shopify puts before them: gid://shopify/Order/1001 is 1001, as in its webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

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
from pult.platform.money import minor

PAYMENTS: dict[str, PaymentState] = {
    "PENDING": "pending",
    "AUTHORIZED": "authorised",
    "PARTIALLY_PAID": "pending",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "part_refunded",
    "REFUNDED": "refunded",
    "VOIDED": "voided",
    "EXPIRED": "voided",
}
FULFILMENTS: dict[str, Fulfilment] = {
    "FULFILLED": "sent",
    "PARTIALLY_FULFILLED": "part",
    "RESTOCKED": "returned",
}
_MOVED: dict[str, PaymentState] = {"SUCCESS": "paid", "FAILURE": "failed", "ERROR": "failed"}
MARK = "pult"
"""With what a tag begins that carries a key; Shopify lets a tag have 40 letters."""
_DEAD = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def text(value: object) -> str:
    """Return a text; nothing for what is none."""
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def short(gid: object) -> str:
    """Return the id behind a gid."""
    return text(gid).rpartition("/")[2]


def gid(kind: str, name: str) -> str:
    """Return an id as GraphQL takes it."""
    return f"gid://shopify/{kind}/{name}"


def moment(value: object) -> datetime | None:
    """Return a moment. Raises ValueError."""
    return datetime.fromisoformat(str(value)) if value else None


def must(value: object) -> datetime:
    """Return a moment that has to be there. Raises ValueError."""
    found = moment(value)
    if found is None or found.tzinfo is None:
        raise ValueError(f"{value!r} is no moment")
    return found


def money(bag: Mapping[str, Any] | None) -> int:
    """Return what the buyer sees of a MoneyBag; nothing is zero."""
    said = (bag or {}).get("presentmentMoney")
    return minor(str(said["amount"]), str(said["currencyCode"])) if said else 0


def order(said: Mapping[str, Any], base_url: str) -> Order:
    """Return an order."""
    customer = said.get("customer") or {}
    fulfilments = said.get("fulfillments") or []
    return Order(
        id=short(said["id"]),
        number=text(said.get("name")) or short(said["id"]),
        placed_at=must(said.get("processedAt") or said["createdAt"]),
        changed_at=must(said["updatedAt"]),
        currency=str(said["presentmentCurrencyCode"]),
        total=money(said.get("totalPriceSet")),
        state=state(said.get("cancelledAt"), said.get("closedAt")),
        payment=PAYMENTS.get(text(said.get("displayFinancialStatus")), ""),
        fulfilment=fulfilment(
            FULFILMENTS.get(text(said.get("displayFulfillmentStatus")), "none"),
            [text(one.get("displayStatus")) for one in fulfilments if one.get("status") not in _DEAD],
        ),
        shipping=money(said.get("totalShippingPriceSet")),
        tax=money(said.get("totalTaxSet")),
        discount=money(said.get("totalDiscountsSet")),
        buyer=Buyer(
            id=short(customer.get("id")),
            email=text(said.get("email")) or text((customer.get("defaultEmailAddress") or {}).get("emailAddress")),
            phone=text(said.get("phone")) or text((customer.get("defaultPhoneNumber") or {}).get("phoneNumber")),
            name=text(customer.get("displayName")) or text((said.get("billingAddress") or {}).get("name")),
            language=(text(said.get("customerLocale")) or text(customer.get("locale")))[:2].lower(),
            registered_at=moment(customer.get("createdAt")),
        ),
        ship_to=_place(said.get("shippingAddress")),
        bill_to=_place(said.get("billingAddress")),
        lines=[line(one) for one in said["lineItems"]["nodes"]],
        payments=_payments(said.get("transactions") or []),
        refunds=[_refund(one) for one in said.get("refunds") or []],
        shipments=[_shipment(one) for one in fulfilments if one.get("status") not in _DEAD],
        promised_at=max(
            (at for one in fulfilments if (at := moment(one.get("estimatedDeliveryAt"))) is not None), default=None
        ),
        cancelled_at=moment(said.get("cancelledAt")),
        note=text(said.get("note")),
        url=f"{base_url.rstrip('/')}/admin/orders/{short(said['id'])}",
        draft=mark(said.get("tags") or []),
    )


def state(cancelled_at: object, closed_at: object) -> OrderState:
    """An order that is archived is completed."""
    return "cancelled" if cancelled_at else "completed" if closed_at else "open"


def fulfilment(told: Fulfilment, parcels: Sequence[str]) -> Fulfilment:
    """Sent is delivered once each of its parcels is."""
    arrived = bool(parcels) and all(one.upper() in ("DELIVERED", "PICKED_UP") for one in parcels)
    return "delivered" if told == "sent" and arrived else told


def mark(tags: Sequence[object]) -> str:
    """Return the tag that a basket of ours had, and the order that came from it has as well."""
    return next((text(tag) for tag in tags if text(tag).startswith(MARK)), "")


def _place(said: Mapping[str, Any] | None) -> Place:
    if not said:
        return Place()
    return Place(
        name=text(said.get("name")),
        company=text(said.get("company")),
        lines=[one for one in (text(said.get("address1")), text(said.get("address2"))) if one],
        postcode=text(said.get("zip")),
        city=text(said.get("city")),
        region=text(said.get("provinceCode")) or text(said.get("province")),
        country=text(said.get("countryCodeV2")),
        phone=text(said.get("phone")),
    )


def line(said: Mapping[str, Any]) -> Line:
    """Return a line of an order, with what is taken off of it alone."""
    price, quantity = money(said.get("originalUnitPriceSet")), int(said["quantity"])
    off = sum(money(one.get("allocatedAmountSet")) for one in said.get("discountAllocations") or [])
    options = {text(one.get("key")): text(one.get("value")) for one in said.get("customAttributes") or []}
    return Line(
        id=short(said["id"]),
        title=titled(said.get("title"), said.get("variantTitle")),
        quantity=quantity,
        price=price,
        total=price * quantity - off,
        sku=text(said.get("sku")),
        product_id=short((said.get("product") or {}).get("id")),
        variant_id=short((said.get("variant") or {}).get("id")),
        options={name: value for name, value in options.items() if value and not name.startswith("_")},
    )


def titled(title: object, variant: object) -> str:
    """Return what a line is called: a product in its size and colour, where there are several."""
    chosen = text(variant)
    return f"{text(title)} – {chosen}" if chosen and chosen != "Default Title" else text(title)


def _payments(found: Sequence[Mapping[str, Any]]) -> list[Payment]:
    """Return payments and attempts; what was authorised and then taken or let go is one."""
    followed = {
        short((one.get("parentTransaction") or {}).get("id"))
        for one in found
        if one.get("kind") in ("CAPTURE", "VOID") and one.get("status") == "SUCCESS"
    }
    payments: list[Payment] = []
    for one in found:
        kind, name = text(one.get("kind")), short(one["id"])
        if kind not in ("SALE", "CAPTURE", "AUTHORIZATION") or name in followed:
            continue
        came = _MOVED.get(text(one.get("status")), "pending")
        if kind == "AUTHORIZATION" and came == "paid":
            came = "authorised"
        method = text(one.get("formattedGateway")) or text(one.get("gateway"))
        payments.append(Payment(name, method, came, money(one.get("amountSet")), at=moment(one.get("processedAt"))))
    return payments


def _refund(said: Mapping[str, Any]) -> Refund:
    return Refund(
        short(said["id"]),
        money(said.get("totalRefundedSet")),
        at=moment(said.get("createdAt")),
        reason=text(said.get("note")),
    )


def _shipment(said: Mapping[str, Any]) -> Shipment:
    tracked = (said.get("trackingInfo") or [{}])[0]
    return Shipment(
        id=short(said["id"]),
        number=text(tracked.get("number")),
        carrier=text(tracked.get("company")),
        url=text(tracked.get("url")),
        sent_at=moment(said.get("createdAt")),
        promised_at=moment(said.get("estimatedDeliveryAt")),
        delivered_at=moment(said.get("deliveredAt")),
    )


def product(said: Mapping[str, Any], base_url: str, currency: str) -> Product:
    """Return a product; its prices are in the shop's currency, which Shopify does not say beside them."""
    media = (said.get("featuredMedia") or {}).get("preview") or {}
    return Product(
        id=short(said["id"]),
        title=text(said.get("title")),
        changed_at=must(said["updatedAt"]),
        variants=[_variant(one, currency) for one in said["variants"]["nodes"]],
        category=text(said.get("productType")),
        vendor=text(said.get("vendor")),
        url=text(said.get("onlineStoreUrl")) or f"{base_url.rstrip('/')}/admin/products/{short(said['id'])}",
        picture=text((media.get("image") or {}).get("url")),
        active=text(said.get("status")) in ("ACTIVE", "UNLISTED"),
    )


def _variant(said: Mapping[str, Any], currency: str) -> Variant:
    price = minor(str(said["price"]), currency)
    before = said.get("compareAtPrice")
    was = minor(str(before), currency) if before else None
    title = text(said.get("title"))
    chosen = {text(one.get("name")): text(one.get("value")) for one in said.get("selectedOptions") or []}
    item = said.get("inventoryItem") or {}
    levels = (item.get("inventoryLevels") or {}).get("nodes") or []
    return Variant(
        id=short(said["id"]),
        title="" if title == "Default Title" else title,
        price=price,
        currency=currency,
        sku=text(said.get("sku")),
        barcode=text(said.get("barcode")),
        before=was if was is not None and was > price else None,
        attributes={name: value for name, value in chosen.items() if value != "Default Title"},
        stock=[_stock(one) for one in levels] if item.get("tracked") else [],
    )


def _stock(level: Mapping[str, Any]) -> Stock:
    there = {text(one.get("name")): int(one["quantity"]) for one in level.get("quantities") or []}
    return Stock(text((level.get("location") or {}).get("name")), there.get("available", 0))


def promotion(said: Mapping[str, Any], currency: str) -> Promotion:
    """Return a discount; one of another kind, such as two for one, has only its title."""
    found = said["discount"]
    codes = (found.get("codes") or {}).get("nodes") or []
    gets = found.get("customerGets") or {}
    value, items = gets.get("value") or {}, gets.get("items") or {}
    least = (found.get("minimumRequirement") or {}).get("greaterThanOrEqualToSubtotal")
    off = value.get("amount")
    return Promotion(
        id=short(said["id"]),
        title=text(found.get("title")),
        changed_at=must(found["updatedAt"]),
        code=text(codes[0].get("code")) if codes else "",
        percent=round(float(value["percentage"]) * 100, 4) if value.get("percentage") is not None else None,
        amount=minor(str(off["amount"]), str(off["currencyCode"])) if off else None,
        currency=str(off["currencyCode"]) if off else currency,
        minimum=minor(str(least["amount"]), str(least["currencyCode"])) if least else None,
        delivery=text(found.get("__typename")) in ("DiscountCodeFreeShipping", "DiscountAutomaticFreeShipping"),
        starts_at=moment(found.get("startsAt")),
        ends_at=moment(found.get("endsAt")),
        product_ids=[short(one["id"]) for one in (items.get("products") or {}).get("nodes") or []],
        categories=[text(one.get("title")) for one in (items.get("collections") or {}).get("nodes") or []],
        active=found.get("status") != "EXPIRED",
    )
