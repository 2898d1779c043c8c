"""Every write on what is known of shops."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pult.commerce import base, baskets, promotions
from pult.commerce.digests import body_of, digest_of
from pult.commerce.errors import ShopNotFound
from pult.commerce.index import ORDERS, PRODUCTS, order_entry, product_entry
from pult.commerce.models import Buyer, Order, OrderChange, OrderLine, Product, Shop, ShopAct
from pult.customers.importing import OldPerson, import_people
from pult.platform import events
from pult.platform.fulltext import entry_key

_ORDER_FIELDS = (
    "number",
    "customer_id",
    "placed_at",
    "changed_at",
    "state",
    "payment",
    "fulfilment",
    "currency",
    "total",
    "refunded",
    "open_parcels",
    "body",
    "digest",
)
_ARRIVED = frozenset({"delivered", "returned"})
_TOLD = ("state", "payment", "fulfilment", "total", "refunded")
"""Columns whose changes are kept as the order's history."""


@dataclasses.dataclass(frozen=True, slots=True)
class Taken:
    """What became of things a shop gave: `made` and `changed` were written, `known` were there already."""

    made: int = 0
    changed: int = 0
    known: int = 0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.made + other.made, self.changed + other.changed, self.known + other.known)


def connect(*, store_id: int, connector: str, name: str, settings: Mapping[str, Any] | None = None) -> int:
    """Connect a shop to a store and return its id. `settings` are those of the connector, checked by the caller."""
    shop = Shop.objects.create(
        store_id=store_id, connector=connector, name=name, settings=dict(settings or {}), created_at=timezone.now()
    )
    return shop.id


def change_shop(shop_id: int, **changes: Any) -> None:
    """Change a shop: name, active, settings. Raises ShopNotFound."""
    if unknown := changes.keys() - {"name", "active", "settings"}:
        raise TypeError(f"a shop has no {sorted(unknown)[0]}")
    if changes and not Shop.objects.filter(pk=shop_id).update(**changes):
        raise ShopNotFound


def take(shop_id: int, things: Sequence[base.Thing], *, live: bool) -> Taken:
    """Write what a shop gave, in one transaction; what is there already in the same words stays untouched.

    Older than what is known is passed over, so things may come twice and in any order. `live`: changes are told as
    events (a first import tells nobody). Raises ShopNotFound.
    """
    with transaction.atomic():
        # One writer a shop: of two notices of one order the older never wins. Further notices are accepted meanwhile.
        shop = Shop.objects.select_for_update(no_key=True).filter(pk=shop_id).first()
        if shop is None:
            raise ShopNotFound
        products = [thing for thing in things if isinstance(thing, base.Product)]
        orders = [thing for thing in things if isinstance(thing, base.Order)]
        gone = [thing for thing in things if isinstance(thing, base.Gone)]
        taken = _take_products(shop, _last_of_each(products)) + _take_orders(shop, _last_of_each(orders), live=live)
        offers = _last_of_each(thing for thing in things if isinstance(thing, base.Promotion))
        made, changed = promotions.take(shop, offers)
        taken += Taken(made, changed, len(offers) - made - changed)
        return taken + _take_away(shop, gone, live=live)


def _last_of_each(things: Iterable[Any]) -> list[Any]:
    """Keep the newest of each id, in the order of ids, so that writers never cross."""
    newest: dict[str, Any] = {}
    for thing in things:
        known = newest.get(thing.id)
        if known is None or thing.changed_at >= known.changed_at:
            newest[thing.id] = thing
    return [newest[key] for key in sorted(newest)]


# --- orders --------------------------------------------------------------------------------------------


def _take_orders(shop: Shop, orders: Sequence[base.Order], *, live: bool) -> Taken:
    if not orders:
        return Taken()
    known = {
        row.external_id: row
        for row in Order.objects.filter(shop=shop, external_id__in=[order.id for order in orders]).defer("body")
    }
    digests = {order.id: digest_of(order) for order in orders}
    wanted = [
        order
        for order in orders
        if (row := known.get(order.id)) is None
        or (row.digest != digests[order.id] and row.changed_at <= order.changed_at)
    ]
    if not wanted:
        return Taken(known=len(orders))
    wanted = [_nameless(order) if (row := known.get(order.id)) and row.erased else order for order in wanted]
    customers = _customers_of(shop, [order.buyer for order in wanted])
    rows = [
        _order_row(shop, order, customer_id, digests[order.id])
        for order, customer_id in zip(wanted, customers, strict=True)
    ]
    Order.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["shop", "external_id"], update_fields=_ORDER_FIELDS
    )
    _rewrite_lines(rows, wanted, known)
    _rewrite_index(shop, rows, wanted, known)
    _remember_changes(rows, known)
    if live:
        _tell(shop, rows, known)
        baskets.settle(shop, rows)
    changed = sum(order.id in known for order in wanted)
    return Taken(len(wanted) - changed, changed, len(orders) - len(wanted))


