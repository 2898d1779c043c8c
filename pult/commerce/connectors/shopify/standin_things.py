"""Things of the contract as Shopify's GraphQL says them, and orders as its webhooks do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Order, Place, Product, Promotion
from pult.platform.money import major

_RANGES = {"o": 1_000, "p": 700_000, "v": 800_000, "c": 900_000}
_FINANCIAL = {
    "": "PENDING",
    "pending": "PENDING",
    "authorised": "AUTHORIZED",
    "paid": "PAID",
    "part_refunded": "PARTIALLY_REFUNDED",
    "refunded": "REFUNDED",
    "voided": "VOIDED",
    "failed": "PENDING",
}


def number(name: str) -> str:
    """Return the number that stands for a name of the contract (o1, p7); a number is itself."""
    return name if name.isdigit() else str(_RANGES[name[0]] + int(name[1:]))


def gid(kind: str, name: str) -> str:
    """Return an id as GraphQL says it."""
    return f"gid://shopify/{kind}/{number(name)}"


def stamp(moment: datetime | None) -> str | None:
    """Return a moment as Shopify writes it: whole seconds of UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def bag(amount: int, currency: str) -> dict[str, Any]:
    """Return a MoneyBag of a shop that sells in one currency."""
    money = {"amount": major(amount, currency), "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def place(found: Place) -> dict[str, Any] | None:
    """Return an address."""
    if found == Place():
        return None
    return {
        "name": found.name,
        "company": found.company or None,
        "address1": found.lines[0] if found.lines else None,
        "address2": ", ".join(found.lines[1:]) or None,
        "city": found.city,
        "zip": found.postcode,
        "province": found.region or None,
        "provinceCode": None,
        "countryCodeV2": found.country,
        "phone": found.phone or None,
    }


def order_node(order: Order) -> dict[str, Any]:
    """Return an order."""
    money = order.currency
    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "name": order.number,
        "createdAt": stamp(order.placed_at),
        "processedAt": stamp(order.placed_at),
        "updatedAt": stamp(order.changed_at),
        "cancelledAt": stamp(order.cancelled_at),
        "closedAt": stamp(order.changed_at) if order.state == "completed" else None,
        "presentmentCurrencyCode": money,
        "displayFinancialStatus": _FINANCIAL[order.payment],
        "displayFulfillmentStatus": "FULFILLED" if order.fulfilment == "sent" else "UNFULFILLED",
        "email": order.buyer.email or None,
        "phone": order.buyer.phone or None,
        "customerLocale": order.buyer.language or None,
        "note": order.note or None,
        "tags": [],
        "totalPriceSet": bag(order.total, money),
        "totalShippingPriceSet": bag(order.shipping, money),
        "totalTaxSet": bag(order.tax, money),
        "totalDiscountsSet": bag(order.discount, money),
        "customer": {
            "id": gid("Customer", order.buyer.id or "77"),
            "displayName": order.buyer.name,
            "locale": order.buyer.language,
            "createdAt": stamp(order.placed_at),
            "defaultEmailAddress": {"emailAddress": order.buyer.email},
            "defaultPhoneNumber": None,
        },
        "shippingAddress": place(order.ship_to),
        "billingAddress": place(order.bill_to),
        "lineItems": [_line(order, at) for at in range(len(order.lines))],
        **_course(order),
        "cancellation": None,
        "metafield": None,
    }


def _course(order: Order) -> dict[str, Any]:
    """Return what became of an order: what was paid and sent."""
    money = order.currency
    return {
        "transactions": [
            {
                "id": f"gid://shopify/OrderTransaction/{at}",
                "kind": "SALE",
                "status": "SUCCESS",
                "gateway": "shopify_payments",
                "formattedGateway": one.method,
                "processedAt": stamp(one.at),
                "manualPaymentGateway": False,
                "amountSet": bag(one.amount, money),
                "parentTransaction": None,
            }
            for at, one in enumerate(order.payments, 1)
        ],
        "refunds": [],
        "fulfillments": [
            {
                "id": gid("Fulfillment", one.id),
                "createdAt": stamp(one.sent_at),
                "status": "SUCCESS",
                "displayStatus": "DELIVERED" if one.delivered_at else "IN_TRANSIT",
                "estimatedDeliveryAt": stamp(one.promised_at),
                "deliveredAt": stamp(one.delivered_at),
                "trackingInfo": [{"company": one.carrier, "number": one.number, "url": one.url or None}],
            }
            for one in order.shipments
        ],
    }


def _line(order: Order, at: int) -> dict[str, Any]:
    line = order.lines[at]
    off = line.price * line.quantity - line.total
    variant = line.variant_id or ("v7" if line.product_id == "p7" else "")
    return {
        "id": gid("LineItem", line.id),
        "title": line.title,
        "variantTitle": None,
        "quantity": line.quantity,
        "sku": line.sku or None,
        "product": {"id": gid("Product", line.product_id)} if line.product_id else None,
        "variant": {"id": gid("ProductVariant", variant)} if variant else None,
        "customAttributes": [{"key": name, "value": value} for name, value in line.options.items()],
        "originalUnitPriceSet": bag(line.price, order.currency),
        "discountAllocations": [{"allocatedAmountSet": bag(off, order.currency)}] if off else [],
    }


