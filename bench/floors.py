"""What a figure stands on: the same SQL in bare psycopg, a bare HTTP answer, a bare acceptance by SMTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench import usage
from bench.clients import hammer, send_mails
from bench.cluster import Cluster, free_port
from bench.record import Statement
from bench.server import ROOT, Server

Figures = dict[str, object]


def recorded(server: Server, what: str, given: object, *, database_url: str = "") -> list[list[Statement]]:
    """Return the statements of each request or mail; see bench.record."""
    environment = {**server.environment, "BENCH_TOKEN": server.token}
    if database_url:
        environment["DATABASE_URL"] = database_url
    done = subprocess.run(
        [sys.executable, "-m", "bench.record"],
        input=pickle.dumps((what, given)), env=environment, cwd=ROOT, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    found: list[list[Statement]] = pickle.loads(done.stdout)
    return found


def run_statements(db: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
    """Run statements as they were recorded, reading every row."""
    with db.cursor() as cursor:
        for kind, sql, parameters in statements:
            if kind == "many":
                cursor.executemany(sql, parameters)
            elif kind == "one":
                cursor.execute(sql, parameters or None)
                if cursor.description is not None:
                    cursor.fetchall()
            else:
                cursor.execute(kind)


def bare_sql(cluster: Cluster, database: str, work: list[list[Statement]], *, rounds: int = 1) -> Figures:
    """Run recorded statements `rounds` times in bare psycopg, one list after another."""
    with psycopg.connect(cluster.url(database), autocommit=True) as db:
        if rounds > 1:
            run_statements(db, work[0])
        took = []
        own = time.process_time()
        meter = usage.Meter({"postgresql": [cluster.postmaster()]})
        for _ in range(rounds):
            for statements in work:
                began = time.perf_counter()
                run_statements(db, statements)
                took.append(time.perf_counter() - began)
        used = meter.stop()
        client = time.process_time() - own
    count = len(took)
    server = used.groups["postgresql"]
    return {
        "statements": len(work[0]),
        **usage.spread(took),
        "cpu_ms": round(1000 * (client + server) / count, 3),
        "cpu_ms_psycopg": round(1000 * client / count, 3),
        "cpu_ms_postgresql": round(1000 * server / count, 3),
    }


def bare_ingest(cluster: Cluster, server: Server, template: str, mails: Sequence[tuple[str, bytes]]) -> Figures:
    """Take mails in once while recording, then run the same SQL on another copy of the same database."""
    cluster.create("bench_record", template)
    cluster.create("bench_replay", template)
    given = (server.shop["inboxes"][0], [raw for _, raw in mails])
    statements = recorded(server, "ingest", given, database_url=cluster.url("bench_record"))
    cluster.settle("bench_replay")
    found = bare_sql(cluster, "bench_replay", statements)
    for database in ("bench_record", "bench_replay"):
        cluster.drop(database)
    each = {key: round(float(str(value)) / len(mails), 3) for key, value in found.items() if key.startswith("cpu_ms")}
    return {"statements_a_mail": round(len(statements[0]) / len(mails), 2), **each}


def bare_creation(cluster: Cluster, server: Server, template: str, bodies: Sequence[bytes]) -> Figures:
    """Create conversations while recording, then run the same SQL on another copy of the same database."""
    cluster.create("bench_record", template)
    cluster.create("bench_replay", template)
    work = recorded(server, "create", list(bodies), database_url=cluster.url("bench_record"))
    found = bare_sql(cluster, "bench_replay", work)
    for database in ("bench_record", "bench_replay"):
        cluster.drop(database)
    return found


@contextlib.contextmanager
def bare(what: str) -> Iterator[tuple[int, int]]:
    """Run a bare server; yield its port and process id."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.floors", what, str(port)], cwd=ROOT)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


async def bare_smtp(mails: Sequence[tuple[str, bytes]], to: str, *, clients: int) -> Figures:
    """Send mails to an aiosmtpd that keeps nothing."""
    with bare("smtp") as (port, pid):
        await send_mails(port, to, mails[:50], clients=clients)
        meter = usage.Meter({"aiosmtpd": [pid]})
        began = time.perf_counter()
        took = await send_mails(port, to, mails, clients=clients)
        wall = time.perf_counter() - began
        return {"per_s": round(len(mails) / wall, 1), **usage.spread(took), **meter.stop().per(len(mails))}


async def bare_http(*, count: int = 1000, clients: int = 8) -> Figures:
    """Ask a uvicorn that answers always the same."""
    with bare("http") as (port, pid):
        asks = [("GET", "/", b"")] * count
        await hammer(port, "", asks[:100], clients=clients)
        meter = usage.Meter({"uvicorn": [pid]})
        took = await hammer(port, "", asks, clients=clients)
        return {**usage.spread(took), **meter.stop().per(count)}


async def empty_answer(server: Server, cluster: Cluster, *, count: int = 400, clients: int = 8) -> Figures:
    """Ask Pult without a token: everything but the work, and no SQL."""
    asks = [("GET", "/api/v1/conversations", b"")] * count
    await hammer(server.port, "", asks[:50], clients=clients, expect=401)
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    took = await hammer(server.port, "", asks, clients=clients, expect=401)
    return {**usage.spread(took), **meter.stop().per(count)}


def _serve_http(port: int) -> None:
    import uvicorn  # noqa: PLC0415

    async def application(scope: Any, receive: Any, send: Any) -> None:
        body = b'{"status":"ok"}'
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    uvicorn.run(application, port=port, log_level="error", lifespan="off", access_log=False)


def _serve_smtp(port: int) -> None:
    from aiosmtpd.smtp import SMTP  # noqa: PLC0415

    class Sink:
        async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
            return "250 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: SMTP(Sink(), hostname="bench", loop=loop), "127.0.0.1", port)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    os.chdir(Path("/"))
    {"http": _serve_http, "smtp": _serve_smtp}[sys.argv[1]](int(sys.argv[2]))
