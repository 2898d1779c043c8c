"""A shop of one's own that speaks the HTTP contract: docs/shops.md, docs/shop-http.openapi.json."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from pult.commerce.base import Kind, Page, ShopError, ShopInfo, Thing
from pult.commerce.connectors.http import wire
from pult.platform import httpclient, webhooks

MAX_BYTES = 16 << 20
TIMEOUT = 20.0
"""Seconds without a word after which the shop is taken for silent."""
SKEW = 300.0
"""Seconds by which the clock of a shop that signs a notice may be wrong."""
_EXPIRED = 410


class Connector:
    """Asks the shop for pages and takes its notices."""

    kinds: tuple[Kind, ...] = ("product", "order")

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
    headers = {"accept": "application/json"}
    if token := shop.settings.get("token"):
        headers["authorization"] = f"Bearer {token}"
    url = f"{str(shop.settings['base_url']).rstrip('/')}{place}"
    try:
        answer = httpclient.request("GET", url, headers=headers, timeout=TIMEOUT, max_bytes=MAX_BYTES)
    except httpclient.Temporary as error:
        raise ShopError(f"{place}: {error}", after=_bounded(error.after)) from error
    except httpclient.HttpError as error:
        if error.status == _EXPIRED and cursor is not None:
            raise _Expired from error
        raise ShopError(f"{place}: {error}", permanent=True) from error
    return wire.page(kind, answer.body, done=done, place=place)


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _bounded(after: float | None) -> float | None:
    """A shop that wants to be left alone for a year is asked again after an hour."""
    return None if after is None else min(after, 3_600.0)
