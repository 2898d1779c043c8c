"""Shops of Shopware 6, by the Admin API. developer.shopware.com/docs/concepts/api/admin-api.html"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pult.commerce.base import Act, Done, Gone, Kind, Page, Plan, ShopInfo, Thing
from pult.commerce.connectors.shopware import acts, searching
from pult.platform.text import storable

LIVE = "0fa91ce3e96a4bc2be4bd9ce752c3425"
"""The version of an order that counts; the others are drafts of somebody in the administration."""
_ID = re.compile("[0-9a-f]{32}")
_OF_ORDERS = {
    "order": "id",
    "order_delivery": "deliveries.id",
    "order_transaction": "transactions.id",
    "order_line_item": "lineItems.id",
    "order_address": "addresses.id",
}


class Connector:
    """Reads a shop by search, takes its app's webhooks and does what can be done there."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what has changed since then, in the order in which it was made."""
        return searching.pages(shop, kind, since=since, cursor=cursor)

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return these things as they are now, Gone for what the shop does not have."""
        good = [one for one in ids if _ID.fullmatch(one)]
        found = {thing.id: thing for thing in searching.these(shop, kind, good)} if good else {}
        return [found.get(one) or Gone(kind, one) for one in ids]

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the shop has signed this with the secret that it shares with its app."""
        secret = str(shop.settings.get("webhook_secret", ""))
        good = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return bool(secret) and hmac.compare_digest(good.encode(), headers.get("shopware-shop-signature", "").encode())

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of the event, which stays the same when it is sent again."""
        try:
            return str(json.loads(body)["source"]["eventId"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return hashlib.sha256(body).hexdigest()

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice speaks of, as the shop has it now: a notice names it only."""
        said: Any = storable(json.loads(body))
        payload = said["data"]["payload"]
        if isinstance(payload, dict):  # an event of the shop's business, such as checkout.order.placed
            order = payload.get("order") or {}
            return self.look(shop, "order", [str(order["id"])]) if order.get("id") else []
        rows = [one for one in payload if one.get("versionId", LIVE) == LIVE and isinstance(one["primaryKey"], str)]
        gone: list[Thing] = [
            Gone(one["entity"], one["primaryKey"])
            for one in rows
            if one["operation"] == "delete" and one["entity"] in ("order", "product")
        ]
        return gone + [thing for entity in _entities(rows) for thing in _named(shop, entity, rows)]

    def verbs(self, shop: ShopInfo) -> Sequence[str]:
        """Return what can be done here: codes and accounts are made where it is known in which sales channel."""
        return [one for one in acts.VERBS if one not in ("discount", "register") or shop.settings.get("sales_channel")]

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen."""
        return acts.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key, at=at)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take an address or a code back."""
        return acts.undo(shop, act, done)


def _entities(rows: list[dict[str, Any]]) -> list[str]:
    return sorted({str(one["entity"]) for one in rows})


def _named(shop: ShopInfo, entity: str, rows: list[dict[str, Any]]) -> list[Thing]:
    """Return the orders or products to which written rows belong."""
    keys = {one["primaryKey"] for one in rows if one["entity"] == entity and one["operation"] != "delete"}
    ids = sorted(key for key in keys if _ID.fullmatch(key))
    if not ids:
        return []
    if entity in _OF_ORDERS:
        return searching.these(shop, "order", ids, field=_OF_ORDERS[entity])
    if entity == "product":
        return searching.these(shop, "product", ids) + searching.these(shop, "product", ids, field="children.id")
    return []