def _order_row(shop: Shop, order: base.Order, customer_id: int | None, digest: str) -> Order:
    refunded = sum(refund.amount for refund in order.refunds)
    parcels = sum(parcel.sent_at is not None and parcel.delivered_at is None for parcel in order.shipments)
    return Order(
        shop=shop,
        external_id=order.id,
        number=order.number[:64],
        customer_id=customer_id,
        placed_at=order.placed_at,
        changed_at=order.changed_at,
        state=order.state,
        payment=order.payment,
        fulfilment=order.fulfilment,
        currency=order.currency,
        total=order.total,
        refunded=refunded,
        open_parcels=0 if order.state == "cancelled" or order.fulfilment in _ARRIVED else parcels,
        body=body_of(order),
        digest=digest,
    )


def _rewrite_lines(rows: Sequence[Order], orders: Sequence[base.Order], known: Mapping[str, Order]) -> None:
    if old := [row.id for row in rows if row.external_id in known]:
        OrderLine.objects.filter(order_id__in=old).delete()
    OrderLine.objects.bulk_create(
        [
            OrderLine(
                order_id=row.id,
                sku=line.sku[:100],
                product_id=line.product_id[:200],
                variant_id=line.variant_id[:200],
                title=line.title[:300],
                quantity=line.quantity,
                total=line.total,
            )
            for row, order in zip(rows, orders, strict=True)
            for line in order.lines
        ]
    )


def _rewrite_index(shop: Shop, rows: Sequence[Order], orders: Sequence[base.Order], known: Mapping[str, Order]) -> None:
    ORDERS.remove([entry_key(old.placed_at, old.id) for row in rows if (old := known.get(row.external_id))])
    ORDERS.put(
        [order_entry(row.id, row.customer_id, shop.store_id, order) for row, order in zip(rows, orders, strict=True)]
    )


def _remember_changes(rows: Sequence[Order], known: Mapping[str, Order]) -> None:
    OrderChange.objects.bulk_create(
        [
            OrderChange(
                order_id=row.id,
                field=field,
                before=str(getattr(old, field)),
                after=str(getattr(row, field)),
                at=row.changed_at,
            )
            for row in rows
            if (old := known.get(row.external_id)) is not None
            for field in _TOLD
            if getattr(old, field) != getattr(row, field)
        ]
    )


def _tell(shop: Shop, rows: Sequence[Order], known: Mapping[str, Order]) -> None:
    events.append_many(
        [
            events.NewEvent(
                "order.changed" if row.external_id in known else "order.created",
                shop.store_id,
                row.id,
                "system",
                {"customer_id": row.customer_id, "shop_id": shop.id},
            )
            for row in rows
        ]
    )


def _customers_of(shop: Shop, buyers: Sequence[base.Buyer]) -> list[int | None]:
    """Return who each buyer is here: as their account was known before, by their address, or somebody new."""
    accounts = sorted({buyer.id for buyer in buyers if buyer.id})
    known = dict(Buyer.objects.filter(shop=shop, external_id__in=accounts).values_list("external_id", "customer_id"))
    unknown = {_key(buyer): buyer for buyer in buyers if buyer.id not in known and (buyer.id or _address(buyer))}
    keys = sorted(unknown)
    found = import_people([_person(unknown[key]) for key in keys]) if keys else []
    customers = {key: one.id for key, one in zip(keys, found, strict=True)}
    Buyer.objects.bulk_create(
        [
            Buyer(
                shop=shop,
                external_id=unknown[key].id,
                customer_id=customers[key],
                birthday=unknown[key].birthday,
                registered_at=unknown[key].registered_at,
            )
            for key in keys
            if unknown[key].id
        ]
    )
    return [known.get(buyer.id) or customers.get(_key(buyer)) for buyer in buyers]


def _key(buyer: base.Buyer) -> tuple[str, str]:
    return (buyer.id, "") if buyer.id else ("", _address(buyer))


def _address(buyer: base.Buyer) -> str:
    return (buyer.email or buyer.phone).strip().casefold()


def _person(buyer: base.Buyer) -> OldPerson:
    """Who bought is known by the e-mail address; a number alone says who it is only where there is no address."""
    addresses = [("email", buyer.email)] if buyer.email else []
    phones = [("phone", buyer.phone)] if buyer.phone else []
    return OldPerson(
        identities=addresses or phones,
        also=phones if addresses else [],
        name=buyer.name,
        language=buyer.language,
    )


