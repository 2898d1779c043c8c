"""Hostile mails through the real receiver into a running Pult: it keeps them all, does not grow, and shows no harm."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bench import usage
from bench.clients import Http, send_mail
from bench.server import Server
from tests.soak import hostile
from tests.soak.browser_rules import dangers
from tests.soak.conftest import Start

pytestmark = pytest.mark.program

MAILS = int(os.environ.get("PULT_SOAK_MAILS", "10000"))
WARM = 300
"""Mails after which all is loaded that use loads: growth counts from there."""
GROWTH = 300.0  # MB, PSS of all processes together
CLIENTS = 6


class Run:
    """One installation, what it was sent and how large it became."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.to = server.shop["addresses"][0]
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.largest: dict[str, float] = {}

    async def send(self, mails: Sequence[tuple[str, bytes]] | Iterator[tuple[str, bytes]]) -> None:
        """Send every mail once over a connection of its own."""
        todo = iter(mails)

        async def one() -> None:
            for kind, raw in todo:
                try:
                    taken = await asyncio.wait_for(send_mail(self.server.smtp_port, "a@x.example", self.to, raw), 120)
                except (OSError, asyncio.IncompleteReadError):
                    self.broken[kind] += 1
                    continue
                (self.accepted if taken else self.refused)[kind] += 1

        await asyncio.gather(*[one() for _ in range(CLIENTS)])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the installation's database."""
        path = self.server.folder / "pult.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as lite:
            return lite.execute(sql).fetchall()

    def memory(self) -> dict[str, float]:
        """Return the PSS of each process in MB."""
        return {name: usage.pss(pid) for name, pid in self.server.named().items()}

    async def settle(self, patience: float = 900.0) -> None:
        """Wait until everything accepted has been read, and remember how large the processes became."""
        deadline = time.monotonic() + patience
        while self.rows("SELECT count(*) FROM channels_rawpayload WHERE state = 'received'") != [(0,)]:
            self.look()
            assert time.monotonic() < deadline, "the worker does not get through"
            await asyncio.sleep(1)
        self.look()

    def look(self) -> None:
        """Remember the largest sum seen."""
        now = self.memory()
        if sum(now.values()) > sum(self.largest.values()):
            self.largest = now


async def _watched(run: Run, mails: Iterator[tuple[str, bytes]]) -> None:
    sending = asyncio.create_task(run.send(mails))
    while not sending.done():
        run.look()
        await asyncio.wait([sending], timeout=2)
    await sending
    await run.settle()


async def _shown(run: Run, message_ids: Sequence[int]) -> None:
    """Ask for every message's page as a browser does: nothing in it may run."""
    client = Http(run.server.port, run.server.token)
    for message_id in message_ids:
        status, page = await client.ask("GET", f"/api/v1/messages/{message_id}/html")
        assert (message_id, status) == (message_id, 200)
        assert dangers(page.decode(), styles=1, metas=2) == [], message_id
    await client.close()


async def _visible(run: Run) -> set[int]:
    """Return the conversations that the API's list shows, page by page."""
    client = Http(run.server.port, run.server.token)
    found: set[int] = set()
    after: str | None = ""
    while after is not None:
        _, raw = await client.ask("GET", f"/api/v1/conversations?limit=200&after={after}")
        page = json.loads(raw)
        found |= {item["id"] for item in page["items"]}
        after = page["next"]
    await client.close()
    return found


@pytest.mark.soak
@pytest.mark.timeout(5400)
def test_ten_thousand_hostile_mails_through_the_receiver(start: Start) -> None:
    run = Run(start(""))
    mails = hostile.mails(MAILS, seed=11)
    asyncio.run(_watched(run, iter([next(mails) for _ in range(min(WARM, MAILS))])))
    processes, before = run.server.named(), run.memory()
    run.largest = before
    began = time.monotonic()
    asyncio.run(_watched(run, mails))
    took = time.monotonic() - began
    grown = sum(run.largest.values()) - sum(before.values())
    accepted = sum(run.accepted.values())
    print(f"{accepted} accepted of {MAILS}, refused {dict(run.refused)}, broken {dict(run.broken)}")
    print(f"{took:.0f} s, {grown:.0f} MB more: {before} -> {run.largest}")
    assert run.server.named() == processes, "a process died"
    assert not run.broken
    assert accepted >= MAILS * 0.95
    states = dict(run.rows("SELECT state, count(*) FROM channels_rawpayload GROUP BY state"))
    assert states == {"parsed": accepted}, run.rows("SELECT error FROM channels_rawpayload WHERE error <> '' LIMIT 5")
    messages = run.rows("SELECT id, conversation_id, headers ->> 'payload_id' FROM conversations_message ORDER BY id")
    assert len({payload for _, _, payload in messages}) == accepted
    assert grown < GROWTH
    assert asyncio.run(_visible(run)) == {conversation for _, conversation, _ in messages}
    asyncio.run(_shown(run, [message_id for message_id, _, _ in messages]))
