"""A run of mails in and replies out while processes are killed, and what has to be true afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg

from bench import generate
from bench.clients import Http, Refused, Stream, data_of, send_mail
from bench.cluster import Cluster
from bench.server import Server
from tests.soak.sink import Sink

PATIENCE = 240.0
UNFINISHED = """
SELECT (SELECT count(*) FROM channels_rawpayload WHERE state = 'received')
     + (SELECT count(*) FROM conversations_message WHERE direction = 'out' AND state IN ('queued', 'sending'))
"""


class Storm:
    """Sends mails, answers conversations, kills processes; everybody tries again as real ones do."""

    def __init__(
        self, server: Server, sink: Sink, *, mails: int, replies: int, seed: int, cluster: Cluster | None = None
    ) -> None:
        self.server, self.sink, self.cluster = server, sink, cluster
        self.rng = random.Random(seed)
        to = server.shop["addresses"][0]
        self.to = to
        self.mails = list(generate.mails(mails, seed=seed, to=to))
        self.replies = replies
        self.accepted: set[str] = set()
        self.answered: dict[int, int] = {}  # conversation -> message
        self.killed: Counter[str] = Counter()
        self.heard: dict[int, int] = {}  # position -> message
        self.heard_twice: list[int] = []
        self.done = False  # all is in and answered
        self.over = False  # and finished

    # --- those who try again ------------------------------------------------------------------------------

    async def _deliver(self, todo: Any) -> None:
        for mail in todo:
            sender = mail.sender.rpartition("<")[2].rstrip(">")
            while mail.message_id not in self.accepted:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                    if await asyncio.wait_for(send_mail(self.server.smtp_port, sender, self.to, mail.raw), 30):
                        self.accepted.add(mail.message_id)
                        break
                await asyncio.sleep(0.2)

    async def _ask(self, method: str, path: str, body: bytes = b"", key: str = "") -> tuple[int, bytes]:
        while True:
            client = Http(self.server.port, self.server.token)
            if key:
                client.head += f"Idempotency-Key: {key}\r\n"
            try:
                status, answer = await asyncio.wait_for(client.ask(method, path, body), 30)
                if status < 500:
                    return status, answer
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                pass
            finally:
                await client.close()
            await asyncio.sleep(0.2)

    async def _answer(self) -> None:
        """Answer conversations once each, with a key so that trying again writes nothing twice."""
        page = ""
        while len(self.answered) < self.replies:
            _, raw = await self._ask("GET", f"/api/v1/conversations?limit=200&after={page}")
            found = json.loads(raw)
            fresh = [item["id"] for item in found["items"] if item["id"] not in self.answered]
            for conversation in fresh[: self.replies - len(self.answered)]:
                body = json.dumps({"text": f"Answer to {conversation}"}).encode()
                status, answer = await self._ask(
                    "POST", f"/api/v1/conversations/{conversation}/replies", body, key=f"answer-{conversation}"
                )
                assert status == 201, answer
                self.answered[conversation] = json.loads(answer)["id"]
            page = found["next"] or ""
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        """Follow the stream, and after every break from where it stopped."""

        def heard(name: str, data: bytes, at: float) -> None:
            if name in {"conversation.created", "message.received"}:
                told = data_of(data)
                position = int(str(told["position"]))
                if position in self.heard:
                    self.heard_twice.append(position)
                self.heard[position] = int(str(told["message_id"]))

        while not self.over:
            after = max(self.heard, default=0)
            stream = Stream(self.server.port, self.server.token, heard, f"?after={after}")
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, Refused):
                await stream.open()
                while stream.task is not None and not stream.task.done() and not self.over:
                    await asyncio.sleep(0.1)
            await stream.close()
            await asyncio.sleep(0.2)

    # --- those who break ----------------------------------------------------------------------------------

    async def _kill(self, victims: Sequence[str], pause: tuple[float, float]) -> None:
        """Kill each of the victims in turn, then at random, until all mails are in and answered."""
        turn = [*victims]
        while not self.done or turn:
            await asyncio.sleep(self.rng.uniform(*pause))
            victim = turn.pop(0) if turn else self.rng.choice(list(victims))
            if victim == "postgresql":
                assert self.cluster is not None
                await asyncio.to_thread(self.cluster.stop, self.rng.choice(["fast", "immediate"]))
                await asyncio.to_thread(self.cluster.start)
            elif victim == "supervisor":
                self.server.processes["run"].kill()
                self.server.processes["run"].wait()
                await asyncio.sleep(0.5)
                self.server.spawn("run", "pult", "run")
            elif (pid := self.server.named().get(victim)) is not None:
                os.kill(pid, signal.SIGKILL)
            else:
                turn.append(victim)  # it is just being started again
                continue
            self.killed[victim] += 1

    async def run(self, victims: Sequence[str], *, pause: tuple[float, float], senders: int = 6) -> None:
        """Do everything at once; return when all is in, answered and finished."""
        todo = iter(self.mails)
        listener = asyncio.create_task(self._listen())
        killer = asyncio.create_task(self._kill(victims, pause))
        await asyncio.gather(*[self._deliver(todo) for _ in range(senders)], self._answer())
        self.done = True
        await killer
        await self._until_finished()
        self.over = True
        await listener

    async def _until_finished(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.Error, sqlite3.Error):
                if self.rows(UNFINISHED)[0][0] == 0 and len(self.heard) >= len(self.mails):
                    return
            await asyncio.sleep(0.5)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the installation's database."""
        if self.cluster is not None:
            with psycopg.connect(self.server.environment["DATABASE_URL"], autocommit=True) as db:
                return db.execute(sql).fetchall()
        path = self.server.folder / "pult.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as lite:
            return lite.execute(sql).fetchall()

    # --- what has to be true ------------------------------------------------------------------------------

    def check(self) -> None:
        """Every accepted mail is there once; every reply was sent once, or says why nobody knows."""
        assert self.rows(UNFINISHED) == [(0,)], self.rows(
            "SELECT task, attempts, last_error, state FROM platform_job WHERE last_error <> ''"
        )
        arrived = self.rows("SELECT id, external_id FROM conversations_message WHERE direction = 'in'")
        ids = Counter(external.strip("<>") for _, external in arrived)
        expected = {mail.message_id.strip("<>") for mail in self.mails}
        assert ids == Counter(expected)
        told = Counter(self.heard.values())
        assert told == Counter(number for number, _ in arrived)
        assert self.heard_twice == []
        threads: dict[int, set[int]] = {}
        places = {
            external.strip("<>"): conversation
            for external, conversation in self.rows(
                "SELECT external_id, conversation_id FROM conversations_message WHERE direction = 'in'"
            )
        }
        for mail in self.mails:
            threads.setdefault(mail.thread, set()).add(places[mail.message_id.strip("<>")])
        assert all(len(found) == 1 for found in threads.values())
        replies = self.rows(
            "SELECT id, conversation_id, external_id, state FROM conversations_message WHERE direction = 'out'"
        )
        assert {number: conversation for number, conversation, _, _ in replies} == {
            message: conversation for conversation, message in self.answered.items()
        }
        for _, _, external, state in replies:
            copies = self.sink.seen[external.strip("<>")]
            assert state in {"sent", "unknown", "failed"}
            assert copies == 1 if state == "sent" else copies <= (state == "unknown"), (external, state, copies)
        ours = {external.strip("<>") for _, _, external, _ in replies}
        assert set(self.sink.seen) <= ours
