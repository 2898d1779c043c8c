"""The doors to what the shops know: a customer's orders, orders and products by search, one order whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from pult.accounts import access, access_log
from pult.accounts.access import Actor
from pult.accounts.errors import NotFound
from pult.commerce import catalogue, looking
from pult.commerce import queries as commerce
from pult.commerce.base import Fulfilment, OrderState, PaymentState
from pult.commerce.errors import OrderNotFound
from pult.customers import queries as customers
from pult.customers.errors import CustomerNotFound
from pult.platform.paging import BadCursor
from pult.web.api.answers import answer, conditional
from pult.web.api.auth import actor_of, address_of

router = Router(tags=["commerce"])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

OnlyOrders = Literal["open_parcels", "returned"]
Amount = Field(description="In minor units of the currency.")


class LineOut(Schema):
    id: str
    title: str
    quantity: int
    price: int = Amount
    total: int = Amount
    sku: str
    product_id: str
    variant_id: str
    options: dict[str, str]
    refunded: int


class ShipmentOut(Schema):
    id: str
    number: str
    carrier: str
    url: str
    sent_at: datetime | None
    promised_at: datetime | None
    delivered_at: datetime | None


class OrderItemOut(Schema):
    """An order as lists show it."""

    id: int
    shop_id: int
    store_id: int
    number: str
    customer_id: int | None
    placed_at: datetime
    state: OrderState
    payment: PaymentState = Field(description="Empty where the shop does not tell.")
    fulfilment: Fulfilment = Field(description="Empty where the shop does not tell.")
    currency: str
    total: int = Amount
    refunded: int = Amount
    open_parcels: int
    lines: list[LineOut]
    shipments: list[ShipmentOut]
    promised_at: datetime | None
    url: str


class OrdersOut(Schema):
    items: list[OrderItemOut]
    next: str | None


class PlaceOut(Schema):
    name: str
    company: str
    lines: list[str]
    postcode: str
    city: str
    region: str
    country: str
    phone: str


class BuyerOut(Schema):
    id: str
    email: str
    phone: str
    name: str
    language: str


class PaymentOut(Schema):
    id: str
    method: str
    state: PaymentState
    amount: int = Amount
    at: datetime | None


class RefundOut(Schema):
    id: str
    amount: int = Amount
    at: datetime | None
    reason: str


class OrderChangeOut(Schema):
    field: str
    before: str
    after: str
    at: datetime


class OrderOut(OrderItemOut):
    """An order with everything that the shop said of it, and its history."""

    shipping: int = Amount
    tax: int = Amount
    discount: int = Amount
    buyer: BuyerOut
    ship_to: PlaceOut
    bill_to: PlaceOut
    payments: list[PaymentOut]
    refunds: list[RefundOut]
    cancelled_at: datetime | None
    note: str
    changes: list[OrderChangeOut]
    erased: bool = Field(description="Who bought was forgotten on demand.")


class WorthOut(Schema):
    currency: str
    orders: int
    paid: int = Amount
    refunded: int = Amount


class ShopCardOut(Schema):
    """What the shops know of a person; what was cancelled or never paid is in `order_count`, not in `worth`."""

    orders: list[OrderItemOut]
    order_count: int
    open_parcels: int
    returned: int = Field(description="Orders that came back, or of which money was given back.")
    worth: list[WorthOut]
    first_order_at: datetime | None
    last_order_at: datetime | None
    birthday: date | None
    registered_at: datetime | None
    next: str | None


class StockOut(Schema):
    place: str
    quantity: int
    attributes: dict[str, str]


class VariantOut(Schema):
    id: str
    title: str
    price: int = Amount
    currency: str
    sku: str
    barcode: str
    before: int | None = Amount
    attributes: dict[str, str]
    stock: list[StockOut]


class ProductOut(Schema):
    id: str
    title: str
    category: str
    vendor: str
    url: str
    picture: str
    attributes: dict[str, str]
    active: bool
    changed_at: datetime
    variants: list[VariantOut]


class PromotionOut(Schema):
    """A reduction that holds at this moment: `percent` or `amount` off, or postage free (`delivery`)."""

    id: str
    title: str
    code: str
    percent: float | None
    amount: int | None = Amount
    currency: str
    minimum: int | None = Amount
    delivery: bool
    starts_at: datetime | None
    ends_at: datetime | None


class GoodsOut(ProductOut):
    """A product with the shop that sells it, and what is off it now. `as_of`: the shop was asked at that moment; empty
    where this is what it said when it was last read (`changed_at`)."""

    shop_id: int
    store_id: int
    promotions: list[PromotionOut]
    as_of: datetime | None


class ProductsOut(Schema):
    items: list[GoodsOut]
    next: str | None


class LookIn(Schema):
    shop_id: int
    product_id: str = Field(min_length=1, max_length=200)


class SeenOrderOut(OrderOut):
    """An order as its shop has it at this moment (`as_of`); empty where the shop cannot be asked for single things."""

    as_of: datetime | None


def whole(thing: Any) -> Any:
    """Return a struct with its empty fields: what a shop leaves out is empty, never missing."""
    if isinstance(thing, msgspec.Struct):
        return {name: whole(getattr(thing, name)) for name in thing.__struct_fields__}
    return [whole(one) for one in thing] if isinstance(thing, list) else thing


def _person(actor: Actor, customer_id: int) -> customers.CustomerView:
    access.require(actor, "customers.read")
    person = customers.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return person


def next_of(found: list[commerce.OrderItem], limit: int) -> str | None:
    if len(found) < limit:
        return None
    return f"{(found[-1].placed_at - _EPOCH) // timedelta(microseconds=1)}_{found[-1].id}"


def _place(after: str) -> tuple[datetime, int] | None:
    if not after:
        return None
    at, _, order_id = after.partition("_")
    try:
        return _EPOCH + timedelta(microseconds=int(at)), int(order_id)
    except (ValueError, OverflowError) as error:
        raise BadCursor(after) from error


@router.get("/customers/{int:customer_id}/orders", response=OrdersOut)
def orders_of(
    request: HttpRequest, customer_id: int, after: str = "", limit: int = 20, only: OnlyOrders | None = None
) -> HttpResponse:
    """A person's orders, newest first; `only` those with parcels on their way, or those that came back."""
    actor = actor_of(request)
    person = _person(actor, customer_id)
    limit = max(1, min(limit, 50))
    found = commerce.newest_orders(
        person.all_ids, store_ids=access.visible_stores(actor), limit=limit, before=_place(after), only=only or ""
    )
    access_log.record(
        actor.ref,
        "list",
        subject="order",
        subject_ids=[order.id for order in found],
        customer_id=person.id,
        address=address_of(request),
    )
    return answer({"items": whole(found), "next": next_of(found, limit)})


