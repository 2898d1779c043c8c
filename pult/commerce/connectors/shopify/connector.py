"""Shops of Shopify: its GraphQL Admin API, and its webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pult.commerce.base import Act, Done, Gone, Kind, Misfit, Order, Page, Plan, Product, ShopError, ShopInfo, Thing
from pult.commerce.connectors.shopify import acts, notices, plans, queries, things
from pult.commerce.connectors.shopify.asking import TooCostly, ask, asked, whole
from pult.platform import graphql
from pult.platform.text import storable

FIRST = 25
"""Things on the first page that is asked for; where that costs too much, as many as the shop lets through."""
_LONGEST_NAP = 5.0
"""Seconds that are waited for points at most; for more of them others go first."""


class _Read(NamedTuple):
    """How one kind of thing is asked for: page by page, and by ids."""

    field: str
    gid: str
    pages: str
    look: str


_KINDS: dict[Kind, _Read] = {
    "product": _Read("products", "Product", queries.PRODUCTS, queries.LOOK_PRODUCTS),
    "promotion": _Read("discountNodes", "DiscountNode", queries.DISCOUNTS, queries.LOOK_DISCOUNTS),
    "order": _Read("orders", "Order", queries.ORDERS, queries.LOOK_ORDERS),
}
_OF_ORDERS = frozenset({"refunds", "fulfillments", "order_transactions"})
_NAMING = _OF_ORDERS | {"orders", "discounts"}
"""Resources of which a notice that says no more than an id is enough: the shop is asked for the rest."""
_ODD = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError)


class Connector:
    """Reads a shop of Shopify, takes its webhooks, and acts in it."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what was updated since then. A cursor is how many things came before, and Shopify's own."""
        done, after = json.loads(cursor) if cursor else (0, None)
        query = f"updated_at:>='{since.astimezone(UTC).isoformat(timespec='seconds')}'" if since else None
        size = FIRST
        while True:
            try:
                data, said = asked(shop, _KINDS[kind].pages, {"first": size, "after": after, "query": query})
            except TooCostly as error:
                if size == 1:
                    raise
                size = max(1, min(size - 1, int(size * error.share)))
                continue
            found, misfits, done, after, more = self._page(shop, kind, data, done)
            yield Page(found, json.dumps([done, after]) if more else None, done, None, misfits)
            if not more:
                return
            _rest(said)

    def _page(
        self, shop: ShopInfo, kind: Kind, data: Mapping[str, Any], done: int
    ) -> tuple[list[Thing], list[Misfit], int, str, bool]:
        page = data[_KINDS[kind].field]
        found, misfits = _things(shop, kind, page["nodes"])
        info = page["pageInfo"]
        return found, misfits, done + len(page["nodes"]), info["endCursor"], bool(info["hasNextPage"])

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return things as they are now, as many at a time as the shop lets through."""
        found: list[Thing] = []
        left, size = list(ids), len(ids)
        while left:
            part = left[:size]
            try:
                nodes = _nodes(shop, kind, part)
            except TooCostly as error:
                if size == 1:
                    raise
                size = max(1, min(size - 1, int(size * error.share)))
                continue
            left = left[size:]
            there, misfits = _things(shop, kind, nodes)
            if misfits:
                raise ShopError(misfits[0].error, permanent=True)
            known = {thing.id for thing in there}
            found += [*there, *(Gone(kind, one) for one in part if one not in known)]
        return found

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the body is signed with the app's secret."""
        key = str(shop.settings.get("webhook_secret", ""))
        good = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())
        return bool(key) and hmac.compare_digest(good, headers.get("x-shopify-hmac-sha256", "").encode())

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return Shopify's name of the notice, which stays when it is delivered again; else the content's."""
        name = headers.get("x-shopify-webhook-id") or headers.get("x-shopify-event-id", "")
        return name if 0 < len(name) <= 200 else hashlib.sha256(body).hexdigest()

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice says, as the shop has it now. The topic is not signed: what is deleted is named by a
        body that says nothing else."""
        said: Any = storable(json.loads(body))
        if not isinstance(said, dict):
            raise ValueError("a notice is an object")
        resource, _, event = headers.get("x-shopify-topic", "").partition("/")
        told = _told(shop, resource, event, said, headers)
        if isinstance(told, Gone):
            return [told]
        if told is None and (event == "delete" or resource not in _NAMING):
            return []
        kind: Kind = "product" if resource == "products" else "promotion" if resource == "discounts" else "order"
        name = told.id if told else _named(resource, said)
        try:
            now = self.look(shop, kind, [name])
        except ShopError:
            if told is None:
                raise
            return [told]
        (thing,) = now
        if told is not None and (isinstance(thing, Gone) or _is_older(thing, told)):
            return [told]
        return [] if isinstance(thing, Gone) else [thing]

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen, from the shop as it is now."""
        return plans.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key, at=at)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take it back."""
        return acts.undo(shop, act, done, key=key)


