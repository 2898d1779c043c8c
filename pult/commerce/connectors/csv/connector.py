"""A shop that is files: orders, their lines and payments, buyers and products, one file each (docs/shops.md)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from pult.commerce.base import (
    Buyer,
    Kind,
    Line,
    Order,
    Page,
    Payment,
    Place,
    Product,
    Promotion,
    Shipment,
    ShopError,
    ShopInfo,
    Stock,
    Thing,
    Variant,
)
from pult.commerce.connectors.csv import mapping as mappings
from pult.commerce.connectors.csv.staging import Row, Staged, staged
from pult.platform.money import kept, minor

_PAGE = 500
_TABLES: dict[Kind, tuple[str, ...]] = {
    "product": ("products",),
    "promotion": ("promotions",),
    "order": ("orders", "buyers", "lines", "payments", "products"),
}


class Connector:
    """Reads the files of a folder."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give the whole of the files from a row on; what has not changed is passed over by whoever writes it."""
        folder = Path(str(shop.settings["folder"]))
        if not folder.is_absolute() or not folder.is_dir():
            raise ShopError(f"there is no folder {folder}, named from the root on", permanent=True)
        mapping = mappings.read(folder)
        table = _TABLES[kind][0]
        with staged(folder, mapping, _TABLES[kind]) as files:
            reader = _Reader(files, mapping, shop)
            done, of = int(cursor or 0), files.count(table)
            while found := files.after(table, done, _PAGE):
                things: list[Thing] = [reader.thing(kind, number, row) for number, row in found]
                done = found[-1][0]
                yield Page(things, str(done) if done < of else None, done, of)


