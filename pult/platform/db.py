"""Explicit SQL: values in and out of columns, statements, and the few differences between the two databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import DEFAULT_DB_ALIAS, connection, connections

from pult.platform.postgresql.base import prepared_rows

SqlValue = Any
"""Whatever the driver takes or gives; it never leaves the module that wrote the SQL."""

Parameters = Sequence[SqlValue]


def is_postgres() -> bool:
    """Say whether the default database is PostgreSQL (otherwise it is SQLite)."""
    return connection.vendor == "postgresql"


def time_in(value: datetime | None) -> SqlValue:
    """Return an aware time, or None, as a DateTimeField column stores it."""
    return None if value is None else connection.ops.adapt_datetimefield_value(value)


def time_out(value: SqlValue) -> datetime | None:
    """Return what a time column gives as an aware time in UTC, or None."""
    if value is None:
        return None
    moment: datetime = datetime.fromisoformat(value) if type(value) is str else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def must_time(value: SqlValue) -> datetime:
    """Return a time that is never null."""
    if type(value) is datetime and value.tzinfo:
        return value  # as PostgreSQL gives it; a list has a hundred
    found = time_out(value)
    if found is None:
        raise ValueError("a time is missing")
    return found


class JsonText(str):
    """JSON that is text already."""

    __slots__ = ()


def json_in(value: object) -> JsonText:
    """Return a value as a JSONField column stores it."""
    return JsonText(msgspec.json.encode(value).decode())


def json_out(value: SqlValue) -> Any:
    """Return a JSON column's value as Python data, from text or already decoded."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def rows(sql: str, parameters: Parameters = ()) -> list[Any]:
    """Run one statement and return all its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


def count(sql: str, parameters: Parameters = ()) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def marks(values: Collection[object]) -> str:
    """Return as many placeholders as there are values: "%s, %s, %s"."""
    return ", ".join(["%s"] * len(values))


def among(column: str, values: Collection[SqlValue]) -> tuple[str, list[SqlValue]]:
    """Return the condition that a column holds one of the values, and its parameters; on PostgreSQL it is the same
    text for any number of values but one, for which the planner need not guess how many there are."""
    if len(values) == 1:
        return f"{column} = %s", list(values)
    if is_postgres() and all(type(value) is int for value in values):
        # As text: psycopg looks into a list for long.
        return f"{column} = ANY(%s::bigint[])", [f"{{{','.join(map(str, values))}}}"]
    if is_postgres():
        return f"{column} = ANY(%s)", [list(values)]
    return f"{column} IN ({marks(values)})", list(values)


def insert(table: str, values: dict[str, SqlValue], *, conflict: str = "") -> int | None:
    """Insert one row and return its id; None when `conflict` ("ON CONFLICT DO NOTHING") held it back."""
    sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks(values)}) {conflict} RETURNING id"
    found = hot(sql, list(values.values()))
    return found[0][0] if found else None


@dataclasses.dataclass(frozen=True, slots=True)
class Rows:
    """Rows about to be inserted into a table. `ignore`: those that are there already are left out."""

    table: str
    columns: Sequence[str]
    lines: Sequence[Sequence[SqlValue]]
    ignore: bool = False


def insert_together(*parts: Rows) -> None:
    """Insert rows into several tables, on PostgreSQL by one statement.

    Its text does not depend on the number of rows, which are one parameter a table, so that the plan is kept;
    foreign keys are checked at the end of the transaction.
    """
    parts = tuple(part for part in parts if part.lines)
    if not parts:
        return
    if is_postgres():
        inserts = [f"w{number} AS ({_insert_of(part)})" for number, part in enumerate(parts)]
        hot(f"WITH {', '.join(inserts)} SELECT 1", [recordset(part.columns, part.lines) for part in parts])
        return
    for part in parts:
        _insert_one_by_one(part)


def _insert_of(part: Rows) -> str:
    names = ", ".join(part.columns)
    return (
        f"INSERT INTO {part.table} ({names}) SELECT {names} FROM json_populate_recordset(NULL::{part.table}, %s::json)"
        + (" ON CONFLICT DO NOTHING" if part.ignore else "")
    )


def recordset(columns: Sequence[str], lines: Sequence[Sequence[SqlValue]]) -> str:
    """Return rows as PostgreSQL's json_populate_recordset takes them: one parameter for any number of them."""
    return msgspec.json.encode(
        [
            {
                column: msgspec.Raw(value.encode()) if type(value) is JsonText else value
                for column, value in zip(columns, line, strict=True)
            }
            for line in lines
        ]
    ).decode()


