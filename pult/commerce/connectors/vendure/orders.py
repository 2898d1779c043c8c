"""Orders as the Admin API gives them. https://docs.vendure.io/reference/graphql-api/admin/object-types#order"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    Refund,
    Shipment,
)
from pult.commerce.connectors.vendure.asking import Vendure, moment

_PLACE = "{ fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }"
ORDER = f"""
  id code state active createdAt updatedAt orderPlacedAt currencyCode couponCodes nextStates
  total totalWithTax shippingWithTax
  customer {{ id createdAt emailAddress phoneNumber firstName lastName user {{ createdAt }} }}
  shippingAddress {_PLACE} billingAddress {_PLACE}
  lines {{
    id updatedAt quantity orderPlacedQuantity unitPriceWithTax proratedUnitPriceWithTax proratedLinePriceWithTax
    productVariant {{ id productId sku name options {{ name group {{ name }} }} }}
  }}
  discounts {{ amountWithTax }}
  payments {{
    id createdAt updatedAt method amount state errorMessage
    refunds {{ id createdAt updatedAt total state reason lines {{ orderLineId quantity }} }}
  }}
  fulfillments {{ id createdAt updatedAt state method trackingCode }}
  history(options: {{
    take: 100, sort: {{ createdAt: ASC }},
    filter: {{ type: {{ in: ["ORDER_STATE_TRANSITION", "ORDER_FULFILLMENT_TRANSITION"] }} }}
  }}) {{ items {{ createdAt type data }} }}
"""
"""What is asked of an order."""
ONE = f"query Order($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
SENT = frozenset({"Shipped", "Delivered"})
_PAYMENTS: dict[str, PaymentState] = {
    "Created": "pending",
    "Authorized": "authorised",
    "Settled": "paid",
    "Declined": "failed",
    "Error": "failed",
    "Cancelled": "voided",
}
_FULFILMENTS: dict[str, Fulfilment] = {
    "PartiallyShipped": "part",
    "Shipped": "sent",
    "PartiallyDelivered": "part",
    "Delivered": "delivered",
}
_STATES: dict[str, OrderState] = {"Delivered": "completed", "Cancelled": "cancelled"}


def order(vendure: Vendure, raw: Mapping[str, Any]) -> Order:
    """Return an order. Raises KeyError, TypeError, ValueError for what is none."""
    currency = str(raw["currencyCode"])

    def minor(amount: Any) -> int:
        return vendure.minor(amount, currency)

    cancelled = raw["state"] == "Cancelled"
    lines = [_line(one, minor, cancelled, _refunded(raw)) for one in raw["lines"]]
    return Order(
        id=str(raw["id"]),
        number=str(raw["code"]),
        placed_at=moment(raw["orderPlacedAt"] or raw["createdAt"]),
        changed_at=max(_moments(raw)),
        currency=currency,
        total=minor(raw["totalWithTax"]),
        state=_STATES.get(raw["state"], "open"),
        payment=_paid(raw),
        fulfilment=_fulfilled(raw),
        shipping=minor(raw["shippingWithTax"]),
        tax=minor(raw["totalWithTax"]) - minor(raw["total"]),
        discount=-sum(minor(one["amountWithTax"]) for one in raw["discounts"]),
        buyer=_buyer(raw.get("customer")),
        ship_to=_place(raw.get("shippingAddress")),
        bill_to=_place(raw.get("billingAddress")),
        lines=lines,
        payments=[_payment(one, minor) for one in raw["payments"] or []],
        refunds=[
            Refund(str(one["id"]), minor(one["total"]), moment(one["updatedAt"]), one.get("reason") or "")
            for one in refunds(raw)
            if one["state"] == "Settled"
        ],
        shipments=[_shipment(one, raw) for one in raw["fulfillments"] or [] if one["state"] != "Cancelled"],
        cancelled_at=_turned(raw, "Cancelled") if cancelled else None,
    )


def refunds(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the refunds of all payments of an order."""
    for payment in raw["payments"] or []:
        yield from payment["refunds"]


def turns(raw: Mapping[str, Any]) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """Give the changes of an order's and its parcels' state, with their moments, in order."""
    for entry in raw["history"]["items"]:
        yield moment(entry["createdAt"]), entry["data"]


def _moments(raw: Mapping[str, Any]) -> Iterator[datetime]:
    """Give when the order or anything of it has changed: money given back does not touch the order itself."""
    parts = [raw, *raw["lines"], *(raw["payments"] or []), *refunds(raw), *(raw["fulfillments"] or [])]
    yield from (moment(part["updatedAt"]) for part in parts)


