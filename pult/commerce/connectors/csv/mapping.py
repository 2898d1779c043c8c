"""Which column of which file means what: mapping.toml beside the files, or the names that docs/shops.md gives."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

import msgspec

from pult.commerce.base import Fulfilment, OrderState, PaymentState, ShopError


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file, and for each field of Pult the column it is read from. A field without a column stays empty."""

    file: str
    columns: dict[str, str] = {}


class Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of the shop's words for the state of an order means."""

    state: OrderState = "open"
    payment: PaymentState = ""
    fulfilment: Fulfilment = ""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the files of one shop are read."""

    currency: str = ""
    time_zone: str = ""
    decimal: Literal[".", ","] = "."
    delimiter: Literal[",", ";", "\t"] = ","
    encoding: str = "utf-8-sig"
    orders: Table = Table(file="orders.csv")
    buyers: Table = Table(file="customers.csv")
    lines: Table = Table(file="order_lines.csv")
    payments: Table = Table(file="payments.csv")
    products: Table = Table(file="products.csv")
    promotions: Table = Table(file="promotions.csv")
    states: dict[str, Status] = {}

    def column(self, table: str, field: str) -> str:
        """Return the column of a field; without a mapping it has the field's name."""
        found: Table = getattr(self, table)
        return found.columns.get(field, "" if found.columns else field)


FIELDS: dict[str, tuple[str, ...]] = {
    "orders": (
        *("id", "number", "buyer", "email", "phone", "name", "language", "placed_at", "changed_at", "status"),
        *("currency", "total", "shipping", "tax", "discount", "promised_at", "sent_at", "delivered_at"),
        *("parcel", "carrier", "parcel_url", "street", "postcode", "city", "region", "country", "note", "url"),
    ),
    "buyers": (
        *("key", "id", "email", "phone", "name", "language", "birthday", "registered_at"),
        *("street", "postcode", "city", "region", "country"),
    ),
    "lines": ("order", "id", "product", "variant", "sku", "title", "quantity", "price", "total", "shipping"),
    "payments": ("order", "id", "method", "status", "amount", "at"),
    "products": (
        *("id", "title", "sku", "barcode", "price", "before", "category", "vendor", "url", "picture"),
        *("stock", "changed_at"),
    ),
    "promotions": (
        *("id", "title", "code", "percent", "amount", "currency", "minimum", "delivery", "starts_at", "ends_at"),
        *("products", "categories", "changed_at"),
    ),
}
"""Every field of every file. Further columns of `products` are its attributes."""


def read(folder: Path) -> Mapping:
    """Return the mapping of a folder. Raises ShopError where it cannot be read."""
    path = folder / "mapping.toml"
    if not path.is_file():
        return Mapping()
    try:
        mapping = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Mapping)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ShopError(f"mapping.toml: {error}", permanent=True) from error
    if mapping.time_zone and mapping.time_zone not in available_timezones():
        raise ShopError(f"mapping.toml: there is no time zone {mapping.time_zone[:40]!r}", permanent=True)
    for table, fields in FIELDS.items():
        found: Table = getattr(mapping, table)
        if unknown := found.columns.keys() - set(fields):
            raise ShopError(f"mapping.toml: {table} has no field {sorted(unknown)[0]!r}", permanent=True)
    return mapping
