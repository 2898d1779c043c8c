"""Whom an answer goes to when nobody says it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pult.channels import actions as channels
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows.tests.conftest import MAILBOX, mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def test_a_reply_to_that_names_only_ourselves_gives_way_to_the_sender(arrive: Call, api: Call) -> None:
    arrive(mail(Reply_To=MAILBOX))
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    wanted = [{"name": "Maja Kos", "address": "maja@customers.example"}]
    assert api("GET", f"/conversations/{conversation_id}").json()["reply_to"] == {"to": wanted, "cc": []}
    assert api("POST", f"/conversations/{conversation_id}/replies", {"text": "Na poti."}).json()["to"] == wanted


def test_a_mail_of_nobody_cannot_be_answered_without_saying_to_whom(inbox: InboxRecord, api: Call) -> None:
    channels.receive(inbox.id, "", {"sender": ""}, b"To: " + MAILBOX.encode() + b"\r\nSubject: x\r\n\r\nx\r\n")
    inbound.run_batch(10)
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    assert api("GET", f"/conversations/{conversation_id}").json()["reply_to"] == {"to": [], "cc": []}
    assert api("POST", f"/conversations/{conversation_id}/replies", {"text": "Komu?"}).status_code == 422


def test_a_customer_who_has_been_written_to_many_times_can_still_be_answered(
    opened: int, api: Call, arrive: Call
) -> None:
    seen = api("GET", f"/conversations/{opened}").json()["messages"][-1]["id"]
    arrive(mail(message_id="<2@customers.example>", text="Še nekaj.", In_Reply_To="<1@customers.example>"))
    for number in range(22):
        made = api("POST", f"/conversations/{opened}/replies", {"text": f"{number}"})
        assert made.status_code == 201, number
    assert [a["address"] for a in made.json()["to"]] == ["maja@customers.example"]
    late = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti.", "seen_message_id": seen})
    assert late.status_code == 409


def test_who_has_not_answered_a_mail_of_ours_can_be_written_to_again(inbox: InboxRecord, api: Call) -> None:
    wanted = {"to": [{"name": "Ana", "address": "a@c.example"}], "cc": [{"name": "", "address": "b@c.example"}]}
    made = api("POST", "/conversations", {"inbox_id": inbox.id, "subject": "Paket", "text": "Pozdravljeni.", **wanted})
    assert made.status_code == 201
    conversation_id = made.json()["id"]
    assert api("GET", f"/conversations/{conversation_id}").json()["reply_to"] == wanted
    message = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Še to."}).json()
    assert {"to": message["to"], "cc": message["cc"]} == wanted


def test_an_answer_goes_past_what_machines_sent_to_the_person(opened: int, api: Call, arrive: Call) -> None:
    person = [{"name": "Maja Kos", "address": "maja@customers.example"}]
    api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."})
    before = len(api("GET", f"/conversations/{opened}").json()["messages"])
    ours, tag = MAILBOX.split("@")
    machine = mail(
        message_id="<auto@elsewhere.example>",
        sender="Urad <office@elsewhere.example>",
        text="Nisem v pisarni.",
        In_Reply_To="<1@customers.example>",
        Auto_Submitted="auto-replied",
        Cc=f"{ours}+p.abc@{tag}, boss@elsewhere.example",
    )
    arrive(machine)
    shown = api("GET", f"/conversations/{opened}").json()
    assert len(shown["messages"]) == before + 1
    assert shown["messages"][-1]["kind"] == "auto_reply"
    assert shown["reply_to"] == {"to": person, "cc": []}
    made = api("POST", f"/conversations/{opened}/replies", {"text": "Še to."}).json()
    assert (made["to"], made["cc"]) == (person, [])


def test_an_address_of_ours_with_a_tag_is_ours(api: Call, arrive: Call) -> None:
    local, _, domain = MAILBOX.partition("@")
    arrive(mail(Cc=f"{local}+p.abc@{domain}, sestra+1@customers.example"))
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    assert [a["address"] for a in api("GET", f"/conversations/{conversation_id}").json()["reply_to"]["cc"]] == [
        "sestra+1@customers.example"
    ]


def people(api: Call, conversation_id: int) -> list[list[str]]:
    """Return who is proposed for an answer, in To and in Cc."""
    proposed = api("GET", f"/conversations/{conversation_id}").json()["reply_to"]
    return [[one["address"] for one in proposed[group]] for group in ("to", "cc")]


def test_notes_change_nobody_and_go_to_nobody(arrive: Call, api: Call) -> None:
    arrive(mail(Cc="Sestra <sestra@customers.example>"))
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    wanted = [["maja@customers.example"], ["sestra@customers.example"]]
    assert people(api, conversation_id) == wanted
    note = api("POST", f"/conversations/{conversation_id}/notes", {"text": "Pokliči brat@customers.example."}).json()
    assert (note["to"], note["cc"], note["bcc"]) == ([], [], [])
    assert people(api, conversation_id) == wanted
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Na poti."}).json()
    assert [[one["address"] for one in made[group]] for group in ("to", "cc", "bcc")] == [*wanted, []]


def test_whom_the_customer_leaves_out_is_left_out_and_whom_he_brings_is_there(arrive: Call, api: Call) -> None:
    arrive(mail(Cc="sestra@customers.example"))
    conversation_id = api("GET", "/conversations").json()["items"][0]["id"]
    api("POST", f"/conversations/{conversation_id}/replies", {"text": "Na poti."})
    arrive(mail(message_id="<2@customers.example>", In_Reply_To="<1@customers.example>", Cc="brat@customers.example"))
    assert people(api, conversation_id) == [["maja@customers.example"], ["brat@customers.example"]]


def test_merging_customers_and_taking_it_back_changes_no_answers_recipients(
    arrive: Call, api: Call, person: Call
) -> None:
    arrive(
        mail(Cc="sestra@customers.example"),
        mail(message_id="<2@other.example>", sender="M. Kos <m.kos@other.example>", Cc="teta@other.example"),
    )
    listed = {one["customer"]["name"]: one for one in api("GET", "/conversations").json()["items"]}
    first, second = listed["Maja Kos"], listed["M. Kos"]
    before = [people(api, one["id"]) for one in (first, second)]
    assert before == [
        [["maja@customers.example"], ["sestra@customers.example"]],
        [["m.kos@other.example"], ["teta@other.example"]],
    ]
    _, lead = person("Lea", "lead")
    body = {"other_id": second["customer"]["id"]}
    merge = lead("POST", f"/customers/{first['customer']['id']}/merge", body)
    assert merge.status_code == 201, merge.content
    assert [people(api, one["id"]) for one in (first, second)] == before
    made = api("POST", f"/conversations/{second['id']}/replies", {"text": "Na poti."}).json()
    assert [one["address"] for one in made["to"] + made["cc"]] == ["m.kos@other.example", "teta@other.example"]
    assert lead("POST", f"/customers/merges/{merge.json()['id']}/undo").status_code == 204
    arrive(mail(message_id="<3@other.example>", sender="M. Kos <m.kos@other.example>", In_Reply_To="<2@other.example>"))
    assert people(api, second["id"]) == [["m.kos@other.example"], []]
    assert people(api, first["id"]) == before[0]
