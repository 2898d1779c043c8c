"""What goes over the wire: pages and notices as the contract has them, taken apart thing by thing."""

from __future__ import annotations

import json
from typing import Any, Literal, TypeVar

import msgspec

from pult.commerce.base import (
    Act,
    Gone,
    Id,
    Kind,
    Misfit,
    Moment,
    Order,
    Page,
    Product,
    Promotion,
    Refusal,
    ShopError,
    Thing,
    Verb,
)
from pult.platform.text import storable

PAGE_MOST = 1_000
TYPES: dict[Kind, type[Order] | type[Product] | type[Promotion]] = {
    "order": Order,
    "product": Product,
    "promotion": Promotion,
}
_Said = TypeVar("_Said")
_ODD = (b"\\u0000", b"\\ud", b"\\uD")
_NO_JSON = (msgspec.DecodeError, ValueError, RecursionError)


class Removed(msgspec.Struct, frozen=True):
    """A thing that the shop has deleted, and when."""

    id: Id
    at: Moment


class OrderPage(msgspec.Struct, frozen=True):
    """The answer to GET /orders. `next` is the cursor of the following page, null after the last; `total` counts all
    things of this run, where the shop knows."""

    items: list[Order]
    next: str | None
    gone: list[Removed] = []
    total: int | None = None


class ProductPage(msgspec.Struct, frozen=True):
    """The answer to GET /products."""

    items: list[Product]
    next: str | None
    gone: list[Removed] = []
    total: int | None = None


class PromotionPage(msgspec.Struct, frozen=True):
    """The answer to GET /promotions."""

    items: list[Promotion]
    next: str | None
    gone: list[Removed] = []
    total: int | None = None


class OrderNotice(msgspec.Struct, frozen=True):
    """A notice that an order is new or has changed."""

    kind: Literal["order"]
    item: Order


class ProductNotice(msgspec.Struct, frozen=True):
    """A notice that a product is new or has changed."""

    kind: Literal["product"]
    item: Product


class PromotionNotice(msgspec.Struct, frozen=True):
    """A notice that a promotion is new or has changed."""

    kind: Literal["promotion"]
    item: Promotion


class GoneNotice(msgspec.Struct, frozen=True):
    """A notice that a thing was deleted."""

    kind: Kind
    gone: Removed


class Verbs(msgspec.Struct, frozen=True):
    """The answer to GET /acts: what the shop can do."""

    verbs: list[Verb]


class Undo(msgspec.Struct, frozen=True):
    """The body of POST /undos: what `undo` of an act that was done said, and the act."""

    undo: str
    act: Act


class Problem(msgspec.Struct, frozen=True):
    """Why something is not done (RFC 9457); `code` is what Pult goes by, `detail` is shown as the shop's words."""

    code: Refusal
    title: str = ""
    detail: str = ""


class _AnyPage(msgspec.Struct, frozen=True):
    items: list[msgspec.Raw]
    next: str | None
    gone: list[msgspec.Raw] = []
    total: int | None = None


class _AnyNotice(msgspec.Struct, frozen=True):
    kind: Kind
    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    gone: Removed | msgspec.UnsetType = msgspec.UNSET


def _clean(body: bytes) -> bytes:
    """Free a body of what no database keeps in a text: NUL goes, half of a surrogate pair becomes a question mark."""
    if not any(odd in body for odd in _ODD):
        return body
    try:
        return msgspec.json.encode(storable(json.loads(body)))
    except (ValueError, RecursionError):
        return body  # what is wrong with it is told where it is decoded


def page(kind: Kind, body: bytes, *, done: int, place: str) -> Page:
    """Take a page apart; things that make no sense become misfits. Raises ShopError for what is no page at all."""
    try:
        whole = msgspec.json.decode(_clean(body), type=_AnyPage)
    except _NO_JSON as error:
        raise ShopError(f"{place}: {error}", permanent=True) from error
    if len(whole.items) + len(whole.gone) > PAGE_MOST:
        raise ShopError(f"{place}: more than {PAGE_MOST} things on a page", permanent=True)
    things: list[Thing] = []
    misfits: list[Misfit] = []
    for number, raw in enumerate(whole.items):
        try:
            things.append(msgspec.json.decode(raw, type=TYPES[kind]))
        except _NO_JSON as error:
            misfits.append(_misfit(raw, f"{place} items[{number}]", error))
    for number, raw in enumerate(whole.gone):
        try:
            removed = msgspec.json.decode(raw, type=Removed)
        except _NO_JSON as error:
            misfits.append(_misfit(raw, f"{place} gone[{number}]", error))
        else:
            things.append(Gone(kind, removed.id, removed.at))
    return Page(things, whole.next or None, done + len(whole.items), whole.total, misfits)


def _misfit(raw: msgspec.Raw, place: str, error: Exception) -> Misfit:
    try:
        found: Any = msgspec.json.decode(raw)
    except _NO_JSON:
        found = None
    name = found.get("id") if isinstance(found, dict) else None
    known = isinstance(name, str) and 0 < len(name) <= 200
    return Misfit(str(storable(name)) if known else place, f"{place}: {error}")


def thing(kind: Kind, body: bytes, place: str) -> Thing:
    """Return the one thing that was asked for. Raises ShopError."""
    try:
        return msgspec.json.decode(_clean(body), type=TYPES[kind])
    except _NO_JSON as error:
        raise ShopError(f"{place}: {error}", permanent=True) from error


def problem(body: bytes) -> Problem | None:
    """Return why the shop does not do something, None where it does not say so in the way of the contract."""
    try:
        return msgspec.json.decode(_clean(body), type=Problem)
    except _NO_JSON:
        return None


def said(body: bytes, of: type[_Said], place: str, *, permanent: bool) -> _Said:
    """Return what the shop answered. Raises ShopError; `permanent` says whether asking again is of no use."""
    try:
        return msgspec.json.decode(_clean(body), type=of)
    except _NO_JSON as error:
        raise ShopError(f"{place}: {error}", permanent=permanent) from error


def notice(body: bytes) -> list[Thing]:
    """Return what a notice says. Raises ValueError."""
    whole = msgspec.json.decode(_clean(body), type=_AnyNotice)
    if whole.gone is not msgspec.UNSET:
        return [Gone(whole.kind, whole.gone.id, whole.gone.at)]
    if whole.item is msgspec.UNSET:
        raise ValueError("a notice has either an item or what is gone")
    return [msgspec.json.decode(whole.item, type=TYPES[whole.kind])]