class _Reader:
    """Makes orders and products of rows. Raises ShopError with the number of the row that makes no sense."""

    def __init__(self, files: Staged, mapping: mappings.Mapping, shop: ShopInfo) -> None:
        self._files = files
        self._mapping = mapping
        self._currency = (mapping.currency or shop.currency).upper()
        self._zone = ZoneInfo(mapping.time_zone or shop.time_zone)

    def thing(self, kind: Kind, number: int, row: Row) -> Thing:
        try:
            if kind == "promotion":
                return self._promotion(row)
            return self._order(row) if kind == "order" else self._product(row)
        except (ValueError, ArithmeticError) as error:
            table: mappings.Table = getattr(self._mapping, f"{kind}s")
            raise ShopError(f"{table.file}, row {number}: {error}", permanent=True) from error

    def _order(self, row: Row) -> Order:
        currency = _currency(row["currency"] or self._currency)
        lines = self._files.of("lines", row["id"])
        buyer, address = self._buyer(row)
        shipping = self._sum([row], "shipping", currency) + self._sum(lines, "shipping", currency)
        discount = self._sum([row], "discount", currency)
        read = [self._line(line, number, currency) for number, line in enumerate(lines, start=1)]
        total = (
            self._sum([row], "total", currency)
            if row["total"]
            else kept(sum(x.total for x in read) + shipping - discount)
        )
        placed = self._must_time(row["placed_at"])
        moments = [self._time(row[field]) for field in ("changed_at", "sent_at", "delivered_at")]
        status = self._mapping.states.get(row["status"], mappings.Status())
        return Order(
            id=_given(row["id"]),
            number=row["number"] or row["id"],
            placed_at=placed,
            changed_at=max([placed, *(moment for moment in moments if moment)]),
            currency=currency,
            total=total,
            state=status.state,
            payment=status.payment,
            fulfilment=status.fulfilment,
            shipping=shipping,
            tax=self._sum([row], "tax", currency),
            discount=discount,
            buyer=buyer,
            ship_to=address,
            lines=read,
            payments=[
                self._payment(one, number, currency)
                for number, one in enumerate(self._files.of("payments", row["id"]), start=1)
            ],
            shipments=self._shipments(row),
            promised_at=self._time(row["promised_at"]),
            note=row["note"],
            url=row["url"],
        )

    def _buyer(self, row: Row) -> tuple[Buyer, Place]:
        """Return who ordered and where to, from the order's own columns and else from the file of buyers."""
        known = next(iter(self._files.of("buyers", row["buyer"])), None) if row["buyer"] else None

        def of(field: str) -> str:
            return row.get(field) or (known or {}).get(field, "")

        buyer = Buyer(
            id=_short((known or {}).get("id") or row["buyer"]),
            email=of("email"),
            phone=of("phone"),
            name=of("name"),
            language=of("language"),
            birthday=_day((known or {}).get("birthday", "")),
            registered_at=self._time((known or {}).get("registered_at", "")),
        )
        place = Place(
            name=buyer.name,
            lines=[of("street")] if of("street") else [],
            postcode=of("postcode"),
            city=of("city"),
            region=of("region"),
            country=of("country").upper(),
        )
        return buyer, place

    def _line(self, row: Row, number: int, currency: str) -> Line:
        quantity = _count(row["quantity"] or "1")
        price = self._sum([row], "price", currency)
        return Line(
            id=row["id"] or str(number),
            title=row["title"] or self._title(row["product"]) or row["sku"] or row["product"],
            quantity=quantity,
            price=price,
            total=self._sum([row], "total", currency) if row["total"] else kept(price * quantity),
            sku=row["sku"],
            product_id=row["product"],
            variant_id=row["variant"],
        )

    def _title(self, product_id: str) -> str:
        product = next(iter(self._files.of("products", product_id)), None) if product_id else None
        return (product["title"] or product["category"]) if product else ""

    def _payment(self, row: Row, number: int, currency: str) -> Payment:
        state = self._mapping.states.get(row["status"], mappings.Status(payment="paid")).payment
        amount = self._sum([row], "amount", currency)
        return Payment(row["id"] or str(number), row["method"], state, amount, self._time(row["at"]))

    def _shipments(self, row: Row) -> list[Shipment]:
        sent, delivered = self._time(row["sent_at"]), self._time(row["delivered_at"])
        if not (sent or delivered or row["parcel"]):
            return []
        promised = self._time(row["promised_at"])
        return [Shipment("1", row["parcel"], row["carrier"], row["parcel_url"], sent, promised, delivered)]

    def _product(self, row: Row) -> Product:
        variant = Variant(
            id=row["id"],
            title="",
            price=self._sum([row], "price", self._currency),
            currency=self._currency,
            sku=row["sku"],
            barcode=row["barcode"],
            before=self._sum([row], "before", self._currency) if row["before"] else None,
            stock=[Stock("", _count(row["stock"]))] if row["stock"] else [],
        )
        return Product(
            id=_given(row["id"]),
            title=row["title"] or row["id"],
            changed_at=self._time(row["changed_at"]) or _BEGINNING,
            variants=[variant] if row["price"] or row["sku"] or row["stock"] else [],
            category=row["category"],
            vendor=row["vendor"],
            url=row["url"],
            picture=row["picture"],
            attributes=msgspec.json.decode(row["extra"], type=dict[str, str]),
        )

    def _promotion(self, row: Row) -> Promotion:
        currency = _currency(row["currency"] or self._currency)
        percent = float(row["percent"].rstrip("% ").replace(self._mapping.decimal, ".")) if row["percent"] else None
        if percent is not None and not 0 <= percent <= 100:
            raise ValueError(f"{row['percent'][:40]!r} is no part of a hundred")
        return Promotion(
            id=_given(row["id"]),
            title=row["title"] or row["code"] or row["id"],
            changed_at=self._time(row["changed_at"]) or _BEGINNING,
            code=row["code"],
            percent=percent,
            amount=self._sum([row], "amount", currency) if row["amount"] else None,
            currency=currency,
            minimum=self._sum([row], "minimum", currency) if row["minimum"] else None,
            delivery=row["delivery"].casefold() in _YES,
            starts_at=self._time(row["starts_at"]),
            ends_at=self._time(row["ends_at"]),
            product_ids=_several(row["products"]),
            categories=_several(row["categories"]),
        )

    def _sum(self, rows: list[Row], field: str, currency: str) -> int:
        return kept(sum(minor(row[field], currency, point=self._mapping.decimal) for row in rows if row[field]))

    def _time(self, text: str) -> datetime | None:
        if not text:
            return None
        moment = datetime.fromisoformat(text)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise ValueError(f"{text[:40]!r} is no time at which a shop sells")
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _must_time(self, text: str) -> datetime:
        moment = self._time(text)
        if moment is None:
            raise ValueError("a time is missing")
        return moment


_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""When a product changed of which the file does not say when: a file is always the newest word."""


_YES = frozenset({"1", "true", "yes"})
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LONGEST_ID = 200
_MOST = 2**31


def _several(text: str) -> list[str]:
    return [one.strip() for one in text.split("|") if one.strip()]


def _given(text: str) -> str:
    if not text:
        raise ValueError("an id is missing")
    return _short(text)


def _short(text: str) -> str:
    if len(text) > _LONGEST_ID:
        raise ValueError(f"the id {text[:40]!r}... is longer than {_LONGEST_ID} characters")
    return text


def _count(text: str) -> int:
    number = int(text)
    if abs(number) >= _MOST:
        raise ValueError(f"{text[:40]!r} is too many")
    return number


def _currency(text: str) -> str:
    if len(text) != 3 or not (text.isascii() and text.isalpha()):
        raise ValueError(f"{text[:40]!r} is no currency")
    return text.upper()


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
