"""A shop that speaks the HTTP contract, for tests: it pages, forgets cursors, wants its token, signs its notices."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec

from pult.commerce.base import Gone, Order, Product, Thing
from pult.commerce.testing import Answer, Asked, LocalShop
from pult.platform import webhooks

TOKEN = "a-token-of-the-shop"  # noqa: S105
PAGE = 100


class Shop(LocalShop):
    """Keeps orders and products as JSON and answers as docs/shop-http.openapi.json says."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = webhooks.new_secret()
        self.things: dict[str, dict[str, Any]] = {"/shop/orders": {}, "/shop/products": {}}
        self.gone: dict[str, list[dict[str, Any]]] = {"/shop/orders": [], "/shop/products": []}
        self.forgotten: set[str] = set()
        """Cursors that it no longer knows."""

    def __enter__(self) -> Shop:
        super().__enter__()
        self.settings = {
            "base_url": f"http://127.0.0.1:{self.port}/shop/",
            "token": TOKEN,
            "webhook_secret": self.secret,
        }
        return self

    def keep(self, *things: Order | Product) -> None:
        for thing in things:
            self.put(thing.id, msgspec.to_builtins(thing), product=isinstance(thing, Product))

    def put(self, thing_id: str, thing: Any, *, product: bool = False) -> None:
        """Have a thing as it is, whether it makes sense or not."""
        self.things["/shop/products" if product else "/shop/orders"][thing_id] = thing

    def answer(self, asked: Asked) -> Answer:
        parts, query = asked.parts, asked.query
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {}
        if parts.path not in self.things:
            return 404, {}
        if query.get("cursor") in self.forgotten:
            return 410, {}
        since = datetime.fromisoformat(query["changed_since"]) if "changed_since" in query else None
        changed = [one for one in self.things[parts.path].values() if _is_later(one, since)]
        gone = [one for one in self.gone[parts.path] if since is None or datetime.fromisoformat(one["at"]) >= since]
        begin = int(query.get("cursor", "at-0").removeprefix("at-"))
        items, more = changed[begin : begin + PAGE], begin + PAGE < len(changed)
        said = {"items": items, "next": f"at-{begin + PAGE}" if more else None, "total": len(changed)}
        return 200, said if more else said | {"gone": gone}

    def notice(
        self, thing: Thing, name: str, *, skew: float = 0.0, content: bytes | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Return a notice, signed by a clock that is wrong by so many seconds."""
        if isinstance(thing, Gone):
            said: dict[str, Any] = {"kind": thing.kind, "gone": {"id": thing.id, "at": thing.at}}
        else:
            said = {"kind": "order" if isinstance(thing, Order) else "product", "item": thing}
        body = msgspec.json.encode(said) if content is None else content
        stamp = int(time.time() + skew)
        signature = webhooks.sign(self.secret, name, stamp, body)
        return {"webhook-id": name, "webhook-timestamp": str(stamp), "webhook-signature": signature}, body


def _is_later(thing: Any, since: datetime | None) -> bool:
    if since is None:
        return True
    try:
        return datetime.fromisoformat(thing["changed_at"]) >= since
    except (TypeError, KeyError, ValueError):
        return True
