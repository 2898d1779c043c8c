"""Database backend: a connection from the pool is looked at before it is used, but not by a query.

Django's own check is a round trip for every request. A server that was restarted has closed its end, and that
shows on the socket: then, and only then, the connection is tried, found dead and replaced.
"""

from __future__ import annotations

import functools
import select
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.postgresql.base import ServerBindingCursor, ServerSideCursor
from psycopg import Connection
from psycopg.adapt import AdaptersMap
from psycopg.types.datetime import TimestamptzLoader
from psycopg_pool import ConnectionPool, PoolTimeout

ASK_AGAIN = 1.0  # seconds


def check(connection: Connection[Any]) -> None:
    """Raise OperationalError if the server has closed the connection; cheap when nothing has happened."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


class Pool(ConnectionPool[Any]):
    """A pool whose waiting callers ask again each second.

    psycopg's pool gives up on a server that does not answer, and a caller who waits then waits for nothing until
    his time is over, even when the server is long back: only a new request makes the pool try again.
    """

    def getconn(self, timeout: float | None = None) -> Connection[Any]:
        """Return a connection; raise PoolTimeout after `timeout` seconds (the pool's own where None)."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            left = end - time.monotonic()
            try:
                found: Connection[Any] = super().getconn(timeout=max(0.05, min(ASK_AGAIN, left)))
                return found
            except PoolTimeout:
                if left <= ASK_AGAIN:
                    raise


@functools.cache
def _adapters(template: AdaptersMap) -> AdaptersMap:
    """Return how values come in and out; times by psycopg's C loader (Django's own in Python costs 5 µs each)."""
    found = AdaptersMap(template)
    found.register_loader("timestamptz", TimestamptzLoader)
    return found


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with such a pool. Times come aware, in the connection's zone, which is always UTC."""

    _connection_pools: ClassVar[dict[str, Any]]
    _configure_connection: Callable[[Any], None]
    _parameters: dict[str, Any] | None = None

    @property
    def pool(self) -> Any:
        """The pool of this database, made when first asked for and not yet opened."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        made = self._connection_pools.get(self.alias)
        if made is None:
            parameters = {**self.get_connection_params(), "autocommit": True}
            made = Pool(kwargs=parameters, open=False, configure=self._configure_connection, check=check, **options)
            made = self._connection_pools.setdefault(self.alias, made)
        return made

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg is given to connect: of a pool, which has been told, nothing new for every request."""
        if self._parameters is None or not self.settings_dict["OPTIONS"].get("pool"):
            found: dict[str, Any] = super().get_connection_params()
            self._parameters = {**found, "context": _adapters(found["context"])}
        return self._parameters

    def _set_autocommit(self, autocommit: bool) -> None:
        # Connections come from the pool as they are wanted: psycopg would take a lock to see that.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor, a named one with its rows at the server; both keep the connection's loader of times."""
        if not name:
            return self.connection.cursor()
        made: Any = ServerSideCursor
        return made(self.connection, name=name, scrollable=False, withhold=self.connection.autocommit)


def prepared_rows(connection: Any, sql: str, parameters: Sequence[Any]) -> list[Any]:
    """Run a statement whose parameters the server binds; psycopg prepares it after a few runs. Return its rows.

    Django's cursor around it is made only where somebody listens to the statements: it costs as much as psycopg.
    """
    connection.ensure_connection()
    cursor = _binding_cursor(connection.connection)
    if connection.execute_wrappers or connection.queries_logged:
        connection._prepare_cursor(cursor).execute(sql, parameters)
    else:
        connection.validate_thread_sharing()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            cursor.execute(sql, parameters)
    result = cursor.pgresult
    return list(cursor.fetchall()) if result is not None and result.nfields else []


def _binding_cursor(raw: Any) -> Any:
    """Return the one cursor of a connection that lets the server bind; who runs a statement reads it to its end."""
    cursor = getattr(raw, "binding_cursor", None)
    if cursor is None:
        make: Any = ServerBindingCursor
        cursor = raw.binding_cursor = make(raw)
    return cursor
