"""The demo's shops on a port of 127.0.0.1: the HTTP contract for Pult, and a page where a customer would pay."""

from __future__ import annotations

import hmac
import json
import logging
import socket
import threading
import time
import urllib.request
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from pult.commerce.base import Order, Refused
from pult.commerce.connectors.http import serving
from pult.commerce.connectors.http.ownshop import VERBS
from pult.demo.environment import HOST
from pult.demo.shopfront.store import KeptShop, about, default_path, opened
from pult.demo.shopfront.texts import texts
from pult.platform import money, webhooks

log = logging.getLogger(__name__)
MAX_BYTES = 1 << 20
_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>:root{{color-scheme:light dark;font:16px/1.5 system-ui}}body{{max-width:32rem;margin:10vh auto;padding:0 1rem}}
button{{font:inherit;min-height:44px;padding:0 1rem;margin:.5rem .5rem 0 0}}p{{margin:.5rem 0}}</style>
<main><h1>{title}</h1><p>{explained}</p>{body}</main></html>"""


class Shopfront(ThreadingHTTPServer):
    """Serves every demo shop below its name: http://127.0.0.1:PORT/store-1/orders."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, path: Path) -> None:
        address = listener.getsockname()
        super().__init__((address[0], address[1]), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.server_address = listener, address
        self.server_name, self.server_port = HOST, address[1]
        self.path = path
        self.database = opened(path)
        self.url = f"http://{HOST}:{address[1]}"
        names = list(about(path))
        self.shops = {name: KeptShop(self.database, name, f"{self.url}/{name}") for name in names}

    def tell(self, name: str, order: Order) -> None:
        """Tell Pult at once that an order has changed; what is lost the next reading finds."""
        known = about(self.path).get(name)
        if known is None or not known.notices:
            return
        body = msgspec.json.encode({"kind": "order", "item": order})
        notice, stamp = f"{order.id}-{order.changed_at.timestamp():.0f}", int(time.time())
        headers = {
            "content-type": "application/json",
            "webhook-id": notice,
            "webhook-timestamp": str(stamp),
            "webhook-signature": webhooks.sign(known.secret, notice, stamp, body),
        }
        request = urllib.request.Request(known.notices, body, headers)  # noqa: S310
        try:
            urllib.request.urlopen(request, timeout=5).close()  # noqa: S310
        except OSError as error:
            log.info("the demo shop could not tell Pult: %s", error)


class _Handler(BaseHTTPRequestHandler):
    server: Shopfront
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BYTES:
            self._send(413, "application/json", b"{}")
            self.close_connection = True
            return
        self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        if self.headers.get("host", "") not in {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}:
            self._send(421, "application/json", b"{}")
            return
        parts = urlsplit(self.path)
        name, _, rest = parts.path.removeprefix("/").partition("/")
        shop = self.server.shops.get(name)
        if shop is None:
            self._send(404, "application/json", b"{}")
        elif rest.startswith("pay/"):
            self._pay(name, shop, rest.removeprefix("pay/"), body)
        elif rest.startswith("password/"):
            said = texts(self.headers.get("accept-language", ""))
            self._page(200, said, said["password"], "")
        else:
            query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            status, said_json, headers = self._contract(name, shop, f"/{rest}", query, body)
            kind = headers.get("Content-Type", "application/json")
            self._send(status, kind, json.dumps(said_json).encode())

    def _contract(
        self, name: str, shop: KeptShop, path: str, query: dict[str, str], body: bytes
    ) -> tuple[int, object, dict[str, str]]:
        known = about(self.server.path)[name]
        if not hmac.compare_digest(self.headers.get("authorization", ""), f"Bearer {known.token}"):
            return 401, {}, {}
        with shop.lock:
            if self.command == "GET":
                if path == "/acts":
                    return 200, {"verbs": VERBS}, {}
                return serving.listed(shop, path, query) if path in serving.KINDS else serving.single(shop, path)
            key = self.headers.get("idempotency-key", "")
            said = serving.acted(shop, path, body, key)
            shop.remember(key)
            return said

    def _pay(self, name: str, shop: KeptShop, order_id: str, body: bytes) -> None:
        """Where the customer pays: nobody enters a card here, a button says that he did."""
        said = texts(self.headers.get("accept-language", ""))
        try:
            with shop.lock:
                order = shop.order(order_id)
                if self.command == "POST":
                    failed = parse_qs(body.decode("ascii", "replace")).get("how") == ["fail"]
                    order = shop.pay(order_id, failed=failed)
        except Refused:
            self._page(409, said, said["closed"], "")
            return
        if self.command == "POST":
            threading.Thread(target=self.server.tell, args=(name, order), daemon=True).start()
        size = money.digits(order.currency)
        sum_ = f"{order.total / 10**size:.{size}f} {order.currency}"
        lines = "".join(f"<p>{line.quantity} × {escape(line.title)}</p>" for line in order.lines)
        state = {"paid": said["paid"], "failed": said["failed"]}.get(order.payment, "")
        buttons = (
            ""
            if order.payment == "paid"
            else f'<form method="post"><button name="how" value="pay">{escape(said["pay"])}</button>'
            f'<button name="how" value="fail">{escape(said["fail"])}</button></form>'
        )
        whole = f"{lines}<p><strong>{escape(sum_)}</strong></p><p role=status>{escape(state)}</p>{buttons}"
        self._page(200, said, f"{said['order']} {order.number}", whole)

    def _page(self, status: int, said: dict[str, str], title: str, body: str) -> None:
        page = _PAGE.format(
            language=said["language"], title=escape(title), explained=escape(said["explained"]), body=body
        )
        self._send(status, "text/html; charset=utf-8", page.encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def run(listener: socket.socket) -> None:
    """Serve until the process ends; a child of the supervisor."""
    Shopfront(listener, default_path()).serve_forever()
