"""Files side by side on the disk, so that an order finds its lines whatever the size and order of the files."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from pult.commerce.base import ShopError
from pult.commerce.connectors.csv.mapping import FIELDS, Mapping, Table

Row = dict[str, str]
_KEY = {"buyers": "key", "lines": "order", "payments": "order", "products": "id"}
_LONGEST_FIELD = 1 << 20
_MANY = 2_000


class Staged:
    """The files of a shop as tables; fields that no column gives are empty text."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def count(self, table: str) -> int:
        """Return how many rows a table has."""
        return int(self._database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def after(self, table: str, row_id: int, limit: int) -> list[tuple[int, Row]]:
        """Return the next rows of a table with their numbers."""
        found = self._database.execute(
            f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?", (row_id, limit)
        )
        names = [column[0] for column in found.description][1:]
        return [(row[0], dict(zip(names, row[1:], strict=True))) for row in found]

    def of(self, table: str, key: str) -> list[Row]:
        """Return the rows of a table that belong to a key, in the order of the file."""
        found = self._database.execute(f'SELECT * FROM {table} WHERE "{_KEY[table]}" = ? ORDER BY rowid', (key,))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]


@contextmanager
def staged(folder: Path, mapping: Mapping, tables: tuple[str, ...]) -> Iterator[Staged]:
    """Load files into a database of their own, which is gone afterwards. Raises ShopError for what cannot be read."""
    with TemporaryDirectory(prefix="pult-csv-") as place, closing(sqlite3.connect(Path(place) / "files")) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        for table in tables:
            _load(database, folder, mapping, table)
        yield Staged(database)


def _load(database: sqlite3.Connection, folder: Path, mapping: Mapping, table: str) -> None:
    fields = FIELDS[table]
    columns = ", ".join(f'"{field}" TEXT' for field in fields)
    database.execute(f"CREATE TABLE {table} ({columns}, extra TEXT)")
    described: Table = getattr(mapping, table)
    path = folder / described.file
    if Path(described.file).name != described.file:
        raise ShopError(f"{described.file} has to lie beside mapping.toml", permanent=True)
    if not path.is_file():
        if table == "orders" or described.columns:
            raise ShopError(f"there is no file {described.file}", permanent=True)
        return
    marks = ", ".join("?" * (len(fields) + 1))
    try:
        for rows in _chunks(path, mapping, table):
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    except (csv.Error, UnicodeDecodeError, LookupError) as error:
        raise ShopError(f"{described.file}: {error}", permanent=True) from error
    if key := _KEY.get(table):
        database.execute(f'CREATE INDEX {table}_key ON {table} ("{key}")')
    database.commit()


def _chunks(path: Path, mapping: Mapping, table: str) -> Iterator[list[tuple[str, ...]]]:
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding=mapping.encoding, newline="") as file:
        reader = csv.DictReader(file, delimiter=mapping.delimiter)
        columns = [mapping.column(table, field) for field in FIELDS[table]]
        named = set(reader.fieldnames or ())
        for field, column in getattr(mapping, table).columns.items():
            if column not in named:
                raise csv.Error(f"there is no column {column!r} for {field}")
        others = sorted(named - set(columns)) if table == "products" else []
        rows: list[tuple[str, ...]] = []
        for row in reader:
            values = [(row.get(column) or "").replace("\x00", "").strip() if column else "" for column in columns]
            extra = {name: row[name].replace("\x00", "") for name in others if row.get(name)}
            rows.append((*values, msgspec.json.encode(extra).decode()))
            if len(rows) == _MANY:
                yield rows
                rows = []
        yield rows
