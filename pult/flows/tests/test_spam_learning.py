"""The filter learns from what people say, at what price, and what it keeps goes only when the shop says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels.adapters.email.channel import Adapter
from pult.channels.base import SendResult
from pult.channels.queries import InboxRecord
from pult.conversations import queries as conversation_queries
from pult.flows import inbound, outbound
from pult.flows import spam as spam_flow
from pult.flows.tests.conftest import mail
from pult.flows.tests.spam_mail import HAM, SPAM, Call, in_spam, newest, numbered, told
from pult.platform import queue
from pult.platform.db import count, time_in
from pult.spam import queries as spam_queries
from pult.spam.tests.test_learning import statements as heard

pytestmark = pytest.mark.django_db(databases="__all__")


def statements(inbox: InboxRecord, *bodies: bytes) -> int:
    for body in bodies:
        channels.receive(inbox.id, "", {"sender": "x@customers.example"}, body)
    with heard() as seen:
        inbound.run_batch(100)
    return len([sql for sql in seen if "spam_" in sql])


def test_what_the_desk_marks_is_what_the_filter_learns(arrive: Call, api: Call) -> None:
    arrive(*(numbered(SPAM, index) for index in range(spam_queries.ENOUGH)))
    for item in api("GET", "/conversations?limit=200").json()["items"]:
        assert api("POST", f"/conversations/{item['id']}/spam").json()["status"] == "spam"
    arrive(*(numbered(HAM, index) for index in range(spam_queries.ENOUGH)))
    for item in api("GET", "/conversations?limit=200").json()["items"]:
        api("POST", f"/conversations/{item['id']}/spam")
        assert api("POST", f"/conversations/{item['id']}/not-spam").json()["status"] == "open"
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (spam_queries.ENOUGH, spam_queries.ENOUGH)
    arrive(numbered(SPAM, 1), numbered(HAM, 2))
    assert len(in_spam(api)) == spam_queries.ENOUGH + 1


def test_a_filter_that_has_learned_too_little_says_nothing(arrive: Call, api: Call) -> None:
    arrive(*(numbered(SPAM, index) for index in range(3)))
    for item in api("GET", "/conversations").json()["items"]:
        api("POST", f"/conversations/{item['id']}/spam")
    queue.run_due()
    arrive(numbered(SPAM, 0))
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1


def test_the_later_word_counts_whatever_the_order_of_the_jobs(opened: int, api: Call) -> None:
    api("POST", f"/conversations/{opened}/spam")
    api("POST", f"/conversations/{opened}/not-spam")
    api("POST", f"/conversations/{opened}/spam")
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (1, 0)


def test_an_answered_conversation_teaches_what_is_no_spam(arrive: Call, api: Call, monkeypatch: Any) -> None:
    def send(self: Adapter, inbox: Any, message: Any, *, before_handover: Callable[[], None]) -> SendResult:
        before_handover()
        return SendResult()

    def answer(text: str) -> None:
        sent = api("POST", f"/conversations/{item['id']}/replies", {"text": text}).json()
        outbound.send(message_id=sent["id"])
        queue.run_due()

    monkeypatch.setattr(Adapter, "send", send)
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    answer("Na poti.")
    assert spam_queries.learned().ham == 1
    answer("Še kaj?")
    assert spam_queries.learned().ham == 1
    # The desk's own word takes its place.
    api("POST", f"/conversations/{item['id']}/spam")
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (1, 0)


def test_an_untrained_filter_asks_nothing(inbox: InboxRecord, arrive: Call) -> None:
    arrive(numbered(HAM, 0))
    assert statements(inbox, *(numbered(HAM, index) for index in range(5))) == 0


def test_a_trained_filter_asks_once_for_all(inbox: InboxRecord, arrive: Call, trained: None) -> None:
    arrive(numbered(HAM, 0))
    assert statements(inbox, *(numbered(HAM, index) for index in range(5))) == 1
    assert statements(inbox, *(numbered(SPAM, index) for index in range(5))) == 1


def test_nothing_is_deleted_unless_the_shop_says_when(trained: None, arrive: Call, api: Call, settings: Any) -> None:
    arrive(numbered(SPAM, 0), numbered(SPAM, 1), mail(message_id="<kept@customers.example>"))
    kept, written = newest(api)["id"], in_spam(api)[1]["id"]
    api("POST", f"/conversations/{written}/notes", {"text": "Preverjeno."})
    month_ago = time_in(timezone.now() - timedelta(days=31))
    count("UPDATE conversations_conversation SET last_message_at = %s", [month_ago])
    assert settings.SPAM_DAYS == 0
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {kept, written}
    settings.SPAM_DAYS = 32
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {kept, written}
    settings.SPAM_DAYS = 30
    payload_id = conversation_queries.arrived(kept)[0].payload_id
    assert payload_id is not None
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {written}
    assert channels_queries.payload(payload_id) is None
    assert api("GET", f"/conversations/{kept}").status_code == 404
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1
    assert told()[-1] == "spam.deleted"
