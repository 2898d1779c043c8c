"""A shop's years of orders: cards and searches among a million of them, and reading them for the first time.

`python -m bench.orders load N --shop FILE` fills the database of its environment by COPY with the rows and words that
Pult's own functions make; `... read FOLDER` reads CSV files as a first import and prints what that took, as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import psycopg

from bench import generate, usage
from bench.clients import hammer
from bench.cluster import Cluster
from bench.corpus import NULL
from bench.server import Server

Figures = dict[str, object]
EACH = 4
"""Orders of one buyer, on the average."""
END = datetime(2026, 11, 1, tzinfo=UTC)
GOODS = ("lamp", "bulb", "chair", "table", "shelf", "carpet", "mirror", "curtain", "vase", "clock")
TABLES = {
    "customers_customer": "id name language company notes created_at",
    "customers_identity": "id customer_id kind value display undeliverable created_at",
    "commerce_buyer": "id shop_id external_id customer_id",
    "commerce_order": (
        "id shop_id external_id number customer_id placed_at changed_at state payment fulfilment currency total"
        " refunded open_parcels body digest erased trimmed"
    ),
    "commerce_orderline": "id order_id sku product_id variant_id title quantity total",
    "commerce_order_search": "key entry_id owner_id words",
}


def buyer(number: int) -> tuple[str, str]:
    """Return the name and address of a buyer."""
    first, last = generate.FIRST[number % len(generate.FIRST)], generate.LAST[(number // 16) % len(generate.LAST)]
    return f"{first} {last}", f"{first}.{last.encode('ascii', 'ignore').decode()}.{number}@customers.example".lower()


def orders(count: int) -> Iterator[tuple[int, int, datetime, list[tuple[str, str, int, int]]]]:
    """Yield (number, buyer, time, lines of (code, title, pieces, price)), oldest first, the same every time."""
    rng = random.Random(13)
    step = timedelta(days=3 * 365) / count
    for number in range(1, count + 1):
        lines = []
        for _ in range(rng.randint(1, 4)):
            goods = rng.randrange(2_000)
            title = f"{GOODS[goods % len(GOODS)].capitalize()} {generate.LAST[goods % len(generate.LAST)]} {goods}"
            lines.append((f"SKU-{goods}", title, rng.randint(1, 3), rng.randint(200, 20_000)))
        yield number, rng.randrange(max(count // EACH, 1)) + 1, END - step * (count - number), lines


def load(url: str, shop: dict[str, Any], count: int) -> Figures:
    """Fill a shop by COPY; return how long it took."""
    from pult.commerce import actions  # noqa: PLC0415  after django.setup
    from pult.platform.fulltext import time_marks  # noqa: PLC0415

    store = shop["stores"][0]
    shop_id = actions.connect(store_id=store, connector="csv", name=f"Bench {count}", settings={"folder": "/nowhere"})
    began = time.monotonic()
    with psycopg.connect(url) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("DROP INDEX commerce_order_search_words")
        people = ((number, *buyer(number)) for number in range(1, count // EACH + 1))
        with db.cursor().copy(_copy("customers_customer")) as rows:
            for number, name, _ in people:
                rows.write(_line(number, name, "en", "", "", END))
        for table, of in (("customers_identity", _identity), ("commerce_buyer", None)):
            with db.cursor().copy(_copy(table)) as rows:
                for number in range(1, count // EACH + 1):
                    told = of(number) if of else (number, shop_id, f"b{number}", number)
                    rows.write(_line(*told))
        writer = _Writer(shop_id, store, time_marks)
        for table in ("commerce_order", "commerce_orderline", "commerce_order_search"):
            with db.cursor().copy(_copy(table)) as rows:
                for text in writer.of(table, count):
                    rows.write(text)
        copied = time.monotonic()
        db.execute("CREATE INDEX commerce_order_search_words ON commerce_order_search USING gin (words)")
        for table, columns in TABLES.items():
            if columns.startswith("id "):
                db.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")
    return {"copy_s": round(copied - began, 1), "index_s": round(time.monotonic() - copied, 1), "orders": count}


def _copy(table: str) -> str:
    return f"COPY {table} ({', '.join(TABLES[table].split())}) FROM STDIN"


def _line(*fields: object) -> str:
    texts = (NULL if field is None else str(field).replace("\\", "\\\\") for field in fields)
    return "\t".join(texts) + "\n"


def _identity(number: int) -> tuple[object, ...]:
    address = buyer(number)[1]
    return number, number, "email", address, address, "", END


class _Writer:
    """Makes the lines of the tables of orders."""

    def __init__(self, shop_id: int, store_id: int, time_marks: Any) -> None:
        self.shop_id, self.store_id, self.time_marks = shop_id, store_id, time_marks
        self.line = 0

    def of(self, table: str, count: int) -> Iterator[str]:
        """Yield the lines of one table."""
        import msgspec  # noqa: PLC0415  after django.setup

        from pult.commerce.digests import digest_of  # noqa: PLC0415
        from pult.commerce.index import order_entry  # noqa: PLC0415
        from pult.platform.fulltext import entry_key  # noqa: PLC0415

        for number, who, at, lines in orders(count):
            if table == "commerce_orderline":
                for sku, title, pieces, price in lines:
                    self.line += 1
                    yield _line(self.line, number, sku, sku, "", title, pieces, pieces * price)
                continue
            order = whole(number, who, at, lines)
            if table == "commerce_order":
                yield _line(
                    *(number, self.shop_id, order.id, order.number, who, at, at, order.state, order.payment),
                    *(order.fulfilment, order.currency, order.total, 0, 0, msgspec.json.encode(order).decode()),
                    *(digest_of(order), "f", "f"),
                )
            else:
                entry = order_entry(number, who, self.store_id, order)
                words = [*entry.words, *entry.marks, *self.time_marks(at)]
                vector = " ".join("'" + word.replace("'", "''") + "'" for word in words)
                yield _line(entry_key(at, number), number, who, vector)


def whole(number: int, who: int, at: datetime, lines: list[tuple[str, str, int, int]]) -> Any:
    """Return an order as a connector gives it."""
    from pult.commerce import base  # noqa: PLC0415  after django.setup

    name, address = buyer(who)
    return base.Order(
        id=f"o{number}",
        number=f"N-{number}",
        placed_at=at,
        changed_at=at,
        currency="EUR",
        total=sum(pieces * price for _, _, pieces, price in lines),
        state="completed",
        payment="paid",
        fulfilment="delivered",
        buyer=base.Buyer(id=f"b{who}", email=address, name=name),
        ship_to=base.Place(name=name, lines=[f"Street {who}"], city="Ljubljana", country="SI"),
        lines=[
            base.Line(
                id=str(place), title=title, quantity=pieces, price=price, total=pieces * price, sku=sku, product_id=sku
            )
            for place, (sku, title, pieces, price) in enumerate(lines, start=1)
        ],
    )


def loaded(cluster: Cluster, home: Path, count: int) -> Server:
    """Return an installation with so many orders; loads them once and keeps them for later runs."""
    name = f"orders{count}"
    server = Server(cluster.url(name), home / name)
    if (home / name / "loaded.json").exists() and cluster.exists(name):
        server.remember()
        server.call("pult", "migrate", "-v", "0")
        return server
    cluster.create(name)
    server.prepare()
    told = server.call("bench.orders", "load", str(count), "--shop", str(home / name / "shop.json"))
    (home / name / "loaded.json").write_text(told)
    print(f"loaded {count} orders: {told.strip()}", flush=True)
    return server


def paths(count: int) -> dict[str, list[str]]:
    """Return what is asked of so many orders, by its name."""
    rng = random.Random(17)
    people = [rng.randrange(count // EACH) + 1 for _ in range(200)]
    return {
        "card of a buyer": [f"/api/v1/customers/{who}/shop" for who in people],
        "order by number": [f"/api/v1/orders?q=N-{rng.randrange(count) + 1}" for _ in range(200)],
        "orders by address": [f"/api/v1/orders?q={buyer(who)[1]}" for who in people],
        "orders by common goods": ["/api/v1/orders?q=lamp"],
        "orders by one of 2,000 goods": [f"/api/v1/orders?q=SKU-{rng.randrange(2_000)}" for _ in range(200)],
        "orders, no hit": ["/api/v1/orders?q=qqqqqqq"],
    }


async def measure(cluster: Cluster, server: Server, count: int, *, asked: int = 200) -> dict[str, Figures]:
    """Ask each path by one client."""
    result: dict[str, Figures] = {}
    for name, each in paths(count).items():
        asks = [("GET", each[i % len(each)], b"") for i in range(asked)]
        await hammer(server.port, server.token, asks[:20])
        meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
        took = await hammer(server.port, server.token, asks)
        result[name] = {"1 client": {**usage.spread(took), **meter.stop().per(asked)}}
        await asyncio.sleep(0)
    return result


def files(folder: Path, count: int) -> None:
    """Write a shop's history as CSV files."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "orders.csv").open("w", newline="") as one,
        (folder / "order_lines.csv").open("w", newline="") as two,
    ):
        heads, lines = csv.writer(one), csv.writer(two)
        heads.writerow(["id", "number", "buyer", "email", "name", "placed_at", "currency", "street", "city", "country"])
        lines.writerow(["order", "sku", "title", "quantity", "price"])
        for number, who, at, bought in orders(count):
            name, address = buyer(who)
            place = (f"Street {who}", "Ljubljana", "SI")
            heads.writerow([f"o{number}", f"N-{number}", f"b{who}", address, name, at.isoformat(), "EUR", *place])
            lines.writerows([f"o{number}", sku, title, pieces, price / 100] for sku, title, pieces, price in bought)


