"""The whole way: a mail comes in, is seen, is answered."""

from __future__ import annotations

from typing import Any

import pytest

from pult.flows.tests.conftest import mail
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_mail_becomes_a_conversation_that_is_listed_found_and_opened(arrive: Any, api: Any) -> None:
    arrive(mail())
    page = api("GET", "/conversations").json()
    assert [item["subject"] for item in page["items"]] == ["Kje je moj paket?"]
    assert page["items"][0]["customer"]["name"] == "Maja Kos"
    assert page["items"][0]["unread"] is True
    assert len(api("GET", "/conversations?q=paket").json()["items"]) == 1
    assert api("GET", "/conversations?q=kamela").json()["items"] == []
    opened = api("GET", f"/conversations/{page['items'][0]['id']}").json()
    assert "paketa" in opened["messages"][0]["text"]
    assert opened["reply_to"]["to"] == [{"name": "Maja Kos", "address": "maja@customers.example"}]
    assert opened["customer_card"]["identities"][0]["verified"] is False


def test_an_answer_is_queued_and_the_conversation_waits_for_the_customer(arrive: Any, api: Any) -> None:
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    answer = api("POST", f"/conversations/{item['id']}/replies", {"text": "Paket je na poti."})
    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "queued"
    assert api("GET", "/conversations?status=waiting_customer").json()["items"][0]["id"] == item["id"]


def test_a_reply_of_the_customer_joins_its_conversation(arrive: Any, api: Any) -> None:
    arrive(mail(), mail(message_id="<2@customers.example>", text="Še kaj?", In_Reply_To="<1@customers.example>"))
    items = api("GET", "/conversations").json()["items"]
    assert [item["message_count"] for item in items] == [2]


def test_what_happened_stands_in_the_event_log_in_order(arrive: Any, api: Any) -> None:
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    api("POST", f"/conversations/{item['id']}/replies", {"text": "Na poti."})
    events.sequence()
    kinds = [row.kind for row in events.read(0) if row.kind[:7] in {"convers", "message"}]
    assert kinds == ["conversation.created", "message.queued"]