@router.get("/orders", response=OrdersOut)
def find_orders(request: HttpRequest, q: str = "", limit: int = 20) -> HttpResponse:
    """Orders by number, buyer, parcel or goods, newest first; an exact number before all others."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    found = commerce.find_orders(q, store_ids=access.visible_stores(actor), limit=max(1, min(limit, 50)))
    access_log.record(
        actor.ref,
        "search",
        subject="order",
        subject_ids=[order.id for order in found],
        address=address_of(request),
    )
    return answer({"items": whole(found), "next": None})


def _shown_order(request: HttpRequest, actor: Actor, order_id: int) -> dict[str, Any]:
    found = commerce.order(order_id)
    if found is None or found.item.store_id not in access.visible_stores(actor):
        raise OrderNotFound
    access_log.record(
        actor.ref,
        "open",
        subject="order",
        subject_ids=[order_id],
        customer_id=found.item.customer_id,
        address=address_of(request),
    )
    return {**whole(found.order), **whole(found.item), "changes": found.changes, "erased": found.erased}


@router.get("/orders/{int:order_id}", response=OrderOut)
def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """One order with everything that the shop said of it."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    return conditional(request, _shown_order(request, actor, order_id))


@router.post("/orders/{int:order_id}/look", response=SeenOrderOut)
def look_at_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Ask the shop for an order as it is at this moment, and keep what it says."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    access.require(actor, "customers.read")
    known = commerce.order(order_id)
    if known is None or known.item.store_id not in access.visible_stores(actor):
        raise OrderNotFound
    as_of = looking.look_at_order(order_id)
    return answer({**_shown_order(request, actor, order_id), "as_of": as_of})


def _shown_goods(found: catalogue.Goods, as_of: datetime | None = None) -> dict[str, Any]:
    return {
        **whole(found.product),
        "shop_id": found.shop_id,
        "store_id": found.store_id,
        "promotions": whole(found.promotions),
        "as_of": as_of,
    }


@router.get("/products", response=ProductsOut)
def find_products(request: HttpRequest, q: str = "", store_id: int | None = None, limit: int = 20) -> HttpResponse:
    """Products by name, code or attribute, with price, stock and reductions as last read from the shop."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    stores = access.visible_stores(actor)
    wanted = stores if store_id is None else stores & {store_id}
    found = catalogue.find(q, store_ids=wanted, limit=max(1, min(limit, 50)))
    return answer({"items": [_shown_goods(one) for one in found], "next": None})


@router.post("/products/look", response=GoodsOut)
def look_at_product(request: HttpRequest, body: LookIn) -> HttpResponse:
    """Ask the shop for a product as it is at this moment: its prices, and how much of it lies where."""
    actor = actor_of(request)
    access.require(actor, "conversations.write")
    access.require(actor, "conversations.read")
    stores = access.visible_stores(actor)
    if catalogue.goods(body.shop_id, body.product_id, store_ids=stores) is None:
        raise NotFound("There is no such product.")
    as_of = looking.look_at_product(body.shop_id, body.product_id)
    found = catalogue.goods(body.shop_id, body.product_id, store_ids=stores)
    if found is None:
        raise NotFound("There is no such product.")
    return answer(_shown_goods(found, as_of))
