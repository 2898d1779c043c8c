"""What a change, an undo, a report or an export may not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels.base import DeliveryStatus
from pult.channels.queries import InboxRecord
from pult.conversations import queries
from pult.flows import inbound, privacy
from pult.flows.tests.conftest import mail
from pult.flows.tests.test_desk import wire
from pult.platform import queue

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def answer(api: Call, opened: int, **options: object) -> int:
    body = {"text": "Na poti.", "undo_seconds": 10, **options}
    return int(api("POST", f"/conversations/{opened}/replies", body).json()["id"])


def tomorrow() -> str:
    return (timezone.now() + timedelta(days=1)).isoformat()


def test_an_answer_taken_back_leaves_a_snoozed_conversation_its_time(opened: int, api: Call) -> None:
    before = api("PATCH", f"/conversations/{opened}", {"snoozed_until": tomorrow()}).json()
    api("POST", f"/messages/{answer(api, opened)}/undo")
    item = queries.items([opened], staff_id=None)[0]
    assert item.status == "snoozed"
    assert item.snoozed_until is not None
    assert api("GET", f"/conversations/{opened}").json()["snoozed_until"] == before["snoozed_until"]


def test_an_answer_taken_back_does_not_close_what_the_customer_has_opened(opened: int, api: Call, arrive: Call) -> None:
    api("PATCH", f"/conversations/{opened}", {"status": "closed"})
    message_id = answer(api, opened)
    arrive(mail(message_id="<2@customers.example>", text="Še nekaj.", In_Reply_To="<1@customers.example>"))
    assert api("POST", f"/messages/{message_id}/undo").status_code == 200
    assert queries.items([opened], staff_id=None)[0].status == "open"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "snoozed", "snoozed_until": None}, "snoozed_until"),
        ({"status": None}, "status"),
        ({"priority": None}, "priority"),
        ({"subject": None}, "subject"),
        ({"tags": None}, "tags"),
        ({"assignee_id": 4711}, "assignee_id"),
        ({"team_id": 4711}, "team_id"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_by_its_field(
    opened: int, api: Call, change: dict[str, object], field: str
) -> None:
    api("PATCH", f"/conversations/{opened}", {"snoozed_until": tomorrow()})
    refused = api("PATCH", f"/conversations/{opened}", change)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_a_team_of_another_store_gets_no_conversation(opened: int, api: Call, store: Any) -> None:
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    theirs = accounts.create_team(SYSTEM, name="Njihovi", store_id=other.id)
    ours = accounts.create_team(SYSTEM, name="Naši", store_id=store.id)
    assert api("PATCH", f"/conversations/{opened}", {"team_id": theirs.id}).status_code == 422
    assert api("PATCH", f"/conversations/{opened}", {"team_id": ours.id}).status_code == 200


def test_a_made_up_report_marks_nobody_elses_address(
    opened: int, api: Call, arrive: Call, inbox: InboxRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = wire(monkeypatch)
    answer(api, opened, undo_seconds=0)
    queue.run_due()
    monkeypatch.undo()
    arrive(mail(sender="tine@customers.example", message_id="<9@customers.example>"))
    report = DeliveryStatus(out.sent[0].external_id, "failed", "tine@customers.example", "5.1.1", "gone", True)
    inbound.take_status(inbox, report)
    found = api("GET", "/customers?q=tine").json()["items"][0]["identities"]
    assert [identity["undeliverable"] for identity in found] == [""]


def test_an_export_holds_the_conversations_of_ones_own_stores(opened: int, api: Call, arrive: Call) -> None:
    customer_id = api("GET", f"/conversations/{opened}").json()["customer_card"]["id"]
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    inbox_id = channels.create_inbox(store_id=other.id, channel="email", name="Pomoć", address="pomoc@druga.example")
    channels.receive(inbox_id, "", {}, mail(text="Samo za drugu.", message_id="<7@customers.example>"))
    inbound.run_batch()
    assert channels_queries.waiting() == 0
    lead = accounts.create_staff(SYSTEM, email="l@shop.example", name="Vodja", role="lead", store_ids=[other.id])
    token = accounts.issue_token(SYSTEM, staff_id=lead.id, name="t", scopes=["read"]).secret
    answer = api("GET", f"/customers/{customer_id}/export", Authorization=f"Bearer {token}").content.decode()
    assert "Samo za drugu." in answer
    assert "paketa" not in answer
    assert len(privacy.export(customer_id)["conversations"]) == 2  # type: ignore[arg-type]
