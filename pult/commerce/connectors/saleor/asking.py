"""Asking a shop of Saleor: its token, its refusals, its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Kind, Page, Refusal, Refused, ShopError, ShopInfo, Thing, each, failed
from pult.commerce.connectors.saleor import parsing, questions
from pult.platform import graphql, httpclient

FIRST: dict[Kind, int] = {"order": 100, "product": 50}
"""Things of a page: 100 is the most that Saleor gives, and fewer products keep the question below its cost limit."""
TIMEOUT = 30.0
_QUESTIONS: dict[Kind, str] = {"order": questions.ORDERS, "product": questions.PRODUCTS}
_DENIED = frozenset({"PermissionDenied", "ExpiredSignatureError", "InvalidTokenError", "DecodeError"})
_LOST_CURSOR = "cursor is invalid"


class Denied(ShopError):
    """The token is wrong, or its app lacks a permission."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class NoSuchId(ShopError):
    """The shop takes this for no id at all."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class LostCursor(ShopError):
    """The shop no longer knows where a page ended."""


def ask(shop: ShopInfo, question: str, **variables: Any) -> dict[str, Any]:
    """Ask a question and return its data. Raises ShopError: Denied, NoSuchId, LostCursor where they are the reason."""
    url = str(shop.settings["api_url"])
    headers = {"authorization": f"Bearer {shop.settings.get('token', '')}"}
    place = question.split("(", 1)[0].split("{", 1)[0].strip()
    try:
        return graphql.ask(url, question, variables, headers=headers, timeout=TIMEOUT).data
    except graphql.Failed as error:
        if any(one.code in _DENIED for one in error.errors):
            raise Denied(f"{place}: {error}") from error
        if any(one.message.startswith("Invalid ID") for one in error.errors):
            raise NoSuchId(f"{place}: {error}") from error
        if any(_LOST_CURSOR in one.message for one in error.errors):
            raise LostCursor(f"{place}: {error}") from error
        raise failed(place, error) from error
    except httpclient.HttpError as error:
        raise failed(place, error) from error


_REFUSALS: dict[str, Refusal] = {
    "CANNOT_CANCEL_ORDER": "already_sent",
    "NOT_FOUND": "unknown",
    "INSUFFICIENT_STOCK": "no_stock",
    "AMOUNT_GREATER_THAN_AVAILABLE": "too_much",
    "SHIPPING_COSTS_ALREADY_GRANTED": "too_much",
    "NOT_EDITABLE": "not_possible",
    "INVALID_VOUCHER_CODE": "bad_code",
    "INVALID_VOUCHER": "bad_code",
    "ALREADY_EXISTS": "bad_code",
    "SHIPPING_METHOD_NOT_APPLICABLE": "bad_address",
    "PRODUCT_UNAVAILABLE_FOR_PURCHASE": "no_stock",
    "PRODUCT_NOT_PUBLISHED": "no_stock",
    "NOT_AVAILABLE_IN_CHANNEL": "no_stock",
}
_OF_PLACES = frozenset(
    {"country", "countryArea", "city", "cityArea", "postalCode", "streetAddress1", "firstName", "lastName", "phone"}
)


def do(shop: ShopInfo, question: str, **variables: Any) -> dict[str, Any]:
    """Have something done and return what the mutation answered. Raises Refused with the shop's reason, ShopError."""
    try:
        data = ask(shop, question, **variables)
    except Denied as error:
        raise Refused("not_allowed", str(error)) from error
    except NoSuchId as error:
        raise Refused("unknown", str(error)) from error
    (answer,) = data.values()
    if errors := answer["errors"]:
        told = "; ".join(f"{one['field']}: {one['message']}" if one["field"] else str(one["message"]) for one in errors)
        first = errors[0]
        code = _REFUSALS.get(first["code"], "not_possible")
        if code == "not_possible" and first["field"] in _OF_PLACES:
            code = "bad_address"
        raise Refused(code, told)
    return dict(answer)


def pages(shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
    """Give pages by the time of the last change. A cursor that is no longer known begins the run anew."""
    done, of, after = _opened(cursor)
    variables: dict[str, Any] = {"first": FIRST[kind], "filter": _changed(since)}
    if kind == "product":
        variables["channel"] = shop.settings["channel"]
    anew = False
    while True:
        try:
            found = ask(shop, _QUESTIONS[kind], **variables, after=after, count=of is None)["page"]
        except LostCursor:
            if anew or after is None:
                raise
            done, of, after, anew = 0, None, None, True
            continue
        of = found.get("totalCount", of)
        nodes = [edge["node"] for edge in found["edges"]]
        things, misfits = each(nodes, lambda raw: _thing(shop, kind, raw), "id", kind)
        done, more = done + len(nodes), found["pageInfo"]["hasNextPage"]
        if more and found["pageInfo"]["endCursor"] == after:
            raise ShopError(f"{kind}: a page names itself as the next", permanent=True)
        after = found["pageInfo"]["endCursor"]
        yield Page(things, json.dumps([done, of, after]) if more else None, done, of, misfits)
        if not more:
            return


def these(shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
    """Return these things, without those that the shop does not have. Raises ShopError, NoSuchId."""
    variables: dict[str, Any] = {"first": len(ids), "after": None, "filter": {"ids": list(ids)}, "count": False}
    if kind == "product":
        variables["channel"] = shop.settings["channel"]
    found = ask(shop, _QUESTIONS[kind], **variables)["page"]
    return [_thing(shop, kind, edge["node"]) for edge in found["edges"]]


def _thing(shop: ShopInfo, kind: Kind, raw: dict[str, Any]) -> Thing:
    return parsing.order(shop, raw) if kind == "order" else parsing.product(shop, raw)


def _opened(cursor: str | None) -> tuple[int, int | None, str | None]:
    if cursor is None:
        return 0, None, None
    done, of, after = json.loads(cursor)
    return int(done), of, after


def _changed(since: datetime | None) -> Mapping[str, Any] | None:
    return {"updatedAt": {"gte": since.astimezone(UTC).isoformat()}} if since else None
