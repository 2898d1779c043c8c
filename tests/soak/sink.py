"""A mail server that takes everything and counts it by Message-ID."""

from __future__ import annotations

import asyncio
import email
import threading
from collections import Counter
from types import TracebackType
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


class Sink:
    """Accepts every mail on a port of its own while the block lasts."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sink")

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Count a mail."""
        content = envelope.content or b""
        message = email.message_from_bytes(content if isinstance(content, bytes) else content.encode())
        self.seen[str(message["Message-ID"]).strip("<> \r\n\t")] += 1
        return "250 OK"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: SMTP(self, hostname="sink", loop=self._loop), "127.0.0.1", 0)
        )
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        self._loop.run_forever()
        server.close()
        pending = asyncio.all_tasks(self._loop)
        for task in pending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        self._loop.close()

    def __enter__(self) -> Sink:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
