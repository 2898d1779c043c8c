"""Webhooks of shops: signed notices over many connections until every order is written and told, each exactly once.

`python -m bench.shops` connects a shop in the installation whose environment it is run with.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from datetime import UTC, datetime, timedelta

import django
import msgspec

from bench import usage
from bench.clients import Http, Refused
from bench.cluster import Cluster
from bench.server import Server
from pult.commerce import base as shop

Figures = dict[str, object]
SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBiZW5jaCwgMzIgYnl0ZXMgbG9u"
PATCH = 4
"""Notices of one order: it is made, paid, sent, delivered."""
AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
LEFT = """
SELECT (SELECT count(*) FROM commerce_notice WHERE state <> 'parsed')
     + (SELECT count(*) FROM platform_event WHERE position IS NULL)
"""


def connect() -> int:
    """Connect a shop of one's own to the first store."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    from pult.accounts import queries as accounts  # noqa: PLC0415  after django.setup
    from pult.commerce import actions  # noqa: PLC0415

    settings = {"base_url": "http://shop.invalid", "webhook_secret": SECRET}
    return actions.connect(store_id=accounts.stores()[0].id, connector="http", name="Bench", settings=settings)


def notices(count: int, *, run: str) -> list[tuple[str, bytes]]:
    """Return (name, body) of `count` notices about a fourth as many orders."""
    made = []
    for number in range(count):
        order, step = number // PATCH, number % PATCH
        lines = [
            shop.Line(id=str(n), title=f"Lamp {order % 700} {n}", quantity=n, price=4_990, total=4_990 * n, sku=f"L{n}")
            for n in range(1, 4)
        ]
        whole = shop.Order(
            id=f"{run}{order}",
            number=f"{run}-{order}",
            placed_at=AT,
            changed_at=AT + timedelta(hours=step),
            currency="EUR",
            total=29_940,
            payment="paid" if step else "pending",
            fulfilment=("none", "none", "sent", "delivered")[step],
            buyer=shop.Buyer(email=f"{run}{order // 3}@customers.example", name="Maja Kos"),
            lines=lines,
        )
        made.append((f"{run}-{number}", msgspec.json.encode({"kind": "order", "item": whole})))
    return made


def _signed(name: str, stamp: int, body: bytes) -> str:
    """Return a signature as Standard Webhooks has it."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


async def _send(port: int, path: str, batch: list[tuple[str, bytes]], *, clients: int) -> list[float]:
    todo, took = iter(batch), []

    async def one() -> None:
        client = Http(port)
        plain = client.head
        for name, body in todo:
            stamp = int(time.time())
            signature = _signed(name, stamp, body)
            client.head = (
                f"{plain}webhook-id: {name}\r\nwebhook-timestamp: {stamp}\r\nwebhook-signature: {signature}\r\n"
            )
            began = time.perf_counter()
            status, answer = await client.ask("POST", path, body)
            took.append(time.perf_counter() - began)
            if status != 200:
                raise Refused(f"{name}: {status} {answer[:300]!r}")
        await client.close()

    await asyncio.gather(*[one() for _ in range(clients)])
    return took


async def _until_taken(cluster: Cluster, database: str, patience: float = 120) -> None:
    deadline = time.monotonic() + patience
    with cluster.connect(database) as db:
        while time.monotonic() < deadline:
            row = db.execute(LEFT).fetchone()
            if row and row[0] == 0:
                return
            await asyncio.sleep(0.05)
    raise TimeoutError("notices are still waiting")


async def ingest(cluster: Cluster, server: Server, database: str, *, count: int, clients: int = 8) -> Figures:
    """Send `count` notices; the clock stops when all are written. `lost` and `twice` are counted in the tables."""
    path = f"/hooks/shops/{int(server.call('bench.shops'))}/notices"
    await _send(server.port, path, notices(200, run="w"), clients=clients)
    await _until_taken(cluster, database)
    batch = notices(count, run="o")
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    began = time.perf_counter()
    took = await _send(server.port, path, batch, clients=clients)
    accepted = time.perf_counter() - began
    await _until_taken(cluster, database)
    written = time.perf_counter() - began
    used = meter.stop()
    with cluster.connect(database) as db:
        found = db.execute(
            "SELECT count(*), count(*) FILTER (WHERE fulfilment = 'delivered') FROM commerce_order"
            " WHERE external_id LIKE 'o%'"
        ).fetchone()
    orders, whole = found or (0, 0)
    return {
        "notices": count,
        "accepted_per_s": round(count / accepted, 1),
        "written_per_s": round(count / written, 1),
        "lost": count // PATCH - whole,
        "twice": orders - count // PATCH,
        **usage.spread(took),
        **used.per(count),
    }


if __name__ == "__main__":
    print(json.dumps(connect()))
