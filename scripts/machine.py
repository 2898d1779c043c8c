"""What the tests borrow from the machine: PostgreSQL, a browser, mail servers. Installs by apt where it may."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

SERVERS = {
    "dovecot": "dovecot-core dovecot-imapd dovecot-lmtpd",
    "postfix": "postfix",
    "rspamd": "rspamd",
    "redis-server": "redis-server",
}
PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def found(program: str) -> str | None:
    """Return the program's path, also when it lies where only root looks."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:{PLACES}")


def apt(packages: str) -> bool:
    """Install Debian packages where that is allowed; start no service. Returns whether it worked."""
    if os.geteuid() != 0 or not found("apt-get"):
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages.split()]
    for attempt in (["apt-get", "update", "-q"], install):
        print(f"--- {' '.join(attempt)}", flush=True)
        done = subprocess.run(attempt, env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0 and attempt is install:
            print((done.stdout + done.stderr)[-2000:], flush=True)
            return False
    return True


def install_servers() -> list[str]:
    """Bring Dovecot, Postfix and rspamd; return what is missing and why."""
    missing = [packages for program, packages in SERVERS.items() if not found(program)]
    if missing and not apt(" ".join(missing)):
        return [f"mail tests with {' '.join(missing)}: not installed, and apt is not there or not allowed"]
    return []


def install_browser() -> list[str]:
    """Bring Chromium, without its windows where there is such a package: a page costs it half as much. Return what is
    missing and why."""
    if found("chromium-headless-shell") or apt("chromium-headless-shell"):
        return []
    if found("chromium") or found("chromium-browser") or apt("chromium"):
        return []
    done = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return [] if done.returncode == 0 else ["browser tests: no Chromium here, and none could be installed"]


def answers(url: str) -> bool:
    """Whether a PostgreSQL answers at `url` and lets us make databases."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def postgres_program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs; Debian keeps the server's out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[4], reverse=True)
    return found(name) or (str(versions[0]) if versions else None)


def quietly(command: list[str]) -> None:
    """Run a command that has to work and need not be read. Raises CalledProcessError."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/")


@contextlib.contextmanager
def own_server() -> Iterator[str | None]:
    """Start a PostgreSQL of our own in a temporary folder; yield its address, or None where there is none."""
    initdb, pg_ctl = postgres_program("initdb"), postgres_program("pg_ctl")
    if not initdb or not pg_ctl:
        yield None
        return
    # The server refuses to run as root.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="pult-postgresql-") as folder:
        if user:
            shutil.chown(folder, "postgres")
        data, port = f"{folder}/data", free_port()
        quietly([*user, initdb, "-A", "trust", "-U", "pult", "-E", "UTF8", "-N", "-D", data])
        settings = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
        log = ["-l", f"{folder}/log"]
        quietly([*user, pg_ctl, "-w", "-D", data, *log, "-o", settings, "start"])
        try:
            yield f"postgresql://pult@127.0.0.1:{port}/postgres"
        finally:
            quietly([*user, pg_ctl, "-w", "-D", data, "-m", "immediate", "stop"])


@contextlib.contextmanager
def own_database(server: str) -> Iterator[str]:
    """Make a database for this run and yield its address; throw it away afterwards."""
    name = f"pult_tests_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{server.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextlib.contextmanager
def postgresql() -> Iterator[str | None]:
    """Yield the address of a PostgreSQL to test on: the one named, the one that answers, or one of our own."""
    user = getpass.getuser()
    servers = [f"postgresql://{user}@127.0.0.1:5432/postgres", "postgresql:///postgres"]
    for url in filter(None, [os.environ.get("TEST_DATABASE_URL"), *servers]):
        if answers(url):
            with own_database(url) as address:
                yield address
            return
    if not postgres_program("initdb"):
        apt("postgresql")
    with own_server() as server:
        if server is None:
            yield None
            return
        with own_database(server) as address:
            yield address
