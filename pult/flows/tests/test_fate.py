"""What becomes of a message on its way out when workers are slow, die or give up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pult.channels.base import TemporaryFailure
from pult.conversations import actions
from pult.flows import outbound
from pult.flows.tests.test_desk import fail, state_of, wire
from pult.platform import queue

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def answer(api: Call, opened: int) -> int:
    return int(api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).json()["id"])


def make_old(message_id: int) -> None:
    with connection.cursor() as cursor:
        old = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(hours=1))
        cursor.execute("UPDATE conversations_message SET created_at = %s WHERE id = %s", [old, message_id])


def test_an_answer_that_was_tried_often_enough_has_failed_and_can_be_sent_again(
    opened: int, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire(monkeypatch, fail(TemporaryFailure("451 later")), handed_over=False)
    message_id = answer(api, opened)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE platform_job SET attempts = %s WHERE task = 'flows.send'", [outbound.ATTEMPTS - 1])
    queue.run_due()
    outbound.settle_interrupted()
    assert state_of(api, opened) == ("failed", "451 later")
    assert queue.dead(task="flows.send") == []
    out = wire(monkeypatch)
    assert api("POST", f"/messages/{message_id}/retry").status_code == 200
    queue.run_due()
    assert len(out.sent) == 1


def test_what_was_leaving_when_its_job_was_given_up_is_unknown(opened: int, api: Call) -> None:
    message_id = answer(api, opened)
    actions.hand_over(message_id)
    actions.give_up(message_id, "its process died")
    assert state_of(api, opened)[0] == "unknown"


def test_a_second_worker_does_not_send_what_the_first_is_sending(
    opened: int, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = wire(monkeypatch)
    message_id = answer(api, opened)
    departure = actions.prepare(message_id)
    actions.hand_over(message_id)
    monkeypatch.setattr(actions, "prepare", lambda message_id: departure)
    outbound.send(message_id)
    assert out.sent == []
    assert state_of(api, opened)[0] == "sending"


def test_what_is_sent_at_last_is_not_called_interrupted(
    opened: int, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def meanwhile() -> None:
        outbound.settle_interrupted()
        seen.append(state_of(api, opened)[0])

    wire(monkeypatch, meanwhile)
    make_old(answer(api, opened))
    queue.run_due()
    assert seen == ["sending"]
    assert state_of(api, opened)[0] == "sent"


def test_what_is_known_is_not_made_unknown_and_a_failure_stays(opened: int, api: Call) -> None:
    message_id = answer(api, opened)
    actions.hand_over(message_id)
    actions.mark_sent(message_id)
    actions.mark_unknown(message_id, "interrupted")
    assert state_of(api, opened)[0] == "sent"
    actions.mark_failed(message_id, "late")
    assert state_of(api, opened)[0] == "sent"
