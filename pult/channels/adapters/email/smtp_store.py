"""What the receiver looks up and where it puts mails: the mailboxes by address, and one insert at a time for all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

from pult.channels.base import Incoming, ReceiveMany

STALE_SECONDS = 5.0
MIN_RELOAD_SECONDS = 0.25
BATCH_MAILS = 200
BATCH_BYTES = 32 * 1024 * 1024


class Directory:
    """The mailboxes by address; read again when older than five seconds, or when an address is not found."""

    def __init__(self, load: Callable[[], Mapping[str, int]]) -> None:
        self._load = load
        self._known: dict[str, int] = {}
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, address: str) -> tuple[str, int] | None:
        """Return the mailbox's address and inbox id for a recipient, with or without +tag; None if unknown."""
        if time.monotonic() - self._read_at > STALE_SECONDS:
            await self._reload()
        found = self._match(address)
        if found is None and time.monotonic() - self._read_at > MIN_RELOAD_SECONDS:
            await self._reload()
            found = self._match(address)
        return found

    def _match(self, address: str) -> tuple[str, int] | None:
        plain = normal(address)
        local, _, domain = plain.rpartition("@")
        for candidate in (plain, f"{local.partition('+')[0]}@{domain}"):
            if (inbox_id := self._known.get(candidate)) is not None:
                return candidate, inbox_id
        return None

    async def _reload(self) -> None:
        async with self._lock:
            rows = await asyncio.to_thread(self._load)
            self._known = {normal(address): inbox_id for address, inbox_id in rows.items()}
            self._read_at = time.monotonic()


def normal(address: str) -> str:
    """Return an address as it is compared: lower case, unquoted, its domain in IDNA form."""
    local, _, domain = address.strip().rpartition("@")
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local.strip(chr(34))}@{domain.rstrip('.')}".lower()


class Store:
    """Group commit: one insert runs at a time, and takes with it all that came while the last one ran."""

    def __init__(self, keep: ReceiveMany) -> None:
        self._keep = keep
        self._waiting: list[tuple[list[Incoming], asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def put(self, items: list[Incoming]) -> None:
        """Return when the items are stored; raises what the database raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((items, done))
        self._wake.set()
        await done

    async def close(self) -> None:
        """Store what waits, then end."""
        while self._waiting:
            await asyncio.sleep(0.01)
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._store(self._take())

    def _take(self) -> list[tuple[list[Incoming], asyncio.Future[None]]]:
        count, size = 0, 0
        for items, _ in self._waiting:
            if count and (count >= BATCH_MAILS or size > BATCH_BYTES):
                break
            count += 1
            size += sum(len(item.body) for item in items)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _store(self, batch: list[tuple[list[Incoming], asyncio.Future[None]]]) -> None:
        everything = [item for items, _ in batch for item in items]
        try:
            await asyncio.to_thread(self._keep, everything)
        except Exception as error:
            if len(batch) > 1:
                for one in batch:
                    await self._store([one])
                return
            if not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