def read(folder: Path) -> Figures:
    """Read files as a first import; return what that took, and how often it was said how far it is."""
    from pult.accounts import queries as accounts  # noqa: PLC0415  after django.setup
    from pult.commerce import actions, reading  # noqa: PLC0415

    settings = {"folder": str(folder)}
    store_id = accounts.stores()[0].id
    shop_id = actions.connect(store_id=store_id, connector="csv", name=f"Read {time.time()}", settings=settings)
    told: list[int] = []
    base_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    began, cpu = time.monotonic(), time.process_time()
    reading.read(shop_id, told=lambda progress: told.append(progress.done))
    wall = time.monotonic() - began
    return {
        "orders": told[-1],
        "seconds": round(wall, 1),
        "per_s": round(told[-1] / wall, 1),
        "cpu_ms_pult": round(1000 * (time.process_time() - cpu) / told[-1], 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "base_mb": round(base_mb, 1),
        "progress_told": len(told),
    }


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.orders", description=__doc__)
    parser.add_argument("what", choices=("load", "read"))
    parser.add_argument("of", help="how many orders, or the folder of files")
    parser.add_argument("--shop", type=argparse.FileType())
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    if chosen.what == "load":
        found = load(os.environ["DATABASE_URL"], json.load(chosen.shop), int(chosen.of))
    else:
        found = read(Path(chosen.of))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
