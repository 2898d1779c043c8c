"""Backup and restore, by the commands a person types, each into an installation of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from psycopg import sql

pytestmark = pytest.mark.program

ROOT = Path(__file__).resolve().parents[3]

FILL = """
from django.db import transaction
from django.utils import timezone
from pult.accounts.models import AccessLog, ApiToken, Staff, Store
from pult.channels.models import Inbox
from pult.platform import events, storage
store = Store.objects.create(name="Trgovina Čebelica", language="sl")
staff = Staff.objects.create(email="ana@example.com", name="Ana")
ApiToken.objects.create(staff=staff, name="t", prefix="pfx-secret", digest="d" * 64, created_at=timezone.now())
AccessLog.objects.create(at=timezone.now(), actor="staff:1", kind="open", subject_ids=[1])
box = {"channel": "email", "name": "Info", "address": "info@example.com"}
Inbox.objects.create(store=store, settings={"password": "geslo"}, **box)
with transaction.atomic():
    storage.put("priloga ž".encode())
    storage.put(b"sealed one", sealed=True)
    events.append("conversation.created", scope_id=store.id, entity_id=1)
events.sequence()
print("ok")
"""

LOOK = """
from django.db import transaction
from pult.accounts.models import AccessLog, ApiToken, Staff, Store
from pult.channels.models import Inbox
from pult.platform import events, secrets, storage
from pult.platform.models import Blob
print("store", Store.objects.get().name, "staff", Staff.objects.count(), "tokens", ApiToken.objects.count())
print("log", AccessLog.objects.count(), "events", len(events.read(0)), "latest", events.latest())
for blob in Blob.objects.order_by("id"):
    try:
        print("file", storage.read_blob(blob.id).decode())
    except secrets.SecretUnreadable:
        print("file unreadable")
try:
    print("password", Inbox.objects.get().settings["password"])
except secrets.SecretUnreadable:
    print("password unreadable")
with transaction.atomic():
    print("next", Store.objects.create(name="Second", language="hr").id)
    transaction.set_rollback(True)
"""

WHOLE = """\
store Trgovina Čebelica staff 1 tokens {tokens}
log 1 events 1 latest 1
file priloga ž
{sealed}
{password}
next {next}
"""


@dataclass
class Installation:
    """A Pult of its own: a data folder and a database."""

    folder: Path
    database: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def pult(self, *arguments: str, stdin: str = "", fails: bool = False) -> str:
        """Run the command; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pult", *arguments],
            cwd=ROOT,
            env={**os.environ, "PULT_DATA_DIR": str(self.folder), "DATABASE_URL": self.database, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + (done.stderr if fails else "")

    def migrate(self) -> None:
        """Make the tables."""
        self.pult("migrate", "-v0", "--skip-checks")
        if not self.database:
            self.pult("migrate", "-v0", "--skip-checks", "--database=log")

    def run(self, program: str) -> str:
        """Run a small program inside the installation."""
        return self.pult("shell", "--no-imports", "-v0", "-c", program)


def new_database() -> str:
    """Make an empty PostgreSQL database beside the one under test; return its address."""
    settings = connection.settings_dict
    name = f"pult_backup_{uuid4().hex[:12]}"
    with psycopg.connect(_address("postgres"), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    assert settings["ENGINE"].endswith("postgresql")
    return _address(name)


def _address(name: str) -> str:
    settings = connection.settings_dict
    login = f"{settings['USER']}:{settings['PASSWORD']}" if settings["PASSWORD"] else settings["USER"]
    host = settings["HOST"] or ""
    socket = settings["OPTIONS"].get("host")
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgresql://{login}{'@' if login else ''}{host}{port}/{name}" + (f"?host={socket}" if socket else "")


def drop_database(address: str) -> None:
    """Throw a database made by `new_database` away."""
    with psycopg.connect(_address("postgres"), autocommit=True) as server:
        name = urlsplit(address).path[1:]
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Installation]]:
    """Make empty installations on the kind of database that this run tests."""
    made: list[Installation] = []

    def installation() -> Installation:
        database = new_database() if connection.vendor == "postgresql" else ""
        made.append(Installation(tmp_path_factory.mktemp("pult"), database))
        return made[-1]

    yield installation
    for one in made:
        if one.database:
            drop_database(one.database)


