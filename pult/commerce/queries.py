"""Every read of what is known of shops that others may use."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.db.models import Prefetch, Q

from pult.commerce import base
from pult.commerce import promotions as offers
from pult.commerce.index import ORDERS, PRODUCTS
from pult.commerce.models import Notice, Order, OrderChange, Product, Reading, Shop
from pult.platform import words
from pult.platform.db import Given, Part, among, gather, json_out, must_time, rows, time_in, time_out
from pult.platform.fulltext import scope_mark

SHOWN = 5
"""Orders on a card; the others are asked for."""


class OrderItem(msgspec.Struct, frozen=True):
    """An order as a list shows it. Amounts are in minor units of `currency`."""

    id: int
    shop_id: int
    store_id: int
    number: str
    customer_id: int | None
    placed_at: datetime
    state: str
    payment: str
    fulfilment: str
    currency: str
    total: int
    refunded: int
    open_parcels: int
    lines: list[base.Line]
    shipments: list[base.Shipment]
    promised_at: datetime | None
    url: str


class ChangeView(msgspec.Struct, frozen=True):
    """One change of an order."""

    field: str
    before: str
    after: str
    at: datetime


class OrderView(msgspec.Struct, frozen=True):
    """An order with everything the shop said of it, and its history, oldest first."""

    item: OrderItem
    order: base.Order
    changes: list[ChangeView]
    erased: bool


class Worth(msgspec.Struct, frozen=True):
    """What somebody bought in one currency, less what was cancelled or never paid; `paid` less `refunded` stays."""

    currency: str
    orders: int
    paid: int
    refunded: int


class ShopCard(msgspec.Struct, frozen=True):
    """What the shops know of a person."""

    orders: list[OrderItem]
    order_count: int
    open_parcels: int
    returned: int
    worth: list[Worth]
    first_order_at: datetime | None
    last_order_at: datetime | None
    birthday: date | None
    registered_at: datetime | None


class ReadingView(msgspec.Struct, frozen=True):
    """How far one kind of thing has been read: `done` of `of` things (None: the shop does not tell)."""

    kind: str
    done: int
    of: int | None
    changed: int
    error: str
    running: bool
    begun_at: datetime | None
    finished_at: datetime | None
    misfits: dict[str, str]


class NoticesView(msgspec.Struct, frozen=True):
    """What came of a shop's notices: the last one's time, how many wait and failed, and what is wrong with the newest
    that could not be read."""

    last_at: datetime | None
    waiting: int
    failed: int
    error: str


class ShopView(msgspec.Struct, frozen=True):
    """A connected shop."""

    id: int
    store_id: int
    connector: str
    name: str
    active: bool
    settings: Mapping[str, Any]
    readings: list[ReadingView]


def notices(shop_id: int) -> NoticesView:
    """Return what came of a shop's notices."""
    of_shop = Notice.objects.filter(shop=shop_id)
    waiting, failed = (of_shop.filter(state=state) for state in (Notice.State.RECEIVED, Notice.State.FAILED))
    last = of_shop.order_by("-received_at").values_list("received_at", flat=True).first()
    errors = [
        rows.exclude(error="").order_by("-id").values_list("error", flat=True).first() for rows in (failed, waiting)
    ]
    return NoticesView(last, waiting.count(), failed.count(), next((error for error in errors if error), ""))


_ITEM_COLUMNS = """
o.id, o.shop_id, s.store_id, o.number, o.customer_id, o.placed_at, o.state, o.payment, o.fulfilment, o.currency,
o.total, o.refunded, o.open_parcels
"""
_ITEM = f"{_ITEM_COLUMNS}, o.body"
_VOID = "(o.state = 'cancelled' OR o.payment IN ('failed', 'voided'))"
_SHOP = "JOIN commerce_shop s ON s.id = o.shop_id"
_FROM = f"FROM commerce_order o {_SHOP}"
ONLY: Mapping[str, str] = {
    "open_parcels": "o.open_parcels > 0",
    "returned": "(o.fulfilment = 'returned' OR o.refunded > 0)",
}
"""What a person's orders can be narrowed to: those with parcels on their way; those that came or were paid back."""


