"""Spam is kept, put where it disturbs nobody, and comes back as if it had come by itself."""

from __future__ import annotations

import pytest

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.flows.tests.spam_mail import SPAM, Call, newest, numbered, told
from pult.platform import events, queue
from pult.spam import queries as spam_queries

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.mark.parametrize("language", range(5))
def test_a_spam_mail_is_kept_apart_and_comes_back_as_if_it_had_come_by_itself(
    trained: None, arrive: Call, api: Call, language: int
) -> None:
    events.sequence()
    before, counts = events.latest(), api("GET", "/views/counts").json()["counts"]
    arrive(numbered(SPAM, language))
    item = newest(api)
    assert (item["status"], item["unread"]) == ("spam", True)
    assert told(before) == ["spam.received"]
    now = api("GET", "/views/counts").json()["counts"]
    assert now == {**counts, "spam": counts["spam"] + 1}
    for view in ("open", "all", "mine", "unassigned"):
        shown = api("GET", f"/conversations?limit=200&view={view}").json()["items"]
        assert item["id"] not in [one["id"] for one in shown]
    found = api("GET", f"/conversations?q={item['subject'].split()[1]}&limit=200").json()["items"]
    assert item["id"] in [one["id"] for one in found]

    opened = api("GET", f"/conversations/{item['id']}").json()
    why = opened["messages"][0]["spam"]
    assert why["by"] == "filter"
    assert why["score"] >= why["limit"]
    assert "link casino.spam.example" in why["clues"]
    (entry,) = opened["history"]
    assert (entry["actor"], entry["kind"], entry["after"]) == (None, "spam", "filter")

    back = api("POST", f"/conversations/{item['id']}/not-spam").json()
    assert (back["status"], back["last_message_at"]) == ("open", item["last_message_at"])
    assert told(before) == ["spam.received", "conversation.changed", "conversation.created"]
    created = next(row for row in events.read(before) if row.kind == "conversation.created")
    assert created.data == {"message_id": opened["messages"][0]["id"]}
    assert created.actor.startswith("customer:")
    ham = spam_queries.learned().ham
    queue.run_due()
    assert spam_queries.learned().ham == ham + 1
    again = api("POST", f"/conversations/{item['id']}/not-spam")
    assert (again.status_code, again.json()["status"]) == (200, "open")
    assert told(before)[-1] == "conversation.created"
    # Marked and taken out once more: what was told is not told again.
    api("POST", f"/conversations/{item['id']}/spam")
    api("POST", f"/conversations/{item['id']}/not-spam")
    assert told(before).count("conversation.created") == 1


def test_the_desks_word_is_in_the_history_and_can_be_taken_back(opened: int, api: Call, person: Call) -> None:
    api("PATCH", f"/conversations/{opened}", {"status": "waiting_colleague"})
    assert api("POST", f"/conversations/{opened}/spam").json()["status"] == "spam"
    queue.run_due()
    assert spam_queries.learned().spam == 1
    assert api("POST", f"/conversations/{opened}/not-spam").json()["status"] == "waiting_colleague"
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (0, 1)
    history = api("GET", f"/conversations/{opened}").json()["history"]
    assert [(one["kind"], one["before"], one["after"]) for one in history[-2:]] == [
        ("spam", "waiting_colleague", "staff"),
        ("not_spam", "", "waiting_colleague"),
    ]


def test_a_repeated_request_does_nothing_twice(opened: int, api: Call) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = api("POST", f"/conversations/{opened}/spam", **headers)
    api("POST", f"/conversations/{opened}/not-spam")
    again = api("POST", f"/conversations/{opened}/spam", **headers)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert api("GET", f"/conversations/{opened}").json()["status"] == "open"


def test_a_version_that_is_gone_changes_nothing(opened: int, api: Call) -> None:
    api("PATCH", f"/conversations/{opened}", {"priority": 1})
    assert api("POST", f"/conversations/{opened}/spam", **{"If-Match": '"1"'}).status_code == 412
    assert api("GET", f"/conversations/{opened}").json()["status"] == "open"


def test_only_who_may_write_here_says_what_is_spam(opened: int, api: Call, person: Call) -> None:
    elsewhere = accounts.create_store(SYSTEM, name="Drugje", language="hr")
    _, stranger = person("Tujec", "agent", elsewhere.id)
    _, colleague = person("Kolega", "colleague")
    for verb in ("spam", "not-spam"):
        assert stranger("POST", f"/conversations/{opened}/{verb}").status_code == 404
        assert colleague("POST", f"/conversations/{opened}/{verb}").status_code in {403, 404}
    assert api("GET", f"/conversations/{opened}").json()["status"] == "open"
    api("POST", f"/conversations/{opened}/spam")
    assert stranger("GET", "/conversations?view=spam").json()["items"] == []
    assert stranger("GET", "/views/counts").json()["counts"]["spam"] == 0


def test_spam_has_no_other_status_until_it_is_taken_out(opened: int, api: Call) -> None:
    api("POST", f"/conversations/{opened}/spam")
    refused = api("PATCH", f"/conversations/{opened}", {"status": "closed"})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "in_spam")
    assert api("PATCH", f"/conversations/{opened}", {"status": "spam"}).status_code == 422
    assert api("PATCH", f"/conversations/{opened}", {"priority": 2}).json()["priority"] == 2


def test_a_snoozed_conversation_goes_on_sleeping(opened: int, api: Call) -> None:
    until = "2099-01-01T08:00:00Z"
    api("PATCH", f"/conversations/{opened}", {"snoozed_until": until})
    api("POST", f"/conversations/{opened}/spam")
    back = api("POST", f"/conversations/{opened}/not-spam").json()
    assert (back["status"], back["snoozed_until"]) == ("snoozed", until)


def test_an_answer_takes_a_conversation_out_of_spam(trained: None, arrive: Call, api: Call) -> None:
    arrive(numbered(SPAM, 0))
    item, before = newest(api), spam_queries.learned().ham
    sent = api("POST", f"/conversations/{item['id']}/replies", {"text": "Pozdravljeni"})
    assert sent.status_code == 201
    opened = api("GET", f"/conversations/{item['id']}").json()
    assert opened["status"] == "waiting_customer"
    assert [one["kind"] for one in opened["history"]] == ["spam", "not_spam", "status"]
    queue.run_due()
    assert spam_queries.learned().ham == before + 1
