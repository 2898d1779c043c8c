"""SQLite in a backup: its online backup API, in both directions. Readers and writers go on meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from django.db import connections

from pult.platform.backup.archive import Reader, Writer
from pult.platform.sqlite.base import DatabaseWrapper

_PAGES = 2048  # copied between two chances for writers, 8 MB


def _aliases() -> list[str]:
    return [alias for alias in connections if isinstance(connections[alias], DatabaseWrapper)]


def _raw(alias: str) -> sqlite3.Connection:
    connections[alias].ensure_connection()
    raw = connections[alias].connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError(f"{alias} is not an SQLite database")
    return raw


def _without(copy: sqlite3.Connection, tables: Sequence[str]) -> None:
    """Empty these tables where they are, and leave no trace of their rows in the file."""
    there = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in tables:
        if table in there:
            copy.execute(f'DELETE FROM "{table}"')
    copy.commit()
    copy.execute("VACUUM")


def dump(writer: Writer, left_out: Sequence[str]) -> Iterator[str]:
    """Add a copy of each database, without the rows of `left_out`; return the names of its stored files."""
    names: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pult-backup-") as folder:
        for alias in _aliases():
            path = Path(folder, f"{alias}.sqlite3")
            with closing(sqlite3.connect(path)) as copy:
                _raw(alias).backup(copy, pages=_PAGES)
                copy.execute("PRAGMA journal_mode = DELETE")
                _without(copy, left_out)
                if alias == "default":
                    rows = copy.execute("SELECT sha256 FROM platform_blob WHERE refs > 0 ORDER BY id")
                    names = [row[0] for row in rows]
            with path.open("rb") as file:
                writer.add_file(f"database/{alias}.sqlite3", file)
    return iter(names)


def is_empty() -> bool:
    """Whether nothing but what `migrate` itself writes is in the database."""
    raw = _raw("default")
    tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "accounts_staff" not in tables:
        return True
    return not any(
        raw.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]
        for table in ("accounts_staff", "platform_event", "platform_blob")
    )


def load(reader: Reader) -> None:
    """Put the backup's databases in the place of ours."""
    with tempfile.TemporaryDirectory(prefix="pult-restore-") as folder:
        for name, content in reader.each("database/"):
            alias = name.removesuffix(".sqlite3")
            path = Path(folder, f"{alias}.sqlite3")
            with path.open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 18)
            with closing(sqlite3.connect(path)) as copy:
                verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
                if verdict != "ok":
                    raise sqlite3.DatabaseError(f"{name}: {verdict}")
                copy.backup(_raw(alias))
            path.unlink()
            connections[alias].close()
