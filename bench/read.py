"""Reading with a year's history loaded: the inbox list, a conversation of twenty messages, searches."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

from bench import generate, usage
from bench.clients import hammer
from bench.cluster import Cluster
from bench.corpus import DEEP
from bench.server import Server

Figures = dict[str, object]
SEARCHES = {
    "search rare": f"q={generate.RARE}",
    "search common": f"q={generate.COMMON}",
    "search 1 in 1,000": f"q={generate.SOME}",
    "search two words": f"q=refund+{generate.COMMON}",
    "search two words, one 1 in 1,000": f"q={generate.SOME}+{generate.COMMON}",
    "search no hit": f"q={generate.NEVER}",
    "search one store": f"q={generate.COMMON}&store={{store}}",
    "search 1 in 1,000, one store": f"q={generate.SOME}&store={{store}}",
}


def loaded(cluster: Cluster, home: Path, conversations: int) -> Server:
    """Return an installation with so many conversations; loads them once and keeps them for later runs."""
    name = f"corpus{conversations}"
    folder = home / name
    server = Server(cluster.url(name), folder)
    if (folder / "loaded.json").exists() and cluster.exists(name):
        server.remember()
        server.call("pult", "migrate", "-v", "0")
        return server
    shutil.rmtree(folder, ignore_errors=True)
    cluster.create(name)
    server.prepare()
    told = server.call("bench.corpus", "--conversations", str(conversations), "--shop", str(folder / "shop.json"))
    (folder / "loaded.json").write_text(told)
    print(f"loaded {conversations} conversations: {told.strip()}", flush=True)
    return server


def paths(server: Server, conversations: int) -> dict[str, list[str]]:
    """Return what is asked in each scenario, by its name."""
    deep = min(DEEP, conversations // 50)
    step = conversations // deep
    store = server.shop["stores"][2]
    found = {
        "inbox list": ["/api/v1/conversations?status=open"],
        "conversation of 20": [f"/api/v1/conversations/{1 + i * step}" for i in range(deep)],
    }
    found |= {name: [f"/api/v1/conversations?{query.format(store=store)}"] for name, query in SEARCHES.items()}
    return found


async def measure(cluster: Cluster, server: Server, conversations: int, *, count: int = 200) -> dict[str, Figures]:
    """Ask each path `count` times by one client, and by eight."""
    result: dict[str, Figures] = {}
    for name, each in paths(server, conversations).items():
        asks = [("GET", each[i % len(each)], b"") for i in range(count)]
        tried = await hammer(server.port, server.token, asks[:6])
        few = max(20, min(count, int(4 / max(min(tried), 0.002))))
        await hammer(server.port, server.token, asks[: few // 2], clients=4)
        figures: Figures = {}
        for clients in (1, 8):
            meter = usage.Meter({"pult": server.roots(), "postgresql": [cluster.postmaster()]})
            began = time.perf_counter()
            took = await hammer(server.port, server.token, asks[:few], clients=clients)
            wall = time.perf_counter() - began
            figures[f"{clients} client"] = {
                "per_s": round(few / wall, 1),
                **usage.spread(took),
                **meter.stop().per(few),
            }
        result[name] = figures
    return result


def facts(home: Path, conversations: int) -> Figures:
    """Return what the loader told."""
    found: Figures = json.loads((home / f"corpus{conversations}" / "loaded.json").read_text())
    return found
