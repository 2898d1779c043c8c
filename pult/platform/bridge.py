"""WSGI under ASGI: the whole Django call runs in one thread of a small pool, the event loop only moves bytes.

Bodies larger than 1 MiB lie on the disk meanwhile, in both directions, so a slow client holds no thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sys
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from queue import SimpleQueue
from typing import Any, BinaryIO, cast

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Headers = list[tuple[bytes, bytes]]
Work = Callable[[], Callable[[], object]]
"""What a thread does; it gives back what says that it is done, to be called when the thread is free again."""

log = logging.getLogger(__name__)
IN_MEMORY = 1 << 20
CHUNK = 1 << 16
LINGER = 2.0  # seconds in which the rest of a refused request is still taken, so that its sender reads the answer
SLOW = 0.05  # seconds after which the next call no longer waits for the end of this one
_ERROR = (500, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")


class ClientGone(Exception):
    """The client went away before its request or its answer was complete."""


class Spool:
    """Bytes that a thread writes and the event loop reads behind it; past 1 MiB they lie on the disk."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._lock = threading.Lock()
        self._more = asyncio.Event()
        self._written = 0
        self._finished = False

    def write(self, chunk: bytes) -> None:
        """Add bytes; called by the thread. Raises ClientGone."""
        with self._lock:
            if self._file.closed:
                raise ClientGone
            self._file.seek(self._written)
            self._file.write(chunk)
            self._written += len(chunk)
        self._loop.call_soon_threadsafe(self._more.set)

    def finish(self) -> None:
        """Say that nothing more comes; called by the thread."""
        self._finished = True
        self._loop.call_soon_threadsafe(self._more.set)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield what was written, as it comes."""
        read = 0
        try:
            while True:
                finished = self._finished
                with self._lock:
                    self._file.seek(read)
                    chunk = self._file.read(CHUNK)
                read += len(chunk)
                if chunk:
                    yield chunk
                elif finished:
                    return
                else:
                    await self._more.wait()
                    self._more.clear()
        finally:
            self.close()

    def close(self) -> None:
        """Nobody reads any more."""
        with self._lock:
            self._file.close()


class Call:
    """One request on its way through the WSGI application."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 500
        self.headers: Headers = []
        self.loop = loop
        self.started: asyncio.Future[bytes | Spool] = loop.create_future()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        """Take the status line and headers, as WSGI has it."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def run(self, application: WsgiApplication, environ: dict[str, Any]) -> Callable[[], object]:
        """Make the whole call in a thread; return what wakes up the event loop with the answer.

        That comes last: a loop that wakes up earlier only waits for this thread to let go of the interpreter.
        """
        try:
            body = self._whole(application(environ, self.start_response))
        except BaseException:
            log.exception("The request to %s failed", environ.get("PATH_INFO"))
            self.status, self.headers, body = _ERROR
        finally:
            environ["wsgi.input"].close()
        return partial(self._answer, body)

    def _whole(self, result: Iterable[bytes]) -> bytes | None:
        """Take the answer and close it; None when it was streamed."""
        try:
            if not getattr(result, "streaming", False):
                return b"".join(result)
            self._pump(result)
            return None
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _answer(self, body: bytes | Spool | None) -> None:
        if body is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._resolve, body)

    def _resolve(self, body: bytes | Spool) -> None:
        if not self.started.done():
            self.started.set_result(body)
        elif isinstance(body, Spool):
            body.close()

    def _pump(self, chunks: Iterable[bytes]) -> None:
        spool = Spool(self.loop)
        self._answer(spool)
        try:
            for chunk in chunks:
                spool.write(chunk)
        except ClientGone:
            log.info("The client went away during a download")
        finally:
            spool.finish()


class Turns:
    """Calls run one after another, and beside one that takes long.

    Threads that compute at the same time only hold each other up (the GIL) and cost a quarter more; but nobody
    waits behind a call that waits for the disk or for a server far away.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for the turn, and have it until the end of the block, at most for SLOW."""
        if self._taken:
            mine = self._loop.create_future()
            self._waiting.append(mine)
            try:
                await mine
            except asyncio.CancelledError:
                if not mine.cancelled():
                    self._pass_on()
                raise
        self._taken = True
        over = False

        def pass_on() -> None:
            nonlocal over
            if not over:
                over = True
                self._pass_on()

        late = self._loop.call_later(SLOW, pass_on)
        try:
            yield
        finally:
            late.cancel()
            pass_on()

    def _pass_on(self) -> None:
        self._taken = False
        while self._waiting:
            following = self._waiting.popleft()
            if not following.done():
                self._taken = True
                following.set_result(None)
                return


class Crew:
    """At most `size` threads, begun when they are needed. The one that was done last works next: what it needs is
    still in the caches, the database connection that it gives back and takes again among it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._begun = 0
        self._lock = threading.Lock()
        self._free: list[SimpleQueue[Work]] = []
        self._waiting: deque[Work] = deque()

    def take(self, work: Work) -> None:
        """Have a thread do this, at once or when one is free."""
        with self._lock:
            if self._free:
                self._free.pop().put(work)
            elif self._begun < self._size:
                self._begun += 1
                threading.Thread(target=self._run, args=(work,), name=f"web_{self._begun}", daemon=True).start()
            else:
                self._waiting.append(work)

    def _run(self, work: Work) -> None:
        inbox: SimpleQueue[Work] = SimpleQueue()
        while True:
            tell = work()
            with self._lock:
                following = self._waiting.popleft() if self._waiting else None
                if following is None:
                    self._free.append(inbox)
            tell()
            work = following or inbox.get()


