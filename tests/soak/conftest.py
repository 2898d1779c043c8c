"""Whole installations to be broken."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cluster import Cluster, NoPostgreSQL, program
from bench.server import Server
from tests.soak.sink import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server for what leaves."""
    with Sink() as running:
        yield running


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that may be killed. Its user is not ours: it cannot live below pytest's own private folder."""
    try:
        program("initdb")
    except NoPostgreSQL:
        pytest.skip("PostgreSQL's programs are not here")
    with tempfile.TemporaryDirectory(prefix="pult-soak-") as folder:
        Path(folder).chmod(0o755)
        running = Cluster(Path(folder) / "server", settings={"shared_buffers": "64MB", "max_wal_size": "1GB"})
        running.start()
        running.create("pult")
        yield running
        running.stop("immediate")


Start = Callable[[str], Server]


@pytest.fixture
def start(tmp_path: Path, sink: Sink) -> Iterator[Start]:
    """start(database address) -> an installation that runs and sends what leaves to the sink."""
    servers: list[Server] = []

    def begin(url: str) -> Server:
        server = Server(url or f"sqlite:///{tmp_path / 'pult.sqlite3'}", tmp_path, BENCH_SINK=str(sink.port))
        server.prepare()
        server.start()
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.stop()
