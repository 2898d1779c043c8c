"""An answer leaves with the customer's message beneath it; what is kept is the agent's words alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from pult.channels.base import Address, Quote
from pult.conversations import actions as conversations
from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
TEXT = (
    "Pozdravljeni, plačal sem s kartico 4111 1111 1111 1111, paketa ni.\n\n"
    "On 3 Nov 2026, at 10:00, T <a@b.si> wrote:\n> staro"
)


@pytest.fixture
def leaving(api: Call) -> Callable[..., Quote | None]:
    """leaving(conversation, **body) -> what the answer quotes when it leaves."""

    def answer(conversation_id: int, **body: object) -> Quote | None:
        made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Paket je na poti.", **body})
        assert made.status_code == 201, made.content
        departure = conversations.prepare(made.json()["id"])
        assert departure is not None
        assert departure.message.text == "Paket je na poti."
        return departure.message.quote

    return answer


def test_an_answer_quotes_the_customers_newest_message_masked_and_without_older_history(
    arrive: Call, opened: int, api: Call, leaving: Callable[..., Quote | None]
) -> None:
    newer = {"text": TEXT, "message_id": "<2@customers.example>", "In_Reply_To": "<1@customers.example>"}
    arrive(mail(**newer))
    api("POST", f"/conversations/{opened}/notes", {"text": "Stranka je nujna."})
    quote = leaving(opened)
    assert quote is not None
    assert quote.author == Address("maja@customers.example", "Maja Kos")
    assert quote.text == "Pozdravljeni, plačal sem s kartico **** **** **** 1111, paketa ni."
    shown = api("GET", f"/conversations/{opened}").json()["messages"]
    assert quote.at == datetime.fromisoformat(shown[1]["created_at"])
    assert str(quote.at.tzinfo) == "Europe/Ljubljana"
    assert shown[-1]["text"] == "Paket je na poti."
    again = leaving(opened)
    assert again is not None
    assert again.text == quote.text, "two answers to one message quote the same"


def test_nobody_is_shown_a_message_who_does_not_know_it(opened: int, leaving: Callable[..., Quote | None]) -> None:
    stranger = [{"address": "courier@parcels.example", "name": ""}]
    assert leaving(opened, to=stranger) is None
    known = [{"address": "MAJA@customers.example", "name": ""}]
    assert leaving(opened, to=stranger, cc=known) is not None


def test_a_first_message_quotes_nothing(api: Call, inbox: Any) -> None:
    body = {"inbox_id": inbox.id, "to": [{"address": "x@customers.example"}], "subject": "Vaš paket", "text": "Živjo"}
    made = api("POST", "/conversations", body)
    assert made.status_code == 201, made.content
    opened = api("GET", f"/conversations/{made.json()['id']}").json()
    departure = conversations.prepare(opened["messages"][0]["id"])
    assert departure is not None
    assert departure.message.quote is None


def test_what_an_agent_takes_back_is_his_words_alone(opened: int, api: Call) -> None:
    body = {"text": "Paket je na poti.", "undo_seconds": 30}
    made = api("POST", f"/conversations/{opened}/replies", body).json()
    assert api("POST", f"/messages/{made['id']}/undo").status_code in {200, 204}
    (draft,) = api("GET", f"/conversations/{opened}").json()["drafts"]
    assert draft["text"] == "Paket je na poti."
