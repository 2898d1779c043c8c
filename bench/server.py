"""Starts Pult for a measurement on a PostgreSQL of its own, and tells its processes apart."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import usage
from bench.cluster import Cluster, free_port

ROOT = Path(__file__).resolve().parent.parent


class Server:
    """One installation: a database, a data folder, its processes."""

    def __init__(self, url: str, folder: Path, *, port: int = 0, smtp_port: int = 0, **extra: str) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.smtp_port = smtp_port or free_port()
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": url,
            "PULT_DATA_DIR": str(folder),
            "PORT": str(self.port),
            "SMTP_PORT": str(self.smtp_port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "EVENT_DAYS": "4000",  # the loaded year stays: nothing is deleted while something is measured
            **extra,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.shop: dict[str, Any] = {}

    def call(self, *arguments: str) -> str:
        """Run a program of Pult's or the bench's with this installation's environment; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}: {done.stderr[-3000:]}")
        return done.stdout

    def prepare(self) -> None:
        """Make the tables and the shop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.call("pult", "migrate", "-v", "0")
        self.shop = json.loads(self.call("bench.shop"))
        (self.folder / "shop.json").write_text(json.dumps(self.shop))

    def remember(self) -> None:
        """Take the shop as an earlier run made it."""
        self.shop = json.loads((self.folder / "shop.json").read_text())

    @property
    def token(self) -> str:
        return str(self.shop["token"])

    def spawn(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one more process of this installation."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        return self.processes[name]

    def start(self, *, workers: int = 1) -> None:
        """Start all of Pult and wait until it answers on both ports."""
        self.spawn("run", "pult", "run")
        for number in range(2, workers + 1):
            self.spawn(f"worker{number}", "pult", "worker")
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if (ended := self.processes["run"].poll()) is not None:
                raise RuntimeError(f"pult run ended with {ended}: {(self.folder / 'run.log').read_text()[-3000:]}")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/health", timeout=5).read()
                socket.create_connection(("127.0.0.1", self.smtp_port), timeout=1).close()
                return
            time.sleep(0.1)
        raise RuntimeError(f"Pult does not answer: {(self.folder / 'run.log').read_text()[-3000:]}")

    def roots(self) -> list[int]:
        """Return the process ids at the top."""
        return [process.pid for process in self.processes.values() if process.poll() is None]

    def named(self) -> dict[str, int]:
        """Return every process by its name."""
        found: dict[str, int] = {}
        for name, process in self.processes.items():
            for pid in usage.tree(process.pid):
                comm = Path(f"/proc/{pid}/comm").read_text().strip()
                label = comm.removeprefix("pult ") if comm.startswith("pult ") else f"{name}/{pid}"
                found[{"run": "supervisor"}.get(name, name) if pid == process.pid else label] = pid
        return found

    def stop(self) -> None:
        """End everything in order."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


@contextlib.contextmanager
def running(server: Server, *, workers: int = 1) -> Iterator[Server]:
    """Run Pult for the length of a block."""
    server.start(workers=workers)
    try:
        yield server
    finally:
        server.stop()


def fresh(cluster: Cluster, home: Path, name: str) -> Server:
    """Return an installation with an empty shop in a new database; the migrated template is made once a run."""
    folder = home / name
    shutil.rmtree(folder, ignore_errors=True)
    cluster.create(name)
    server = Server(cluster.url(name), folder)
    server.prepare()
    return server
