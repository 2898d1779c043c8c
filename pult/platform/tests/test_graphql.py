"""Questions to a real local server that answers as GraphQL services do, rightly and wrongly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from pult.platform import graphql, httpclient

QUERY = "query Order($id: ID!) { order(id: $id) { number } }"


class Service:
    """Answers with what it is told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status, self.said = 200, b""
        self.heard: list[tuple[dict[str, str], Any]] = []

    def says(self, said: object, status: int = 200) -> None:
        self.status, self.said = status, said if isinstance(said, bytes) else json.dumps(said).encode()


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.heard.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(told.status)
            self.send_header("content-length", str(len(told.said)))
            self.end_headers()
            self.wfile.write(told.said)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Service(f"http://127.0.0.1:{server.server_address[1]}/graphql")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join()
    httpclient.close_clients()


def test_a_question_is_asked_and_answered(service: Service) -> None:
    service.says({"data": {"order": {"number": "1\x00"}}, "extensions": {"cost": {"requestedQueryCost": 1}}})
    answer = graphql.ask(service.url, QUERY, {"id": "o1"}, headers={"authorization": "Bearer t"})
    assert answer.data == {"order": {"number": "1"}}, "texts are such as a database keeps"
    assert answer.extensions == {"cost": {"requestedQueryCost": 1}}
    ((headers, asked),) = service.heard
    assert asked == {"query": QUERY, "variables": {"id": "o1"}}
    assert (headers["authorization"], headers["content-type"]) == ("Bearer t", "application/json")


@pytest.mark.parametrize("status", [200, 400])
def test_a_refusal_is_told_with_its_reason_whatever_its_status(service: Service, status: int) -> None:
    denied = {"message": "No", "path": ["order", 0], "extensions": {"exception": {"code": "PermissionDenied"}}}
    service.says({"errors": [denied, {"message": "Odd", "extensions": {"code": "BAD"}}], "data": None}, status)
    with pytest.raises(graphql.Failed, match=r"order\.0: No; Odd") as caught:
        graphql.ask(service.url, QUERY)
    assert [one.code for one in caught.value.errors] == ["PermissionDenied", "BAD"]
    assert isinstance(caught.value, httpclient.Permanent)


def test_errors_written_as_one_text_are_told(service: Service) -> None:
    service.says({"errors": "Not Found"}, 404)
    with pytest.raises(graphql.Failed, match="Not Found"):
        graphql.ask(service.url, QUERY)


def test_half_an_answer_is_taken_by_who_asks_for_it(service: Service) -> None:
    service.says({"data": {"order": None}, "errors": [{"message": "No", "path": ["order"]}]})
    with pytest.raises(graphql.Failed):
        graphql.ask(service.url, QUERY)
    answer = graphql.ask(service.url, QUERY, half=True)
    assert answer.data == {"order": None}
    assert answer.errors == [graphql.Error("No", "", "order")]


@pytest.mark.parametrize(
    ("cost", "after"),
    [
        ({"requestedQueryCost": 101, "throttleStatus": {"currentlyAvailable": 1, "restoreRate": 50.0}}, 2.0),
        ({"requestedQueryCost": 10, "throttleStatus": {"currentlyAvailable": 40, "restoreRate": 50.0}}, 1.0),
        ({"requestedQueryCost": 10, "throttleStatus": {"currentlyAvailable": 1, "restoreRate": 0}}, 1.0),
        ({}, 1.0),
    ],
)
def test_who_asks_too_much_is_told_for_how_long_to_wait(service: Service, cost: dict[str, Any], after: float) -> None:
    throttled = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    service.says({"errors": throttled, "extensions": {"cost": cost}})
    with pytest.raises(graphql.Throttled) as caught:
        graphql.ask(service.url, QUERY)
    assert caught.value.after == after
    assert isinstance(caught.value, httpclient.Temporary)


@pytest.mark.parametrize(
    "said",
    [
        b"<html>Maintenance</html>",
        b"",
        b"[1]",
        b"[" * 100_000,
        {"data": None},
        {"errors": [{"message": "Oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}], "data": None},
    ],
)
def test_a_fault_says_nothing_of_what_was_done(service: Service, said: object) -> None:
    service.says(said)
    with pytest.raises(graphql.Faulty) as caught:
        graphql.ask(service.url, QUERY)
    assert not isinstance(caught.value, graphql.Throttled)


def test_a_service_that_is_away_is_asked_again_later(service: Service) -> None:
    service.says(b"{}", 503)
    with pytest.raises(httpclient.Temporary, match="answered 503"):
        graphql.ask(service.url, QUERY)
    service.says(b"<html>", 404)
    with pytest.raises(httpclient.Permanent, match="answered 404"):
        graphql.ask(service.url, QUERY)
