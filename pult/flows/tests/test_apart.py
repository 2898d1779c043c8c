"""One bad mail, view or draft is nobody else's trouble; and searches page on as they began."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels import registry
from pult.channels.base import InboundEvent, InboxInfo, Raw
from pult.channels.queries import InboxRecord
from pult.conversations import actions
from pult.flows import inbound
from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


class Died(BaseException):
    """Stands for the end of a process."""


def test_a_mail_that_kills_its_reader_is_shown_in_the_end_and_the_others_are_read(
    inbox: InboxRecord, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = registry.adapter("email")

    class Mortal:
        def parse(self, inbox: InboxInfo, raw: Raw) -> list[InboundEvent]:
            if b"Poison" in raw.body:
                raise Died
            return list(real.parse(inbox, raw))

    monkeypatch.setattr(registry, "adapter", lambda channel: Mortal())
    for number, subject in enumerate(["One", "Poison", "Two", "Three"]):
        channels.receive(inbox.id, "", {}, mail(subject=subject, message_id=f"<{number}@customers.example>"))
    for _ in range(40):
        try:
            inbound.run_batch()
        except Died:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE channels_rawpayload SET claimed_until = NULL")
    assert channels_queries.waiting() == 0
    subjects = sorted(item["subject"] for item in api("GET", "/conversations").json()["items"])
    assert subjects == ["(unreadable message)", "One", "Three", "Two"]


@pytest.mark.parametrize("filters", [{"team": "abc"}, {"status": "nonsense"}, {"assignee": "x"}, {"priority": "high"}])
def test_a_view_that_makes_no_sense_is_refused_and_takes_no_counts_away(
    api: Call, inbox: InboxRecord, filters: dict[str, str]
) -> None:
    refused = api("POST", "/views", {"name": "Slab", "shared": True, "filters": filters})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "filters")
    actions.save_view(view_id=None, staff_id=None, name="Star", filters=filters, shared=True, position=0)
    assert api("GET", "/views/counts").status_code == 200


def test_a_draft_names_no_files_of_others(api: Call, arrive: Call, store: Any) -> None:
    arrive(mail())
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    other = accounts.create_staff(SYSTEM, email="b@shop.example", name="Bor", store_ids=[store.id])
    secret = actions.upload(name="pogodba.pdf", content_type="application/pdf", content=b"x", staff_id=other.id)
    draft = api("PUT", f"/conversations/{conversation_id}/draft", {"text": "x", "attachment_ids": [secret]})
    assert draft.status_code == 200
    assert "pogodba" not in json.dumps(draft.json())


def test_a_search_by_the_beginning_of_a_word_pages_on(api: Call, arrive: Call) -> None:
    arrive(*(mail(subject=f"Hladilnik {n}", text="x", message_id=f"<{n}@x.example>") for n in range(5)))
    first = api("GET", "/conversations?q=hladil&limit=3").json()
    second = api("GET", f"/conversations?q=hladil&limit=3&after={first['next']}").json()
    found = [item["id"] for item in [*first["items"], *second["items"]]]
    assert len(found) == len(set(found)) == 5
    assert Client().get("/api/v1/conversations?q=x&after=px").status_code == 401
    assert api("GET", "/conversations?q=hladil&after=px").status_code == 400


def test_a_conversation_is_found_on_one_page_only(api: Call, arrive: Call) -> None:
    for number in range(4):
        arrive(mail(message_id=f"<{number}@x>", subject=f"Paket {number}", text="Kje je moja čelada?"))
    for number in range(4):
        again = mail(message_id=f"<a{number}@x>", subject="Re", text="Še vedno ni čelade.", In_Reply_To=f"<{number}@x>")
        arrive(again)
    for words in ("čelada", "čel"):
        found: list[int] = []
        page = api("GET", f"/conversations?q={words}&limit=3").json()
        found += [item["id"] for item in page["items"]]
        while page["next"]:
            page = api("GET", f"/conversations?q={words}&limit=3&after={page['next']}").json()
            found += [item["id"] for item in page["items"]]
        assert len(found) == len(set(found)) == 4


@pytest.mark.parametrize("query", ["parcel", "lose", "parcels"])
def test_a_mail_too_short_to_tell_its_language_is_found_by_its_base_forms(arrive: Call, api: Call, query: str) -> None:
    arrive(mail(subject="Hi", text="Parcels lost"))
    (item,) = api("GET", f"/conversations?q={query}").json()["items"]
    assert api("GET", f"/conversations/{item['id']}").json()["language"] == ""
