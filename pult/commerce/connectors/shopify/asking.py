"""One question to Shopify's GraphQL Admin API, and what its refusals mean.

A question costs points, known before it is asked; a shop has so many and gets some back each second (restoreRate). What
costs more than a question may (MAX_COST_EXCEEDED) has to be asked for in smaller pages.
https://shopify.dev/docs/api/usage/limits
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo
from pult.commerce.connectors.shopify.queries import VERSION
from pult.platform import graphql, httpclient

TIMEOUT = 30.0
"""Seconds without a word after which the shop is taken for silent."""
_LONGEST_WAIT = 3_600.0
_AGAIN = frozenset({"IDEMPOTENCY_CONCURRENT_REQUEST"})
_COST = re.compile(r"cost is ([0-9]+), which exceeds the single query max cost limit \(([0-9]+)\)")


class TooCostly(ShopError):
    """The question may be asked of `share` of so many things at most."""

    def __init__(self, message: str, share: float) -> None:
        super().__init__(message, permanent=True)
        self.share = share


class Denied(ShopError):
    """The app lacks a scope."""


def ask(shop: ShopInfo, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Ask the shop and return the data of its answer. Raises ShopError."""
    return asked(shop, query, variables)[0]


def asked(
    shop: ShopInfo, query: str, variables: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask the shop and return the data of its answer, and what it says of the cost. Raises ShopError."""
    url = f"{str(shop.settings['url']).rstrip('/')}/admin/api/{VERSION}/graphql.json"
    headers = {"x-shopify-access-token": str(shop.settings.get("token", ""))}
    try:
        answer = graphql.ask(url, query, variables, headers=headers, timeout=TIMEOUT)
    except httpclient.Temporary as error:
        raise ShopError(str(error), after=_bounded(error.after)) from error
    except graphql.Failed as error:
        raise _failure(error) from error
    except httpclient.HttpError as error:
        raise ShopError(str(error), permanent=True) from error
    return answer.data, answer.extensions


def _failure(error: graphql.Failed) -> ShopError:
    codes = {one.code for one in error.errors}
    found = _COST.search(str(error))
    if "MAX_COST_EXCEEDED" in codes or found:
        share = int(found[2]) / int(found[1]) if found and int(found[1]) else 0.5
        return TooCostly(str(error), share)
    if "ACCESS_DENIED" in codes:
        return Denied(str(error), permanent=True)
    return ShopError(str(error), permanent=not codes & _AGAIN)


def _bounded(after: float | None) -> float | None:
    return None if after is None else min(after, _LONGEST_WAIT)


def do(shop: ShopInfo, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Ask on behalf of an act, and return what stands under the question's only field; null is an empty object.

    Raises Refused for what the shop declines (userErrors), and ShopError.
    """
    try:
        data = ask(shop, query, variables)
    except Denied as error:
        raise Refused("not_allowed", str(error)) from error
    said = next(iter(data.values()), None)
    if not isinstance(said, dict):
        return {}
    for name in ("userErrors", "orderCancelUserErrors"):
        if errors := said.get(name):
            raise Refused(_refusal(errors), "; ".join(str(one.get("message", "")) for one in errors)[:500])
    return said


def _refusal(errors: list[dict[str, Any]]) -> Refusal:
    """Most of Shopify's refusals name a field and say the rest in words."""
    fields = {str(part) for one in errors for part in one.get("field") or []}
    codes = {str(one.get("code", "")) for one in errors}
    if codes & {"NOT_FOUND"}:
        return "unknown"
    if codes & {"NO_REFUND_PERMISSION"}:
        return "not_allowed"
    if codes & {"TAKEN", "DUPLICATE"} or fields & {"code", "discountCodes"}:
        return "bad_code"
    if fields & {"shippingAddress", "billingAddress", "addresses", "email", "phone"}:
        return "bad_address"
    return "not_possible"


def whole(shop: ShopInfo, node: Mapping[str, Any], field: str, root: str, query: str) -> dict[str, Any]:
    """Return a thing with all its lines or variants, of which a page holds the first. Raises ShopError."""
    nodes, info = list(node[field]["nodes"]), node[field]["pageInfo"]
    while info["hasNextPage"]:
        page = (ask(shop, query, {"id": node["id"], "after": info["endCursor"]})[root] or {}).get(field)
        if not page:
            break
        nodes, info = nodes + page["nodes"], page["pageInfo"]
    return {**node, field: {"nodes": nodes}}
