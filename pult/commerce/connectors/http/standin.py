"""A shop that speaks the HTTP contract, for tests: it pages, forgets cursors, wants its token, signs its notices.

Every request is held against the contract's own description, as a shop generated from it would.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec

from pult.commerce.base import Gone, Kind, Order, Product, Promotion, Thing
from pult.commerce.connectors.http import describe, serving
from pult.commerce.connectors.http.ownshop import VERBS, OwnShop
from pult.commerce.testing import Answer, Asked, LocalShop
from pult.platform import webhooks

TOKEN = "a-token-of-the-shop"  # noqa: S105


class Shop(LocalShop):
    """Keeps orders and products as JSON and answers as docs/shop-http.openapi.json says."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = webhooks.new_secret()
        self.own = OwnShop(told=lambda verb, what: self.done.append((verb, what)))
        self.gone: dict[str, list[dict[str, Any]]] = {f"/shop{path}": [] for path in serving.KINDS}
        self.forgotten: set[str] = set()
        """Cursors that it no longer knows."""
        self.verbs: list[Any] | None = list(VERBS)
        """What it can do; None where it never heard of acts."""
        self.promotes = True

    def __enter__(self) -> Shop:
        super().__enter__()
        self.own.address = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "base_url": f"http://127.0.0.1:{self.port}/shop/",
            "token": TOKEN,
            "webhook_secret": self.secret,
        }
        return self

    def keep(self, *things: Order | Product | Promotion) -> None:
        for thing in things:
            self.own.keep(thing)

    def put(self, thing_id: str, thing: Any, *, product: bool = False) -> None:
        """Have a thing as it is, whether it makes sense or not."""
        self.own.things["product" if product else "order"][thing_id] = thing

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {}
        path = asked.parts.path.removeprefix("/shop")
        if not self.promotes and path.startswith("/promotions"):
            return 404, {}
        if asked.method == "POST" or path == "/acts":
            return self._acted(asked, path)
        if path not in serving.KINDS:
            return serving.single(self.own, path)
        if asked.query.get("cursor") in self.forgotten:
            return 410, {}
        return serving.listed(self.own, path, asked.query, self.gone[f"/shop{path}"])

    def _acted(self, asked: Asked, path: str) -> Answer:
        if self.verbs is None or path not in ("/acts", "/plans", "/undos"):
            return 404, {}
        if asked.method == "GET":
            return 200, {"verbs": self.verbs}
        try:
            _held_against_the_description(asked, path)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            return 400, {"title": str(error)[:300]}
        return serving.acted(self.own, path, asked.body, asked.headers.get("idempotency-key", ""), self.verbs)

    def notice(
        self, thing: Thing, name: str, *, skew: float = 0.0, content: bytes | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Return a notice, signed by a clock that is wrong by so many seconds."""
        if isinstance(thing, Gone):
            said: dict[str, Any] = {"kind": thing.kind, "gone": {"id": thing.id, "at": thing.at}}
        else:
            kinds: dict[type, Kind] = {Order: "order", Product: "product", Promotion: "promotion"}
            said = {"kind": kinds[type(thing)], "item": thing}
        body = msgspec.json.encode(said) if content is None else content
        stamp = int(time.time() + skew)
        signature = webhooks.sign(self.secret, name, stamp, body)
        return {"webhook-id": name, "webhook-timestamp": str(stamp), "webhook-signature": signature}, body


@cache
def _described() -> dict[str, Any]:
    return describe.described()


def _held_against_the_description(asked: Asked, path: str) -> None:
    """Raise where a request is not one that the description has. A field that it does not have is an error here."""
    door = _described()["paths"][path]["post"]
    if asked.headers.get("content-type") != "application/json":
        raise ValueError("not application/json")
    for parameter in door.get("parameters", ()):
        if parameter["in"] == "header" and parameter["required"]:
            jsonschema_rs.validate(parameter["schema"], asked.headers.get(parameter["name"].lower()))
    schema = door["requestBody"]["content"]["application/json"]["schema"]
    jsonschema_rs.validate(_closed() | schema, asked.json())


@cache
def _closed() -> dict[str, Any]:
    """Return the schemas, each refusing fields that it does not name."""
    schemas = _described()["components"]["schemas"]
    closed = {
        name: schema | ({"additionalProperties": False} if "properties" in schema else {})
        for name, schema in schemas.items()
    }
    return {"components": {"schemas": closed}}
