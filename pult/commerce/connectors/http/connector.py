"""A shop of one's own that speaks the HTTP contract: docs/shops.md, docs/shop-http.openapi.json."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import msgspec

from pult.commerce.base import Act, Done, Gone, Kind, Page, Plan, Refused, ShopError, ShopInfo, Thing, Verb
from pult.commerce.connectors.http import asking, wire
from pult.platform import webhooks

SKEW = 300.0
"""Seconds by which the clock of a shop that signs a notice may be wrong."""
_NO_SUCH = 404


class Connector:
    """Asks the shop for pages and single things, takes its notices, and has it do things."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give pages until one names no next. A cursor that the shop no longer knows begins the run anew."""
        done, at = _opened(cursor)
        anew = False
        while True:
            try:
                found = _page(shop, kind, since=since, cursor=at, done=done)
            except _Expired:
                if anew:
                    raise ShopError(f"/{kind}s: the shop forgets its cursors at once") from None
                done, at, anew = 0, None, True
                continue
            if found.next is None:
                yield found
                return
            if found.next == at:
                raise ShopError(f"/{kind}s: a page names itself as the next", permanent=True)
            done, at = found.done, found.next
            yield Page(found.things, json.dumps([done, at]), done, found.of, found.misfits)

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the shop has signed this a short while ago, as Standard Webhooks has it."""
        secret = str(shop.settings.get("webhook_secret", ""))
        return webhooks.is_genuine(secret, headers, body, now=time.time(), skew=SKEW)

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the signed name of the notice."""
        return headers["webhook-id"]

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice says."""
        return wire.notice(body)

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Ask for each; the shop says by name that it no longer has one, so that a wrong address deletes nothing."""
        return [_look(shop, kind, one) for one in ids]

    def verbs(self, shop: ShopInfo) -> list[Verb]:
        """Return what the shop says that it can do; nothing where it does not answer that."""
        try:
            body = asking.get(shop, "/acts")
        except asking.Answered as error:
            if error.status == _NO_SUCH:
                return []
            raise
        return wire.said(body, wire.Verbs, "/acts", permanent=True).verbs

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Have the shop say what would happen."""
        body = asking.post(shop, "/plans", msgspec.json.encode(act))
        return wire.said(body, Plan, "/plans", permanent=True)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Have the shop do it, once for a key. An answer that cannot be read says nothing of what was done."""
        body = asking.post(shop, "/acts", msgspec.json.encode(act), key=key)
        return wire.said(body, Done, "/acts", permanent=False)

    def undo(self, shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
        """Have the shop take it back, once for a key."""
        body = asking.post(shop, "/undos", msgspec.json.encode(wire.Undo(done.undo, act)), key=key)
        return wire.said(body, Done, "/undos", permanent=False)


class _Expired(Exception):
    """The shop no longer knows the cursor."""


def _opened(cursor: str | None) -> tuple[int, str | None]:
    """Return how many things came before a cursor of ours, and the shop's own."""
    if cursor is None:
        return 0, None
    done, at = json.loads(cursor)
    return int(done), str(at)


def _page(shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None, done: int) -> Page:
    asked = {"changed_since": _rfc3339(since), "cursor": cursor}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    place = f"/{kind}s{'?' if query else ''}{query}"
    try:
        body = asking.get(shop, place)
    except asking.Answered as error:
        if error.status == asking.EXPIRED and cursor is not None:
            raise _Expired from error
        if error.status == _NO_SUCH and kind == "promotion":
            return Page([], None)  # a shop that offers none need not answer this
        raise
    return wire.page(kind, body, done=done, place=place)


def _look(shop: ShopInfo, kind: Kind, thing_id: str) -> Thing:
    place = f"/{kind}s/{quote(thing_id, safe='')}"
    try:
        return wire.thing(kind, asking.get(shop, place), place)
    except Refused as error:
        if error.code == "unknown":
            return Gone(kind, thing_id)
        raise ShopError(f"{place}: {error}", permanent=True) from error


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
