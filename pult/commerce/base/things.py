"""What every shop looks like from here.

Amounts are integers in minor units of the order's currency (ISO 4217: 1999 with EUR is 19.99, 1999 with JPY is 1999).
Times are aware. Ids are the shop's own, as text. What a shop does not say is empty, never guessed.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

OrderState = Literal["open", "completed", "cancelled"]
PaymentState = Literal["pending", "authorised", "paid", "part_refunded", "refunded", "failed", "voided", ""]
Fulfilment = Literal["none", "part", "sent", "delivered", "returned", ""]
Kind = Literal["product", "order", "promotion"]
"""What can be asked of a shop page by page. Buyers come with their orders."""
Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
Currency: TypeAlias = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Amount: TypeAlias = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Pieces: TypeAlias = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class Buyer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who has bought. `id` is the account in the shop, empty for a guest."""

    id: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""
    language: str = ""
    birthday: date | None = None
    registered_at: Moment | None = None


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """A postal address. `country` is an ISO 3166 code of two letters, `lines` are street and house as written."""

    name: str = ""
    company: str = ""
    lines: list[str] = []
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""
    phone: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of an order. `price` is of one piece, `total` of the line after its discounts."""

    id: Id
    title: str
    quantity: Pieces
    price: Amount
    total: Amount
    sku: str = ""
    product_id: str = ""
    variant_id: str = ""
    options: dict[str, str] = {}
    refunded: Amount = 0


class Payment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A payment or an attempt at one. `method` is the shop's word for it; never a card number."""

    id: Id
    method: str
    state: PaymentState
    amount: Amount
    at: Moment | None = None


class Refund(msgspec.Struct, frozen=True, omit_defaults=True):
    """Money given back."""

    id: Id
    amount: Amount
    at: Moment | None = None
    reason: str = ""


class Shipment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parcel as the shop knows it."""

    id: Id
    number: str = ""
    carrier: str = ""
    url: str = ""
    sent_at: Moment | None = None
    promised_at: Moment | None = None
    delivered_at: Moment | None = None


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order, whole, as the shop has it at `changed_at`."""

    id: Id
    number: str
    placed_at: Moment
    changed_at: Moment
    currency: Currency
    total: Amount
    state: OrderState = "open"
    payment: PaymentState = ""
    fulfilment: Fulfilment = ""
    shipping: Amount = 0
    tax: Amount = 0
    discount: Amount = 0
    buyer: Buyer = Buyer()
    ship_to: Place = Place()
    bill_to: Place = Place()
    lines: list[Line] = []
    payments: list[Payment] = []
    refunds: list[Refund] = []
    shipments: list[Shipment] = []
    promised_at: Moment | None = None
    cancelled_at: Moment | None = None
    note: str = ""
    url: str = ""
    draft: str = ""
    """The id of the basket that it came from, where that is another than its own."""


class Stock(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many pieces lie where. `attributes` belong to this lot alone, such as a tyre's DOT code."""

    place: str
    quantity: Pieces
    attributes: dict[str, str] = {}


class Variant(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is bought: a product in one size and colour. `before` is the price before a reduction."""

    id: Id
    title: str
    price: Amount
    currency: Currency
    sku: str = ""
    barcode: str = ""
    before: Amount | None = None
    attributes: dict[str, str] = {}
    stock: list[Stock] = []


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """A product with its variants."""

    id: Id
    title: str
    changed_at: Moment
    variants: list[Variant] = []
    category: str = ""
    vendor: str = ""
    url: str = ""
    picture: str = ""
    attributes: dict[str, str] = {}
    active: bool = True


class Promotion(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reduction that the shop offers for a time: by `code`, or by itself where that is empty.

    `percent` of the price (20 is a fifth off) or an `amount`, in `currency`; both empty where it is of another kind,
    such as free delivery (`delivery`). It holds for all goods where neither products nor categories are named.
    """

    id: Id
    title: str
    changed_at: Moment
    code: str = ""
    percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    amount: Amount | None = None
    currency: Annotated[str, Meta(pattern="^([A-Z]{3})?$")] = ""
    minimum: Amount | None = None
    delivery: bool = False
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    product_ids: list[str] = []
    categories: list[str] = []
    active: bool = True


class Gone(msgspec.Struct, frozen=True, omit_defaults=True):
    """The shop has deleted something, at a moment where it says when: what it said before then comes too late."""

    kind: Kind
    id: Id
    at: Moment | None = None


Thing: TypeAlias = Order | Product | Promotion | Gone
