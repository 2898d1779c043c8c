"""What can be done in a shop on somebody's behalf, and what a connector has to do for it.

A shop is asked twice: `plan` says what would happen and changes nothing, `perform` does it. Each act has a key, which
the connector leaves in the shop (as idempotency key, metadata or note, whatever the shop has) and looks for before it
acts: the same key does nothing twice, also where the shop did it and its answer was lost.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Protocol, TypeAlias, runtime_checkable

import msgspec
from msgspec import Meta

from pult.commerce.base.connecting import ShopError, ShopInfo
from pult.commerce.base.things import Amount, Buyer, Currency, Id, Moment, Order, Place

Verb = Literal["cancel", "change_address", "refund", "resend", "discount", "note", "draft_order", "register"]
"""What a manifest may name among its capabilities; the tag of the act that does it."""
Reason = Literal["customer", "stock", "damaged", "lost", "late", "wrong", "quality", "fraud", "other"]
Some: TypeAlias = Annotated[int, Meta(ge=1, le=100_000)]
Positive: TypeAlias = Annotated[int, Meta(ge=1, le=10**15)]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many pieces of one line of an order."""

    line_id: Id
    quantity: Some


class Cancel(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="cancel"):
    """Cancel an order that has not left. What was paid is given back where `refund`; goods go back where `restock`."""

    order_id: Id
    reason: Reason = "customer"
    refund: bool = True
    restock: bool = True


class ChangeAddress(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="change_address"):
    """Send an order elsewhere that has not left."""

    order_id: Id
    ship_to: Place


class GiveBack(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="refund"):
    """Give back `amount` in the order's currency, for whole lines where any are named, else as a sum.

    `restock`: the pieces named come back into stock.
    """

    order_id: Id
    amount: Positive
    parts: list[Part] = []
    shipping: Annotated[int, Meta(ge=0, le=10**15)] = 0
    reason: Reason = "customer"
    note: str = ""
    restock: bool = False


class Resend(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="resend"):
    """Send pieces of an order once more, free of charge, to the same place or to another: a new order in the shop."""

    order_id: Id
    parts: list[Part]
    ship_to: Place | None = None
    reason: Reason = "lost"


class Discount(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="discount"):
    """Make a code that takes `percent` or `amount` off; for one buyer where an address or account is named."""

    code: Annotated[str, Meta(pattern="^[A-Z0-9-]{4,40}$")]
    percent: Annotated[int, Meta(ge=1, le=100)] | None = None
    amount: Positive | None = None
    currency: Annotated[str, Meta(pattern="^([A-Z]{3})?$")] = ""
    minimum: Positive | None = None
    uses: Some = 1
    until: Moment | None = None
    buyer: Buyer = Buyer()


class AddNote(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="note"):
    """Write on an order what only the shop's people read."""

    order_id: Id
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """So many pieces of a variant; `price` of one, where it is another than the shop's."""

    variant_id: Id
    quantity: Some
    product_id: str = ""
    price: Amount | None = None


class DraftOrder(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="draft_order"):
    """Put a basket together for somebody who pays it himself: nobody here ever sees a card.

    `delivery` is the id of an option that `plan` gave; empty for the shop's usual one.
    """

    currency: Currency
    wanted: Annotated[list[Wanted], Meta(min_length=1, max_length=100)]
    buyer: Buyer = Buyer()
    ship_to: Place = Place()
    bill_to: Place = Place()
    delivery: str = ""
    code: str = ""
    note: str = ""


class Register(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="verb", tag="register"):
    """Make an account for somebody; the shop itself asks him for a password by mail."""

    buyer: Buyer
    ship_to: Place = Place()


Act: TypeAlias = Cancel | ChangeAddress | GiveBack | Resend | Discount | AddNote | DraftOrder | Register

Warned = Literal["paid_elsewhere", "part_sent", "shop_writes", "no_restock", "sum_only", "price_changed", "low_stock"]
"""paid_elsewhere: the money is not given back by the shop itself, somebody has to. part_sent: some of it has left.
shop_writes: the shop tells the buyer by itself. sum_only: the shop keeps no lines of what is given back."""


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way in which a basket can be delivered."""

    id: Id
    title: str
    price: Amount


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an act would do. `amount` is the money that would move, in `currency`; `most` is all that could still be
    given back; `total` and what follows are those of a basket. `undo`: it could be taken back afterwards."""

    amount: Amount = 0
    currency: str = ""
    most: Amount | None = None
    undo: bool = False
    warnings: list[Warned] = []
    total: Amount | None = None
    shipping: Amount | None = None
    tax: Amount | None = None
    discount: Amount | None = None
    options: list[Option] = []


class Done(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was done. `reference` is the shop's id of it, `order` the order as it is now, `url` where the buyer pays (or
    sets a password), `code` a discount's. `undo` is what the connector needs to take it back, empty where it cannot."""

    reference: str = ""
    order: Order | None = None
    url: str = ""
    code: str = ""
    undo: str = ""


Refusal = Literal[
    "unknown",
    "already_sent",
    "already_cancelled",
    "already_done",
    "not_paid",
    "too_much",
    "unknown_line",
    "no_stock",
    "bad_address",
    "bad_code",
    "not_allowed",
    "changed",
    "not_possible",
]
"""Why a shop does not do something: the screens have a sentence for each. not_allowed: Pult's key in the shop may not.
changed: it is no longer what it was when it was planned. unknown: no such order or variant."""


class Refused(ShopError):
    """The shop will not do this, however often it is asked. `code` says why, the message in the shop's words."""

    def __init__(self, code: Refusal, message: str = "") -> None:
        super().__init__(message or code, permanent=True)
        self.code = code


@runtime_checkable
class Acting(Protocol):
    """A connector that can do what its manifest names (Verb). Both verbs raise Refused, and ShopError where the shop
    could not be asked: then nobody knows whether it was done, and the same is performed again under the same key."""

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen, from the shop as it is now; change nothing."""

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key (36 letters, digits and dashes at most), however often it is asked for.

        `at` is when it was asked for first: what a key left in the shop is not older."""


@runtime_checkable
class Undoing(Acting, Protocol):
    """A connector that can take something back that it did, as long as the shop allows."""

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take it back, once for a key. Raises Refused, ShopError."""
