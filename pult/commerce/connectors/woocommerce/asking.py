"""One question to WooCommerce's REST API, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo
from pult.commerce.connectors.woocommerce.auth import authorised
from pult.platform import httpclient
from pult.platform.text import storable

ROOT = "/wp-json/wc/v3"
TIMEOUT = 30.0
"""Seconds without a word after which the shop is taken for silent; shops on shared machines are slow."""
MAX_BYTES = 32 << 20
MOST = 100
"""Things on a page at most (per_page)."""
_LONGEST_WAIT = 3_600.0
_CODES: dict[str, Refusal] = {
    "woocommerce_rest_shop_order_invalid_id": "unknown",
    "woocommerce_rest_invalid_order_id": "unknown",
    "woocommerce_rest_order_invalid_id": "unknown",
    "woocommerce_rest_invalid_product_id": "unknown",
    "woocommerce_rest_product_invalid_id": "unknown",
    "woocommerce_rest_coupon_code_already_exists": "bad_code",
    "woocommerce_rest_invalid_coupon": "bad_code",
    "registration-error-email-exists": "already_done",
    "registration-error-invalid-email": "bad_address",
    "woocommerce_rest_invalid_order_refund": "too_much",
}
"""What the shop's own words for a refusal mean here."""


class Said(NamedTuple):
    """An answer: its JSON, and how many things there are in all where the shop says so."""

    json: Any
    total: int | None


def ask(
    shop: ShopInfo,
    method: str,
    path: str,
    params: Mapping[str, str | int] | None = None,
    *,
    json_body: object = None,
) -> Said:
    """Ask the shop and return what it said, freed of what no database keeps. Raises ShopError.

    A refusal carries the shop's own code in `said`, see refused.
    """
    url = f"{str(shop.settings['url']).rstrip('/')}{ROOT}/{path}"
    given = {name: str(value) for name, value in (params or {}).items()}
    key, secret = str(shop.settings.get("consumer_key", "")), str(shop.settings.get("consumer_secret", ""))
    full, headers = authorised(method, url, given, key, secret)
    headers["accept"] = "application/json"
    try:
        answer = httpclient.request(
            method, full, headers=headers, json=json_body, timeout=TIMEOUT, max_bytes=MAX_BYTES, redirects=0
        )
    except httpclient.HttpError as error:
        raise _failure(path, error) from error
    try:
        found = storable(json.loads(answer.body))
    except (ValueError, RecursionError) as error:
        # A page about maintenance, or half an answer: nobody knows what was done, so the same is asked again.
        raise ShopError(f"{path}: the answer is no JSON: {error}") from error
    total = answer.headers.get("x-wp-total", "")
    return Said(found, int(total) if total.isascii() and total.isdigit() and len(total) < 12 else None)


class Declined(ShopError):
    """The shop has said no, with a code of its own."""

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message, permanent=True)
        self.code = code
        self.status = status


def _failure(path: str, error: httpclient.HttpError) -> ShopError:
    code, message = _words(error.body)
    # A gateway that gives no money back is answered 500, though asking again will not help.
    final = code == "woocommerce_rest_cannot_create_order_refund"
    if isinstance(error, httpclient.Temporary) and not final:
        after = None if error.after is None else min(error.after, _LONGEST_WAIT)
        return ShopError(f"{path}: {error}", after=after)
    told = f"{path}: {error}: {message}" if message else f"{path}: {error}"
    return Declined(told, code=code, status=error.status or 0)


def _words(body: bytes) -> tuple[str, str]:
    """Return code and message of an error: {"code": ..., "message": ..., "data": {"status": ...}}."""
    try:
        said = storable(json.loads(body))
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(said, dict):
        return "", ""
    return str(said.get("code", "")), str(said.get("message", ""))[:500]


def do(
    shop: ShopInfo, method: str, path: str, params: Mapping[str, str | int] | None = None, *, json_body: object = None
) -> Any:
    """Ask on behalf of an act: what the shop declines is Refused. Raises Refused, ShopError."""
    try:
        return ask(shop, method, path, params, json_body=json_body).json
    except Declined as error:
        raise Refused(_refusal(error), str(error)) from error


def _refusal(error: Declined) -> Refusal:
    if known := _CODES.get(error.code):
        return known
    if error.status in (401, 403):
        return "not_allowed"
    return "unknown" if error.status in (404, 410) else "not_possible"


def every(shop: ShopInfo, path: str, params: Mapping[str, str | int]) -> Iterator[dict[str, Any]]:
    """Give all things of a list, page by page. Raises Refused, ShopError."""
    page = 1
    while True:
        found = do(shop, "GET", path, {**params, "per_page": MOST, "page": page})
        rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        yield from rows
        if len(rows) < MOST:
            return
        page += 1
