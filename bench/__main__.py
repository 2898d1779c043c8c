"""How fast and how big Pult is: python -m bench [SCENARIO] ...; without a name, all of SCENARIOS.

Figures are printed beside their targets and floors, and go to var/bench.json. A target that is not met fails nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from bench import floors, ingest, orders, read, report, shops, streams
from bench.cluster import Cluster
from bench.server import ROOT, fresh, running

SCENARIOS = ("ingest", "read", "shops", "orders", "history", "streams", "memory")


def run_ingest(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """Mail in and creation by API, with their floors."""
    server = fresh(cluster, home, "ingest")
    to = server.shop["addresses"][0]
    mails = ingest.prepared(min(chosen.mails, 600), seed=7, to=to)
    sql = floors.bare_ingest(cluster, server, "ingest", mails)
    creation_sql = floors.bare_creation(cluster, server, "ingest", [body for _, _, body in ingest.creations(200)])
    smtp = asyncio.run(floors.bare_smtp(mails, to, clients=chosen.clients))
    with running(server, workers=chosen.workers):
        figures.add("idle", asyncio.run(ingest.idle(cluster, server)))
        found = asyncio.run(
            ingest.by_smtp(cluster, server, "ingest", count=chosen.mails, clients=chosen.clients, seed=7)
        )
        figures.add("mail in by SMTP", {**found, "floor: same SQL": sql, "floor: bare aiosmtpd": smtp})
        found = asyncio.run(ingest.by_api(cluster, server, count=chosen.creations))
        http = asyncio.run(floors.bare_http())
        bare = asyncio.run(floors.empty_answer(server, cluster))
        more = {"floor: same SQL": creation_sql, "floor: bare uvicorn": http, "floor: 401 by Pult": bare}
        figures.add("create by API", {**found, **more})


def run_read(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """Lists, conversations and searches in a loaded database."""
    size = chosen.conversations
    server = read.loaded(cluster, home, size)
    asked = read.paths(server, size)
    flat = [path for each in asked.values() for path in each[:20]]
    statements = iter(floors.recorded(server, "read", flat))
    work = {name: [next(statements) for _ in each[:20]] for name, each in asked.items()}
    cluster.settle(f"corpus{size}")
    with running(server):
        found = asyncio.run(read.measure(cluster, server, size))
    for name, each in found.items():
        rounds = max(2, min(100, 200 // len(work[name])))
        sql = floors.bare_sql(cluster, f"corpus{size}", work[name], rounds=rounds)
        figures.add(f"{name} @ {size}", {**each, "floor: same SQL": sql})
    figures.grow("100000", "1000000")


def run_shops(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """Webhooks of shops."""
    server = fresh(cluster, home, "shops")
    with running(server):
        found = asyncio.run(shops.ingest(cluster, server, "shops", count=chosen.notices))
        figures.add("webhooks of shops", found)


def run_orders(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """Cards and searches among many orders."""
    count = chosen.orders
    server = orders.loaded(cluster, home, count)
    asked = orders.paths(count)
    statements = iter(floors.recorded(server, "read", [path for each in asked.values() for path in each[:20]]))
    work = {name: [next(statements) for _ in each[:20]] for name, each in asked.items()}
    cluster.settle(f"orders{count}")
    with running(server):
        found = asyncio.run(orders.measure(cluster, server, count))
    for name, each in found.items():
        sql = floors.bare_sql(cluster, f"orders{count}", work[name], rounds=max(2, 200 // len(work[name])))
        figures.add(f"{name} @ {count}", {**each, "floor: same SQL": sql})


def run_history(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """A shop's history read for the first time from CSV files."""
    server = fresh(cluster, home, "history")
    folder = home / "history" / f"files{chosen.history}"
    orders.files(folder, chosen.history)
    found = json.loads(server.call("bench.orders", "read", str(folder)))
    figures.add(f"first reading of {chosen.history} orders", found)


def run_streams(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """From commit to arrival with many listeners."""
    server = fresh(cluster, home, "streams")
    with running(server):
        figures.add("streams", asyncio.run(streams.delays(cluster, server, "streams", streams=chosen.streams)))


def run_memory(cluster: Cluster, home: Path, figures: report.Report, chosen: argparse.Namespace) -> None:
    """Every process at rest."""
    server = fresh(cluster, home, "memory")
    with running(server):
        figures.add("memory", asyncio.run(streams.memory(server)))


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--mails", type=int, default=1_500)
    parser.add_argument("--creations", type=int, default=600)
    parser.add_argument("--notices", type=int, default=4_000, help="webhooks of shops")
    parser.add_argument("--orders", type=int, default=100_000, help="orders among which cards and searches are asked")
    parser.add_argument("--history", type=int, default=20_000, help="orders that are read for the first time")
    parser.add_argument("--clients", type=int, default=8, help="SMTP connections at once")
    parser.add_argument("--streams", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2, help="worker processes while mail comes in")
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("BENCH_HOME", ROOT / "var" / "bench")))
    chosen = parser.parse_args()
    unknown = set(chosen.what) - set(SCENARIOS)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    home = chosen.home.resolve()
    cluster = Cluster(home / "postgresql")
    cluster.start()
    figures = report.Report(ROOT / "var" / "bench.json")
    try:
        for name in chosen.what or SCENARIOS:
            sys.stdout.flush()
            globals()[f"run_{name}"](cluster, home, figures, chosen)
    finally:
        figures.write()
        cluster.leave()


if __name__ == "__main__":
    main()
