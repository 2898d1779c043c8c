"""Who is listening, and what they are sent. Lives on one event loop; the tailer thread feeds it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

HEARTBEAT = 15.0  # seconds
QUEUE_FRAMES = 500
QUEUE_BYTES = 1 << 20

Scopes = frozenset[int] | None
SendBytes = Callable[[bytes], Awaitable[None]]


class Subscriber(NamedTuple):
    """Somebody who may listen: to the events of these scopes (None: of all), until a time (None: for good).

    With an `audience` it is somebody outside, who hears what is said to that audience and nothing else. `headers` go
    with the answer that opens the stream.
    """

    actor: str
    scope_ids: frozenset[int] | None
    expires_at: datetime | None
    audience: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Frame(NamedTuple):
    """One event as bytes on the wire. `position` is 0 for what is not in the log (presence). With an `audience` it is
    for those outside who are that audience."""

    position: int
    data: bytes
    scopes: Scopes
    audience: str = ""


def frame(position: int, name: str, data: bytes, scopes: Scopes, audience: str = "") -> Frame:
    """Encode an event for the stream. `data` is JSON without line breaks."""
    id_line = b"id: %d\n" % position if position and not audience else b""
    return Frame(position, id_line + b"event: %s\ndata: %s\n\n" % (name.encode(), data), scopes, audience)


def resync(position: int) -> bytes:
    """Encode the event that tells the client to load everything again."""
    return b"id: %d\nevent: resync\ndata: {}\n\n" % position


def allowed(mine: Scopes, scopes: Scopes) -> bool:
    """Say whether somebody with these scopes may see an event of those. None stands for all."""
    return mine is None or scopes is None or not mine.isdisjoint(scopes)


class Client:
    """One open stream: a bounded queue and, while it is not empty, a task that empties it.

    `after` is the position up to which it gets the past by replay, or has it already. Until `go_live` the queue
    only fills.
    """

    def __init__(self, subscriber: Subscriber, send: SendBytes, hub: Hub, after: int) -> None:
        self.subscriber = subscriber
        self.hub = hub
        self.after = after
        self.closed = False
        self.ask: Callable[[], Subscriber | None] = lambda: None
        self.note: Callable[[Subscriber], None] = lambda _: None
        self.noted_at = time.monotonic()
        self.task = asyncio.current_task()
        self._send = send
        self._queue: deque[bytes] = deque()
        self._bytes = 0
        self._pump: asyncio.Task[None] | None = None
        self._held = True
        self.next_heartbeat = time.monotonic() + HEARTBEAT

    def may_see(self, scopes: Scopes) -> bool:
        """Say whether an event of these scopes is for this client."""
        return allowed(self.subscriber.scope_ids, scopes)

    def push(self, data: bytes) -> None:
        """Queue bytes; when the client is too slow, drop them all and tell it to load again."""
        self._bytes += len(data)
        if len(self._queue) >= QUEUE_FRAMES or (self._queue and self._bytes > QUEUE_BYTES):
            self._queue.clear()
            data = resync(self.hub.position)
            self._bytes = len(data)
        self._queue.append(data)
        self._start()

    def go_live(self) -> None:
        """Begin to send what was queued while the past was replayed."""
        self._held = False
        self._start()

    def close(self) -> None:
        """End the stream from this side."""
        if not self.closed and self.task is not None:
            self.closed = True
            self.task.cancel()

    def _start(self) -> None:
        if not self._held and self._pump is None and self._queue:
            self._pump = asyncio.get_running_loop().create_task(self._empty())

    async def _empty(self) -> None:
        try:
            while self._queue:
                data = self._queue.popleft() if len(self._queue) == 1 else b"".join(self._queue)
                self._queue.clear()
                self._bytes = 0
                await self._send(data)
                self.next_heartbeat = time.monotonic() + HEARTBEAT
        except OSError:
            self.close()
        finally:
            self._pump = None

    async def stop(self) -> None:
        """Wait for nothing more to be under way."""
        self._queue.clear()
        if self._pump is not None:
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump


def _joined(frames: Iterable[Frame]) -> bytes:
    return b"".join(frame.data for frame in frames)


class Hub:
    """All open streams of this process."""

    def __init__(self) -> None:
        self.clients: set[Client] = set()
        self.outside: dict[str, set[Client]] = {}
        """Those outside, by their audience."""
        self.position = 0

    def add(self, client: Client) -> None:
        """Let a client hear from now on."""
        if audience := client.subscriber.audience:
            self.outside.setdefault(audience, set()).add(client)
        else:
            self.clients.add(client)

    def remove(self, client: Client) -> None:
        """Let a client hear no more."""
        self.clients.discard(client)
        if audience := client.subscriber.audience:
            there = self.outside.get(audience, set())
            there.discard(client)
            if not there:
                self.outside.pop(audience, None)

    def everybody(self) -> Iterator[Client]:
        """All who listen, within and outside."""
        yield from self.clients
        for there in self.outside.values():
            yield from there

    def publish(self, frames: Iterable[Frame], position: int) -> None:
        """Hand a batch to all who may see it; those with equal rights get the very same bytes."""
        told = list(frames)
        batch = [one for one in told if not one.audience]
        for one in told:
            for client in self.outside.get(one.audience, ()) if one.audience else ():
                client.push(one.data)
        cached: dict[Scopes, bytes] = {}
        self.position = max(self.position, position)
        first = min((frame.position for frame in batch if frame.position), default=0)
        for client in self.clients:
            scopes = client.subscriber.scope_ids
            if 0 < first <= client.after:
                data = _joined(f for f in batch if not 0 < f.position <= client.after and allowed(scopes, f.scopes))
            elif (data := cached.get(scopes, b"?")) == b"?":
                data = cached[scopes] = _joined(f for f in batch if allowed(scopes, f.scopes))
            if data:
                client.push(data)

    def beat(self) -> list[Client]:
        """Send a comment to those who heard nothing for long; return those whose permission has run out."""
        now = time.monotonic()
        for client in self.everybody():
            if now >= client.next_heartbeat:
                client.next_heartbeat = now + HEARTBEAT
                client.push(b": \n\n")
        moment = datetime.now(UTC)
        return [c for c in self.everybody() if c.subscriber.expires_at and c.subscriber.expires_at <= moment]

    def close(self) -> None:
        """End all streams."""
        for client in list(self.everybody()):
            client.close()