# --- products ------------------------------------------------------------------------------------------


def _take_products(shop: Shop, products: Sequence[base.Product]) -> Taken:
    if not products:
        return Taken()
    found = Product.objects.filter(shop=shop, external_id__in=[product.id for product in products])
    known = {row.external_id: row for row in found.defer("body")}
    digests = {product.id: digest_of(product) for product in products}
    wanted = [
        product
        for product in products
        if (row := known.get(product.id)) is None
        or (row.digest != digests[product.id] and row.changed_at <= product.changed_at)
    ]
    rows = [
        Product(
            shop=shop,
            external_id=product.id,
            title=product.title[:300],
            category=product.category[:200],
            changed_at=product.changed_at,
            active=product.active,
            body=body_of(product),
            digest=digests[product.id],
        )
        for product in wanted
    ]
    Product.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["shop", "external_id"],
        update_fields=["title", "category", "changed_at", "active", "body", "digest"],
    )
    PRODUCTS.remove([entry_key(old.changed_at, old.id) for row in rows if (old := known.get(row.external_id))])
    PRODUCTS.put([product_entry(row.id, shop.store_id, one) for row, one in zip(rows, wanted, strict=True)])
    changed = sum(product.id in known for product in wanted)
    return Taken(len(wanted) - changed, changed, len(products) - len(wanted))


def _take_away(shop: Shop, gone: Sequence[base.Gone], *, live: bool) -> Taken:
    """A product that is gone is no longer offered; an order that is gone was cancelled: both stay to be explained."""
    at = {(one.kind, one.id): one.at for one in gone}
    products = [
        row
        for row in Product.objects.filter(shop=shop, active=True, external_id__in=_ids(at, "product")).defer("body")
        if _is_later(at["product", row.external_id], row.changed_at)
    ]
    PRODUCTS.remove([entry_key(row.changed_at, row.id) for row in products])
    for product in products:
        product.active, product.changed_at = False, at["product", product.external_id] or product.changed_at
    Product.objects.bulk_update(products, ["active", "changed_at"])
    orders = [
        row
        for row in Order.objects.filter(shop=shop, external_id__in=_ids(at, "order")).defer("body")
        if row.state != "cancelled" and _is_later(at["order", row.external_id], row.changed_at)
    ]
    known = {row.external_id: copy.copy(row) for row in orders}
    for order in orders:
        order.state, order.open_parcels = "cancelled", 0
        order.changed_at = at["order", order.external_id] or order.changed_at
    Order.objects.bulk_update(orders, ["state", "open_parcels", "changed_at"])
    _remember_changes(orders, known)
    if live and orders:
        _tell(shop, orders, known)
    ended = promotions.take_away(shop, {name: at[kind, name] for kind, name in at if kind == "promotion"})
    changed = len(products) + len(orders) + ended
    return Taken(changed=changed, known=len(gone) - changed)


def _ids(at: Iterable[tuple[base.Kind, str]], wanted: base.Kind) -> list[str]:
    return sorted(thing_id for kind, thing_id in at if kind == wanted)


def _is_later(at: datetime | None, changed_at: datetime) -> bool:
    return at is None or at >= changed_at


# --- erasing -------------------------------------------------------------------------------------------

_PERSONAL = ("buyer", "ship_to", "bill_to", "note")


def _nameless(order: base.Order) -> base.Order:
    return msgspec.structs.replace(order, buyer=base.Buyer(), ship_to=base.Place(), bill_to=base.Place(), note="")


def erase(customer_ids: Sequence[int]) -> None:
    """Forget who bought; what was bought, for how much, and when stays for the shop's books.

    The shop is the truth: it has to be told to forget as well, or the next reading brings the person back.
    """
    with transaction.atomic():
        rows = list(Order.objects.select_for_update().filter(customer_id__in=customer_ids).order_by("id"))
        for row in rows:
            row.body = {key: value for key, value in row.body.items() if key not in _PERSONAL}
            row.customer_id = None
            row.erased = True
        ORDERS.remove([entry_key(row.placed_at, row.id) for row in rows])
        Order.objects.bulk_update(rows, ["body", "customer", "erased"])
        Buyer.objects.filter(customer_id__in=customer_ids).delete()
        acts = ShopAct.objects.filter(Q(customer__in=customer_ids) | Q(order__in=rows))
        acts.update(act={}, result={}, reason=None, words=None, customer=None)
