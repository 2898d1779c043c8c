"""Orders and products of Magento page by page, by the number of the row, which never changes.

Magento gives the last page again to who asks for a page beyond it; asking for what lies above a number ends by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pult.commerce.base import Kind, Misfit, Page, ShopError, ShopInfo, Thing, each
from pult.commerce.connectors.magento import asking, parsing
from pult.commerce.connectors.magento.asking import Filter

_PATHS: dict[Kind, str] = {"order": "/V1/orders", "product": "/V1/products"}


class Beside(NamedTuple):
    """What Magento keeps apart of the things of a page: of orders their parcels and refunds, of products stock by SKU,
    the products that are their variants, and what the shop's attributes are called."""

    shipments: dict[int, list[dict[str, Any]]]
    creditmemos: dict[int, list[dict[str, Any]]]
    stock: dict[str, list[dict[str, Any]]]
    variants: dict[int, dict[str, Any]]
    attributes: parsing.Attributes
    currency: str


def pages(shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
    """Give everything that changed since then."""
    done, of, after = _opened(cursor)
    changed: list[Filter] = []
    if since is not None:
        changed = [("updated_at", f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}", "gteq")]
    facts = _facts(shop) if kind == "product" else ({}, "")
    while True:
        filters = [*changed, ("entity_id", str(after), "gt")]
        rows, total = asking.search(shop, _PATHS[kind], filters, sort="entity_id")
        of = total if of is None else of
        things, misfits = _built(shop, kind, rows, facts)
        done += len(rows)
        more = len(rows) == asking.MANY
        last = max([after, *(_number(kind, row) for row in rows)])
        if more and last == after:
            raise ShopError(f"{_PATHS[kind]}: a page does not go on", permanent=True)
        after = last
        yield Page(things, json.dumps([done, of, after]) if more else None, done, of, misfits)
        if not more:
            return


def these(shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
    """Return these things, without those that the shop does not have. Raises ShopError, ValueError."""
    rows, _ = asking.search(shop, _PATHS[kind], [("entity_id", ",".join(ids), "in")])
    facts = _facts(shop) if kind == "product" and rows else ({}, "")
    things, misfits = _built(shop, kind, rows, facts)
    if misfits:
        raise ValueError(misfits[0].error)
    return things


def _number(kind: Kind, row: dict[str, Any]) -> int:
    return int(row.get("entity_id" if kind == "order" else "id") or 0)


def _opened(cursor: str | None) -> tuple[int, int | None, int]:
    if cursor is None:
        return 0, None, 0
    done, of, after = json.loads(cursor)
    return int(done), of, int(after)


def _facts(shop: ShopInfo) -> tuple[parsing.Attributes, str]:
    """Return what the shop's own attributes are called, with their choices, and the currency of its prices."""
    found: parsing.Attributes = {}
    own: list[Filter] = [("is_user_defined", "1", "eq")]
    for one in asking.every(shop, "/V1/products/attributes", own, key="attribute_id"):
        choices = {str(each["value"]): str(each["label"]) for each in one.get("options") or [] if each.get("value")}
        label = one.get("default_frontend_label") or one["attribute_code"]
        found[str(one["attribute_code"])] = (str(one["attribute_id"]), str(label), choices)
    return found, base_currency(shop)


def base_currency(shop: ShopInfo) -> str:
    """Return the currency of the prices. Raises ShopError where the shop does not know the store view."""
    configs = asking.ask(shop, "GET", "/V1/store/storeConfigs")
    view = shop.settings.get("store_view") or "default"
    config = next((one for one in configs if one["code"] == view), None)
    if config is None:
        raise ShopError(f"the shop has no store view {view}", permanent=True)
    return str(config["base_currency_code"])


def _built(
    shop: ShopInfo, kind: Kind, rows: list[dict[str, Any]], facts: tuple[parsing.Attributes, str]
) -> tuple[list[Thing], list[Misfit]]:
    if not rows:
        return [], []
    if kind == "order":
        beside = beside_orders(shop, [int(row["entity_id"]) for row in rows])
        return each(rows, lambda raw: parsing.order(raw, beside.shipments, beside.creditmemos), "entity_id", "order")
    beside = _beside_products(shop, rows, facts)
    return each(rows, lambda raw: _product(shop, raw, beside), "id", "product")


def _product(shop: ShopInfo, raw: dict[str, Any], beside: Beside) -> Thing | None:
    return parsing.product(shop, raw, beside.stock, beside.variants, beside.attributes, beside.currency)


def beside_orders(shop: ShopInfo, ids: Sequence[int]) -> Beside:
    """Return the parcels and refunds of orders."""
    of: list[Filter] = [("order_id", ",".join(map(str, ids)), "in")]
    shipments = _by_order(asking.every(shop, "/V1/shipments", of, key="entity_id"))
    creditmemos = _by_order(asking.every(shop, "/V1/creditmemos", of, key="entity_id"))
    return Beside(shipments, creditmemos, {}, {}, {}, "")


def _by_order(rows: Iterator[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(int(row["order_id"]), []).append(row)
    return found


def _beside_products(shop: ShopInfo, rows: list[dict[str, Any]], facts: tuple[parsing.Attributes, str]) -> Beside:
    links = sorted({one for row in rows for one in parsing.links(row)})
    variants: dict[int, dict[str, Any]] = {}
    for begin in range(0, len(links), asking.MANY):
        some = ",".join(map(str, links[begin : begin + asking.MANY]))
        found, _ = asking.search(shop, "/V1/products", [("entity_id", some, "in")])
        variants |= {int(one["id"]): one for one in found}
    skus = sorted({str(one["sku"]) for one in (*rows, *variants.values())})
    return Beside({}, {}, _stock(shop, skus), variants, facts[0], facts[1])


def _stock(shop: ShopInfo, skus: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return how many pieces lie where, nothing where the shop keeps no stock by source."""
    found: dict[str, list[dict[str, Any]]] = {}
    plain = [sku for sku in skus if "," not in sku]
    try:
        for begin in range(0, len(plain), 50):
            of: list[Filter] = [("sku", ",".join(plain[begin : begin + 50]), "in")]
            page = 1
            while True:
                rows, total = asking.search(shop, "/V1/inventory/source-items", of, sort="sku", page=page)
                for row in rows:
                    found.setdefault(str(row["sku"]), []).append(row)
                if page * asking.MANY >= total:
                    break
                page += 1
    except asking.Answered as error:
        if error.status != 404:  # the modules of stock by source can be taken out
            raise
    return found
