"""WSGI under ASGI: what goes in comes out, however large, and slow clients hold no thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pult.platform import bridge
from pult.platform.bridge import WsgiApplication, WsgiBridge

pytestmark = pytest.mark.program

Start = Callable[..., Any]


def echo(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("X-Path", environ["PATH_INFO"]), ("X-Length", environ["CONTENT_LENGTH"])])
    return [body]


class Stream:
    """A response that Django would call streaming."""

    streaming = True

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks
        self.closed_by = ""

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks

    def close(self) -> None:
        self.closed_by = threading.current_thread().name


async def call(
    application: WsgiApplication, chunks: list[bytes], *, pause: float = 0, **scope: Any
) -> tuple[int, dict[bytes, bytes], bytes]:
    return await through(WsgiBridge(application, threads=1, max_body=8 << 20), chunks, pause=pause, **scope)


async def through(
    front: WsgiBridge, chunks: list[bytes], *, pause: float = 0, **scope: Any
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        body = left.pop(0) if left else b""
        return {"type": "http.request", "body": body, "more_body": bool(left)}

    async def send(message: Any) -> None:
        await asyncio.sleep(pause)
        sent.append(message)

    full = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": ("1.2.3.4", 5),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        **scope,
    }
    await front(full, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    assert not sent[-1].get("more_body", False)
    return sent[0]["status"], dict(sent[0]["headers"]), body


@settings(deadline=None, max_examples=30)
@given(st.lists(st.binary(max_size=2_000), max_size=5), st.text(max_size=20))
def test_body_and_path_arrive_as_sent(chunks: list[bytes], path: str) -> None:
    path = "/" + path.encode("utf-8", "replace").decode()
    status, headers, body = asyncio.run(call(echo, chunks, path=path))
    assert (status, body) == (200, b"".join(chunks))
    assert headers[b"x-path"].decode() == path
    assert headers[b"x-length"] == str(len(body)).encode()


def test_a_large_body_comes_through_and_a_too_large_one_is_refused() -> None:
    large = [b"x" * 100_000] * 40
    assert asyncio.run(call(echo, large))[2] == b"".join(large)
    status, headers, _ = asyncio.run(call(echo, large * 3))
    assert status == 413
    assert headers[b"content-type"] == b"application/problem+json"


def test_a_body_announced_as_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "LINGER", 0.05)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        assert sent, "the answer does not wait for the body"
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    def never(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"1" + b"0" * 15)]}
    asyncio.run(WsgiBridge(never, threads=1, max_body=1 << 20)(scope, receive, send))
    assert sent[0]["status"] == 413
    assert json.loads(sent[1]["body"])["limit"] == 1 << 20
    assert not sent[-1].get("more_body", False)


def test_a_slow_client_of_a_download_holds_no_thread() -> None:
    made = Stream(iter([b"y" * 65_536] * 64))

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/quick":
            return echo(environ, start_response)
        start_response("200 OK", [])
        return made

    async def test() -> None:
        front = WsgiBridge(application, threads=1, max_body=1 << 20)
        slow = asyncio.create_task(through(front, [], pause=0.02, path="/slow"))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert (await through(front, [b"now"], path="/quick"))[2] == b"now"
        assert time.monotonic() - began < 0.6
        assert not slow.done()
        assert (await slow)[2] == b"y" * (65_536 * 64)

    asyncio.run(test())
    assert made.closed_by.startswith("web"), "closed in the thread that holds the database connection"


def test_calls_run_one_after_another_and_beside_a_long_one() -> None:
    running, most, release = 0, 0, threading.Event()
    lock = threading.Lock()

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        nonlocal running, most
        if environ["PATH_INFO"] == "/long":
            release.wait(30)
            return echo(environ, start_response)
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return echo(environ, start_response)

    async def test() -> None:
        bridge = WsgiBridge(application, threads=4, max_body=1 << 20)
        long = asyncio.create_task(through(bridge, [], path="/long"))
        given_up = [asyncio.create_task(through(bridge, [], path="/short")) for _ in range(2)]
        await asyncio.sleep(0)
        given_up[0].cancel()
        short = [through(bridge, [bytes([65 + n])], path="/short") for n in range(8)]
        assert [body for _, _, body in await asyncio.gather(*short)] == [bytes([65 + n]) for n in range(8)]
        assert not long.done()
        release.set()
        await asyncio.gather(long, *given_up, return_exceptions=True)

    asyncio.run(test())
    assert most == 1


def test_the_first_chunk_of_a_stream_does_not_wait_for_the_last() -> None:
    released = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        released.wait(5)
        yield b"last"

    def application(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Stream(chunks())

    async def test() -> None:
        got: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            got.append(message.get("body", b""))
            if got[-1] == b"first":
                released.set()

        scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "headers": []}
        await WsgiBridge(application, threads=1, max_body=1)(scope, receive, send)
        assert b"".join(got) == b"firstlast"

    asyncio.run(test())


def test_a_crash_is_a_500_and_a_forged_header_nothing() -> None:
    def crash(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        raise ValueError

    def show(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        start_response("200 OK", [])
        names = sorted(key for key in environ if key.startswith("HTTP_"))
        return [f"{names}|{environ['HTTP_COOKIE']}".encode()]

    assert asyncio.run(call(crash, []))[0] == 500
    headers = [(b"x_forwarded_for", b"9.9.9.9"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]
    body = asyncio.run(call(show, [], headers=headers))[2]
    assert body == b"['HTTP_COOKIE']|a=1;b=2"
