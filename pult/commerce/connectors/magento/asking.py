"""Asking a shop of Magento: its keys, its searches, its refusals."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo, failed
from pult.commerce.connectors.magento import signing
from pult.platform import httpclient
from pult.platform.text import storable

TIMEOUT = 40.0
MAX_BYTES = 32 << 20
MANY = 100
"""Rows of a page; shops may refuse more than 300."""
Filter = tuple[str, str, str]
"""A field, what it is compared with, and how: eq, in, gt, gteq."""


class Answered(ShopError):
    """The shop refused."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message, permanent=True)
        self.status = status


def ask(shop: ShopInfo, method: str, path: str, body: object = None) -> Any:
    """Ask the REST API and return what it says. Raises ShopError, Answered."""
    url = f"{str(shop.settings['base_url']).rstrip('/')}/rest/{shop.settings.get('store_view') or 'default'}{path}"
    headers = {"accept": "application/json", "authorization": _authorization(shop, method, url)}
    place = path.partition("?")[0]
    try:
        answer = httpclient.request(
            method, url, headers=headers, json=body, timeout=TIMEOUT, max_bytes=MAX_BYTES, redirects=0
        )
    except httpclient.Temporary as error:
        raise failed(place, error, _reason(error.body)) from error
    except httpclient.HttpError as error:
        said = _reason(error.body)
        raise Answered(f"{place}: {error}{': ' if said else ''}{said}"[:1_000], error.status) from error
    try:
        return storable(json.loads(answer.body))
    except (ValueError, RecursionError) as error:
        raise ShopError(f"{place}: the answer is no JSON") from error


def _authorization(shop: ShopInfo, method: str, url: str) -> str:
    token = str(shop.settings.get("access_token", ""))
    consumer = (str(shop.settings.get("consumer_key", "")), str(shop.settings.get("consumer_secret", "")))
    secret = str(shop.settings.get("token_secret", ""))
    if not all(consumer) or not secret:
        return f"Bearer {token}"
    nonce, now = secrets.token_hex(16), int(time.time())
    return signing.header(method, url, consumer=consumer, token=(token, secret), nonce=nonce, timestamp=now)


def search(
    shop: ShopInfo, path: str, filters: Iterable[Filter], *, sort: str = "", size: int = MANY, page: int = 1
) -> tuple[list[dict[str, Any]], int]:
    """Return the rows that fit all filters, and how many there are in all."""
    asked: dict[str, Any] = {"searchCriteria[pageSize]": size, "searchCriteria[currentPage]": page}
    for number, (field, value, how) in enumerate(filters):
        name = f"searchCriteria[filterGroups][{number}][filters][0]"
        asked |= {f"{name}[field]": field, f"{name}[value]": value, f"{name}[conditionType]": how}
    if sort:
        name = "searchCriteria[sortOrders][0]"
        asked |= {f"{name}[field]": sort, f"{name}[direction]": "ASC"}
    said = ask(shop, "GET", f"{path}?{urlencode(asked)}")
    if not isinstance(said, dict) or not isinstance(said.get("items", []), list | None):
        raise ShopError(f"{path}: the answer is no list")
    return said.get("items") or [], int(said.get("total_count") or 0)


def every(shop: ShopInfo, path: str, filters: list[Filter], *, key: str) -> Iterator[dict[str, Any]]:
    """Give all rows that fit, page by page; `key` is a number that each has."""
    after = 0
    while True:
        rows, _ = search(shop, path, [*filters, (key, str(after), "gt")], sort=key)
        yield from rows
        if len(rows) < MANY:
            return
        after = max(int(row[key]) for row in rows)


def do(shop: ShopInfo, method: str, path: str, body: object = None) -> Any:
    """Have something done. Raises Refused with the shop's reason, ShopError."""
    try:
        return ask(shop, method, path, body)
    except Answered as error:
        codes: dict[int | None, Refusal] = {401: "not_allowed", 403: "not_allowed", 404: "unknown"}
        raise Refused(codes.get(error.status, "not_possible"), str(error)) from error


def _reason(body: bytes) -> str:
    """Return what an error says, its parameters put in."""
    try:
        said: Any = storable(json.loads(body))
        text, given = str(said["message"]), said.get("parameters") or {}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    named = given if isinstance(given, dict) else {str(number): one for number, one in enumerate(given, 1)}
    return re.sub(r"%(\w+)", lambda found: str(named.get(found[1], found[0])), text)
