"""Mail in by SMTP until it is on the live stream with all reactions done, and conversations by API."""

from __future__ import annotations

import asyncio
import json
import random
import time

from bench import generate, usage
from bench.clients import Http, Stream, data_of, hammer, send_mails
from bench.cluster import Cluster
from bench.server import Server

Figures = dict[str, object]
ARRIVALS = {"conversation.created", "message.received"}
WAITING = """
SELECT (SELECT count(*) FROM channels_rawpayload WHERE state = 'received')
     + (SELECT count(*) FROM platform_event WHERE position IS NULL)
     + (SELECT count(*) FROM platform_job WHERE state = 'ready' AND run_at <= now() AND NOT key LIKE 'periodic%%')
     + (SELECT greatest(0, c.last - (SELECT coalesce(min(position), 0) FROM platform_eventcursor
                                     WHERE name = 'reactions')) FROM platform_eventcounter c)
"""


def prepared(count: int, *, seed: int, to: str) -> list[tuple[str, bytes]]:
    """Return (sender, raw) of `count` mails."""
    return [(m.sender.rpartition("<")[2].rstrip(">"), m.raw) for m in generate.mails(count, seed=seed, to=to)]


async def _until_quiet(cluster: Cluster, database: str, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    with cluster.connect(database) as db:
        while time.monotonic() < deadline:
            row = db.execute(WAITING).fetchone()
            if row and row[0] == 0:
                return
            await asyncio.sleep(0.1)
    raise TimeoutError("work is still waiting")


async def by_smtp(cluster: Cluster, server: Server, database: str, *, count: int, clients: int, seed: int) -> Figures:
    """Send `count` mails, a connection each; the clock stops when all were seen and nothing waits any more."""
    to = server.shop["addresses"][0]
    warm, batch = prepared(100, seed=seed + 1, to=to), prepared(count, seed=seed, to=to)
    seen: dict[str, float] = {}
    kinds: dict[str, int] = {}

    def heard(name: str, data: bytes, at: float) -> None:
        kinds[name] = kinds.get(name, 0) + 1
        if name in ARRIVALS:
            seen[str(data_of(data)["message_id"])] = at

    stream = Stream(server.port, server.token, heard)
    await stream.open()
    await send_mails(server.smtp_port, to, warm, clients=clients)
    await _until(lambda: len(seen) >= len(warm))
    await _until_quiet(cluster, database)
    seen.clear()
    kinds.clear()
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    began = time.time()
    accepted = await send_mails(server.smtp_port, to, batch, clients=clients)
    accepted_wall = time.time() - began
    await _until(lambda: len(seen) >= count)
    visible_wall = max(seen.values()) - began
    await _until_quiet(cluster, database)
    used = meter.stop()
    await stream.close()
    return {
        "mails": count,
        "clients": clients,
        "accepted_per_s": round(count / accepted_wall, 1),
        "visible_per_s": round(count / visible_wall, 1),
        **usage.spread(accepted),
        "events": dict(sorted(kinds.items())),
        **used.per(count),
    }


async def _until(done: object, patience: float = 120) -> None:
    deadline = time.monotonic() + patience
    while not done():  # type: ignore[operator]
        if time.monotonic() > deadline:
            raise TimeoutError("not all mails became visible")
        await asyncio.sleep(0.02)


def creations(count: int, seed: int = 17) -> list[tuple[str, str, bytes]]:
    """Return requests that create `count` conversations."""
    rng = random.Random(seed)
    pool = generate.sentences(2_000, seed=seed)

    def ask(number: int) -> tuple[str, str, bytes]:
        name, address = generate.person(rng, 4_000)
        body = {
            "from": {"name": name, "address": address},
            "subject": f"{rng.choice(generate.TOPICS)} {number}",
            "text": "\n\n".join(" ".join(rng.choices(pool, k=3)) for _ in range(4)),
        }
        return "POST", "/api/v1/conversations", json.dumps(body).encode()

    return [ask(number) for number in range(count)]


async def by_api(cluster: Cluster, server: Server, *, count: int, clients: int = 8) -> Figures:
    """Create `count` conversations by POST /api/v1/conversations."""
    await hammer(server.port, server.token, creations(100, seed=18), clients=clients, expect=201)
    asks = creations(count)
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    began = time.perf_counter()
    took = await hammer(server.port, server.token, asks, clients=clients, expect=201)
    wall = time.perf_counter() - began
    return {"clients": clients, "per_s": round(count / wall, 1), **usage.spread(took), **meter.stop().per(count)}


async def idle(cluster: Cluster, server: Server, seconds: float = 5.0) -> Figures:
    """Return what Pult costs while nothing happens, in milliseconds of CPU a second."""
    client = Http(server.port, server.token)
    await client.ask("GET", "/api/v1/health")
    await client.close()
    meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
    await asyncio.sleep(seconds)
    used = meter.stop()
    return {f"{name}_ms_per_s": round(1000 * value / seconds, 1) for name, value in used.groups.items()}
