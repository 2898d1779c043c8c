"""A shop of Shopify for tests, made from its published schema: each question is held against it, weighed, and answered;
who asks too much is throttled, and who asks for too much at once is told what it would have cost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from pult.commerce.base import Gone, Order, Product, Promotion, Thing
from pult.commerce.connectors.shopify.queries import VERSION
from pult.commerce.connectors.shopify.standin_acts import Acts
from pult.commerce.connectors.shopify.standin_graphql import Answerer, Unfit, question
from pult.commerce.connectors.shopify.standin_things import (
    discount_node,
    gid,
    number,
    order_node,
    order_payload,
    product_node,
    stamp,
)
from pult.commerce.testing import WAIT, Answer, Asked, LocalShop

TOKEN, SECRET = "shpat_0123456789abcdef", "shpss_0123456789abcdef"
MOST = 1_000
"""Points that one question may cost."""
BUCKET, RESTORE = 2_000_000.0, 100_000.0
"""Points that a shop has at most, and how many it gets back a second: more than any real one, to be read quickly."""


class Shop(Acts, LocalShop):
    """Keeps what it is given as Shopify would say it."""

    def __init__(self) -> None:
        LocalShop.__init__(self)
        Acts.__init__(self)
        self.scopes = True
        self.most = MOST
        self.bucket, self.restore = BUCKET, RESTORE
        self._points, self._at = BUCKET, time.monotonic()
        self._answerer = Answerer(
            {
                "orders": lambda _, given: self._found(self.orders, given),
                "products": lambda _, given: self._found(self.products, given),
                "discountNodes": lambda _, given: self._found(self.discounts, given),
                "nodes": lambda _, given: [self._node(one) for one in given["ids"]],
                "order": lambda _, given: self.orders.get(given["id"]),
                "product": lambda _, given: self.products.get(given["id"]),
                "job": self.job,
                "location": lambda *_: {"id": "gid://shopify/Location/1"},
                "codeDiscountNodeByCode": lambda _, given: self.codes.get(given["code"]),
                "draftOrders": lambda *_: sorted(self.drafts.values(), key=lambda one: str(one["id"]), reverse=True),
                "draftOrder": lambda _, given: self.drafts.get(given["id"]),
                "customerByIdentifier": lambda _, given: self.customers.get(given["identifier"]["emailAddress"]),
                "orderCancel": self.order_cancel,
                "orderUpdate": self.order_update,
                "refundCreate": self.refund_create,
                "discountCodeBasicCreate": self.discount_create,
                "discountCodeDelete": self.discount_delete,
                "draftOrderCalculate": self.calculate,
                "draftOrderCreate": self.draft_create,
                "draftOrderComplete": self.draft_complete,
                "draftOrderDelete": self.draft_delete,
                "customerCreate": self.customer_create,
                "customerAddressCreate": self.address_create,
                "customerSendAccountInviteEmail": self.invite,
            }
        )

    def __enter__(self) -> Shop:
        super().__enter__()
        self.settings = {"url": f"http://127.0.0.1:{self.port}", "token": TOKEN, "webhook_secret": SECRET}
        return self

    def keep(self, *things: Order | Product | Promotion) -> None:
        for thing in things:
            if isinstance(thing, Order):
                node = order_node(thing)
                self.orders[node["id"]] = node
            elif isinstance(thing, Product):
                node = product_node(thing)
                self.products[node["id"]] = node
            else:
                node = discount_node(thing)
                self.discounts[node["id"]] = node

    def _node(self, name: str) -> Any:
        return self.orders.get(name) or self.products.get(name) or self.discounts.get(name)

    def _found(self, rows: dict[str, dict[str, Any]], given: dict[str, Any]) -> list[dict[str, Any]]:
        found = sorted(rows.values(), key=lambda one: int(one["id"].rpartition("/")[2]))
        if query := given.get("query"):
            since = re.fullmatch(r"updated_at:>='([^']+)'", query)
            assert since is not None, query
            begin = datetime.fromisoformat(since[1])
            found = [one for one in found if datetime.fromisoformat(one["updatedAt"]) >= begin]
        return found

    def answer(self, asked: Asked) -> Answer:
        if asked.parts.path != f"/admin/api/{VERSION}/graphql.json" or asked.method != "POST":
            return 404, {"errors": "Not Found"}
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return 401, {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
        said = asked.json()
        try:
            wanted = question(said["query"], said.get("variables", {}))
        except Unfit as error:
            return 200, {"errors": [{"message": str(error), "extensions": {"code": "undefinedField"}}]}
        cost = self._answerer.cost(wanted)
        if cost > self.most:
            told = f"Query cost is {cost}, which exceeds the single query max cost limit ({self.most})."
            return 200, {"errors": [{"message": told, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost}}]}
        if not self._let(cost):
            return 200, {"errors": [_throttled()], "extensions": self._cost(cost)}
        if not self.scopes:
            denied = {"message": "Access denied for orders field.", "extensions": {"code": "ACCESS_DENIED"}}
            return 200, {"errors": [denied], "data": None, "extensions": self._cost(cost)}
        data = self._answerer.answer(wanted)
        actual = _objects(data)
        self._points -= actual
        return 200, {"data": data, "extensions": self._cost(cost, actual)}

    def _let(self, cost: int) -> bool:
        now = time.monotonic()
        self._points, self._at = min(self.bucket, self._points + (now - self._at) * self.restore), now
        return self._points >= cost

    def _cost(self, cost: int, actual: int | None = None) -> dict[str, Any]:
        there = {"maximumAvailable": self.bucket, "currentlyAvailable": int(self._points), "restoreRate": self.restore}
        return {"cost": {"requestedQueryCost": cost, "actualQueryCost": actual, "throttleStatus": there}}

    def too_many(self) -> tuple[int, dict[str, str], bytes]:
        """Throttle: 200, and how many points are there and come back a second."""
        status = {"maximumAvailable": 2_000.0, "currentlyAvailable": 300, "restoreRate": 100.0}
        cost = {"requestedQueryCost": 300 + WAIT * 100, "actualQueryCost": None, "throttleStatus": status}
        return 200, {}, json.dumps({"errors": [_throttled()], "extensions": {"cost": cost}}).encode()

    def notice(
        self, thing: Thing, name: str, *, topic: str = "", content: dict[str, Any] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Return what a webhook delivers about a thing."""
        said: dict[str, Any]
        if isinstance(thing, Gone):
            resource, said = ("orders/delete" if thing.kind == "order" else "products/delete"), {}
        elif isinstance(thing, Order):
            resource, said = "orders/updated", order_payload(thing)
        else:
            resource, said = "products/update", {"updated_at": stamp(thing.changed_at)}
        said["id"] = int(number(thing.id))
        body = json.dumps(said if content is None else content).encode()
        signed = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        return {
            "x-shopify-topic": topic or resource,
            "x-shopify-hmac-sha256": signed,
            "x-shopify-shop-domain": "shop.myshopify.com",
            "x-shopify-api-version": VERSION,
            "x-shopify-webhook-id": name,
            "x-shopify-event-id": f"event-{name}",
            "x-shopify-triggered-at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }, body

    def order_gid(self, name: str) -> str:
        """Return the id under which an order of the contract is kept."""
        return gid("Order", name)


def _objects(data: Any) -> int:
    """Return what an answer costs in the end: each object that is in it a point."""
    if isinstance(data, list):
        return sum(map(_objects, data))
    return 1 + sum(map(_objects, data.values())) if isinstance(data, dict) else 0


def _throttled() -> dict[str, Any]:
    return {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev"}}
