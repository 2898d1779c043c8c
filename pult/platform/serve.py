"""The web server around the ASGI front: uvicorn, set so that open streams never keep a process alive."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import sys
from types import FrameType

import uvicorn
from django.conf import settings

from pult.platform.stream import application, streams

BACKLOG = 2048  # connections that wait to be accepted
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
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=True,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
    )
    return FrontServer(config)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket."""
    listener = _bound(host, port)
    listener.listen(BACKLOG)
    return listener


def listen_apart(host: str, port: int, number: int) -> list[socket.socket]:
    """Open a listening socket on one address for each of several processes; the system shares connections out.

    Of one socket for all, the process that wakes first takes all that come at once. Raises OSError where the
    address is taken.
    """
    if not sys.platform.startswith("linux"):
        return [listen(host, port)] * number
    _bound(host, port).close()  # sockets that share an address would also share it with another program's
    listeners = [_bound(host, port, shared=True)]
    port = listeners[0].getsockname()[1]
    listeners += [_bound(host, port, shared=True) for _ in range(1, number)]
    for listener in listeners:
        listener.listen(BACKLOG)
    return listeners


def _bound(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    made.set_inheritable(True)
    return made
