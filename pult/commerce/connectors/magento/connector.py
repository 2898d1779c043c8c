"""Shops of Magento 2, Adobe Commerce and Mage-OS, by REST. developer.adobe.com/commerce/webapi/rest

They tell nobody of changes by themselves: they are asked for what has changed every few minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pult.commerce.base import Act, Done, Gone, Kind, Page, Plan, ShopInfo, Thing
from pult.commerce.connectors.magento import acts, offers, searching


class Connector:
    """Reads a shop by search and does what can be done there."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what has changed since then, in the order in which it was made; of rules, which do not say it, all."""
        if kind == "promotion":
            return offers.pages(shop)
        return searching.pages(shop, kind, since=since, cursor=cursor)

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return these things as they are now, Gone for what the shop does not have."""
        if kind == "promotion":
            offered = {thing.id: thing for page in offers.pages(shop) for thing in page.things}
            return [offered.get(one) or Gone(kind, one) for one in ids]
        good = [one for one in ids if one.isascii() and one.isdecimal()]
        found = {thing.id: thing for thing in searching.these(shop, kind, good)} if good else {}
        return [found.get(one) or Gone(kind, one) for one in ids]

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen."""
        return acts.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key, at=at)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take an address or a code back."""
        return acts.undo(shop, act, done)
