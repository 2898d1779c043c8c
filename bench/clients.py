"""Lean clients, so that the generator takes little of the machine: HTTP, SMTP and server-sent events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Sequence


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


class Http:
    """One keep-alive connection to one server; asks one thing at a time."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port = port
        self.head = "Host: 127.0.0.1\r\nAccept: application/json\r\n"
        if token:
            self.head += f"Authorization: Bearer {token}\r\n"
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body."""
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        head = f"{method} {path} HTTP/1.1\r\n{self.head}"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.writer.write(f"{head}\r\n".encode() + body)
        status, length, close = await self._head(self.reader)
        answer = await self.reader.readexactly(length) if length >= 0 else await self._chunks(self.reader)
        if close:
            await self.close()
        return status, answer

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> tuple[int, int, bool]:
        lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in lines[1:] if b": " in line)
        length = -1 if headers.get(b"transfer-encoding") == b"chunked" else int(headers.get(b"content-length", 0))
        return int(lines[0].split()[1]), length, headers.get(b"connection") == b"close"

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> bytes:
        parts = []
        while size := int((await reader.readline()).strip(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)

    async def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            await _hang_up(self.writer)
        self.reader = self.writer = None


class Refused(RuntimeError):
    """The server answered something else than it should."""


async def hammer(
    port: int, token: str, asks: Sequence[tuple[str, str, bytes]], *, clients: int = 1, expect: int = 200
) -> list[float]:
    """Ask everything once over `clients` connections, each next when the last is answered; return the seconds."""
    todo = iter(asks)
    took: list[float] = []

    async def one() -> None:
        client = Http(port, token)
        for method, path, body in todo:
            began = time.perf_counter()
            status, answer = await client.ask(method, path, body)
            took.append(time.perf_counter() - began)
            if status != expect:
                raise Refused(f"{method} {path}: {status} {answer[:300]!r}")
        await client.close()

    await asyncio.gather(*[one() for _ in range(clients)])
    return took


async def send_mail(port: int, sender: str, to: str, raw: bytes) -> bool:
    """Deliver one mail over a connection of its own; whether it was accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        dotted = raw.replace(b"\r\n.", b"\r\n..")
        steps = [b"", b"EHLO bench\r\n", f"MAIL FROM:<{sender}>\r\n".encode(), f"RCPT TO:<{to}>\r\n".encode()]
        for line in [*steps, b"DATA\r\n", dotted + b"\r\n.\r\n", b"QUIT\r\n"]:
            if line:
                writer.write(line)
            code = await _reply(reader)
            if line[:4] != b"QUIT" and code >= 400:
                return False
        return True
    finally:
        await _hang_up(writer)


async def _reply(reader: asyncio.StreamReader) -> int:
    while True:
        line = await reader.readline()
        if not line:
            raise ConnectionResetError("the server hung up")
        if line[3:4] != b"-":
            return int(line[:3])


async def send_mails(port: int, to: str, mails: Sequence[tuple[str, bytes]], *, clients: int = 8) -> list[float]:
    """Deliver (sender, raw) mails, one connection a mail, `clients` at a time; return the seconds of each."""
    todo = iter(mails)
    took: list[float] = []

    async def one() -> None:
        for sender, raw in todo:
            began = time.perf_counter()
            if not await send_mail(port, sender, to, raw):
                raise Refused("a mail was not accepted")
            took.append(time.perf_counter() - began)

    await asyncio.gather(*[one() for _ in range(clients)])
    return took


class Stream:
    """A listener on /api/v1/stream. `heard` is called with the event's name, its data and the time it came."""

    def __init__(self, port: int, token: str, heard: Callable[[str, bytes, float], None], query: str = "") -> None:
        self.port, self.token, self.heard, self.query = port, token, heard, query
        self.task: asyncio.Task[None] | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def open(self) -> None:
        """Connect and go on reading in the background."""
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(
            f"GET /api/v1/stream{self.query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise Refused(head.decode(errors="replace")[:300])
        self.task = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        name = b""
        while line := await reader.readline():
            if line.startswith(b"event: "):
                name = line[7:].strip()
            elif line.startswith(b"data: "):
                self.heard(name.decode(), line[6:], time.time())

    async def close(self) -> None:
        """Hang up."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        if self.writer is not None:
            await _hang_up(self.writer)


def data_of(raw: bytes) -> dict[str, object]:
    """Return an event's data."""
    found: dict[str, object] = json.loads(raw)
    return found
