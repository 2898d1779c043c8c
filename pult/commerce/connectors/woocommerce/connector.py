"""Shops of WooCommerce: its REST API v3 and its webhooks.

Lists are read in the order of ids, which never change, by offset; each page begins one thing before the place where the
last one ended, so that what was deleted meanwhile moves nothing past us unseen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pult.commerce.base import Act, Done, Gone, Kind, Misfit, Page, Plan, ShopError, ShopInfo, Thing
from pult.commerce.connectors.woocommerce import acts, plans, things
from pult.commerce.connectors.woocommerce.asking import MOST, Declined, ask
from pult.platform.text import storable

_PATHS: dict[Kind, str] = {"product": "products", "order": "orders", "promotion": "coupons"}
_RESOURCES: dict[str, Kind] = {"product": "product", "order": "order", "coupon": "promotion"}
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_BASKETS = frozenset({"checkout-draft", "auto-draft"})
"""Orders that nobody has placed yet."""


class Connector:
    """Reads a shop of WooCommerce, takes its webhooks, and acts in it."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give what was modified since then. A cursor is how many things came before it, and the id of the last."""
        done, last = json.loads(cursor) if cursor else (0, -1)
        while True:
            read = _after(shop, kind, since, done, last)
            found, misfits = _things(shop, kind, read.rows)
            done, last = read.done, read.rows[-1]["id"] if read.rows else last
            yield Page(found, json.dumps([done, last]) if read.more else None, done, read.total, misfits)
            if not read.more:
                return

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return things as they are now; those that the shop no longer has, also in its bin, are gone."""
        numbers = [one for one in ids if one.isascii() and one.isdigit()]
        rows: list[dict[str, Any]] = []
        if numbers:
            rows = _rows(_declined(shop, _PATHS[kind], {"include": ",".join(numbers), "per_page": MOST})[0])
        found, misfits = _things(shop, kind, rows)
        if misfits:
            raise ShopError(misfits[0].error, permanent=True)
        there = {str(row["id"]) for row in rows}
        return [*found, *(Gone(kind, one) for one in ids if one not in there)]

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the body is signed with the secret of the webhook."""
        key = str(shop.settings.get("webhook_secret", ""))
        good = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())
        return bool(key) and hmac.compare_digest(good, headers.get("x-wc-webhook-signature", "").encode())

    def greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether this is the ping that a webhook sends when it is made, which nobody signs and which says nothing
        but the number of the webhook."""
        return "x-wc-webhook-signature" not in headers and _PING.fullmatch(body) is not None

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the shop's name of this delivery; the content's where it gives none."""
        name = f"{headers.get('x-wc-webhook-id', '')}:{headers.get('x-wc-webhook-delivery-id', '')}"
        return name if 1 < len(name) <= 200 else hashlib.sha256(body).hexdigest()

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice says. The topic is not signed: only a body that names nothing but an id deletes."""
        said: Any = storable(json.loads(body))
        resource, _, event = headers.get("x-wc-webhook-topic", "").partition(".")
        kind = _RESOURCES.get(resource)
        if kind is None:
            return []
        if not isinstance(said, dict) or "id" not in said:
            raise ValueError("a notice without id")
        if set(said) == {"id"}:
            return [Gone(kind, str(said["id"]))] if event == "deleted" else []
        found, misfits = _things(shop, kind, [said])
        if misfits:
            raise ValueError(misfits[0].error)
        return found

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen, from the shop as it is now."""
        return plans.plan(shop, act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return acts.perform(shop, act, key=key, at=at)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Take it back."""
        return acts.undo(shop, act, done, key=key)


class _Read(NamedTuple):
    """Rows after the last id, where the next page begins, how many things there are in all, and whether more follow."""

    rows: list[dict[str, Any]]
    done: int
    total: int | None
    more: bool


def _after(shop: ShopInfo, kind: Kind, since: datetime | None, done: int, last: int) -> _Read:
    """Return the things after the last id.

    Where the page does not begin at or before the last id, something before was deleted: it is asked for again from
    further back, by less than a page, so that nothing lies between.
    """
    offset = max(0, done - 1)
    while True:
        asked: dict[str, str | int] = {"per_page": MOST, "offset": offset, "orderby": "id", "order": "asc"}
        if since is not None:
            # The shop means later than this second, and knows whole seconds only.
            stamp = (since.astimezone(UTC) - timedelta(seconds=1)).replace(microsecond=0, tzinfo=None).isoformat()
            asked |= {"modified_after": stamp, "dates_are_gmt": "true"}
        found, total = _declined(shop, _PATHS[kind], asked)
        rows = _rows(found)
        if offset == 0 or (rows and rows[0]["id"] <= last):
            after = [row for row in rows if row["id"] > last]
            return _Read(after, offset + len(rows), total, len(rows) == MOST)
        offset = max(0, offset - MOST + 1)


def _rows(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(row, dict) and type(row.get("id")) is int for row in found):
        raise ShopError("the answer is no list of things with ids", permanent=True)
    return found


def _declined(shop: ShopInfo, path: str, asked: Mapping[str, str | int]) -> tuple[Any, int | None]:
    try:
        said = ask(shop, "GET", path, asked)
    except Declined as error:
        raise ShopError(str(error), permanent=True) from error
    return said.json, said.total


def _things(shop: ShopInfo, kind: Kind, rows: Sequence[dict[str, Any]]) -> tuple[list[Thing], list[Misfit]]:
    found: list[Thing] = []
    misfits: list[Misfit] = []
    for row in rows:
        if kind == "order" and row.get("status") in _BASKETS:
            continue
        try:
            found.append(_thing(shop, kind, row))
        except (ValueError, ArithmeticError, TypeError) as error:
            misfits.append(Misfit(str(row["id"])[:200], f"{_PATHS[kind]}/{row['id']}: {error}"))
    return found, misfits


def _thing(shop: ShopInfo, kind: Kind, row: dict[str, Any]) -> Thing:
    if kind == "order":
        if row.get("status") == "trash":
            return Gone("order", str(row["id"]), things.moment(row.get("date_modified_gmt")))
        return things.order(row, str(shop.settings["url"]))
    if kind == "promotion":
        return things.promotion(row, shop.currency)
    variations: list[object] = []
    if row.get("type") == "variable" and row.get("variations"):
        page = 1
        while True:
            got, _ = _declined(
                shop,
                f"products/{row['id']}/variations",
                {"per_page": MOST, "page": page, "orderby": "id", "order": "asc"},
            )
            variations += _rows(got)
            if len(got) < MOST:
                break
            page += 1
    return things.product(row, variations, shop.currency)
