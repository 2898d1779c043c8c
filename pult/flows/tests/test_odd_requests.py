"""What the API answers to requests that make no sense: a problem, never a page of the server's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pult.conversations import queries

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
HUGE = 99999999999999999999


def kind_of(answer: Any) -> str:
    assert answer["Content-Type"] == "application/problem+json", answer.content[:200]
    return str(json.loads(answer.content)["type"].rsplit(":", 1)[1])


@pytest.mark.parametrize(
    "path",
    [
        "/conversations?view=²",
        "/conversations?assignee=²",
        "/conversations?status=lost",
        f"/conversations/{HUGE}",
        f"/messages/{HUGE}/html",
        "/conversations/-1",
        "/conversations/one",
        "/nothing",
    ],
)
def test_an_address_that_leads_nowhere_is_a_problem(api: Call, path: str) -> None:
    answer = api("GET", path)
    assert kind_of(answer) in {"not-found", "invalid"}
    assert answer.status_code in {404, 422}


@pytest.mark.parametrize("name", ["assignee", "team", "tag", "customer", "priority", "store"])
def test_a_number_that_no_column_holds_finds_nothing(api: Call, opened: int, name: str) -> None:
    answer = api("GET", f"/conversations?{name}={HUGE}")
    assert answer.status_code == 422 or json.loads(answer.content)["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"assignee_id": 999999},
        {"assignee_id": HUGE},
        {"team_id": 999999},
        {"team_id": HUGE},
        {"tags": [HUGE]},
        {"tags": None},
        {"subject": None},
        {"status": None},
        {"priority": None},
        {"snoozed_until": "2100-01-01T00:00:00"},
        {"snoozed_until": "9999-12-31T23:59:59-23:59"},
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    api: Call, opened: int, change: dict[str, object]
) -> None:
    before = json.loads(api("GET", f"/conversations/{opened}").content)["version"]
    answer = api("PATCH", f"/conversations/{opened}", change)
    assert (answer.status_code, kind_of(answer)) == (422, "invalid")
    assert json.loads(api("GET", f"/conversations/{opened}").content)["version"] == before


def test_a_subject_is_one_line_whatever_was_sent(api: Call, opened: int) -> None:
    answer = api("PATCH", f"/conversations/{opened}", {"subject": " a\u0000b\r\nBcc:  x "})
    assert json.loads(answer.content)["subject"] == "ab Bcc: x"


def test_what_nobody_thought_of_is_a_problem_and_logged(
    api: Call, opened: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("what nobody thought of")

    monkeypatch.setattr(queries, "detail", fail)
    answer = api("GET", f"/conversations/{opened}")
    assert (answer.status_code, kind_of(answer)) == (500, "unexpected")
    assert b"nobody thought" not in answer.content
    assert "what nobody thought of" in caplog.text
