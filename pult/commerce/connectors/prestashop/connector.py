"""Shops of PrestaShop: its Webservice. It sends no webhooks; what has changed is asked for every few minutes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pult.commerce.base import Act, Done, Gone, Kind, Misfit, Page, Plan, ShopError, ShopInfo, Thing
from pult.commerce.connectors.prestashop import acts, beside, plans, things
from pult.commerce.connectors.prestashop.asking import rows

SIZE = 50
"""Things on a page."""
_RESOURCES: dict[Kind, str] = {"product": "products", "promotion": "cart_rules", "order": "orders"}
_PRICES = {
    "price[final][use_tax]": "1",
    "price[final][use_reduction]": "1",
    "price[usual][use_tax]": "1",
    "price[usual][use_reduction]": "0",
}
"""Prices that the shop reckons for us: with tax, and with and without its reductions."""
_DOUBTFUL = timedelta(hours=1)
"""In the night when clocks are put back an hour is there twice."""
_FOREVER = "9999-12-31 23:59:59"


class Connector:
    """Reads a shop of PrestaShop, and acts in it."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what was changed since then, by growing ids. A cursor is how many came before, and the last id."""
        done, last = json.loads(cursor) if cursor else (0, 0)
        asked: dict[str, str | int] = {"sort": "[id_ASC]", "limit": SIZE, **(_PRICES if kind == "product" else {})}
        if since is not None:
            begin = things.stamp(since - _DOUBTFUL, ZoneInfo(shop.time_zone))
            asked |= {"filter[date_upd]": f"[{begin},{_FOREVER}]", "date": 1}
        always: beside.Beside | None = None
        while True:
            found = rows(shop, _RESOURCES[kind], {**asked, "filter[id]": f">[{last}]"})
            if found and kind == "order":
                always = always or beside.known(shop)
            got, misfits = _things(shop, kind, found, always)
            done, last = done + len(found), int(found[-1]["id"]) if found else last
            more = len(found) == SIZE
            yield Page(got, json.dumps([done, last]) if more else None, done, None, misfits)
            if not more:
                return

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return things as they are now."""
        wanted = [one for one in ids if one.isascii() and one.isdigit()]
        found: list[dict[str, Any]] = []
        if wanted:
            more = _PRICES if kind == "product" else {}
            found = rows(shop, _RESOURCES[kind], {"filter[id]": f"[{'|'.join(wanted)}]", **more})
        got, misfits = _things(shop, kind, found)
        if misfits:
            raise ShopError(misfits[0].error, permanent=True)
        there = {str(one["id"]) for one in found}
        return [*got, *(Gone(kind, one) for one in ids if one not in there)]

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen, from the shop as it is now."""
        return plans.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take it back."""
        return acts.undo(shop, act, done)


def _things(
    shop: ShopInfo, kind: Kind, found: list[dict[str, Any]], always: beside.Beside | None = None
) -> tuple[list[Thing], list[Misfit]]:
    got: list[Thing] = []
    misfits: list[Misfit] = []
    aside = beside.Beside()
    if kind == "order":
        aside = beside.of_orders(shop, found, always)
    elif kind == "product":
        aside = beside.of_products(shop, found)
    elif found:
        aside.currencies = beside.currencies(shop)
    for one in found:
        try:
            got.append(_thing(shop, kind, one, aside))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            misfits.append(Misfit(str(one["id"])[:200], f"{_RESOURCES[kind]}/{one['id']}: {error!r}"))
    return got, misfits


def _thing(shop: ShopInfo, kind: Kind, said: dict[str, Any], aside: beside.Beside) -> Thing:
    if kind == "order":
        return things.order(said, aside, shop)
    if kind == "product":
        return things.product(said, aside, shop)
    return things.promotion(said, aside, shop)