def _insert_one_by_one(part: Rows) -> None:
    # A virtual table such as FTS5's knows no ON CONFLICT.
    verb = "INSERT OR IGNORE" if part.ignore else "INSERT"
    sql = f"{verb} INTO {part.table} ({', '.join(part.columns)}) VALUES ({marks(part.columns)})"
    with connection.cursor() as cursor:
        if len(part.lines) == 1:
            cursor.execute(sql, list(part.lines[0]))
        else:
            cursor.executemany(sql, [list(line) for line in part.lines])


def insert_many(
    table: str, columns: Sequence[str], lines: Sequence[Sequence[SqlValue]], *, tail: str = ""
) -> list[Any]:
    """Insert rows with one statement; return what `tail` ("ON CONFLICT ... RETURNING ...") gives back."""
    if not lines:
        return []
    if is_postgres() and not any(isinstance(value, bytes) for value in lines[0]):
        sql = f"{_insert_of(Rows(table, columns, lines))} {tail}"
        return hot(sql, [recordset(columns, lines)])
    places = f"({marks(columns)})"
    sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([places] * len(lines))} {tail}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for line in lines for value in line])
        return list(cursor.fetchall()) if "RETURNING" in tail else []


def reserve(number: int, *tables: str) -> list[tuple[int, ...]]:
    """Take the next ids, one of each table a line, for rows that will be inserted with them in the caller's
    transaction."""
    if number == 0:
        return []
    if connection.vendor == "sqlite":
        return list(zip(*(_next_alone(table, number) for table in tables), strict=True))
    taken = ", ".join(f"nextval('{table}_id_seq')" for table in tables)
    if number == 1:  # which PostgreSQL need not plan anew each time for how many rows there will be
        return [tuple(row) for row in hot(f"SELECT {taken}")]
    return [tuple(row) for row in hot(f"SELECT {taken} FROM generate_series(1, %s)", (number,))]


def _next_alone(table: str, number: int) -> range:
    """Take ids on SQLite: one writes at a time, and inserting an explicit id moves the table's sequence on."""
    found = rows("SELECT seq FROM sqlite_sequence WHERE name = %s", (table,))
    last = int(str(found[0][0])) if found else 0
    return range(last + 1, last + 1 + number)


def hot(sql: str, parameters: Parameters = ()) -> list[Any]:
    """Run one of the few statements that every screen waits for, and return its rows, none where it gives none.

    On PostgreSQL the server binds the parameters and keeps the plan (Django's cursor sends finished text, which
    is planned anew each time); the text must therefore come in few variants.
    """
    here: Any = connections[DEFAULT_DB_ALIAS]  # the proxy `connection` looks it up for every attribute
    if here.vendor == "sqlite":
        return rows(sql, parameters)
    return prepared_rows(here, sql, parameters)


class Part(msgspec.Struct, frozen=True):
    """A small SELECT that is read together with others: `columns` and what follows them, from FROM on. `texts` are
    columns with long texts: they travel as they are, where JSON is escaped at one end and freed of it at the other."""

    name: str
    columns: str
    source: str
    values: Sequence[SqlValue] = ()
    texts: Sequence[str] = ()


class Given(msgspec.Struct, frozen=True):
    """A statement whose rows others may read under its name: the SQL after `WITH name AS`."""

    name: str
    sql: str
    values: Sequence[SqlValue] = ()


def with_given(given: Sequence[Given]) -> tuple[str, list[SqlValue]]:
    """Return the beginning of a statement that is given these, and its parameters."""
    if not given:
        return "", []
    named = ", ".join(f"{one.name} AS MATERIALIZED ({one.sql})" for one in given)
    return f"WITH {named} ", [value for one in given for value in one.values]


def gather(parts: Sequence[Part], given: Sequence[Given] = ()) -> dict[str, list[list[Any]]]:
    """Read several small SELECTs with one hot statement; return the rows of each by its name, the texts last.

    A statement more costs a quarter of a millisecond of both processes, whatever it reads. The rows come as
    JSON, so times are text (`time_out`) and a JSON column may be text or decoded (`json_out`).
    """
    array = "json_build_array" if is_postgres() else "json_array"
    most = max(len(part.texts) for part in parts)
    selects = []
    for part in parts:
        texts = [*part.texts, *["NULL"] * (most - len(part.texts))]
        columns = ", ".join([f"'{part.name}'", f"CAST({array}({part.columns}) AS text)", *texts])
        selects.append(f"SELECT {columns} {part.source}")
    sql, values = with_given(given)
    values += [value for part in parts for value in part.values]
    found: dict[str, list[list[Any]]] = {part.name: [] for part in parts}
    long = {part.name: 2 + len(part.texts) for part in parts}
    for row in hot(sql + " UNION ALL ".join(selects), values):
        found[row[0]].append([*msgspec.json.decode(row[1]), *row[2 : long[row[0]]]])
    return found
