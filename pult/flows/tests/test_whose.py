"""What belongs to whom: a text to its writer, a view to its maker, a conversation to those who may see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def draft_of(call: Call, conversation_id: int) -> Any:
    return call("GET", f"/conversations/{conversation_id}").json()["draft"]


def test_what_is_taken_back_stands_above_the_answer_begun_since(opened: int, api: Call) -> None:
    sent = api("POST", f"/conversations/{opened}/replies", {"text": "Prva <b>", "undo_seconds": 30}).json()
    newer = {"kind": "reply", "text": "Druga", "html": "<p>Druga</p>", "to": [{"address": "x@customers.example"}]}
    api("PUT", f"/conversations/{opened}/draft", newer)
    undone = api("POST", f"/messages/{sent['id']}/undo").json()["draft"]
    assert undone["text"] == "Prva <b>\n\nDruga"
    assert undone["html"] == "<p>Prva &lt;b&gt;</p><p>Druga</p>"
    assert [one["address"] for one in undone["to"]] == ["x@customers.example"]
    assert draft_of(api, opened)["text"] == "Prva <b>\n\nDruga"


def test_another_agent_takes_no_message_back(opened: int, api: Call, person: Call) -> None:
    sent = api("POST", f"/conversations/{opened}/replies", {"text": "Prva", "undo_seconds": 30}).json()
    _, other = person("Bor")
    assert other("POST", f"/messages/{sent['id']}/undo").status_code == 403
    assert draft_of(other, opened) is None
    assert api("GET", f"/conversations/{opened}").json()["messages"][-1]["id"] == sent["id"]


def test_a_lead_takes_it_back_and_the_writer_keeps_the_text(opened: int, api: Call, person: Call) -> None:
    sent = api("POST", f"/conversations/{opened}/replies", {"text": "Prva", "undo_seconds": 30}).json()
    _, lead = person("Vodja", "lead")
    answer = lead("POST", f"/messages/{sent['id']}/undo")
    assert answer.json() == {"conversation_id": opened, "draft": None}
    assert draft_of(lead, opened) is None
    assert draft_of(api, opened)["text"] == "Prva"


def test_nobody_is_assigned_who_may_not_see_it(opened: int, api: Call, person: Call) -> None:
    elsewhere = accounts.create_store(SYSTEM, name="Drugje", language="hr")
    team = accounts.create_team(SYSTEM, name="Drugi", store_id=elsewhere.id)
    stranger, _ = person("Tujec", "agent", elsewhere.id)
    colleague, _ = person("Kolega", "colleague")
    mate, _ = person("Bor")
    for who in (stranger, colleague):
        answer = api("PATCH", f"/conversations/{opened}", {"assignee_id": who})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "assignee_id")
    answer = api("PATCH", f"/conversations/{opened}", {"team_id": team.id})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "team_id")
    assert api("PATCH", f"/conversations/{opened}", {"assignee_id": mate}).json()["assignee"]["id"] == mate


def view(name: str, shared: bool) -> dict[str, object]:
    return {"name": name, "shared": shared, "filters": {"status": "open"}}


def test_a_shared_view_is_changed_by_its_maker_and_by_leads(api: Call, person: Call) -> None:
    made = api("POST", "/views", view("Naše", shared=True)).json()
    assert made["mine"] is True
    _, other = person("Bor")
    _, lead = person("Vodja", "lead")
    (seen,) = other("GET", "/views").json()["items"]
    assert (seen["id"], seen["mine"]) == (made["id"], False)
    assert other("PATCH", f"/views/{made['id']}", view("Moje", shared=False)).status_code == 403
    assert other("DELETE", f"/views/{made['id']}").status_code == 403
    assert api("PATCH", f"/views/{made['id']}", view("Naše 2", shared=True)).json()["name"] == "Naše 2"
    assert lead("PATCH", f"/views/{made['id']}", view("Naše 3", shared=True)).json()["name"] == "Naše 3"
    assert lead("DELETE", f"/views/{made['id']}").status_code == 204
    assert api("GET", "/views").json()["items"] == []


def test_a_view_that_a_lead_takes_down_goes_back_to_its_maker(api: Call, person: Call) -> None:
    made = api("POST", "/views", view("Naše", shared=True)).json()
    _, lead = person("Vodja", "lead")
    assert lead("PATCH", f"/views/{made['id']}", view("Naše", shared=False)).json()["shared"] is False
    assert [one["id"] for one in api("GET", "/views").json()["items"]] == [made["id"]]
    assert lead("GET", "/views").json()["items"] == []


def test_ones_own_view_is_nobody_elses(api: Call, person: Call) -> None:
    made = api("POST", "/views", view("Moje", shared=False)).json()
    for role in ("agent", "lead"):
        _, other = person(role.title(), role)
        assert other("GET", "/views").json()["items"] == []
        assert other("PATCH", f"/views/{made['id']}", view("x", shared=True)).status_code == 404
        assert other("DELETE", f"/views/{made['id']}").status_code == 404
