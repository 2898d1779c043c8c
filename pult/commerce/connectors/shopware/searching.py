"""Orders and products of Shopware page by page: by the number that each gets when it is made, which never changes.

Shopware notes when a row was changed, not when what hangs on it was: an order whose payment was refunded is as old as
before. So whatever belongs to it is asked as well, and the newest of these moments is the order's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Kind, Misfit, Page, ShopInfo, Thing, each
from pult.commerce.connectors.shopware import asking, parsing

LIMIT = 100
_STATE: dict[str, Any] = {"stateMachineState": {}}
_PLACE: dict[str, Any] = {"associations": {"country": {}, "countryState": {}}}
ORDER: dict[str, Any] = {
    "currency": {},
    **_STATE,
    "language": {"associations": {"locale": {}}},
    "orderCustomer": {"associations": {"customer": {}}},
    "billingAddress": _PLACE,
    "deliveries": {"associations": {**_STATE, "shippingMethod": {}, "shippingOrderAddress": _PLACE}},
    "lineItems": {},
    "transactions": {
        "associations": {
            **_STATE,
            "paymentMethod": {},
            "captures": {"associations": {**_STATE, "refunds": {"associations": _STATE}}},
        }
    },
}
_OPTIONS: dict[str, Any] = {"options": {"associations": {"group": {}}}}
PRODUCT: dict[str, Any] = {
    **_OPTIONS,
    "properties": {"associations": {"group": {}}},
    "children": {"associations": _OPTIONS},
    "manufacturer": {},
    "categories": {},
    "cover": {"associations": {"media": {}}},
}
PROMOTION: dict[str, Any] = {"discounts": {}}
_ASSOCIATIONS: dict[Kind, dict[str, Any]] = {"order": ORDER, "product": PRODUCT, "promotion": PROMOTION}
_ENTITIES: dict[Kind, str] = {"order": "order", "product": "product", "promotion": "promotion"}
_CHANGING = {
    "order": (
        "createdAt",
        "updatedAt",
        "lineItems.updatedAt",
        "addresses.updatedAt",
        "deliveries.createdAt",
        "deliveries.updatedAt",
        "transactions.createdAt",
        "transactions.updatedAt",
        "transactions.captures.updatedAt",
        "transactions.captures.refunds.createdAt",
        "transactions.captures.refunds.updatedAt",
    ),
    "product": ("createdAt", "updatedAt", "children.createdAt", "children.updatedAt"),
    "promotion": ("createdAt", "updatedAt", "discounts.createdAt", "discounts.updatedAt"),
}


_WHOLE: dict[Kind, tuple[str, ...]] = {
    "order": (),
    "product": ("parentId",),
    "promotion": ("personaRules.id", "orderRules.id", "cartRules.id", "setgroups.id"),
}
"""What has to be empty: a variant is given with its product, and what a rule limits would be said to hold for all."""


def pages(shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
    """Give everything that changed since then."""
    done, of, after = _opened(cursor)
    currencies = _currencies(shop) if kind != "order" else {}
    numbered = kind != "promotion"  # promotions have no number, and there are few
    page = 1
    while True:
        criteria: dict[str, Any] = {
            "limit": LIMIT,
            "page": page,
            "total-count-mode": 1 if of is None else 0,
            "filter": [*_filters(kind, since), *([_above(after)] if numbered else [])],
            "sort": [{"field": "autoIncrement" if numbered else "id", "order": "ASC"}],
            "associations": _ASSOCIATIONS[kind],
        }
        found = asking.search(shop, _ENTITIES[kind], criteria)
        rows = found["data"]
        of = int(found.get("total") or 0) if of is None else of
        things, misfits = _built(shop, kind, rows, currencies)
        done += len(rows)
        more = len(rows) == LIMIT
        if numbered:
            after = max([after, *(int(row.get("autoIncrement") or 0) for row in rows)])
        else:
            page += 1
        yield Page(things, json.dumps([done, of, after]) if more else None, done, of, misfits)
        if not more:
            return


def these(shop: ShopInfo, kind: Kind, ids: Sequence[str], *, field: str = "id") -> list[Thing]:
    """Return the things whose `field` is one of these, without those that the shop does not have.

    Raises ShopError, and ValueError for what makes no sense.
    """
    criteria = {
        "limit": LIMIT,
        "filter": [*_filters(kind, None), {"type": "equalsAny", "field": field, "value": list(ids)}],
        "associations": _ASSOCIATIONS[kind],
    }
    rows = asking.search(shop, _ENTITIES[kind], criteria)["data"]
    things, misfits = _built(shop, kind, rows, _currencies(shop) if kind != "order" and rows else {})
    if misfits:
        raise ValueError(misfits[0].error)
    return things


def one(shop: ShopInfo, order_id: str) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Return an order as Shopware has it, None where there is none, and when its deliveries left."""
    criteria = {
        "limit": 1,
        "filter": [{"type": "equalsAny", "field": "id", "value": [order_id]}],
        "associations": ORDER,
    }
    rows = asking.search(shop, "order", criteria)["data"]
    return (rows[0], _sent(shop, rows)) if rows else (None, {})


def _built(shop: ShopInfo, kind: Kind, rows: list[Any], currencies: dict[str, str]) -> tuple[list[Thing], list[Misfit]]:
    if kind == "product":
        return each(rows, lambda raw: parsing.product(shop, raw, currencies), "id", kind)
    if kind == "promotion":
        return each(rows, lambda raw: parsing.promotion(raw, currencies), "id", kind)
    sent = _sent(shop, rows)
    return each(rows, lambda raw: parsing.order(shop, raw, sent), "id", kind)


def _sent(shop: ShopInfo, rows: list[Any]) -> dict[str, str]:
    """Return when deliveries were sent, which stands in the history of their states alone."""
    left = [one["id"] for row in rows for one in row.get("deliveries") or [] if parsing.state(one) in parsing.LEFT]
    if not left:
        return {}
    criteria = {
        "limit": 500,
        "filter": [
            {"type": "equals", "field": "entityName", "value": "order_delivery"},
            {"type": "equalsAny", "field": "referencedId", "value": left},
            {
                "type": "equalsAny",
                "field": "toStateMachineState.technicalName",
                "value": ["shipped", "shipped_partially"],
            },
        ],
        "sort": [{"field": "createdAt", "order": "DESC"}],
    }
    found = asking.search(shop, "state-machine-history", criteria)["data"]
    return {str(one["referencedId"]): str(one["createdAt"]) for one in found}


def _currencies(shop: ShopInfo) -> dict[str, str]:
    """Return the ISO codes of currencies by id."""
    found = asking.search(shop, "currency", {"limit": 500})["data"]
    return {str(one["id"]): str(one["isoCode"]) for one in found}


def _filters(kind: Kind, since: datetime | None) -> list[dict[str, Any]]:
    whole = [{"type": "equals", "field": field, "value": None} for field in _WHOLE[kind]]
    if since is None:
        return whole
    at = f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}.000"
    changed = [{"type": "range", "field": field, "parameters": {"gte": at}} for field in _CHANGING[kind]]
    return [*whole, {"type": "multi", "operator": "or", "queries": changed}]


def _above(number: int) -> dict[str, Any]:
    return {"type": "range", "field": "autoIncrement", "parameters": {"gt": number}}


def _opened(cursor: str | None) -> tuple[int, int | None, int]:
    if cursor is None:
        return 0, None, 0
    done, of, after = json.loads(cursor)
    return int(done), of, int(after)
