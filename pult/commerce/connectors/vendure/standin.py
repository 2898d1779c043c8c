"""A real Vendure for tests: its process, and a door before it that lets it be slow, busy, cut short or away."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec

from pult.commerce.base import Gone, Order, Product, Thing
from pult.commerce.testing import Answer, Asked, LocalShop
from pult.platform import webhooks
from tests.shops import running

FOLDER = running.SHOPS / "vendure"
SEEDED = FOLDER / ".seeded"
DONE = {
    "CancelOrder": "cancel",
    "ModifyOrder": "change_address",
    "RefundOrder": "refund",
    "SendGift": "resend",
    "CreatePromotion": "discount",
    "AddNote": "note",
    "ArrangePayment": "draft_order",
    "CreateCustomer": "register",
}
"""What of the connector's mutations is the act itself."""
_PASSED_ON = ("content-type", "vendure-api-key", "vendure-token", "authorization")


class Vendure:
    """A Vendure with its data in a folder. `key` lets Pult in; `port` is that of its own API."""

    def __init__(self, folder: Path, *, notices: dict[str, str] | None = None) -> None:
        self.folder, self.notices = folder, notices
        self.port, self.control = running.free_port(), running.free_port()
        self.key = (SEEDED / "key").read_text()
        self._running = contextlib.ExitStack()
        shutil.copy(SEEDED / "shop.sqlite", folder / "vendure.sqlite")

    def start(self) -> None:
        """Start it with what it kept last. `notices` is what its plugin is told: url and secret."""
        told = {"port": self.port, "control": self.control, "file": str(self.folder / "vendure.sqlite")}
        node = running.node()
        assert node is not None
        command = [node, str(FOLDER / "shop.js"), json.dumps({**told, "notices": self.notices})]
        path = {"NODE_PATH": str(FOLDER / "node_modules"), "NODE_ENV": "production"}
        shop = running.running(command, log=self.folder / "vendure.log", environment=path)
        self.process, _ = self._running.enter_context(shop)

    def kill(self) -> None:
        """End it without a word; what it did not keep is lost."""
        self._running.close()

    def __enter__(self) -> Vendure:
        self.start()
        return self

    def __exit__(self, *args: object) -> None:
        self.kill()

    def tell(self, verb: str, said: object = None) -> Any:
        """Have something done behind the shop's back: keep, empty, save, sql."""
        return json.loads(_post(self.control, f"/{verb}", msgspec.json.encode(said or {}), {})[2])

    def sql(self, query: str, *parameters: Any) -> Any:
        """Ask or change its database."""
        return self.tell("sql", {"query": query, "parameters": parameters})

    def ask(self, query: str, *, api: str = "admin-api", token: str = "", **variables: Any) -> tuple[Any, str]:
        """Ask one of its APIs; return the data and the token of the session."""
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"vendure-api-key": self.key} if api == "admin-api" else {}
        body = json.dumps({"query": query, "variables": variables}).encode()
        _, told, answer = _post(self.port, f"/{api}", body, headers)
        said = json.loads(answer)
        assert "errors" not in said, said
        return said["data"], told.get("vendure-auth-token", token)


def _post(port: int, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status < 500 or path.endswith("-api"), said.decode()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, said
    finally:
        connection.close()


class Door(LocalShop):
    """The door of a real shop: what is asked is passed on, and answered as the shop behaves now."""

    def __init__(self, real: Vendure) -> None:
        super().__init__()
        self.real = real
        self.secret = webhooks.new_secret()
        self.kept: dict[str, Order | Product] = {}

    def __enter__(self) -> Door:
        super().__enter__()
        self.real.tell("empty")
        self.settings = {
            "api_url": f"http://127.0.0.1:{self.port}/admin-api",
            "api_key": self.real.key,
            "pay_url": "https://shop.example/pay/{code}",
            "product_url": "https://shop.example/p/{slug}",
            "webhook_secret": self.secret,
        }
        return self

    def keep(self, *things: Order | Product) -> None:
        self.kept |= {thing.id: thing for thing in things}
        orders = [thing for thing in things if isinstance(thing, Order)]
        self.real.tell("keep", {"orders": orders, "products": [one for one in things if isinstance(one, Product)]})

    def answer(self, asked: Asked) -> Answer:
        headers = {name: asked.headers[name] for name in _PASSED_ON if name in asked.headers}
        try:
            status, told, body = _post(self.real.port, asked.path, asked.body, headers)
        except OSError:
            return 502, {}
        self._note(asked, body)
        passed = {name: told[name] for name in ("vendure-auth-token",) if name in told}
        return status, body, passed

    def _note(self, asked: Asked, body: bytes) -> None:
        name = re.match(r"\s*mutation (\w+)", asked.json()["query"])
        said = json.loads(body)
        if name and name[1] in DONE and "errors" not in said:
            (result,) = said["data"].values()
            if "errorCode" not in result:
                self.done.append((DONE[name[1]], str(asked.json()["variables"])))

    def notice(self, thing: Thing, name: str) -> tuple[dict[str, str], bytes]:
        """Return a notice of the plugin's. It only names the thing, so the shop has it; nothing turns older there."""
        if isinstance(thing, Gone):
            said: dict[str, Any] = {"kind": thing.kind, "id": thing.id, "gone": thing.at}
        else:
            known = self.kept.get(thing.id)
            if known is None or known.changed_at <= thing.changed_at:
                self.keep(thing)  # type: ignore[arg-type]
            number = 1000 + int(thing.id[1:])
            said = {"kind": "order" if isinstance(thing, Order) else "product", "id": str(number)}
        body, stamp = msgspec.json.encode(said), int(time.time())
        signature = webhooks.sign(self.secret, name, stamp, body)
        return {"webhook-id": name, "webhook-timestamp": str(stamp), "webhook-signature": signature}, body