def _item(row: Sequence[Any]) -> OrderItem:
    body = json_out(row[13])
    known = dict(zip(OrderItem.__struct_fields__, row[:13], strict=False)) | {"placed_at": must_time(row[5])}
    return OrderItem(
        **known,
        lines=msgspec.convert(body.get("lines", []), list[base.Line]),
        shipments=msgspec.convert(body.get("shipments", []), list[base.Shipment]),
        promised_at=time_out(body.get("promised_at")),
        url=body.get("url", ""),
    )


def card_parts(*, store_ids: Collection[int]) -> list[Part]:
    """Return what has to be read for `card_of`, given the person's `family`: what these stores' shops know of them.

    The sums and the choice of the newest come from an index alone, however much somebody has bought.
    """
    where, stores = among("s.store_id", sorted(store_ids))
    bought = f"FROM family JOIN commerce_order o ON o.customer_id = family.id {_SHOP} WHERE {where}"
    return [
        Part(
            "sums",
            "q.currency, q.void, q.number, q.total, q.refunded, q.parcels, q.returned, q.first, q.last",
            f"FROM (SELECT o.currency, {_VOID} AS void, count(*) AS number, sum(o.total) AS total,"
            " sum(o.refunded) AS refunded, sum(o.open_parcels) AS parcels,"
            f" sum(CASE WHEN {ONLY['returned']} THEN 1 ELSE 0 END) AS returned,"
            f" min(o.placed_at) AS first, max(o.placed_at) AS last {bought} GROUP BY 1, 2) q",
            stores,
        ),
        Part(
            "orders",
            _ITEM_COLUMNS,
            f"FROM (SELECT o.id {bought} ORDER BY o.placed_at DESC, o.id DESC LIMIT {SHOWN}) q"
            f" JOIN commerce_order o ON o.id = q.id {_SHOP}",
            stores,
            texts=["CAST(o.body AS text)"],
        ),
        Part(
            "buyers",
            "b.birthday, b.registered_at",
            f"FROM family JOIN commerce_buyer b ON b.customer_id = family.id JOIN commerce_shop s ON s.id = b.shop_id"
            f" WHERE {where}",
            stores,
        ),
    ]


def card_of(found: Mapping[str, Sequence[Sequence[Any]]]) -> ShopCard:
    """Return the card from what was read."""
    sums = sorted(found["sums"], key=lambda row: (-int(row[3]), row[0]))
    newest = sorted(map(_item, found["orders"]), key=lambda order: (order.placed_at, order.id), reverse=True)
    days = [date.fromisoformat(str(row[0])) for row in found["buyers"] if row[0]]
    return ShopCard(
        orders=newest,
        order_count=sum(row[2] for row in sums),
        open_parcels=int(sum(row[5] for row in sums)),
        returned=int(sum(row[6] for row in sums)),
        worth=[Worth(row[0], row[2], int(row[3]), int(row[4])) for row in sums if not row[1]],
        first_order_at=min((must_time(row[7]) for row in sums), default=None),
        last_order_at=max((must_time(row[8]) for row in sums), default=None),
        birthday=min(days, default=None),
        registered_at=min((at for row in found["buyers"] if (at := time_out(row[1]))), default=None),
    )


def card(customer_ids: Collection[int], *, store_ids: Collection[int]) -> ShopCard:
    """Return what the shops of these stores know of a person, by the ids of all rows that are this person."""
    who, people = among("c.id", sorted(customer_ids))
    family = Given("family", f"SELECT c.id FROM customers_customer c WHERE {who}", people)
    return card_of(gather(card_parts(store_ids=store_ids), [family]))


def newest_orders(
    customer_ids: Collection[int],
    *,
    store_ids: Collection[int],
    limit: int,
    before: tuple[datetime, int] | None = None,
    only: str = "",
) -> list[OrderItem]:
    """Return a person's orders, newest first, of those before a place in that order; `only` is of ONLY."""
    who, people = among("o.customer_id", sorted(customer_ids))
    where, stores = among("s.store_id", sorted(store_ids))
    past = "AND (o.placed_at, o.id) < (%s, %s)" if before else ""
    past += f" AND {ONLY[only]}" if only else ""
    found = rows(
        f"SELECT {_ITEM} {_FROM} WHERE {who} AND {where} {past} ORDER BY o.placed_at DESC, o.id DESC LIMIT %s",
        [*people, *stores, *((time_in(before[0]), before[1]) if before else ()), limit],
    )
    return [_item(row) for row in found]


