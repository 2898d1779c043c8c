"""The ASGI front: server-sent events natively at /api/v1/stream and at OUTSIDE, everything else by Django over the
bridge.

One tailer thread a process reads the event log while anybody listens, and renders each batch once for all.
What may be heard and how an event looks is not decided here: STREAM_AUTHORIZE, STREAM_OUTSIDE, STREAM_RENDER and
STREAM_EPHEMERAL in the settings name the functions that know. Who listens outside (a visitor of a shop) hears what is
said to his audience and gets no past: his page asks for what it missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TypeVar, cast
from urllib.parse import parse_qsl

import django.db
from django.conf import settings
from django.db import close_old_connections, connections
from django.http.cookie import parse_cookie
from django.utils.module_loading import import_string

from pult.platform import events, retention, wakeup
from pult.platform.bridge import Receive, Scope, Send, WsgiBridge
from pult.platform.hub import Client, Frame, Hub, Subscriber, frame, resync
from pult.wsgi import application as wsgi_application

PATH = "/api/v1/stream"
OUTSIDE = re.compile(r"/chat/\d{1,18}/stream")
NOTE_EVERY = 3600.0  # seconds after which an open stream leaves another line of who listens
LINGER = 10.0  # seconds that the tailer goes on without clients
EPHEMERAL_EVERY = timedelta(seconds=0.5)
EPHEMERAL_OVERLAP = timedelta(seconds=10)  # a row gets its time before it is committed: look back for late ones
REPLAY_LIMIT = 5_000
BATCH = 500

T = TypeVar("T")
Texts = dict[str, str]
Authorize = Callable[[Texts, Texts, Texts], Subscriber | None]
Opened = Callable[[Subscriber, Texts, str], None]
Rendered = tuple[events.EventRow, str, bytes, "frozenset[int] | None", str]
Render = Callable[[list[events.EventRow]], list[Rendered]]
Ephemeral = Callable[[datetime], Sequence[tuple[str, bytes, "int | None", str]]]
AuthorizeOutside = Callable[[str, Texts, Texts], Subscriber | None]

log = logging.getLogger(__name__)
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


@cache
def _authorize() -> Authorize:
    return cast(Authorize, import_string(settings.STREAM_AUTHORIZE))


@cache
def _outside() -> AuthorizeOutside:
    return cast(AuthorizeOutside, import_string(settings.STREAM_OUTSIDE))


@cache
def _opened() -> Opened:
    return cast(Opened, import_string(settings.STREAM_OPENED))


@cache
def _render() -> Render:
    return cast(Render, import_string(settings.STREAM_RENDER))


@cache
def _ephemeral() -> Ephemeral:
    return cast(Ephemeral, import_string(settings.STREAM_EPHEMERAL))


def _frames(rows: list[events.EventRow]) -> list[Frame]:
    return [frame(row.position, name, data, scopes, audience) for row, name, data, scopes, audience in _render()(rows)]


class Tailer:
    """Reads the log in a thread while there are clients, and feeds the hub on its loop."""

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self.hub = hub
        self.loop = loop
        self._until = 0.0
        self._wake = threading.Event()
        self._waiting: list[asyncio.Future[None]] = []
        self._position: int | None = None
        self._woken: set[str] = set()
        self._ephemeral_due = False
        self._told: dict[Frame, datetime] = {}
        threading.Thread(target=self._run, name="stream-tailer", daemon=True).start()

    def keep(self) -> None:
        """Go on reading for a while: somebody listens."""
        self._until = time.monotonic() + LINGER

    async def start(self) -> None:
        """Let it read, and wait until the hub knows where the log ends. Raises TimeoutError."""
        awake = self._until - time.monotonic() > LINGER / 2 and not self._waiting
        self.keep()
        if not awake:
            ready = self.loop.create_future()
            self._waiting.append(ready)
            self._wake.set()
            await asyncio.wait_for(ready, 5)

    def _run(self) -> None:
        seen = datetime.now(UTC)
        while True:
            if time.monotonic() > self._until and not self._waiting:
                self._position = None
                connections.close_all()
                self._wake.wait()
            self._wake.clear()
            try:
                seen = self._look(seen)
            except Exception as error:
                if not isinstance(error, django.db.Error):
                    log.exception("The stream's tailer failed; trying again")
                connections.close_all()
                time.sleep(0.5)

    def _look(self, seen: datetime) -> datetime:
        """Read and publish what is new; return up to when presence was read."""
        if not self._woken:
            # Workers do this when something was committed; here it is for the time when there is none.
            events.give()
        if self._position is None:
            self._position, seen = events.latest(), datetime.now(UTC)
            self._publish([], self._position)
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.loop.call_soon_threadsafe(_resolve, waiting)
        rows = events.read(self._position, limit=BATCH)
        if rows:
            self._publish(_frames(rows), rows[-1].position)
            self._position = rows[-1].position
        # Who is where is read when somebody said that it changed, and when nobody said anything for long.
        self._ephemeral_due |= events.EPHEMERAL in self._woken or not self._woken
        now = datetime.now(UTC)
        if self._ephemeral_due and now - seen >= EPHEMERAL_EVERY:
            self._publish(self._untold(now), 0)
            seen, self._ephemeral_due = now, False
        if len(rows) < BATCH:
            timeout = EPHEMERAL_EVERY.total_seconds() if self._ephemeral_due else None
            self._woken = wakeup.wait(events.TOPIC, events.EPHEMERAL, timeout=timeout)
        return seen

    def _untold(self, now: datetime) -> list[Frame]:
        """Return what changed lately beside the log and was not published yet."""
        fresh = [one for one in _ephemeral_frames(now - EPHEMERAL_OVERLAP) if one not in self._told]
        self._told = {one: at for one, at in self._told.items() if at > now - 2 * EPHEMERAL_OVERLAP}
        self._told.update(dict.fromkeys(fresh, now))
        return fresh

    def _publish(self, frames: list[Frame], position: int) -> None:
        if frames or position:
            self.loop.call_soon_threadsafe(self.hub.publish, frames, position)


def _resolve(waiting: list[asyncio.Future[None]]) -> None:
    for ready in waiting:
        if not ready.done():
            ready.set_result(None)


def _ephemeral_frames(since: datetime) -> list[Frame]:
    found = _ephemeral()(since)
    return [
        frame(0, name, data, None if scope is None else frozenset((scope,)), audience)
        for name, data, scope, audience in found
    ]


class Streams:
    """The part of the front that serves server-sent events."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.pool = ThreadPoolExecutor(3, thread_name_prefix="stream")
        self.tailer: Tailer | None = None
        self.closing = False
        self._beat: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream until the client goes, its permission ends or the process stops."""
        if scope["method"] != "GET":
            await _problem(send, 405, "Method Not Allowed")
            return
        if self.closing:
            await _problem(send, 503, "Service Unavailable")
            return
        headers, query = _texts(scope)
        if scope["path"] == PATH:
            ask = partial(_in_thread, _authorize(), headers, parse_cookie(headers.get("cookie", "")), query)
        else:
            ask = partial(_in_thread, _outside(), str(scope["path"]), headers, query)
        subscriber = await self._in_pool(ask)
        if subscriber is None:
            await _problem(send, 401, "Unauthorized")
            return
        peer = str((scope.get("client") or ("",))[0])
        note = partial(_in_thread, _opened(), headers=headers, peer=peer)
        try:
            if not subscriber.audience:
                await self._in_pool(partial(note, subscriber))
            await self._ensure_tailer().start()
        except (TimeoutError, django.db.Error):
            await _problem(send, 503, "Service Unavailable")
            return
        last = headers.get("last-event-id") or query.get("after", "")
        after = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None
        client = Client(subscriber, partial(_send_bytes, send), self.hub, max(after or 0, self.hub.position))
        client.ask, client.note = ask, note
        after = None if subscriber.audience else after
        self.hub.add(client)
        try:
            await self._serve(client, after, receive, send)
        except asyncio.CancelledError:
            if not client.closed:
                raise
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.hub.remove(client)
            await client.stop()

    async def _serve(self, client: Client, after: int | None, receive: Receive, send: Send) -> None:
        headers = [*_HEADERS, *client.subscriber.headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send_bytes(send, b"retry: 1000\n: Pult\n\n")
        if after is not None:
            await self._replay(client, after, send)
        client.go_live()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _replay(self, client: Client, after: int, send: Send) -> None:
        """Send what happened since the client was last here, or tell it to load everything again."""
        until = self.hub.position
        last = await self._in_pool(partial(_in_thread, events.latest))
        gone = await self._in_pool(partial(_in_thread, retention.pruned))
        if after < gone or after > max(last, until) or until - after > REPLAY_LIMIT:
            client.after = until
            await _send_bytes(send, resync(until))
            return
        position = after
        while position < until:
            rows = await self._in_pool(partial(_in_thread, events.read, position, limit=BATCH))
            rows = [row for row in rows if row.position <= until]
            if not rows:
                return
            position = rows[-1].position
            frames = await self._in_pool(partial(_in_thread, _frames, rows))
            data = b"".join(f.data for f in frames if not f.audience and client.may_see(f.scopes))
            if data:
                await _send_bytes(send, data)

    def _ensure_tailer(self) -> Tailer:
        loop = asyncio.get_running_loop()
        if self.tailer is None or self.tailer.loop is not loop:
            self.tailer = Tailer(self.hub, loop)
            self._beat = loop.create_task(self._beats())
        return self.tailer

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(1)
            if (self.hub.clients or self.hub.outside) and self.tailer is not None:
                self.tailer.keep()
            for client in self.hub.beat():
                await self._ask_again(client)

    async def _ask_again(self, client: Client) -> None:
        """Renew a permission that has run out, or end the stream."""
        subscriber = None
        with contextlib.suppress(django.db.Error):
            subscriber = await self._in_pool(client.ask)
        if subscriber is None or subscriber.audience != client.subscriber.audience:
            client.close()
            return
        if subscriber.audience:
            client.subscriber = subscriber
            return
        if subscriber.scope_ids != client.subscriber.scope_ids or time.monotonic() - client.noted_at > NOTE_EVERY:
            try:
                await self._in_pool(partial(client.note, subscriber))
            except django.db.Error:
                client.close()  # Nobody listens of whom no line says so.
                return
            client.noted_at = time.monotonic()
        client.subscriber = subscriber

    async def _in_pool(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work)

    def shut_down(self) -> None:
        """End all streams, so that the process can stop; the clients come back to its successor."""
        self.closing = True
        self.hub.close()


def _in_thread(work: Callable[..., T], *args: object, **options: object) -> T:
    """Do work that touches the database and give its connection back."""
    try:
        return work(*args, **options)
    finally:
        close_old_connections()


def _texts(scope: Scope) -> tuple[Texts, Texts]:
    """Return the headers (names in lower case) and the query as text."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return headers, dict(parse_qsl(scope["query_string"].decode("latin-1")))


async def _send_bytes(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _problem(send: Send, status: int, title: str) -> None:
    body = b'{"type":"about:blank","title":"%s","status":%d}' % (title.encode(), status)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


streams = Streams()
bridge = WsgiBridge(wsgi_application, threads=settings.WEB_THREADS, max_body=settings.MAX_BODY)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "http":
        await (streams if _is_stream(scope) else bridge)(scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)


def _is_stream(scope: Scope) -> bool:
    # What a page of another origin asks before it opens a stream (OPTIONS) Django answers.
    return scope["path"] == PATH or (scope["method"] == "GET" and OUTSIDE.fullmatch(scope["path"]) is not None)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
