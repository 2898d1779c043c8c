"""The contract of a shop, held by one that is files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pult.commerce.base import Order, Product, Thing
from pult.commerce.testing import ShopContract

pytestmark = pytest.mark.django_db(databases="__all__")


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


class Folder:
    """Orders and products, exported anew whenever one changes."""

    def __init__(self, folder: Path) -> None:
        self.settings: dict[str, Any] = {"folder": str(folder)}
        self._folder = folder
        self._orders: dict[str, Order] = {}
        self._products: dict[str, Product] = {}
        self.keep()

    def keep(self, *things: Order | Product) -> None:
        for thing in things:
            if isinstance(thing, Order):
                self._orders[thing.id] = thing
            else:
                self._products[thing.id] = thing
        orders, lines = [], []
        for one in self._orders.values():
            sent = next(iter(one.shipments), None)
            orders.append(
                {
                    "id": one.id,
                    "number": one.number,
                    "email": one.buyer.email,
                    "name": one.buyer.name,
                    "placed_at": one.placed_at.isoformat(),
                    "changed_at": one.changed_at.isoformat(),
                    "currency": one.currency,
                    "total": _amount(one.total),
                    "shipping": _amount(one.shipping),
                    "parcel": sent.number if sent else "",
                    "sent_at": sent.sent_at.isoformat() if sent and sent.sent_at else "",
                }
            )
            lines += [
                {
                    "order": one.id,
                    "product": line.product_id,
                    "sku": line.sku,
                    "title": line.title,
                    "quantity": str(line.quantity),
                    "price": _amount(line.price),
                    "total": _amount(line.total),
                }
                for line in one.lines
            ]
        self._write("orders", orders, ["id", "placed_at"])
        self._write("order_lines", lines, ["order"])
        products = [{"id": one.id, "title": one.title} for one in self._products.values()]
        self._write("products", products, ["id", "title"])

    def _write(self, name: str, rows: list[dict[str, str]], least: list[str]) -> None:
        with (self._folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]) if rows else least)
            writer.writeheader()
            writer.writerows(rows)

    def behave(self, behaviour: str) -> bool:
        orders, away = self._folder / "orders.csv", self._folder / "orders.away"
        if behaviour == "permanent":
            orders.rename(away)
            return True
        if behaviour == "well" and away.exists():
            away.rename(orders)
        return behaviour == "well"

    def notice(self, thing: Thing, name: str) -> tuple[dict[str, str], bytes]:
        raise NotImplementedError("files tell of nothing")


class TestCsv(ShopContract):
    connector = "csv"
    many = 1_150

    def shop(self, folder: Path) -> AbstractContextManager[Folder]:
        @contextmanager
        def opened() -> Iterator[Folder]:
            yield Folder(folder)

        return opened()
