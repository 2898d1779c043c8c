"""The write gate of SQLite, with real files and real processes."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connections, models, transaction
from django.db.migrations import operations
from django.db.migrations.state import ProjectState
from pytest_django import DjangoDbBlocker

from pult.platform.sqlite.base import DatabaseWrapper
from pult.platform.sqlite.gate import writes

pytestmark = [pytest.mark.program, pytest.mark.own_database]

HEAD = """
import os, sys, time
os.environ["DATABASE_URL"] = "sqlite:///" + sys.argv[1]
os.environ["DJANGO_SETTINGS_MODULE"] = "pult.settings"
import django
django.setup()
from django.db import connection, transaction
cursor = connection.cursor()
"""


def run(path: Path, body: str) -> subprocess.Popen[str]:
    code = HEAD + textwrap.dedent(body)
    return subprocess.Popen([sys.executable, "-c", code, str(path)], text=True, stdout=subprocess.PIPE)


def wrapper(path: Path) -> DatabaseWrapper:
    settings = {
        "ENGINE": "pult.platform.sqlite",
        "NAME": str(path),
        "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
        "TIME_ZONE": None,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
        "TEST": {"NAME": None},
    }
    return DatabaseWrapper(settings, alias="gate-test")


@pytest.fixture(autouse=True)
def _own_databases(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gate.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[DatabaseWrapper]:
    database = wrapper(path)
    database.inc_thread_sharing()
    with database.cursor() as cursor:
        cursor.execute("CREATE TABLE counter (id integer primary key, n integer not null)")
        cursor.execute("INSERT INTO counter VALUES (1, 0)")
    connections["gate-test"] = database
    yield database
    del connections["gate-test"]
    database.close()


def held(path: Path) -> bool:
    """Say whether somebody holds the gate."""
    with Path(f"{path}.gate").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_file_is_opened_in_wal_mode_with_the_right_pragmas(database: DatabaseWrapper) -> None:
    with database.cursor() as cursor:
        got = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size", "busy_timeout")
        ]
    assert got == ["wal", 1, 1, 268435456, 30000]


def test_processes_that_write_hard_never_see_a_locked_database(database: DatabaseWrapper, path: Path) -> None:
    body = """
    for n in range(150):
        with transaction.atomic():
            cursor.execute("SELECT n FROM counter")
            n = cursor.fetchone()[0]
            with transaction.atomic():
                cursor.execute("UPDATE counter SET n = %s", (n + 1,))
        cursor.execute("UPDATE counter SET n = n + 1 RETURNING n")
        cursor.fetchone()
    """
    writers = [run(path, body) for _ in range(6)]
    assert [writer.wait(60) for writer in writers] == [0] * 6
    for writer in writers:
        writer.communicate()
    with database.cursor() as cursor:
        assert cursor.execute("SELECT n FROM counter").fetchone()[0] == 6 * 300


def test_a_killed_writer_lets_go_at_once(database: DatabaseWrapper, path: Path) -> None:
    body = """
    with transaction.atomic():
        cursor.execute("UPDATE counter SET n = 99")
        print("inside", flush=True)
        time.sleep(60)
    """
    writer = run(path, body)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "inside\n"
    with database.cursor() as cursor:
        assert cursor.execute("SELECT n FROM counter").fetchone()[0] == 0, "readers do not wait"
        writer.kill()
        began = time.monotonic()
        cursor.execute("UPDATE counter SET n = n + 1")
        assert time.monotonic() - began < 2
        assert cursor.execute("SELECT n FROM counter").fetchone()[0] == 1
    writer.communicate()


def test_the_gate_is_held_by_the_outer_block_only(database: DatabaseWrapper) -> None:
    gate = database.gate
    assert gate is not None
    with_atomic(database, lambda: None)
    assert not gate.held
    with pytest.raises(ZeroDivisionError):
        with_atomic(database, lambda: 1 // 0)
    assert not gate.held


def with_atomic(database: DatabaseWrapper, inner: Callable[[], object]) -> None:
    database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    try:
        assert database.gate is not None
        assert database.gate.held
        with database.cursor() as cursor:
            cursor.execute("UPDATE counter SET n = n + 1")
            assert database.gate.held
            inner()
    except BaseException:
        database.rollback()
        raise
    else:
        database.commit()
    finally:
        database.set_autocommit(True)


def test_a_single_write_takes_and_leaves_the_gate(database: DatabaseWrapper, path: Path) -> None:
    assert database.gate is not None
    with database.cursor() as cursor:
        cursor.execute("UPDATE counter SET n = 5 RETURNING n")
        assert not database.gate.held
        assert not held(path)
        assert cursor.fetchall() == [(5,)]
        cursor.executemany("INSERT INTO counter VALUES (%s, %s)", [(2, 2), (3, 3)])
        cursor.execute("INSERT INTO counter VALUES (4, 4), (5, 5), (6, 6) RETURNING id")
        assert cursor.fetchone() == (4,)
        assert [row[0] for row in cursor] == [5, 6]
    with pytest.raises(IntegrityError), database.cursor() as cursor:
        cursor.execute("INSERT INTO counter VALUES (1, 0)")
    assert not database.gate.held
    assert not held(path)


def test_closing_inside_a_transaction_opens_the_gate(database: DatabaseWrapper, path: Path) -> None:
    body = """
    transaction.set_autocommit(False)
    cursor.execute("UPDATE counter SET n = 1")
    print("inside", flush=True)
    time.sleep(0.3)
    connection.close()
    print("closed", flush=True)
    time.sleep(5)
    """
    writer = run(path, body)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "inside\n"
    assert writer.stdout.readline() == "closed\n"
    assert not held(path)
    writer.kill()
    writer.communicate()


def test_a_migration_that_remakes_a_table_works(database: DatabaseWrapper, path: Path) -> None:
    before = ProjectState()
    first = operations.CreateModel("Parent", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField())])
    child = operations.CreateModel(
        "Child",
        [
            ("id", models.AutoField(primary_key=True)),
            ("parent", models.ForeignKey("gatetest.Parent", models.CASCADE)),
        ],
    )
    change = operations.AlterField("Parent", "n", models.CharField(max_length=20, default="x"))
    for operation in (first, child, change):
        after = before.clone()
        operation.state_forwards("gatetest", after)
        with database.schema_editor(atomic=True) as editor:
            operation.database_forwards("gatetest", editor, before, after)
        before = after
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO gatetest_parent (id, n) VALUES (1, 'text')")
        cursor.execute("INSERT INTO gatetest_child (id, parent_id) VALUES (1, 1)")
        assert cursor.execute("PRAGMA foreign_key_check").fetchall() == []
    assert not held(path)


def test_the_whole_schema_is_made_by_migrations_under_the_gate(path: Path) -> None:
    made = run(
        path,
        """
        from django.core.management import call_command
        call_command("migrate", verbosity=0)
        call_command("migrate", verbosity=0)
        """,
    )
    assert made.wait(120) == 0
    made.communicate()
    assert not held(path)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", False),
        ("  insert into x values (1)", True),
        ("-- note\nUPDATE x SET y = 1", True),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("WITH a AS (SELECT 1) DELETE FROM x", True),
        ("PRAGMA foreign_keys = OFF", False),
        ("SAVEPOINT s", False),
    ],
)
def test_writes_are_told_from_reads(sql: str, expected: bool) -> None:
    assert writes(sql) is expected


@pytest.mark.django_db
def test_an_in_memory_database_needs_no_gate() -> None:
    with transaction.atomic():
        pass
    memory = wrapper(Path(":memory:"))
    memory.inc_thread_sharing()
    with memory.cursor() as cursor:
        cursor.execute("CREATE TABLE t (n integer)")
        cursor.execute("INSERT INTO t VALUES (1) RETURNING n")
        assert cursor.fetchall() == [(1,)]
    assert memory.gate is None