@pytest.fixture(scope="module")
def old(install: Callable[[], Installation]) -> Installation:
    """An installation that has something to lose, and a backup of it of either kind."""
    installation = install()
    installation.migrate()
    assert installation.run(FILL) == "ok\n"
    installation.pult("backup", str(installation.folder / "plain"))
    installation.pult("backup", "--with-keys", str(installation.folder / "with-keys"))
    return installation


def test_a_backup_without_keys_brings_everything_back_but_keys_and_tokens(
    old: Installation, install: Callable[[], Installation]
) -> None:
    new = install()

    printed = new.pult("restore", str(old.folder / "plain"))

    assert "2 stored files" in printed
    assert "no keys" in printed
    assert new.run(LOOK) == WHOLE.format(tokens=0, sealed="file unreadable", password="password unreadable", next=2)
    (new.folder / "secret.keys").write_text((old.folder / "secret.keys").read_text())
    assert new.run(LOOK) == WHOLE.format(
        tokens=0, sealed="file sealed one", password="password geslo", next=2 + bool(new.database)
    )


def test_a_backup_without_keys_holds_no_trace_of_keys_and_tokens(old: Installation) -> None:
    assert (old.folder / "plain").stat().st_mode & 0o777 == 0o600
    with tarfile.open(old.folder / "plain") as tar:
        contents = b"".join(file.read() for file in map(tar.extractfile, tar) if file)
    key = (old.folder / "secret.keys").read_text().strip().split(":", 1)[1]
    assert b"info@example.com" in contents
    assert b"pfx-secret" not in contents
    assert key.encode() not in contents


def test_a_backup_with_keys_brings_everything_back_and_spares_a_target_that_holds_something(
    old: Installation, install: Callable[[], Installation]
) -> None:
    new, whole = install(), WHOLE.format(tokens=1, sealed="file sealed one", password="password geslo", next=2)
    new.pult("restore", str(old.folder / "with-keys"))
    assert new.run(LOOK) == whole
    assert (new.folder / "secret.keys").stat().st_mode & 0o777 == 0o600

    new.run("from pult.accounts.models import Store; Store.objects.update(name='Kept')")
    assert "--force" in new.pult("restore", str(old.folder / "plain"), fails=True)
    assert "Kept" in new.run("from pult.accounts.models import Store; print(Store.objects.get().name)")

    new.pult("restore", "--force", str(old.folder / "with-keys"))
    assert new.run(LOOK) == whole


def test_what_is_no_backup_and_what_is_damaged_is_refused(
    old: Installation, install: Callable[[], Installation]
) -> None:
    new = install()
    text, half = new.folder / "text", new.folder / "half"
    text.write_text("not a backup")
    whole = (old.folder / "plain").read_bytes()
    half.write_bytes(whole[: len(whole) // 2])

    assert "CommandError" in new.pult("restore", str(text), fails=True)
    assert "CommandError" in new.pult("restore", str(half), fails=True)


def test_a_backup_made_while_somebody_writes_is_of_one_moment(
    old: Installation, install: Callable[[], Installation]
) -> None:
    # Each transaction adds a store and a team of it: a backup between the two would tear them apart.
    program = (
        "from django.db import transaction\nfrom pult.accounts.models import Store, Team\n"
        "for n in range(300):\n"
        "    with transaction.atomic():\n"
        "        store = Store.objects.create(name=f's{n}', language='pl')\n"
        "        Team.objects.create(name=f't{n}', store=store)\n"
        "    print(n, flush=True)\n"
    )
    environment = {**os.environ, "PULT_DATA_DIR": str(old.folder), "DATABASE_URL": old.database}
    command = [sys.executable, "-m", "pult", "shell", "--no-imports", "-v0", "-c", program]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as writing:
        assert writing.stdout is not None
        writing.stdout.readline()
        old.pult("backup", str(old.folder / "meanwhile"))
        writing.communicate()
        assert writing.returncode == 0

    new = install()
    new.pult("restore", str(old.folder / "meanwhile"))
    look = "from pult.accounts.models import Store, Team; print(Store.objects.count() - Team.objects.count())"
    assert new.run(look) == "1\n"
