"""A store's admin says which numbers are hidden; what is kept of mails, answers, notes and drafts follows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pult.channels import actions as channels
from pult.channels import queries, tasks
from pult.channels.models import RawPayload
from pult.conversations import actions as conversations
from pult.flows.tests.conftest import mail
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
IBAN, EMSO, CARD = "SI56 1910 0000 0123 438", "0101006500006", "4111 1111 1111 1111"
EVERYTHING = f"Nakažite na {IBAN}, EMŠO {EMSO}, kartica {CARD}."


@pytest.fixture
def admin(person: Call) -> Call:
    _, call = person("Cvetka", "admin")
    return call  # type: ignore[no-any-return]


@pytest.fixture
def rules(admin: Call, store: Any) -> Call:
    def put(**body: Any) -> Any:
        return admin("PUT", f"/stores/{store.id}/masking", body)

    return put


def shown(api: Call, conversation_id: int) -> Any:
    return api("GET", f"/conversations/{conversation_id}").json()["messages"][-1]


def test_all_is_hidden_until_somebody_says_otherwise(admin: Call, api: Call, store: Any, arrive: Call) -> None:
    assert admin("GET", f"/stores/{store.id}/masking").json() == {"ibans": True, "documents": True, "own_ibans": []}
    arrive(mail(subject=f"TRR {IBAN}", text=EVERYTHING))
    (item,) = api("GET", "/conversations").json()["items"]
    assert "1910" not in str(item)
    message = shown(api, item["id"])
    assert message["text"] == "Nakažite na SI** **** **** ***3 438, EMŠO *************, kartica **** **** **** 1111."
    assert message["masked"] is True
    body = queries.payload(RawPayload.objects.get().id)
    assert body is not None
    assert b"1910" not in body.body
    assert b"0101006" not in body.body
    assert api("GET", "/conversations?q=19100000").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "stays"),
    [
        ({"ibans": False, "documents": True}, {IBAN}),
        ({"ibans": True, "documents": False}, {EMSO}),
        ({"ibans": False, "documents": False}, {IBAN, EMSO}),
        ({"own_ibans": ["SI56191000000123438"]}, {IBAN}),
    ],
)
def test_what_the_rules_leave_open_stays_and_cards_never_do(
    rules: Call, api: Call, arrive: Call, body: dict[str, Any], stays: set[str]
) -> None:
    assert rules(**body).status_code == 200
    arrive(mail(text=EVERYTHING))
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    seen = [shown(api, conversation_id)["text"]]
    api("POST", f"/conversations/{conversation_id}/notes", {"text": EVERYTHING})
    seen.append(shown(api, conversation_id)["text"])
    api("PUT", f"/conversations/{conversation_id}/draft", {"kind": "reply", "text": EVERYTHING})
    drafts = api("GET", f"/conversations/{conversation_id}").json()["drafts"]
    seen += [draft["text"] for draft in drafts]
    made = api(
        "POST", f"/conversations/{conversation_id}/replies", {"text": EVERYTHING, "html": f"<p>{EVERYTHING}</p>"}
    )
    departure = conversations.prepare(made.json()["id"])
    assert departure is not None
    seen += [departure.message.text, departure.message.html]
    assert len(seen) == 5
    for text in seen:
        assert {number for number in (IBAN, EMSO, CARD) if number in text} == stays


def test_a_program_and_a_first_mail_follow_the_same_rules(rules: Call, api: Call, inbox: Any) -> None:
    rules(ibans=False)
    made = api(
        "POST",
        "/conversations",
        {"inbox_id": inbox.id, "to": [{"address": "maja@customers.example"}], "subject": "x", "text": EVERYTHING},
    )
    assert made.status_code == 201, made.content
    text = shown(api, made.json()["id"])["text"]
    assert (IBAN in text, EMSO in text, CARD in text) == (True, False, False)


def test_what_nobody_could_read_is_masked_by_the_rules_of_its_store(rules: Call, inbox: Any) -> None:
    rules(ibans=False)
    channels.receive(inbox.id, "1", {}, f"?{IBAN} EMŠO {EMSO}".encode())
    RawPayload.objects.update(received_at=timezone.now() - timedelta(hours=72))
    tasks.mask_what_was_not_parsed()
    kept = queries.payload(RawPayload.objects.get().id)
    assert kept is not None
    assert kept.body.decode() == f"?{IBAN} EMŠO *************"


def test_only_an_admin_sees_and_changes_the_rules_and_it_is_on_record(
    rules: Call, api: Call, admin: Call, person: Call, store: Any
) -> None:
    _, lead = person("Lea", "lead")
    for call in (api, lead):
        assert call("GET", f"/stores/{store.id}/masking").status_code == 403
        assert call("PUT", f"/stores/{store.id}/masking", {"ibans": False}).status_code == 403
    assert admin("PUT", f"/stores/{store.id + 9}/masking", {}).status_code == 404
    assert admin("GET", f"/stores/{store.id + 9}/masking").status_code == 404
    saved = rules(ibans=False, documents=True, own_ibans=[IBAN, IBAN.lower()])
    assert saved.json() == {"ibans": False, "documents": True, "own_ibans": ["SI56191000000123438"]}
    events.sequence()
    assert [row.data for row in events.read(0) if row.kind == "store.changed"][-1] == {"fields": ["masking"]}


def test_an_account_of_ones_own_has_to_be_one(admin: Call, store: Any) -> None:
    refused = admin("PUT", f"/stores/{store.id}/masking", {"own_ibans": ["SI56 1910"]}, **{"Accept-Language": "sl"})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (422, "own_ibans", "iban")
    assert "SI56 1910" in error["reason"]
    assert admin("PUT", f"/stores/{store.id}/masking", {"own_ibans": [IBAN] * 51}).status_code == 422
