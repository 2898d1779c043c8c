"""Two thousand open streams: from commit to arrival. And memory at rest."""

from __future__ import annotations

import asyncio
import resource
import time

from bench import usage
from bench.clients import Http, Stream, data_of, send_mail
from bench.cluster import Cluster
from bench.ingest import ARRIVALS, prepared
from bench.server import Server

Figures = dict[str, object]
_COMMITS = """
SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8
FROM conversations_message WHERE id = ANY(%s)
"""


async def delays(
    cluster: Cluster, server: Server, database: str, *, streams: int = 2_000, mails: int = 40, pause: float = 0.25
) -> Figures:
    """Hold `streams` listeners open, send a mail each `pause` seconds, and tell how long after the commit of its
    message each listener had its event."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, streams + 500)), hard))
    arrivals: dict[int, list[float]] = {}

    def heard(name: str, data: bytes, at: float) -> None:
        if name in ARRIVALS:
            # The message's id is at the end of the line; parsing two thousand times would load the machine.
            number = known.get(data) or known.setdefault(data, int(str(data_of(data)["message_id"])))
            arrivals.setdefault(number, []).append(at)

    known: dict[bytes, int] = {}
    listeners = [Stream(server.port, server.token, heard) for _ in range(streams)]
    before = {name: usage.pss(pid) for name, pid in server.named().items()}
    began = time.perf_counter()
    for start in range(0, streams, 50):
        await asyncio.gather(*[listener.open() for listener in listeners[start : start + 50]])
    opened = time.perf_counter() - began
    await asyncio.sleep(1)
    after = {name: usage.pss(pid) for name, pid in server.named().items()}
    to = server.shop["addresses"][0]
    batch = prepared(mails, seed=51, to=to)
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    for sender, raw in batch:
        await send_mail(server.smtp_port, sender, to, raw)
        await asyncio.sleep(pause)
    deadline = time.monotonic() + 20
    while sum(map(len, arrivals.values())) < mails * streams and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    used = meter.stop()
    with cluster.connect(database) as db:
        commits = dict(db.execute(_COMMITS, [list(arrivals)]).fetchall())
    late = [at - commits[number] for number, times in arrivals.items() for at in times]
    for listener in listeners:
        await listener.close()
    grown = sum(after.values()) - sum(before.values())
    return {
        "streams": streams,
        "opened_per_s": round(streams / opened, 1),
        "deliveries": len(late),
        "missing": mails * streams - len(late),
        **usage.spread(late),
        "kib_a_stream": round(1024 * grown / streams, 1),
        "cpu_us_a_delivery": round(1e6 * used.total / max(len(late), 1), 1),
        "foreign_cpu": round(used.foreign, 3),
    }


async def memory(server: Server) -> Figures:
    """Return the proportional memory of each process at rest, after a few requests, in MB."""
    client = Http(server.port, server.token)
    for path in ("/api/v1/me", "/api/v1/conversations?status=open", "/api/v1/health", "/api/v1/directory") * 4:
        await client.ask("GET", path)
    await client.close()
    await asyncio.sleep(5)
    each = {name: round(usage.pss(pid), 1) for name, pid in server.named().items()}
    return {"total_mb": round(sum(each.values()), 1), **each}
