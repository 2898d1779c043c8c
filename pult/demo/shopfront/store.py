"""What the demo's shops keep between two starts: things, what was done under which key, and where Pult is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from pult.commerce.base import Done, Kind, Order, Product, Promotion
from pult.commerce.connectors.http.ownshop import OwnShop

_TABLES = """
CREATE TABLE IF NOT EXISTS thing (shop TEXT, kind TEXT, id TEXT, body BLOB, PRIMARY KEY (shop, kind, id));
CREATE TABLE IF NOT EXISTS done (shop TEXT, key TEXT, asked BLOB, done BLOB, PRIMARY KEY (shop, key));
CREATE TABLE IF NOT EXISTS about (shop TEXT PRIMARY KEY, token TEXT, secret TEXT, notices TEXT);
"""


class About(msgspec.Struct, frozen=True):
    """What a demo shop knows of Pult: with which token it asks, where notices go and what signs them."""

    token: str
    secret: str = ""
    notices: str = ""


def default_path() -> Path:
    """Return where the demo's shops are kept."""
    return Path(settings.DATA_DIR) / "demo-shop.sqlite3"


def opened(path: Path) -> sqlite3.Connection:
    """Open the file, and make it where there is none."""
    database = sqlite3.connect(path, timeout=10, check_same_thread=False)
    database.executescript(_TABLES)
    return database


def fill(path: Path, shop: str, things: Iterable[Order | Product | Promotion], about: About) -> None:
    """Keep what a shop begins with."""
    kinds: dict[type, Kind] = {Order: "order", Product: "product", Promotion: "promotion"}
    rows = [(shop, kinds[type(one)], one.id, msgspec.json.encode(one)) for one in things]
    with closing(opened(path)) as database, database:
        database.executemany("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?)", rows)
    tell(path, shop, about)


def tell(path: Path, shop: str, about: About) -> None:
    """Tell a shop where Pult is."""
    with closing(opened(path)) as database, database:
        row = (shop, about.token, about.secret, about.notices)
        database.execute("INSERT OR REPLACE INTO about VALUES (?, ?, ?, ?)", row)


def about(path: Path) -> dict[str, About]:
    """Return what every shop knows of Pult."""
    if not path.is_file():
        return {}
    with closing(opened(path)) as database:
        return {shop: About(*row) for shop, *row in database.execute("SELECT shop, token, secret, notices FROM about")}


class KeptShop(OwnShop):
    """A shop whose every change is on the disk before it is answered."""

    def __init__(self, database: sqlite3.Connection, name: str, address: str) -> None:
        super().__init__(address=address)
        self.lock = threading.Lock()
        self._database, self._name = database, name
        for kind, thing_id, body in database.execute("SELECT kind, id, body FROM thing WHERE shop = ?", [name]):
            self.things[kind][thing_id] = msgspec.json.decode(body)
        for key, asked, done in database.execute("SELECT key, asked, done FROM done WHERE shop = ?", [name]):
            self._done[key] = asked, msgspec.json.decode(done, type=Done)

    def keep(self, thing: Order | Product | Promotion) -> None:
        """Have a thing from now on, also after the next start."""
        super().keep(thing)
        kind: Kind = "order" if isinstance(thing, Order) else "product" if isinstance(thing, Product) else "promotion"
        self._write("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?)", kind, thing.id, msgspec.json.encode(thing))

    def remember(self, key: str) -> None:
        """Keep what was done under a key."""
        if key in self._done:
            asked, done = self._done[key]
            self._write("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", key, asked, msgspec.json.encode(done))

    def _write(self, sql: str, *values: Any) -> None:
        with self._database:
            self._database.execute(sql, [self._name, *values])
