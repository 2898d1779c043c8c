"""A message goes on to somebody outside; what he says stays aside, and the customer's answers go where they went."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest

from pult.channels import registry
from pult.channels.adapters.email.compose import compose
from pult.channels.adapters.email.settings import read
from pult.channels.queries import InboxRecord
from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.flows.tests.conftest import MAILBOX, mail
from pult.platform import db

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
MAJA, SISTER = "maja@customers.example", "sestra@customers.example"
MAKER = {"name": "Servis", "address": "servis@maker.example"}


def with_file() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = f"Maja Kos <{MAJA}>", MAILBOX, SISTER
    message["Subject"], message["Message-ID"] = "Svetilka ne dela", "<1@customers.example>"
    message.set_content("Svetilka ne dela, glejte sliko. Kartica 4111 1111 1111 1111.")
    message.add_attachment(b"slika", maintype="image", subtype="png", filename="svetilka.png")
    return message.as_bytes()


@pytest.fixture
def conversation_id(arrive: Call, api: Call) -> int:
    arrive(with_file())
    return int(api("GET", "/conversations").json()["items"][0]["id"])


def newest(api: Call, conversation_id: int) -> Any:
    return api("GET", f"/conversations/{conversation_id}").json()["messages"][-1]


def forwarded(api: Call, conversation_id: int, **values: Any) -> Any:
    body = {"to": [MAKER], "text": "Prosim za mnenje.", **values}
    made = api("POST", f"/messages/{newest(api, conversation_id)['id']}/forward", body)
    assert made.status_code == 201, made.content
    return made.json()


def leaving(message_id: int) -> Any:
    departure = conversations.prepare(message_id)
    assert departure is not None
    return departure.message


def answer_of_the_maker(external_id: str, **headers: str) -> bytes:
    return mail(
        subject="Re: Fwd: Svetilka ne dela",
        text="Pošljite jo nam.",
        sender="Servis <servis@maker.example>",
        message_id="<9@maker.example>",
        In_Reply_To=f"<{external_id}>",
        **headers,
    )


def addresses(people: list[dict[str, str]]) -> list[str]:
    return [person["address"] for person in people]


def test_it_leaves_with_its_words_and_its_files(api: Call, inbox: InboxRecord, conversation_id: int) -> None:
    made = forwarded(api, conversation_id)
    assert (made["kind"], made["direction"], made["subject"]) == ("forward", "out", "Fwd: Svetilka ne dela")
    assert made["to"] == [MAKER]
    assert (made["cc"], [file["name"] for file in made["attachments"]]) == ([], ["svetilka.png"])
    message = leaving(made["id"])
    previewer = registry.previewer()
    assert previewer is not None
    page = previewer.preview(inbox.info(), message)
    text = page.text
    assert text.startswith("Prosim za mnenje.\n\n---------- Posredovano sporočilo ----------\nOd: Maja Kos <maja@")
    assert "Zadeva: Svetilka ne dela\nZa: pomoc@shop.example\n\nSvetilka ne dela, glejte sliko." in text
    assert "**** **** **** 1111" in text
    assert SISTER not in text + page.html
    assert "Posredovano sporočilo" in page.html
    raw = compose(inbox.info(), read({"quote_history": False}), message)
    assert b"svetilka.png" in raw
    assert b"Posredovano" in raw
    assert (message.in_reply_to, list(message.references)) == ("", [])
    kept = newest(api, conversation_id)
    assert kept["text"] == "Prosim za mnenje."


def test_its_files_are_chosen_and_counted(api: Call, conversation_id: int) -> None:
    refs = "SELECT b.refs FROM platform_blob b JOIN conversations_attachment a ON a.blob_id = b.id GROUP BY b.id"
    original = newest(api, conversation_id)
    assert db.rows(refs, ())[0][0] == 1
    assert forwarded(api, conversation_id, file_ids=[])["attachments"] == []
    body = {"to": [MAKER], "file_ids": [original["attachments"][0]["id"]]}
    again = api("POST", f"/messages/{original['id']}/forward", body).json()
    assert len(again["attachments"]) == 1
    assert db.rows(refs, ())[0][0] == 2
    refused = api("POST", f"/messages/{original['id']}/forward", {"to": [MAKER], "file_ids": [10**6]})
    assert refused.status_code == 422


def test_nothing_of_the_conversation_changes_by_it(api: Call, conversation_id: int) -> None:
    before = api("GET", f"/conversations/{conversation_id}").json()
    forwarded(api, conversation_id)
    after = api("GET", f"/conversations/{conversation_id}").json()
    for name in ("status", "subject", "customer", "reply_to", "assignee"):
        assert after[name] == before[name], name
    assert addresses(after["reply_to"]["to"] + after["reply_to"]["cc"]) == [MAJA, SISTER]


@pytest.mark.parametrize("wrong", [[], [{"name": "", "address": "nobody"}]])
def test_it_needs_somebody_to_go_to(api: Call, conversation_id: int, wrong: list[Any]) -> None:
    made = api("POST", f"/messages/{newest(api, conversation_id)['id']}/forward", {"to": wrong})
    assert made.status_code == 422


def test_a_note_is_not_forwarded_nor_what_one_may_not_see(api: Call, person: Call, conversation_id: int) -> None:
    original = newest(api, conversation_id)
    api("POST", f"/conversations/{conversation_id}/notes", {"text": "Med nami."})
    assert api("POST", f"/messages/{newest(api, conversation_id)['id']}/forward", {"to": [MAKER]}).status_code == 404
    _, colleague = person("Branko", "colleague")
    assert colleague("POST", f"/messages/{original['id']}/forward", {"to": [MAKER]}).status_code in {403, 404}


def test_an_answer_to_it_joins_and_the_customer_is_answered_as_before(
    api: Call, arrive: Call, inbox: InboxRecord, conversation_id: int
) -> None:
    sent = leaving(forwarded(api, conversation_id)["id"])
    customer = api("GET", f"/conversations/{conversation_id}").json()["customer"]
    arrive(answer_of_the_maker(sent.external_id, Cc="sef@maker.example"))
    found = api("GET", f"/conversations/{conversation_id}").json()
    assert (found["messages"][-1]["kind"], found["messages"][-1]["text"]) == ("aside", "Pošljite jo nam.")
    assert found["customer"] == customer
    assert len(api("GET", "/conversations").json()["items"]) == 1
    assert addresses(found["reply_to"]["to"] + found["reply_to"]["cc"]) == [MAJA, SISTER]
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Pošljite jo servisu."}).json()
    assert (made["kind"], addresses(made["to"] + made["cc"])) == ("person", [MAJA, SISTER])
    message = leaving(made["id"])
    assert (message.in_reply_to, list(message.references)) == ("1@customers.example", ["1@customers.example"])
    previewer = registry.previewer()
    assert previewer is not None
    page = previewer.preview(inbox.info(), message)
    assert "servis@maker" not in page.text + page.html
    assert "Pošljite jo nam" not in page.text + page.html
    assert "> Svetilka ne dela" in page.text


def test_who_it_was_forwarded_to_is_answered_aside_and_goes_on_there(
    api: Call, arrive: Call, inbox: InboxRecord, conversation_id: int
) -> None:
    sent = leaving(forwarded(api, conversation_id)["id"])
    arrive(answer_of_the_maker(sent.external_id))
    later = {"status": "snoozed", "snoozed_until": "2099-01-01T08:00:00Z"}
    assert api("PATCH", f"/conversations/{conversation_id}", later).status_code == 200
    api("PUT", f"/conversations/{conversation_id}/draft", {"kind": "reply", "text": "Začeto stranki."})
    before = api("GET", f"/conversations/{conversation_id}").json()
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Hvala.", "to": [MAKER]}).json()
    assert (made["kind"], made["to"], made["cc"]) == ("aside", [MAKER], [])
    message = leaving(made["id"])
    assert message.in_reply_to == "9@maker.example"
    assert "1@customers.example" not in message.references
    assert message.quote is not None
    assert message.quote.text == "Pošljite jo nam."
    after = api("GET", f"/conversations/{conversation_id}").json()
    for name in ("status", "snoozed_until", "draft"):
        assert after[name] == before[name] is not None, name
    arrive(
        mail(
            text="Ni za kaj.",
            sender="Servis <servis@maker.example>",
            message_id="<10@maker.example>",
            In_Reply_To=f"<{message.external_id}>",
        )
    )
    found = api("GET", f"/conversations/{conversation_id}").json()
    assert found["messages"][-1]["kind"] == "aside"
    assert addresses(found["reply_to"]["to"] + found["reply_to"]["cc"]) == [MAJA, SISTER]


def test_the_agent_may_bring_both_together(api: Call, arrive: Call, conversation_id: int) -> None:
    arrive(answer_of_the_maker(leaving(forwarded(api, conversation_id)["id"]).external_id))
    to, cc = [{"name": "Maja", "address": MAJA}], [MAKER]
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Skupaj.", "to": to, "cc": cc}).json()
    assert (made["kind"], addresses(made["cc"])) == ("person", ["servis@maker.example"])


def test_a_customer_who_got_it_himself_stays_the_customer(api: Call, arrive: Call, conversation_id: int) -> None:
    sent = leaving(forwarded(api, conversation_id, to=[{"name": "", "address": MAJA}])["id"])
    arrive(mail(text="To sem jaz.", message_id="<2@customers.example>", In_Reply_To=f"<{sent.external_id}>"))
    found = api("GET", f"/conversations/{conversation_id}").json()
    assert found["messages"][-1]["kind"] == "person"
    assert addresses(found["reply_to"]["to"]) == [MAJA]


def test_a_blind_copy_is_told_nobody_and_proposed_to_nobody(
    api: Call, arrive: Call, inbox: InboxRecord, conversation_id: int
) -> None:
    blind = [{"name": "", "address": "sef@shop2.example"}]
    to = [{"name": "", "address": MAJA}]
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Da.", "to": to, "bcc": blind}).json()
    message = leaving(made["id"])
    assert b"sef@shop2" not in compose(inbox.info(), read(inbox.settings), message)
    forward = leaving(
        api("POST", f"/messages/{made['id']}/forward", {"to": [MAKER], "bcc": blind, "text": "Glejte."}).json()["id"]
    )
    assert b"sef@shop2" not in compose(inbox.info(), read(inbox.settings), forward)
    arrive(mail(text="Hvala.", message_id="<2@customers.example>", In_Reply_To=f"<{message.external_id}>"))
    proposed = api("GET", f"/conversations/{conversation_id}").json()["reply_to"]
    assert "sef@shop2.example" not in addresses(proposed["to"] + proposed["cc"])


def test_who_was_only_forwarded_has_not_been_written_to(api: Call, conversation_id: int) -> None:
    forwarded(api, conversation_id)
    customer_id = api("GET", f"/conversations/{conversation_id}").json()["customer"]["id"]
    assert queries.corresponded([customer_id]) == set()
    api("POST", f"/conversations/{conversation_id}/replies", {"text": "Na poti."})
    assert queries.corresponded([customer_id]) == {customer_id}


def test_taken_back_it_is_gone_and_no_draft_to_the_customer(api: Call, conversation_id: int) -> None:
    made = forwarded(api, conversation_id, undo_seconds=10)
    assert api("POST", f"/messages/{made['id']}/undo").status_code == 200
    whole = api("GET", f"/conversations/{conversation_id}").json()
    assert [one["kind"] for one in whole["messages"]] == ["person"]
    assert whole["draft"] is None
    assert whole["message_count"] == 1
    assert addresses(whole["reply_to"]["to"]) == [MAJA]
