"""The demo's own shop: what Pult does there is done, kept until the next start, and paid on its page."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from pult.commerce.base import (
    DraftOrder,
    GiveBack,
    Order,
    Product,
    Refused,
    ShopError,
    ShopInfo,
    Stock,
    Variant,
    Wanted,
)
from pult.commerce.connectors.http.connector import Connector
from pult.commerce.testing import AT, an_order
from pult.demo.outbox.server import listen
from pult.demo.shopfront import server, store
from pult.demo.shopfront.store import About
from pult.platform import httpclient, webhooks

CONNECTOR = Connector()
SECRET = webhooks.new_secret()


@contextmanager
def served(path: Path) -> Iterator[server.Shopfront]:
    front = server.Shopfront(listen(0), path)
    thread = threading.Thread(target=front.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield front
    finally:
        front.shutdown()
        front.server_close()
        thread.join()
        httpclient.close_clients()


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    lamp = Variant("v7", "", 2_495, "EUR", "LAMP-7", stock=[Stock("", 9)])
    things: list[Order | Product] = [Product("p7", "Lamp", AT, [lamp]), an_order(1, payment="paid")]
    store.fill(tmp_path / "shop.sqlite3", "store-1", things, About("a-token"))
    return tmp_path / "shop.sqlite3"


def info(front: server.Shopfront, token: str = "a-token") -> ShopInfo:
    return ShopInfo(1, 1, {"base_url": f"{front.url}/store-1", "token": token}, "EUR", "UTC")


def open_page(url: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(url, body, {"Accept-Language": "sl", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_what_is_done_is_kept_until_the_next_start_and_not_done_twice(path: Path) -> None:
    key, act, now = str(uuid.uuid4()), GiveBack("o1", 2_495), datetime.now(UTC)
    with served(path) as front:
        assert CONNECTOR.verbs(info(front))
        first = CONNECTOR.perform(info(front), act, key=key, at=now)
    with served(path) as front:
        again = CONNECTOR.perform(info(front), act, key=key, at=now)
        (order,) = CONNECTOR.look(info(front), "order", ["o1"])
        assert again.reference == first.reference
        assert [one.amount for one in order.refunds] == [2_495]  # type: ignore[union-attr]
        with pytest.raises(Refused):
            CONNECTOR.plan(info(front), GiveBack("o1", 5_000))
        with pytest.raises(ShopError, match="401"):
            CONNECTOR.look(info(front, "another"), "order", ["o1"])


def test_a_basket_is_paid_on_its_page_and_pult_is_told(path: Path) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    class Pult(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    pult = HTTPServer(("127.0.0.1", 0), Pult)
    thread = threading.Thread(target=pult.serve_forever, args=(0.02,))
    thread.start()
    store.tell(path, "store-1", About("a-token", SECRET, f"http://127.0.0.1:{pult.server_port}/hooks/shops/1/notices"))
    try:
        with served(path) as front:
            act = DraftOrder("EUR", [Wanted("v7", 2)])
            done = CONNECTOR.perform(info(front), act, key=str(uuid.uuid4()), at=datetime.now(UTC))
            assert done.url.startswith(f"{front.url}/store-1/pay/")
            status, page = open_page(done.url)
            assert (status, "53.90 EUR" in page, "Plačaj" in page) == (200, True, True)
            open_page(done.url, b"how=fail")
            status, page = open_page(done.url, b"how=pay")
            assert "Plačano" in page
            assert open_page(done.url, b"how=pay")[0] == 409, "it is paid once"
            deadline = time.monotonic() + 10
            while len(heard) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
    finally:
        pult.shutdown()
        thread.join()
        pult.server_close()
    assert sorted(CONNECTOR.parse(info(front), {}, body)[0].payment for _, body in heard) == [  # type: ignore[union-attr]
        "failed",
        "paid",
    ]
    headers, body = heard[-1]
    assert webhooks.is_genuine(SECRET, headers, body, now=time.time(), skew=300)


def test_another_host_name_and_an_unknown_basket_lead_nowhere(path: Path) -> None:
    with served(path) as front:
        assert open_page(f"{front.url}/store-1/pay/o1", Host="evil.example")[0] == 421
        assert open_page(f"{front.url}/store-1/pay/o9")[0] == 409
        assert open_page(f"{front.url}/store-9/orders")[0] == 404
