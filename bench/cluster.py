"""A PostgreSQL of our own: its CPU is nobody else's, and it may be restarted and killed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psycopg

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "512MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "track_commit_timestamp": "on",
    "checkpoint_timeout": "15min",
}


class NoPostgreSQL(RuntimeError):
    """The server's programs are not on this machine."""


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps the server's out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: p.parts[4], reverse=True)
    found = shutil.which(name) or (str(versions[0]) if versions else None)
    if found is None:
        raise NoPostgreSQL(name)
    return found


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A server in a folder, made when it is not there; the data stay for the next run."""

    def __init__(self, folder: Path, *, port: int = 0, settings: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.settings = {**SETTINGS, **(settings or {})}
        # The server refuses to run as root.
        self.ours = False  # whether we started it
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://pult@127.0.0.1:{self.port}/{database}"

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            [*self._user, *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout[-500:]}{done.stderr[-1000:]}")

    def start(self) -> None:
        """Start the server, making it first where it is not there."""
        if not (self.data / "PG_VERSION").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o755)
            if self._user:
                shutil.chown(self.folder, "postgres", "postgres")
            self._run(program("initdb"), "-A", "trust", "-U", "pult", "-E", "UTF8", "-D", str(self.data))
        pid_file = self.data / "postmaster.pid"
        if pid_file.exists():
            lines = pid_file.read_text().splitlines()
            if Path(f"/proc/{lines[0]}/stat").exists():
                self.port = int(lines[3])
                return
        self.ours = True
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        log = str(self.folder / "log")
        # pg_ctl's children would keep our pipes open: its output goes to the log.
        command = [*self._user, program("pg_ctl"), "-w", "-t", "60", "-D", str(self.data), "-l", log]
        subprocess.run(
            [*command, "-o", f"-p {self.port} -k {self.folder} {options}", "start"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", check=True,
        )  # fmt: skip

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: smart, fast or immediate (as if the machine had died)."""
        if (self.data / "postmaster.pid").exists():
            self._run(program("pg_ctl"), "-w", "-D", str(self.data), "-m", mode, "stop")

    def leave(self) -> None:
        """Stop the server, unless it ran before we came."""
        if self.ours:
            self.stop()

    def postmaster(self) -> int:
        """Return the process id of the server."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def connect(self, database: str) -> psycopg.Connection:
        """Return a connection that commits by itself."""
        return psycopg.connect(self.url(database), autocommit=True)

    def exists(self, database: str) -> bool:
        """Whether there is such a database."""
        with self.connect("postgres") as db:
            return bool(db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone())

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database anew, as a copy of `template`."""
        self.drop(database)
        with self.connect("postgres") as db:
            db.execute(f"CREATE DATABASE {database} TEMPLATE {template}")

    def drop(self, database: str) -> None:
        """Drop a database that may be there."""
        with self.connect("postgres") as db:
            db.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def settle(self, database: str) -> None:
        """Write out what is dirty, so that a measurement does not pay for what was before it."""
        with self.connect(database) as db:
            db.execute("CHECKPOINT")
        time.sleep(0.2)
