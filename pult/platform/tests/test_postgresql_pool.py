"""A connection that the server has closed is never handed out, and a living one is not asked about."""

from __future__ import annotations

import os

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from pult.platform.postgresql.base import check
from pult.settings import database

pytestmark = [
    pytest.mark.usefixtures("django_db_setup"),
    pytest.mark.skipif(
        not os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="only where PostgreSQL is tested"
    ),
]


def _url() -> str:
    found = database(os.environ["DATABASE_URL"])
    parts = {"dbname": "postgres", "host": found["HOST"], "port": found["PORT"], "user": found["USER"]}
    options = found["OPTIONS"] if isinstance(found["OPTIONS"], dict) else {}
    parts |= {key: value for key, value in options.items() if key == "host"}
    return psycopg.conninfo.make_conninfo(
        "", **{key: str(value) for key, value in parts.items() if value}, password=str(found["PASSWORD"] or "") or None
    )


def test_a_terminated_connection_is_replaced() -> None:
    with ConnectionPool(_url(), min_size=1, max_size=1, open=True, check=check, kwargs={"autocommit": True}) as pool:
        with pool.connection() as connection:
            first = connection.info.backend_pid
        with pool.connection() as connection:
            assert connection.info.backend_pid == first
        with psycopg.connect(_url(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        with pool.connection() as connection:
            assert connection.info.backend_pid != first
            assert connection.execute("SELECT 1").fetchone() == (1,)
