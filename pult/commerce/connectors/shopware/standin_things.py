"""Orders and products as Shopware keeps them, made of those that tests speak of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Line, Order, Place, Product, Variant

LIVE = "0fa91ce3e96a4bc2be4bd9ce752c3425"
EURO = "b7d2554b0ce847cd82f3ac9bd1c0dfca"
COUNTRIES = {"SI": "Slovenia", "HR": "Croatia", "PL": "Poland"}


def uid(name: str) -> str:
    """Return an id as Shopware makes them."""
    return uuid.uuid5(uuid.NAMESPACE_OID, name).hex


def moment(at: datetime | None) -> str | None:
    """Return a time as Shopware writes it: in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else None


def state(name: str, machine: str = "order.state") -> dict[str, Any]:
    """Return a state of a machine."""
    return {
        "id": uid(f"{machine} {name}"),
        "technicalName": name,
        "name": name.title(),
        "stateMachine": {"id": uid(machine), "technicalName": machine},
    }


def price(minor: int, quantity: int = 1) -> dict[str, Any]:
    """Return a calculated price."""
    value = minor / 100
    return {
        "unitPrice": value / quantity,
        "totalPrice": value,
        "quantity": quantity,
        "calculatedTaxes": [],
        "taxRules": [],
    }


def address(place: Place, of: str, name: str) -> dict[str, Any]:
    """Return an address of an order."""
    first, _, last = place.name.rpartition(" ")
    return {
        "id": uid(f"{of} {name}"),
        "orderId": uid(of),
        "firstName": first or "Maja",
        "lastName": last or "Kos",
        "company": place.company or None,
        "street": place.lines[0] if place.lines else "Cesta 1",
        "zipcode": place.postcode,
        "city": place.city or "Ljubljana",
        "phoneNumber": place.phone or None,
        "countryId": uid(place.country or "SI"),
        "country": country(place.country or "SI"),
        "countryState": None,
        "customFields": None,
    }


def country(code: str) -> dict[str, Any]:
    """Return a country."""
    return {"id": uid(code), "iso": code, "name": COUNTRIES[code]}


def order(of: Order, number: int) -> dict[str, Any]:
    """Return an order as Shopware keeps it; `number` is its autoincrement."""
    made, changed = moment(of.placed_at), moment(of.changed_at)
    first, _, last = of.buyer.name.rpartition(" ") if of.buyer.name.count(" ") == 1 else (of.buyer.name, "", "")
    customer = {"id": uid(of.buyer.email), "guest": False, "createdAt": made, "birthday": None}
    billing = address(of.bill_to, of.id, "billing")
    names = {"open": "open", "completed": "completed", "cancelled": "cancelled"}
    row: dict[str, Any] = {
        "id": uid(of.id),
        "versionId": LIVE,
        "autoIncrement": number,
        "orderNumber": of.number,
        "orderDateTime": made,
        "createdAt": made,
        "updatedAt": changed if of.changed_at != of.placed_at else None,
        "amountTotal": of.total / 100,
        "amountNet": (of.total - of.tax) / 100,
        "shippingTotal": of.shipping / 100,
        "currencyId": EURO,
        "currency": {"id": EURO, "isoCode": "EUR"},
        "stateMachineState": state(names[of.state]),
        "language": {"id": uid("sl"), "name": "Slovenščina", "locale": {"id": uid("sl-SI"), "code": "sl-SI"}},
        "orderCustomer": {
            "id": uid(f"{of.id} customer"),
            "email": of.buyer.email,
            "firstName": first,
            "lastName": last,
            "customerId": customer["id"],
            "customer": customer,
        },
        "billingAddressId": billing["id"],
        "billingAddress": billing,
        "customerComment": of.note or None,
        "internalComment": None,
        "customFields": None,
        "lineItems": [_line(of, line, index) for index, line in enumerate(of.lines, 1)],
        "deliveries": [_delivery(of)],
        "transactions": [
            {
                "id": uid(f"{of.id} {one.id}"),
                "orderId": uid(of.id),
                "amount": price(one.amount),
                "createdAt": moment(one.at),
                "stateMachineState": state("paid", "order_transaction.state"),
                "paymentMethod": {"id": uid("card"), "name": "Card"},
                "captures": [],
                "customFields": None,
            }
            for one in of.payments
        ],
    }
    row["addresses"] = [billing, row["deliveries"][0]["shippingOrderAddress"]]
    return row


def _line(of: Order, line: Line, index: int) -> dict[str, Any]:
    return {
        "id": uid(f"{of.id} {line.id}"),
        "type": "product",
        "parentId": None,
        "label": line.title,
        "quantity": line.quantity,
        "unitPrice": line.price / 100,
        "totalPrice": line.total / 100,
        "price": price(line.total, line.quantity or 1),
        "productId": uid(line.product_id),
        "position": index,
        "payload": {"productNumber": line.sku, "parentId": None, "options": []},
    }


def _delivery(of: Order) -> dict[str, Any]:
    shipping = address(of.ship_to, of.id, "shipping")
    method = {"id": uid("post"), "name": of.shipments[0].carrier if of.shipments else "Pošta"}
    return {
        "id": uid(f"{of.id} delivery"),
        "orderId": uid(of.id),
        "createdAt": moment(of.placed_at),
        "shippingOrderAddressId": shipping["id"],
        "shippingOrderAddress": shipping,
        "shippingMethod": method | {"trackingUrl": "https://track.example/%s"},
        "shippingCosts": price(of.shipping),
        "trackingCodes": [one.number for one in of.shipments],
        "stateMachineState": state("shipped" if of.shipments else "open", "order_delivery.state"),
    }


def product(of: Product, number: int) -> dict[str, Any]:
    """Return a product as Shopware keeps it: one of several variants has each as a child."""
    alone = of.variants[0] if len(of.variants) == 1 else None
    row = _row(alone or Variant(of.id, of.title, 0, "EUR"), of, None)
    return {
        **row,
        "id": uid(of.id),
        "autoIncrement": number,
        "parentId": None,
        "name": of.title,
        "translated": {"name": of.title},
        "children": [] if alone else [_row(one, of, uid(of.id)) for one in of.variants],
        "manufacturer": {"id": uid(of.vendor), "name": of.vendor} if of.vendor else None,
        "categories": [{"id": uid(of.category), "name": of.category}] if of.category else [],
        "cover": {"id": uid("cover"), "media": {"id": uid("media"), "url": of.picture}} if of.picture else None,
        "properties": _options(of.attributes),
    }


def _row(of: Variant, product_of: Product, parent: str | None) -> dict[str, Any]:
    listed = {"currencyId": EURO, "net": 0.0, "gross": of.before / 100, "linked": True} if of.before else None
    return {
        "id": uid(of.id),
        "parentId": parent,
        "name": None,
        "productNumber": of.sku or of.id,
        "ean": of.barcode or None,
        "active": product_of.active,
        "price": [{"currencyId": EURO, "net": 0.0, "gross": of.price / 100, "linked": True, "listPrice": listed}],
        "stock": sum(one.quantity for one in of.stock),
        "availableStock": sum(one.quantity for one in of.stock),
        "createdAt": moment(product_of.changed_at),
        "updatedAt": None,
        "options": _options(of.attributes),
    }


def _options(given: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": uid(value), "name": value, "group": {"id": uid(name), "name": name}} for name, value in given.items()
    ]