def _refunded(raw: Mapping[str, Any]) -> dict[str, int]:
    """Return how many pieces of each line were given back."""
    pieces: dict[str, int] = {}
    for refund in refunds(raw):
        if refund["state"] == "Settled":
            for line in refund["lines"]:
                pieces[line["orderLineId"]] = pieces.get(line["orderLineId"], 0) + int(line["quantity"])
    return pieces


def _line(raw: Mapping[str, Any], minor: Any, cancelled: bool, refunded: Mapping[str, int]) -> Line:
    variant = raw["productVariant"]
    # A cancelled order has no pieces left in Vendure; what was ordered is what people ask about.
    pieces = int(raw["orderPlacedQuantity"] if cancelled else raw["quantity"])
    each = raw["proratedUnitPriceWithTax"]
    return Line(
        id=str(raw["id"]),
        title=str(variant["name"]),
        quantity=pieces,
        price=minor(raw["unitPriceWithTax"]),
        total=minor(each * pieces if cancelled else raw["proratedLinePriceWithTax"]),
        sku=str(variant["sku"] or ""),
        product_id=str(variant["productId"]),
        variant_id=str(variant["id"]),
        options={one["group"]["name"]: one["name"] for one in variant["options"]},
        refunded=minor(each * refunded.get(raw["id"], 0)),
    )


def _payment(raw: Mapping[str, Any], minor: Any) -> Payment:
    state = _PAYMENTS.get(raw["state"], "")
    return Payment(str(raw["id"]), str(raw["method"]), state, minor(raw["amount"]), moment(raw["createdAt"]))


def _paid(raw: Mapping[str, Any]) -> PaymentState:
    payments = raw["payments"] or []
    settled = sum(one["amount"] for one in payments if one["state"] == "Settled")
    back = sum(one["total"] for one in refunds(raw) if one["state"] == "Settled")
    states = {one["state"] for one in payments}
    if back:
        return "refunded" if back >= settled else "part_refunded"
    if settled and settled >= raw["totalWithTax"]:
        return "paid"
    if "Authorized" in states:
        return "authorised"
    if raw["state"] == "Cancelled":
        return "voided"
    if states and states <= {"Declined", "Error"}:
        return "failed"
    return "paid" if not raw["totalWithTax"] and "Settled" in states else "pending"


def _fulfilled(raw: Mapping[str, Any]) -> Fulfilment:
    if known := _FULFILMENTS.get(raw["state"]):
        return known
    sent = any(one["state"] in SENT for one in raw["fulfillments"] or [])
    return "part" if sent else "none"  # also while it is modified or was cancelled


def _shipment(raw: Mapping[str, Any], of: Mapping[str, Any]) -> Shipment:
    when = {data["to"]: at for at, data in turns(of) if str(data.get("fulfillmentId")) == str(raw["id"])}
    made = moment(raw["createdAt"]) if raw["state"] in SENT and "Shipped" not in when else None
    return Shipment(
        id=str(raw["id"]),
        number=raw.get("trackingCode") or "",
        carrier=raw.get("method") or "",
        sent_at=when.get("Shipped", made),
        delivered_at=when.get("Delivered"),
    )


def _turned(raw: Mapping[str, Any], state: str) -> datetime | None:
    return next((at for at, data in turns(raw) if data.get("to") == state and "fulfillmentId" not in data), None)


def _buyer(raw: Mapping[str, Any] | None) -> Buyer:
    if raw is None:
        return Buyer()
    account = raw.get("user")  # who bought as a guest has none
    return Buyer(
        id=str(raw["id"]) if account else "",
        email=raw.get("emailAddress") or "",
        phone=raw.get("phoneNumber") or "",
        name=" ".join(part for part in (raw.get("firstName"), raw.get("lastName")) if part),
        registered_at=moment(account["createdAt"]) if account else None,
    )


def _place(raw: Mapping[str, Any] | None) -> Place:
    found = raw or {}
    return Place(
        name=found.get("fullName") or "",
        company=found.get("company") or "",
        lines=[line for line in (found.get("streetLine1"), found.get("streetLine2")) if line],
        postcode=found.get("postalCode") or "",
        city=found.get("city") or "",
        region=found.get("province") or "",
        country=found.get("countryCode") or "",
        phone=found.get("phoneNumber") or "",
    )