def _told(
    shop: ShopInfo, resource: str, event: str, said: Mapping[str, Any], headers: Mapping[str, str]
) -> Order | Product | Gone | None:
    """Return what the notice itself says, None where it only names something. Raises ValueError."""
    if event == "delete":
        kinds: dict[str, Kind] = {"orders": "order", "products": "product", "discounts": "promotion"}
        if resource not in kinds or not set(said) <= {"id", "admin_graphql_api_id", "deleted_at"}:
            return None
        return Gone(kinds[resource], _named(resource, said), _triggered(headers))
    url = str(shop.settings["url"])
    try:
        if resource == "orders" and "line_items" in said:
            return notices.order(said, url)
        if resource == "products":
            return notices.product(said, url, shop.currency)
    except _ODD as error:
        raise ValueError(f"{resource}/{said.get('id')}: {error!r}") from error
    return None


def _named(resource: str, said: Mapping[str, Any]) -> str:
    """Return the id of what a notice is about; those about refunds and parcels name their order. Raises ValueError."""
    name = said.get("order_id") if resource in _OF_ORDERS else said.get("id")
    found = things.short(name if name is not None else said.get("admin_graphql_api_id"))
    if not found:
        raise ValueError("a notice without id")
    return found


def _triggered(headers: Mapping[str, str]) -> datetime | None:
    """Return when what is told happened, where Shopify says so and it can be read."""
    try:
        found = datetime.fromisoformat(headers.get("x-shopify-triggered-at", ""))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _is_older(thing: Thing, told: Order | Product) -> bool:
    return isinstance(thing, Order | Product) and thing.changed_at < told.changed_at


def _nodes(shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Any]:
    read = _KINDS[kind]
    wanted = [things.gid(read.gid, one) for one in ids if one.isascii() and one.isdigit()]
    found = ask(shop, read.look, {"ids": wanted})["nodes"] if wanted else []
    return [one for one in found if one is not None]


def _things(shop: ShopInfo, kind: Kind, nodes: Sequence[Any]) -> tuple[list[Thing], list[Misfit]]:
    found: list[Thing] = []
    misfits: list[Misfit] = []
    for number, node in enumerate(nodes):
        try:
            found.append(_thing(shop, kind, node))
        except _ODD as error:
            name = things.short(node.get("id")) if isinstance(node, dict) else ""
            misfits.append(Misfit(name[:200] or f"{kind} {number}", f"{kind} {name}: {error!r}"))
    return found, misfits


def _thing(shop: ShopInfo, kind: Kind, node: dict[str, Any]) -> Thing:
    url = str(shop.settings["url"])
    if kind == "order":
        if any(len(node.get(name) or ()) >= most for name, most in queries.NARROW.items()):
            node = ask(shop, queries.ORDER, {"id": node["id"]})["order"] or node
        return things.order(whole(shop, node, "lineItems", "order", queries.MORE_LINES), url)
    if kind == "product":
        return things.product(whole(shop, node, "variants", "product", queries.MORE_VARIANTS), url, shop.currency)
    return things.promotion(node, shop.currency)


def _rest(extensions: Mapping[str, Any]) -> None:
    """Wait until the shop has as many points again as the last page has cost. Raises ShopError where that is long."""
    cost = extensions.get("cost")
    status = cost.get("throttleStatus") if isinstance(cost, dict) else None
    if not isinstance(cost, dict) or not isinstance(status, dict):
        return
    if float(status.get("currentlyAvailable") or 0) >= float(cost.get("requestedQueryCost") or 0):
        return
    nap = graphql.wait(extensions)
    if nap > _LONGEST_NAP:
        raise ShopError("the shop has no points left", after=nap)
    time.sleep(nap)