def find_orders(query: str, *, store_ids: Collection[int], limit: int = 20) -> list[OrderItem]:
    """Return orders by number, buyer, parcel or goods, newest first; the last word by its beginning.

    An order of exactly that number comes before all others.
    """
    marks = [scope_mark(store_id) for store_id in sorted(store_ids)]
    exact = Order.objects.filter(number__in=_numbers(query), shop__store_id__in=store_ids)
    ids = list(exact.order_by("-placed_at").values_list("id", flat=True)[:limit])
    hits = ORDERS.find(words.query_terms(query, ()), any_mark=marks, limit=limit, prefix=True) if marks else []
    ids += [hit.id for hit in hits if hit.id not in ids]
    return _items(ids[:limit])


def _numbers(query: str) -> list[str]:
    """Return the ways in which an order number may be written."""
    bare = query.strip().lstrip("#")
    return [bare, f"#{bare}"] if bare else []


def _items(ids: Sequence[int]) -> list[OrderItem]:
    if not ids:
        return []
    where, values = among("o.id", ids)
    found = {row[0]: _item(row) for row in rows(f"SELECT {_ITEM} {_FROM} WHERE {where}", values)}
    return [found[order_id] for order_id in ids if order_id in found]


def order(order_id: int) -> OrderView | None:
    """Return an order whole, or None."""
    row = Order.objects.filter(pk=order_id).first()
    if row is None:
        return None
    changes = OrderChange.objects.filter(order=row).order_by("id").values_list("field", "before", "after", "at")
    (item,) = _items([order_id])
    return OrderView(
        item, msgspec.convert(row.body, base.Order), [ChangeView(*change) for change in changes], row.erased
    )


def find_products(query: str, *, store_ids: Collection[int], limit: int = 20) -> list[base.Product]:
    """Return products by name, code or attribute; the last word by its beginning. Those no longer sold are left out."""
    marks = [scope_mark(store_id) for store_id in sorted(store_ids)]
    hits = PRODUCTS.find(words.query_terms(query), any_mark=marks, limit=limit * 2, prefix=True) if marks else []
    found = {
        row_id: msgspec.convert(body, base.Product)
        for row_id, body in Product.objects.filter(
            pk__in=[hit.id for hit in hits], active=True, shop__store_id__in=store_ids
        ).values_list("id", "body")
    }
    return [found[hit.id] for hit in hits if hit.id in found][:limit]


class Offer(msgspec.Struct, frozen=True):
    """A reduction that a shop gives at this moment."""

    shop_id: int
    promotion: base.Promotion


def promotions(
    *, store_ids: Collection[int], at: datetime, query: str = "", product: base.Product | None = None, limit: int = 50
) -> list[Offer]:
    """Return what the shops of these stores offer at a moment, what ends first before the rest: by words of title or
    code, or what holds for a product."""
    shop_ids = list(Shop.objects.filter(store_id__in=store_ids, active=True).values_list("id", flat=True))
    wanted = words.fold(query).split()
    found = []
    for shop_id, one in offers.in_force(shop_ids, at):
        text = words.fold(f"{one.title} {one.code}")
        if all(word in text for word in wanted) and (product is None or offers.holds_for(one, product)):
            found.append(Offer(shop_id, one))
    return found[:limit]


def shops(*, store_ids: Collection[int] | None = None, active_only: bool = False) -> list[ShopView]:
    """Return the connected shops, of these stores only where any are named."""
    found = Shop.objects.order_by("id")
    if active_only:
        found = found.filter(active=True)
    if store_ids is not None:
        found = found.filter(store_id__in=store_ids)
    return [
        ShopView(
            shop.id,
            shop.store_id,
            shop.connector,
            shop.name,
            shop.active,
            shop.settings,
            [
                ReadingView(
                    one.kind,
                    one.done,
                    one.of,
                    one.changed,
                    one.error,
                    one.cursor is not None,
                    one.begun_at,
                    one.finished_at,
                    one.misfits,
                )
                for one in shop.readings.all()
            ],
        )
        for shop in found.prefetch_related(Prefetch("readings", Reading.objects.order_by("id")))
    ]


def export(customer_ids: Sequence[int], *, store_ids: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Return everything this room holds of a person, for the person."""
    where = Q(customer_id__in=customer_ids)
    if store_ids is not None:
        where &= Q(shop__store_id__in=store_ids)
    return list(Order.objects.filter(where).order_by("placed_at", "id").values_list("body", flat=True))
