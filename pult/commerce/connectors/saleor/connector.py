"""Shops of Saleor, by GraphQL. docs.saleor.io/api-reference"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pult.commerce.base import Act, Done, Gone, Kind, Page, Plan, ShopInfo, Thing
from pult.commerce.connectors.saleor import acts, asking, parsing, signatures
from pult.platform.text import storable

_SAME = 600
"""Seconds within which the same notice is the same delivery, where the subscription does not say when it was issued."""


class Connector:
    """Reads a shop by cursor, takes its webhooks and does what can be done there."""

    kinds: tuple[Kind, ...] = ("product", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what has changed since then, the oldest change first."""
        return asking.pages(shop, kind, since=since, cursor=cursor)

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return these things as they are now, Gone for what the shop does not have."""
        try:
            found = {thing.id: thing for thing in asking.these(shop, kind, ids)}
        except asking.NoSuchId:
            if len(ids) == 1:
                return [Gone(kind, ids[0])]
            return [thing for one in ids for thing in self.look(shop, kind, [one])]
        return [found.get(one) or Gone(kind, one) for one in ids]

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the shop has signed this."""
        signature = headers.get("saleor-signature") or headers.get("x-saleor-signature") or ""
        return bool(signature and body) and signatures.is_genuine(shop, signature, body)

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return what tells deliveries apart: Saleor gives them no name, so it is what they say, and `issuedAt`."""
        when = "" if b'"issuedAt"' in body else str(int(time.time() / _SAME))
        told = f"{headers.get('saleor-event', '')}\n{when}\n".encode() + body
        return hashlib.sha256(told).hexdigest()

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice says: a whole order as it is, else the shop is asked for what is named."""
        said: Any = storable(json.loads(body))
        if not isinstance(said, dict):
            raise ValueError("a notice is an object")
        event = headers.get("saleor-event", "")
        if isinstance(order := said.get("order"), dict):
            whole = {"updatedAt", "lines", "transactions", "fulfillments", "totalCharged"} <= order.keys()
            return [parsing.order(shop, order)] if whole else self.look(shop, "order", [str(order["id"])])
        of = said.get("productVariant") or said
        if isinstance(product := of.get("product"), dict):
            if event == "product_deleted":
                return [Gone("product", str(product["id"]))]
            return self.look(shop, "product", [str(product["id"])])
        return []

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen."""
        return acts.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take an address or a code back."""
        return acts.undo(shop, act, done)