def order_payload(order: Order) -> dict[str, Any]:
    """Return an order as a webhook says it."""
    node = order_node(order)

    def amount(value: int) -> dict[str, Any]:
        money = {"amount": major(value, order.currency), "currency_code": order.currency}
        return {"shop_money": money, "presentment_money": money}

    return {
        "id": int(number(order.id)),
        "admin_graphql_api_id": node["id"],
        "name": order.number,
        "created_at": node["createdAt"],
        "processed_at": node["createdAt"],
        "updated_at": node["updatedAt"],
        "cancelled_at": node["cancelledAt"],
        "closed_at": node["closedAt"],
        "currency": order.currency,
        "presentment_currency": order.currency,
        "financial_status": node["displayFinancialStatus"].lower(),
        "fulfillment_status": "fulfilled" if order.fulfilment == "sent" else None,
        "email": order.buyer.email,
        "total_price": major(order.total, order.currency),
        "total_price_set": amount(order.total),
        "total_shipping_price_set": amount(order.shipping),
        "total_tax": major(order.tax, order.currency),
        "total_discounts": major(order.discount, order.currency),
        "customer": {"id": int(number(order.buyer.id or "77")), "first_name": order.buyer.name, "last_name": None},
        "line_items": [
            {
                "id": int(number(line.id)),
                "title": line.title,
                "quantity": line.quantity,
                "sku": line.sku,
                "price": major(line.price, order.currency),
                "price_set": amount(line.price),
                "total_discount": major(line.price * line.quantity - line.total, order.currency),
                "discount_allocations": [],
                "product_id": int(number(line.product_id)) if line.product_id else None,
                "variant_id": None,
                "properties": [],
            }
            for line in order.lines
        ],
        "fulfillments": [],
        "refunds": [],
    }


def product_node(product: Product) -> dict[str, Any]:
    """Return a product."""
    return {
        "__typename": "Product",
        "id": gid("Product", product.id),
        "title": product.title,
        "vendor": product.vendor,
        "productType": product.category,
        "status": "ACTIVE" if product.active else "ARCHIVED",
        "updatedAt": stamp(product.changed_at),
        "onlineStoreUrl": product.url or None,
        "featuredMedia": {"preview": {"image": {"url": product.picture}}} if product.picture else None,
        "variants": [
            {
                "id": gid("ProductVariant", one.id),
                "title": one.title or "Default Title",
                "price": major(one.price, one.currency),
                "compareAtPrice": major(one.before, one.currency) if one.before is not None else None,
                "sku": one.sku or None,
                "barcode": one.barcode or None,
                "selectedOptions": [{"name": name, "value": value} for name, value in one.attributes.items()],
                "inventoryItem": {
                    "tracked": bool(one.stock),
                    "inventoryLevels": [
                        {
                            "id": f"gid://shopify/InventoryLevel/{at}",
                            "location": {"name": lot.place},
                            "quantities": [{"name": "available", "quantity": lot.quantity}],
                        }
                        for at, lot in enumerate(one.stock)
                    ],
                },
            }
            for one in product.variants
        ],
    }


def discount_node(promotion: Promotion) -> dict[str, Any]:
    """Return a discount."""
    if promotion.percent is not None:
        value: dict[str, Any] = {"__typename": "DiscountPercentage", "percentage": promotion.percent / 100}
    else:
        off = {"amount": major(promotion.amount or 0, promotion.currency), "currencyCode": promotion.currency}
        value = {"__typename": "DiscountAmount", "amount": off}
    least = None
    if promotion.minimum is not None:
        sum_ = {"amount": major(promotion.minimum, promotion.currency), "currencyCode": promotion.currency}
        least = {"__typename": "DiscountMinimumSubtotal", "greaterThanOrEqualToSubtotal": sum_}
    return {
        "__typename": "DiscountNode",
        "id": gid("DiscountNode", promotion.id),
        "updatedAt": stamp(promotion.changed_at),
        "discount": {
            "__typename": "DiscountCodeBasic" if promotion.code else "DiscountAutomaticBasic",
            "title": promotion.title,
            "status": "ACTIVE" if promotion.active else "EXPIRED",
            "startsAt": stamp(promotion.starts_at),
            "endsAt": stamp(promotion.ends_at),
            "updatedAt": stamp(promotion.changed_at),
            "codes": [{"id": "1", "code": promotion.code}] if promotion.code else [],
            "customerGets": {"value": value, "items": {"__typename": "AllDiscountItems"}},
            "minimumRequirement": least,
        },
    }
