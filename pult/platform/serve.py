"""The web server around the ASGI front: uvicorn, set so that open streams never keep a process alive."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from types import FrameType

import uvicorn
from django.conf import settings

from pult.platform.stream import application, streams

GRACE = 5  # seconds that requests under way get when the process stops


class FrontServer(uvicorn.Server):
    """uvicorn that ends the live streams as soon as it is told to stop."""

    loop: asyncio.AbstractEventLoop | None = None
    over: asyncio.Event | None = None

    async def main_loop(self) -> None:
        """Wait until told to stop; once a second renew the Date header (uvicorn wakes ten times for it)."""
        self.over = asyncio.Event()
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), 1)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        self.loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a TERM or INT."""
        super().handle_exit(sig, frame)
        if self.loop is not None:
            self.loop.call_soon_threadsafe(streams.shut_down)
            if self.over is not None:
                self.loop.call_soon_threadsafe(self.over.set)


def allow_many_files() -> None:
    """Let this process open as many files as it may: every open stream is one, and the usual limit is 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def make_server(host: str = "127.0.0.1", port: int = 0) -> FrontServer:
    """Make a server for the ASGI front; give `serve` a listening socket, or it binds to host and port."""
    allow_many_files()
    config = uvicorn.Config(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        backlog=2048,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=True,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
    )
    return FrontServer(config)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket that several processes can accept from."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(2048)
    listener.setblocking(False)
    listener.set_inheritable(True)
    return listener
