"""One request to the shop, and what became of it."""

from __future__ import annotations

from typing import Literal

from pult.commerce.base import Refused, ShopError, ShopInfo
from pult.commerce.connectors.http import wire
from pult.platform import httpclient

MAX_BYTES = 16 << 20
TIMEOUT = 20.0
"""Seconds without a word after which the shop is taken for silent."""
EXPIRED = 410
_NONE = frozenset({404, 405, 501})
_LATER = 409


class Answered(ShopError):
    """The shop answered with an error; `status` is that of HTTP."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message, permanent=True)
        self.status = status


def get(shop: ShopInfo, place: str) -> bytes:
    """Ask for what is at a place below the shop's address. Raises Refused, Answered, ShopError."""
    return _ask(shop, "GET", place, None, "")


def post(shop: ShopInfo, place: str, content: bytes, *, key: str = "") -> bytes:
    """Send JSON to a place below the shop's address, under a key where it may be done but once.

    Raises Refused, Answered, ShopError.
    """
    return _ask(shop, "POST", place, content, key)


def _ask(shop: ShopInfo, method: Literal["GET", "POST"], place: str, content: bytes | None, key: str) -> bytes:
    headers = {"accept": "application/json"}
    if token := shop.settings.get("token"):
        headers["authorization"] = f"Bearer {token}"
    if content is not None:
        headers["content-type"] = "application/json"
    if key:
        headers["idempotency-key"] = key
    url = f"{str(shop.settings['base_url']).rstrip('/')}{place}"
    # What acts is never sent elsewhere: a redirect would ask for it instead of doing it.
    redirects = httpclient.MAX_REDIRECTS if method == "GET" else 0
    try:
        answer = httpclient.request(
            method,
            url,
            headers=headers,
            content=content,
            timeout=TIMEOUT,
            max_bytes=MAX_BYTES,
            redirects=redirects,
        )
    except httpclient.Temporary as error:
        raise ShopError(f"{place}: {error}", after=_bounded(error.after)) from error
    except httpclient.HttpError as error:
        raise _error(place, method, error) from error
    return answer.body


def _error(place: str, method: str, error: httpclient.HttpError) -> ShopError:
    """Return what an answer means that is none: the shop's refusal, where it says so."""
    if told := wire.problem(error.body):
        return Refused(told.code, told.detail or told.title)
    if method == "POST" and error.status in _NONE:
        return Refused("not_possible", f"{place}: {error}")
    if method == "POST" and error.status == _LATER:
        return ShopError(f"{place}: {error}", after=5.0)
    return Answered(f"{place}: {error}", error.status)


def _bounded(after: float | None) -> float | None:
    """A shop that wants to be left alone for a year is asked again after an hour."""
    return None if after is None else min(after, 3_600.0)
