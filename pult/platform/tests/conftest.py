"""A database outside the test's own process, for tests that need several processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

HEAD = """
import os, sys, time
import django
django.setup()
from django.db import connection, transaction
from pult.platform import events, queue
"""


# A process that lives as long as the database and runs what comes by lines: starting one costs a second.
AT_HAND = """
import contextlib, io, json, traceback
for line in sys.stdin:
    body, arguments = json.loads(line)
    sys.argv[1:] = arguments
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(body, {})
        answer = [printed.getvalue(), ""]
    except BaseException:
        answer = ["", traceback.format_exc()]
    connection.close()
    print(json.dumps(answer), flush=True)
"""


class Outside:
    """A migrated database of its own, and processes that use it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "pult.settings",
            "PULT_DATA_DIR": str(folder),
            "PULT_SECRET_KEYS": "",
        }
        self._at_hand: subprocess.Popen[str] | None = None

    def start(self, body: str, *arguments: object, stdin: int | None = None) -> subprocess.Popen[str]:
        """Start a process that runs Python code with Django set up."""
        return self.spawn("-c", HEAD + textwrap.dedent(body), *arguments, stdin=stdin)

    def spawn(self, *arguments: object, stdin: int | None = None) -> subprocess.Popen[str]:
        """Start Python with arguments."""
        command = [sys.executable, *map(str, arguments)]
        return subprocess.Popen(command, env=self.environment, text=True, stdin=stdin, stdout=subprocess.PIPE)

    def run(self, body: str, *arguments: object) -> str:
        """Run Python code to its end, in a process kept for this, and return what it printed."""
        if self._at_hand is None or self._at_hand.poll() is not None:
            self._at_hand = self.start(AT_HAND, stdin=subprocess.PIPE)
        process = self._at_hand
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([HEAD + textwrap.dedent(body), [str(a) for a in arguments]]) + "\n")
        process.stdin.flush()
        printed, error = json.loads(process.stdout.readline())
        assert not error, error
        return str(printed)

    def close(self) -> None:
        """End the process kept for `run`."""
        if self._at_hand is not None:
            self._at_hand.communicate(timeout=60)


def _new_database(folder: Path) -> tuple[str, str]:
    """Make an empty database; return its address, and on PostgreSQL its name."""
    if connection.vendor != "postgresql":
        return f"sqlite:///{folder / 'outside.sqlite3'}", ""
    name = f"outside_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    base, _, options = os.environ["DATABASE_URL"].partition("?")
    return f"{base.rsplit('/', 1)[0]}/{name}?{options}", name


@pytest.fixture(scope="session")
def _outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    url, name = _new_database(folder)
    outside = Outside(url, folder)
    made = outside.spawn("-m", "pult", "migrate", "-v0", "--skip-checks", "platform")
    made.communicate(timeout=120)
    assert made.returncode == 0
    yield outside
    outside.close()
    if name:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def outside(_outside: Outside) -> Outside:
    """A database outside this process, with nothing in it."""
    _outside.run(
        """
        with connection.cursor() as cursor:
            for name in ("event", "eventcursor", "job", "webhookdelivery", "webhooksubscription"):
                cursor.execute(f"DELETE FROM platform_{name}")
            cursor.execute("UPDATE platform_eventcounter SET last = 0")
        """
    )
    return _outside
