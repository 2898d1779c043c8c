"""Django's SQLite backend in WAL mode, with one write gate around transactions and single writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.backends.sqlite3 import base

from pult.platform.sqlite.gate import WriteGate, writes

_PRAGMAS = ("synchronous = NORMAL", "mmap_size = 268435456", "foreign_keys = ON")


class DatabaseWrapper(base.DatabaseWrapper):
    """SQLite with one write gate. A nested block keeps the gate; an in-memory database needs none."""

    gate: WriteGate | None = None

    def get_new_connection(self, conn_params: Any) -> Any:
        """Open a connection, in WAL mode when it is a file."""
        connection = super().get_new_connection(conn_params)
        if not self.is_in_memory_db():
            self.gate = WriteGate(f"{self.settings_dict['NAME']}.gate")
            self._use_wal(connection, self.gate)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _use_wal(self, connection: sqlite3.Connection, gate: WriteGate) -> None:
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return
        gate.take()
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        finally:
            gate.release()

    def create_cursor(self, name: object = None) -> Any:
        """Make a cursor that passes the gate for single writes."""
        cursor = self.connection.cursor(factory=GatedCursor)
        cursor.gate = self.gate
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        if self.gate is not None:
            self.gate.take()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self.gate is not None:
            self.gate.release()

    def _commit(self) -> None:
        # A failed commit leaves the transaction open: the gate stays ours until the rollback that follows.
        super()._commit()  # type: ignore[misc]
        self._leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            if self.gate is not None:
                self.gate.close()


class GatedCursor(base.SQLiteCursorWrapper):
    """A cursor whose writes outside a transaction pass the gate, each for itself.

    The rows that such a write returns are fetched before the gate opens: SQLite commits when the last was read.
    """

    gate: WriteGate | None = None
    _kept: Iterator[Any] | None = None

    def _must_pass(self, sql: str) -> bool:
        return self.gate is not None and not self.gate.held and writes(sql)

    def execute(self, query: str, params: Any = None) -> Any:
        """Run one statement."""
        self._kept = None
        if self.gate is None or not self._must_pass(query):
            return super().execute(query, params)
        self.gate.take()
        try:
            super().execute(query, params)
            if self.description is not None:
                self._kept = iter(super().fetchall())
        finally:
            self._leave(self.gate)
        return self

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:
        """Run one statement for each of the parameters."""
        self._kept = None
        if self.gate is None or not self._must_pass(query):
            return super().executemany(query, param_list)
        self.gate.take()
        try:
            return super().executemany(query, param_list)
        finally:
            self._leave(self.gate)

    def _leave(self, gate: WriteGate) -> None:
        # Without autocommit the write began a transaction: then commit or rollback opens the gate.
        if not self.connection.in_transaction:
            gate.release()

    def fetchone(self) -> Any:
        """Return the next row or None."""
        return super().fetchone() if self._kept is None else next(self._kept, None)

    def fetchmany(self, size: int | None = None) -> Any:
        """Return the next `size` rows."""
        wanted = self.arraysize if size is None else size
        return super().fetchmany(wanted) if self._kept is None else list(islice(self._kept, wanted))

    def fetchall(self) -> Any:
        """Return all remaining rows."""
        return super().fetchall() if self._kept is None else list(self._kept)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return super().__next__() if self._kept is None else next(self._kept)
