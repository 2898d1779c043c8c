"""The live stream, over real sockets, with the log in a real database."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pult.platform.tests.conftest import Outside

pytestmark = pytest.mark.program

NOTES = Path(tempfile.gettempdir()) / f"pult-stream-notes-{os.getpid()}"
ADD = """
kind, scope = sys.argv[1], int(sys.argv[2])
for _ in range(int(sys.argv[3])):
    with transaction.atomic():
        events.append(kind, scope_id=scope or None, entity_id=1)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Listener:
    """One open stream."""

    def __init__(self, port: int, who: str, *, last: str = "", query: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        headers = {"Last-Event-ID": last} if last else {}
        self.connection.request("GET", f"/api/v1/stream?who={who}{query}", headers=headers)
        self.response = self.connection.getresponse()
        if self.response.status == 200:
            assert self.event() == {"retry": "1000"}

    def event(self) -> dict[str, str]:
        """Wait for the next event that is not only a comment; {} at the end of the stream."""
        lines: dict[str, str] = {}
        while line := self.response.readline().decode():
            name, _, value = line.rstrip("\n").partition(": ")
            if name and value:
                lines[name] = value
            elif not line.strip() and lines:
                return lines
        return {}

    def close(self) -> None:
        self.response.close()
        self.connection.close()


@pytest.fixture
def server(outside: Outside, request: pytest.FixtureRequest) -> Iterator[int]:
    port = free_port()
    outside.environment.update(getattr(request, "param", {}))
    process = outside.spawn("-m", "pult.platform.tests.stream_server", port)
    for key in getattr(request, "param", {}):
        del outside.environment[key]
    _wait_for(port)
    yield port
    _stop(process)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def _stop(process: subprocess.Popen[str]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    return time.monotonic() - began


def test_an_event_reaches_those_who_may_see_it_soon(outside: Outside, server: int) -> None:
    everything, two, three = (Listener(server, who) for who in ("all", "2", "3"))
    assert everything.response.getheader("content-type") == "text/event-stream; charset=utf-8"
    outside.run(ADD, "message.received", 2, 1)
    outside.run(ADD, "note.added", 0, 1)
    first = {"id": "1", "event": "message.received", "data": '{"position":1}'}
    second = {"id": "2", "event": "note.added", "data": '{"position":2}'}
    assert [everything.event(), everything.event()] == [first, second]
    assert [two.event(), two.event()] == [first, second]
    assert three.event() == second
    for listener in (everything, two, three):
        listener.close()


def test_a_stranger_is_refused(server: int) -> None:
    stranger = Listener(server, "nobody")
    assert stranger.response.status == 401
    assert stranger.response.getheader("content-type") == "application/problem+json"
    stranger.close()


def test_a_listener_resumes_where_it_was(outside: Outside, server: int) -> None:
    outside.run(ADD, "a", 2, 3)
    outside.run(ADD, "b", 3, 2)
    resumed = Listener(server, "2", last="1")
    assert [resumed.event()["id"], resumed.event()["id"]] == ["2", "3"]
    outside.run(ADD, "c", 2, 1)
    assert resumed.event()["id"] == "6"
    resumed.close()
    by_query = Listener(server, "all", query="&after=4")
    assert [by_query.event()["id"], by_query.event()["id"]] == ["5", "6"]
    by_query.close()


def test_one_who_was_away_too_long_loads_everything_again(outside: Outside, server: int) -> None:
    outside.run(ADD, "a", 2, 1)
    outside.run(
        """
        with connection.cursor() as cursor:
            cursor.execute("UPDATE platform_event SET position = 9000")
            cursor.execute("UPDATE platform_eventcounter SET last = 9000")
        """
    )
    away = Listener(server, "2", last="1")
    assert away.event() == {"id": "9000", "event": "resync", "data": "{}"}
    outside.run(ADD, "b", 2, 1)
    assert away.event()["id"] == "9001"
    away.close()
    from_the_future = Listener(server, "2", last="99999")
    assert from_the_future.event() == {"id": "9001", "event": "resync", "data": "{}"}
    from_the_future.close()


def test_one_who_resumes_from_what_is_deleted_loads_everything_again(outside: Outside, server: int) -> None:
    outside.run(ADD, "a", 2, 5)
    outside.run(
        """
        from django.conf import settings
        from pult.platform import retention
        settings.EVENT_DAYS = -1
        events.sequence()
        events.advance(events.reader("reader"), 3)
        retention.prune_events()
        """
    )
    gone = Listener(server, "2", last="2")
    assert gone.event() == {"id": "5", "event": "resync", "data": "{}"}
    gone.close()
    there = Listener(server, "2", last="3")
    assert [there.event()["id"], there.event()["id"]] == ["4", "5"]
    there.close()


@pytest.mark.parametrize("server", [{"NOTES": str(NOTES)}], indirect=True)
def test_who_listens_leaves_a_line_before_anything_is_heard(server: int) -> None:
    listener = Listener(server, "2")
    assert NOTES.read_text() == "staff:2 127.0.0.1\n"
    listener.close()
    Listener(server, "nobody").close()
    assert NOTES.read_text() == "staff:2 127.0.0.1\n"
    NOTES.unlink()


@pytest.mark.parametrize("server", [{"BRIEF": "1"}], indirect=True)
def test_a_stream_ends_when_its_permission_does(server: int) -> None:
    brief = Listener(server, "brief")
    began = time.monotonic()
    assert brief.event() == {}
    assert time.monotonic() - began < 5
    brief.close()


@pytest.mark.parametrize("server", [{"PRESENCE": "1"}], indirect=True)
def test_presence_reaches_its_scope_and_has_no_position(server: int) -> None:
    two = Listener(server, "2")
    assert two.event() == {"event": "presence", "data": '{"state":"typing"}'}
    two.close()


@pytest.mark.parametrize("server", [{"PRESENCE": "late"}], indirect=True)
def test_presence_that_is_committed_late_is_told_once(server: int, outside: Outside) -> None:
    two = Listener(server, "2")
    assert two.event() == {"event": "presence", "data": '{"state":"typing"}'}
    time.sleep(1.5)
    outside.run(ADD, "a", 2, 1)
    assert two.event()["event"] != "presence"
    two.close()


def test_open_streams_do_not_keep_the_process_alive(outside: Outside) -> None:
    port = free_port()
    process = outside.spawn("-m", "pult.platform.tests.stream_server", port)
    _wait_for(port)
    listener = Listener(port, "all")
    assert _stop(process) < 3
    assert listener.event() == {}
    listener.close()


def test_who_announces_too_much_hears_so_before_sending_it(server: int) -> None:
    with socket.create_connection(("127.0.0.1", server), timeout=30) as line:
        line.sendall(b"POST /api/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n")
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
        assert json.loads(answer.read())["status"] == 413


def test_everything_else_is_answered_by_django(server: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server, timeout=10)
    connection.request("POST", "/api/nothing-here?x=1", body=b"x" * 3_000_000)
    response = connection.getresponse()
    assert response.status in {403, 404}
    response.read()
    connection.request("GET", "/api/nothing-here")
    assert connection.getresponse().status == 404
    connection.close()
