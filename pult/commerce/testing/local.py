"""The beginning of a stand-in for shops that are asked by HTTP: one that behaves badly in every way."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlsplit

from pult.platform import httpclient

WAIT = 7
"""Seconds for which a shop asks to be left alone."""
Answer: TypeAlias = tuple[int, object] | tuple[int, object, dict[str, str]]


class Asked(NamedTuple):
    """A request: `path` with its query, names of headers in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def parts(self) -> SplitResult:
        """The address taken apart."""
        return urlsplit(self.path)

    @property
    def query(self) -> dict[str, str]:
        """What the address asks for, of each name the last value."""
        return {name: values[-1] for name, values in parse_qs(self.parts.query, keep_blank_values=True).items()}

    def json(self) -> Any:
        """What the body says. Raises ValueError."""
        return json.loads(self.body)


class LocalShop:
    """A shop on a port of this machine. A subclass answers questions; `behave` makes it fail in every way."""

    settings: dict[str, Any]

    def __init__(self) -> None:
        self.behaviour = "well"
        self.good = 0
        """Requests that are answered before the behaviour begins."""
        self.asked: list[str] = []
        """Paths with their queries, in the order in which they were asked for."""
        self.done: list[tuple[str, str]] = []
        """What was done here: the verb, and the order or code that it was done to. A subclass notes it."""

    def answer(self, asked: Asked) -> Answer:
        """Return the status and the JSON with which a request is answered, and further headers where there are any."""
        raise NotImplementedError

    def behave(self, behaviour: str, *, after: int = 0) -> bool:
        """Behave so after so many good answers: also slow, cut (the connection ends in the middle), html, redirect."""
        self.behaviour, self.good = behaviour, after
        return True

    def __enter__(self) -> Any:
        handler = type("Handler", (_Handler,), {"shop": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._released = threading.Event()
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        httpclient.close_clients()

    def wait(self) -> None:
        """Say nothing for a long time."""
        self._released.wait(30)

    def reply(self, asked: Asked) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body, as the shop behaves now."""
        self.asked.append(asked.path)
        kind = "well" if self.good > 0 else self.behaviour
        self.good -= 1
        if kind == "rate_limit":
            return self.too_many()
        if kind == "temporary":
            return 503, {}, b"{}"
        if kind == "permanent":
            return 403, {}, b"{}"
        if kind == "html":
            return 200, {}, b"<html>Maintenance</html>"
        if kind == "slow":
            self.wait()
        status, said, *more = self.answer(asked)
        return status, more[0] if more else {}, said if isinstance(said, bytes) else json.dumps(said).encode()

    def too_many(self) -> tuple[int, dict[str, str], bytes]:
        """Ask to be left alone for WAIT seconds, in the way of this kind of shop."""
        return 429, {"Retry-After": str(WAIT)}, b"{}"


class _Handler(BaseHTTPRequestHandler):
    shop: LocalShop
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = self.rfile.read(int(headers.get("content-length", 0)))
        status, more, body = self.shop.reply(Asked(self.command, self.path, headers, content))
        cut = self.shop.behaviour == "cut" and self.shop.good < 0
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **more}
        try:
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
        except OSError:
            self.close_connection = True
        if cut:
            time.sleep(0.01)
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