class WsgiBridge:
    """An ASGI application that serves HTTP by a WSGI application in at most `threads` threads."""

    def __init__(self, application: WsgiApplication, *, threads: int, max_body: int) -> None:
        self.application = application
        self.max_body = max_body
        self.crew = Crew(threads)
        self._turns: Turns | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if declared_size(scope) > self.max_body:
            await _refuse_too_large(receive, send, self.max_body)
            return
        try:
            body, size = await _read_body(receive, self.max_body)
        except ClientGone:
            return
        if size > self.max_body:
            body.close()
            await _refuse_too_large(receive, send, self.max_body)
            return
        loop = asyncio.get_running_loop()
        call = Call(loop)
        environ = make_environ(scope, body, size)
        self._turns = self._turns or Turns(loop)
        begun = False
        try:
            async with self._turns.one():
                begun = True
                self.crew.take(partial(call.run, self.application, environ))
                answer = await call.started
        finally:
            if not begun:
                body.close()
        await send({"type": "http.response.start", "status": call.status, "headers": call.headers})
        if isinstance(answer, bytes):
            await send({"type": "http.response.body", "body": answer})
            return
        async for chunk in answer.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _read_body(receive: Receive, limit: int) -> tuple[BinaryIO, int]:
    """Read the whole body, but stop one message after the limit. Raises ClientGone."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        body = message.get("body", b"")
        return io.BytesIO(body), len(body)
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            file.close()
            raise ClientGone
        chunk = message.get("body", b"")
        file.write(chunk)
        size += len(chunk)
        if not message.get("more_body", False) or size > limit:
            break
        message = await receive()
    file.seek(0)
    return file, size


def declared_size(scope: Scope) -> int:
    """Return the bytes of the body that a request announces, 0 where it does not."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(announced) if announced.isdigit() else 0


async def _refuse_too_large(receive: Receive, send: Send, limit: int) -> None:
    body = b'{"type": "about:blank", "title": "Content Too Large", "status": 413, "limit": %d}' % limit
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            while (message := await receive())["type"] != "http.disconnect" and message.get("more_body"):
                pass
    await send({"type": "http.response.body", "body": b""})


def make_environ(scope: Scope, body: BinaryIO, size: int) -> dict[str, Any]:
    """Turn an ASGI scope into a WSGI environment (PEP 3333)."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", "").encode().decode("latin-1"),
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue  # X_Forwarded_For would pass for X-Forwarded-For
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        key = name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"
        if key in environ:
            value = environ[key] + (";" if key == "HTTP_COOKIE" else ",") + value
        environ[key] = value
    environ["CONTENT_LENGTH"] = str(size)
    return environ
