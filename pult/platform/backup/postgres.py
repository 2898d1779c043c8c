"""PostgreSQL in a backup: COPY of every table at one moment, and the state of its migrations.

No client program is needed, so a server of any version can be read from any container. A restore lets the
migrations make the tables as they were, loads them in one transaction (foreign keys are deferred), and sets
the sequences on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import msgspec
import psycopg
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from pult.platform.backup.archive import Reader, Writer

_COLUMNS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = """
SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""


def _connect() -> psycopg.Connection[tuple[Any, ...]]:
    """Open a connection of our own, beside Django's pool."""
    parameters = connection.get_connection_params()
    for ours in ("pool", "cursor_factory", "context", "prepare_threshold", "assume_role", "isolation_level"):
        parameters.pop(ours, None)
    parameters.pop("server_side_binding", None)
    return psycopg.connect(**parameters)


def dump(writer: Writer, left_out: Sequence[str]) -> Iterator[str]:
    """Add every table as of one moment, without the rows of `left_out`; return the names of its stored files."""
    with closing(_connect()) as own:
        own.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        own.read_only = True
        tables: dict[str, list[str]] = dict(own.execute(_COLUMNS).fetchall())
        applied = own.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        writer.add_bytes("database/migrations.json", msgspec.json.encode(applied))
        for table, columns in tables.items():
            if table in left_out or table == "django_migrations":
                continue
            writer.add_bytes(f"database/{table}.columns", msgspec.json.encode(columns))
            copying = sql.SQL("COPY {} ({}) TO STDOUT").format(*_named(table, columns))
            with writer.adding(f"database/{table}.copy") as file, own.cursor().copy(copying) as copy:
                for block in copy:
                    file.write(block)
        names = own.execute("SELECT sha256 FROM platform_blob WHERE refs > 0 ORDER BY id").fetchall()
    return iter([name for (name,) in names])


def _named(table: str, columns: Sequence[str]) -> tuple[sql.Identifier, sql.Composed]:
    return sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))


def is_empty() -> bool:
    """Whether nothing but what `migrate` itself writes is in the database."""
    with closing(_connect()) as own:
        there = {row[0] for row in own.execute(_COLUMNS).fetchall()}
        if "accounts_staff" not in there:
            return True
        query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})")
        tables = ("accounts_staff", "platform_event", "platform_blob")
        return not any((own.execute(query.format(sql.Identifier(table))).fetchone() or (0,))[0] for table in tables)


def load(reader: Reader) -> None:
    """Make the tables as they were when the backup was made, and fill them."""
    applied = msgspec.json.decode(reader.text("database/migrations.json"), type=list[tuple[str, str]])
    with closing(_connect()) as own:
        there = [row[0] for row in own.execute(_COLUMNS).fetchall()]
        if there:
            tables = sql.SQL(", ").join(map(sql.Identifier, there))
            own.execute(sql.SQL("DROP TABLE {} CASCADE").format(tables))
        own.commit()
    executor = MigrationExecutor(connection)
    executor.migrate(_targets(executor, applied))
    connection.close()
    with closing(_connect()) as own:
        _fill(own, reader)
        for table, column, sequence in own.execute(_SEQUENCES).fetchall():
            query = sql.SQL("SELECT setval({}, COALESCE((SELECT max({}) FROM {}), 0) + 1, false)")
            own.execute(query.format(sql.Literal(sequence), sql.Identifier(column), sql.Identifier(table)))
        own.commit()
        own.autocommit = True
        own.execute("ANALYZE")


def _targets(executor: MigrationExecutor, applied: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the newest of the applied migrations of every app. Raises LookupError for one we do not know."""
    graph = executor.loader.graph
    unknown = [f"{app}.{name}" for app, name in applied if (app, name) not in graph.nodes]
    if unknown:
        raise LookupError(f"this Pult is older than the backup: it does not know {', '.join(unknown)}")
    parents = {parent.key for node in applied for parent in graph.node_map[node].parents if parent.key[0] == node[0]}
    return [node for node in applied if node not in parents]


def _fill(own: psycopg.Connection[tuple[Any, ...]], reader: Reader) -> None:
    """Copy the backup's rows into the tables, in the open transaction."""
    there = [row[0] for row in own.execute(_COLUMNS).fetchall() if row[0] != "django_migrations"]
    own.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, there))))
    columns: list[str] = []
    for name, content in reader.each("database/"):
        table, _, kind = name.rpartition(".")
        if kind == "columns":
            columns = msgspec.json.decode(content.read(), type=list[str])
            continue
        with own.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(*_named(table, columns))) as copy:
            while block := content.read(1 << 18):
                copy.write(block)
