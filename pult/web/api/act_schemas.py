"""What can be asked for in a shop, as it is sent and shown. Orders are named by Pult's ids, everything in them by the
shop's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field

from pult.commerce.base import Reason, Verb, Warned

Amount = Field(description="In minor units of the currency.")
Text = Annotated[str, Field(max_length=200)]
Positive = Annotated[int, Field(ge=1, le=10**15)]
Pieces = Annotated[int, Field(ge=1, le=100_000)]
ActState = Literal[
    "planned",
    "waiting",
    "approved",
    "doing",
    "done",
    "refused",
    "failed",
    "declined",
    "withdrawn",
    "undoing",
    "undone",
]


class Strict(Schema):
    """A field that nobody knows is an error: it may be one that matters."""

    model_config = ConfigDict(extra="forbid")


class PlaceIn(Strict):
    name: Text = ""
    company: Text = ""
    lines: list[Text] = Field(default_factory=list, max_length=4)
    postcode: Annotated[str, Field(max_length=20)] = ""
    city: Text = ""
    region: Text = ""
    country: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class ActBuyerIn(Strict):
    id: Text = ""
    email: Annotated[str, Field(max_length=320)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    name: Text = ""
    language: Annotated[str, Field(max_length=8)] = ""


class PartIn(Strict):
    line_id: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Pieces


class CancelIn(Strict):
    verb: Literal["cancel"]
    reason: Reason = "customer"
    refund: bool = True
    restock: bool = True


class ChangeAddressIn(Strict):
    verb: Literal["change_address"]
    ship_to: PlaceIn


class RefundIn(Strict):
    verb: Literal["refund"]
    amount: Positive
    parts: list[PartIn] = Field(default_factory=list, max_length=500)
    shipping: int = Field(default=0, ge=0, le=10**15)
    reason: Reason = "customer"
    note: Annotated[str, Field(max_length=2_000)] = ""
    restock: bool = False


class ResendIn(Strict):
    verb: Literal["resend"]
    parts: list[PartIn] = Field(min_length=1, max_length=500)
    ship_to: PlaceIn | None = None
    reason: Reason = "lost"


class DiscountIn(Strict):
    verb: Literal["discount"]
    code: Annotated[str, Field(pattern="^[A-Z0-9-]{4,40}$")]
    percent: Annotated[int, Field(ge=1, le=100)] | None = None
    amount: Positive | None = None
    currency: Annotated[str, Field(pattern="^([A-Z]{3})?$")] = ""
    minimum: Positive | None = None
    uses: Pieces = 1
    until: AwareDatetime | None = None
    buyer: ActBuyerIn = Field(default_factory=ActBuyerIn)


class NoteIn(Strict):
    verb: Literal["note"]
    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class WantedIn(Strict):
    variant_id: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Pieces
    product_id: Text = ""
    price: Annotated[int, Field(ge=0, le=10**15)] | None = None


class DraftOrderIn(Strict):
    verb: Literal["draft_order"]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    wanted: list[WantedIn] = Field(min_length=1, max_length=100)
    buyer: ActBuyerIn = Field(default_factory=ActBuyerIn)
    ship_to: PlaceIn = Field(default_factory=PlaceIn)
    bill_to: PlaceIn = Field(default_factory=PlaceIn)
    delivery: Text = ""
    code: Annotated[str, Field(max_length=64)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""


class RegisterIn(Strict):
    verb: Literal["register"]
    buyer: ActBuyerIn
    ship_to: PlaceIn = Field(default_factory=PlaceIn)


AnyAct = Annotated[
    CancelIn | ChangeAddressIn | RefundIn | ResendIn | DiscountIn | NoteIn | DraftOrderIn | RegisterIn,
    Field(discriminator="verb"),
]


class PlanIn(Strict):
    """What to ask the shop about: of an order, or in a shop where it is of none."""

    act: AnyAct
    order_id: int | None = None
    shop_id: int | None = None
    conversation_id: int | None = Field(default=None, description="Where it is asked for: it is told there.")


class AskIn(Strict):
    amount: int = Field(description="The amount that was shown, in minor units: what moves is that, or nothing.")


class DeclineIn(Strict):
    reason: str = Field(min_length=1, max_length=1_000, pattern=r"\S")


class OptionOut(Schema):
    id: str
    title: str
    price: int = Amount


class PlanOut(Schema):
    """What the shop said would happen. `most` is all that could still be given back; `total` and what follows are those
    of a basket."""

    amount: int = Amount
    currency: str
    most: int | None = Amount
    undo: bool
    warnings: list[Warned]
    total: int | None = Amount
    shipping: int | None = Amount
    tax: int | None = Amount
    discount: int | None = Amount
    options: list[OptionOut]


class ActStepOut(Schema):
    state: str
    actor: str
    error: str
    at: datetime


class ActOut(Schema):
    """Something that somebody has done in a shop. `act` is what was asked for; `asked_by` and `decided_by` are
    `staff:3`, `token:9` or `system`."""

    id: int
    shop_id: int
    store_id: int
    order_id: int | None
    order_number: str
    conversation_id: int | None
    customer_id: int | None
    verb: Verb
    act: dict[str, object]
    plan: PlanOut
    amount: int = Amount
    currency: str
    state: ActState
    asked_by: str
    asked_by_id: int | None = Field(description="The member of staff who asked, also by a program.")
    asked_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    reason: str
    done_at: datetime | None
    reference: str
    url: str = Field(description="Where the buyer pays, or sets his password.")
    code: str
    can_undo: bool
    payment: Literal["", "failed", "paid"]
    error: str = Field(description="Why it was refused, `away` while the shop cannot be asked.")
    words: str = Field(description="The shop's own words for that.")
    created_at: datetime
    steps: list[ActStepOut]
    needs_second: bool = Field(description="It is above the asker's limit: a second person has to approve it.")
    may_approve: bool = Field(description="The reader may approve it.")
    not_approved: Literal["", "own", "above_limit", "role"] = Field(description="Why he may not.")


class ActsOut(Schema):
    items: list[ActOut]
    next: str | None


class WaitingOut(ActsOut):
    count: int


class AbleOut(Schema):
    """A shop and what can be done in it. `look`: it can be asked for single things as they are now."""

    id: int
    store_id: int
    name: str
    currency: str
    verbs: list[Verb]
    look: bool


class AblesOut(Schema):
    items: list[AbleOut]
    next: str | None


class LimitOut(Schema):
    """Up to which sum a role may do something without a second person: `alone` in minor units of the store's currency,
    empty where there is no limit; `percent` is that of discounts in percent."""

    role: Literal["agent", "lead", "admin"]
    verb: Literal["refund", "cancel", "resend", "discount", "draft_order"]
    alone: int | None = Field(ge=0, le=10**15)
    percent: int | None = Field(ge=0, le=100)


class LimitsOut(Schema):
    store_id: int
    currency: str
    items: list[LimitOut]


class LimitsIn(Schema):
    items: list[LimitOut] = Field(max_length=60)
