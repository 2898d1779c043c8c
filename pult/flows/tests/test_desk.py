"""What an agent does to a conversation: answer, undo, retry, note, change; and what the list shows of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import queries as accounts_queries
from pult.channels import registry
from pult.channels.base import (
    Address,
    DeliveryStatus,
    InboundMessage,
    InboxInfo,
    OutboundMessage,
    OutcomeUnknown,
    PermanentFailure,
    SendResult,
    TemporaryFailure,
)
from pult.channels.queries import InboxRecord
from pult.conversations import actions, queries
from pult.conversations.actions import desk
from pult.conversations.filters import STATUSES, Filters
from pult.conversations.queries.listing import plain_conversations
from pult.flows import inbound, outbound
from pult.flows.tests.conftest import mail
from pult.platform import queue

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture
def opened(arrive: Call, api: Call) -> int:
    """A conversation with one mail, copied to somebody."""
    arrive(mail(Cc="Sosed <sosed@customers.example>", Reply_To="Maja doma <maja.doma@customers.example>"))
    return int(api("GET", "/conversations").json()["items"][0]["id"])


class Wire:
    """The mail adapter with another end: what it does with a message is what the test says."""

    def __init__(self, ends: Callable[[], None] = lambda: None, *, handed_over: bool = True) -> None:
        self.sent: list[OutboundMessage] = []
        self.ends, self.handed_over = ends, handed_over

    def send(self, inbox: InboxInfo, message: OutboundMessage, *, before_handover: Callable[[], None]) -> SendResult:
        if self.handed_over:
            before_handover()
        self.ends()
        self.sent.append(message)
        return SendResult("250")


def wire(monkeypatch: pytest.MonkeyPatch, ends: Callable[[], None] = lambda: None, **options: bool) -> Wire:
    real, made = registry.adapter("email"), Wire(ends, **options)
    made.new_external_id = real.new_external_id  # type: ignore[attr-defined]
    monkeypatch.setattr(registry, "adapter", lambda channel: made)
    return made


def fail(error: Exception) -> Callable[[], None]:
    def end() -> None:
        raise error

    return end


def state_of(api: Call, conversation_id: int) -> tuple[str, str]:
    message = api("GET", f"/conversations/{conversation_id}").json()["messages"][-1]
    return message["state"], message["state_reason"]


def test_an_answer_goes_to_reply_to_with_the_cc_and_never_to_ourselves(opened: int, api: Call) -> None:
    message = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).json()
    assert [a["address"] for a in message["to"]] == ["maja.doma@customers.example"]
    assert [a["address"] for a in message["cc"]] == ["sosed@customers.example"]


def test_a_note_changes_nobodys_recipients(opened: int, api: Call) -> None:
    api("POST", f"/conversations/{opened}/notes", {"text": "Kličem skladišče."})
    detail = api("GET", f"/conversations/{opened}").json()
    assert [a["address"] for a in detail["reply_to"]["cc"]] == ["sosed@customers.example"]
    assert detail["last_direction"] == "in"


def test_an_answer_written_before_a_newer_mail_is_held_back(opened: int, api: Call, arrive: Call) -> None:
    seen = api("GET", f"/conversations/{opened}").json()["messages"][-1]["id"]
    arrive(mail(message_id="<2@customers.example>", text="Še nekaj.", In_Reply_To="<1@customers.example>"))
    answer = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti.", "seen_message_id": seen})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:pult:problem:newer-message"
    assert answer["Content-Type"] == "application/problem+json"
    assert api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).status_code == 201


def test_an_empty_answer_is_refused(opened: int, api: Call) -> None:
    answer = api("POST", f"/conversations/{opened}/replies", {"text": "  "})
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("text", "empty")]


def test_undo_brings_back_draft_status_and_list(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    out = wire(monkeypatch)
    before = api("GET", "/conversations").json()["items"][0]
    message = api("POST", f"/conversations/{opened}/replies", {"text": "Prehitro", "undo_seconds": 10}).json()
    assert queue.run_due() == 0
    undone = api("POST", f"/messages/{message['id']}/undo")
    assert undone.status_code == 200
    assert undone.json()["draft"]["text"] == "Prehitro"
    after = api("GET", "/conversations").json()["items"][0]
    assert {**after, "version": 0} == {**before, "version": 0}
    assert api("GET", "/conversations?q=prehitro").json()["items"] == []
    assert api("GET", f"/conversations/{opened}").json()["history"] == []
    assert out.sent == []


def test_what_has_left_cannot_be_undone(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    out = wire(monkeypatch)
    message = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).json()
    queue.run_due()
    assert len(out.sent) == 1
    assert api("POST", f"/messages/{message['id']}/undo").status_code == 409
    assert state_of(api, opened)[0] == "sent"


def test_an_answer_carries_the_thread(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    out = wire(monkeypatch)
    api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."})
    queue.run_due()
    assert out.sent[0].in_reply_to == "1@customers.example"
    assert list(out.sent[0].references) == ["1@customers.example"]
    assert out.sent[0].subject == "Re: Kje je moj paket?"
    assert out.sent[0].external_id


def test_a_refused_answer_shows_the_providers_words_and_comes_back(
    opened: int, api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire(monkeypatch, fail(PermanentFailure("550 no such user", code="550", recipient_dead=True)))
    message = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).json()
    queue.run_due()
    assert state_of(api, opened) == ("failed", "550 no such user")
    wire(monkeypatch)
    assert api("POST", f"/messages/{message['id']}/retry").json()["state"] == "queued"
    queue.run_due()
    assert state_of(api, opened)[0] == "sent"


def test_a_delayed_answer_stays_queued(opened: int, api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    wire(monkeypatch, fail(TemporaryFailure("451 later")), handed_over=False)
    api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."})
    queue.run_due()
    assert state_of(api, opened) == ("queued", "451 later")


@pytest.mark.parametrize("end", [fail(OutcomeUnknown("connection lost after the final dot")), fail(KeyError("x"))])
def test_an_end_nobody_can_explain_is_unknown_and_never_sent_again(
    opened: int, api: Call, monkeypatch: pytest.MonkeyPatch, end: Callable[[], None]
) -> None:
    out = wire(monkeypatch, end)
    message = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}).json()
    queue.run_due()
    outbound.send(message["id"])
    assert state_of(api, opened)[0] == "unknown"
    out.ends = lambda: None
    outbound.send(message["id"])
    assert out.sent == []


def test_a_bounce_marks_the_message_and_the_address(
    opened: int, api: Call, inbox: InboxRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = wire(monkeypatch)
    api("POST", f"/conversations/{opened}/replies", {"text": "Na poti.", "to": [{"address": "maja@customers.example"}]})
    queue.run_due()
    inbound.take_status(
        inbox,
        DeliveryStatus(
            external_id=out.sent[0].external_id,
            state="failed",
            recipient="maja@customers.example",
            code="5.1.1",
            reason="mailbox unavailable",
            permanent=True,
            category="unknown_user",
        ),
    )
    assert state_of(api, opened)[0] == "failed"
    identities = api("GET", f"/conversations/{opened}").json()["customer_card"]["identities"]
    assert [
        (i["undeliverable_kind"], i["undeliverable_reason"], i["undeliverable"])
        for i in identities
        if i["value"] == "maja@customers.example"
    ] == [("hard", "unknown_user", "5.1.1 mailbox unavailable")]


def test_a_change_is_recorded_and_held_to_its_version(opened: int, api: Call) -> None:
    item = api("PATCH", f"/conversations/{opened}", {"status": "waiting_colleague", "priority": 2}).json()
    assert (item["status"], item["priority"]) == ("waiting_colleague", 2)
    stale = api("PATCH", f"/conversations/{opened}", {"status": "open"}, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    history = api("GET", f"/conversations/{opened}").json()["history"]
    assert [(line["kind"], line["after"]) for line in history] == [("status", "waiting_colleague"), ("priority", "2")]


def test_a_snoozed_conversation_comes_back_at_its_time(opened: int, api: Call) -> None:
    until = timezone.now() + timedelta(hours=1)
    assert api("PATCH", f"/conversations/{opened}", {"snoozed_until": until.isoformat()}).json()["status"] == "snoozed"
    actions.wake(opened)
    assert queries.items([opened], staff_id=None)[0].status == "snoozed"
    with connection.cursor() as cursor:
        past = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(seconds=1))
        cursor.execute("UPDATE conversations_conversation SET snoozed_until = %s", [past])
    assert queries.due_snoozes() == [opened]
    actions.wake(opened)
    assert queries.items([opened], staff_id=None)[0].status == "open"


def test_a_snoozed_conversation_comes_back_with_a_reply(opened: int, api: Call, arrive: Call) -> None:
    api("PATCH", f"/conversations/{opened}", {"snoozed_until": (timezone.now() + timedelta(days=1)).isoformat()})
    arrive(mail(message_id="<2@customers.example>", text="Halo?", In_Reply_To="<1@customers.example>"))
    assert queries.items([opened], staff_id=None)[0].status == "open"


def test_tags_are_listed_filtered_and_recorded(opened: int, api: Call) -> None:
    tag = api("POST", "/tags", {"name": "Zamuda"}).json()["id"]
    assert api("POST", "/tags", {"name": "zamuda "}).json()["id"] == tag
    api("PATCH", f"/conversations/{opened}", {"tags": [tag]})
    assert [i["id"] for i in api("GET", f"/conversations?tag={tag}").json()["items"]] == [opened]
    api("PATCH", f"/conversations/{opened}", {"tags": []})
    assert api("GET", f"/conversations?tag={tag}").json()["items"] == []


def test_reading_marks_read_and_prefetching_does_not(opened: int, api: Call) -> None:
    detail = api("GET", f"/conversations/{opened}?prefetch=1").json()
    assert api("GET", "/conversations?unread=1").json()["items"][0]["unread"] is True
    api("POST", f"/conversations/{opened}/read", {"message_id": detail["messages"][-1]["id"]})
    assert api("GET", "/conversations?unread=1").json()["items"] == []
    api("POST", f"/conversations/{opened}/unread")
    assert len(api("GET", "/conversations?unread=1").json()["items"]) == 1


def test_the_same_write_again_does_nothing_twice(opened: int, api: Call) -> None:
    key = {"Idempotency-Key": "a-1"}
    first = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}, **key)
    again = api("POST", f"/conversations/{opened}/replies", {"text": "Na poti."}, **key)
    assert first.json() == again.json()
    other = api("POST", f"/conversations/{opened}/replies", {"text": "Drugače."}, **key)
    assert other.status_code == 422
    assert api("GET", f"/conversations/{opened}").json()["message_count"] == 2


def _many(inbox: InboxRecord, number: int) -> list[int]:
    return inbound.take_messages(
        [
            (
                inbox,
                InboundMessage(
                    sender=Address(f"c{i % 7}@customers.example", f"Stranka {i % 7}"),
                    external_id=f"m{i}@x",
                    subject=f"Zadeva {i}",
                    text="Naročila še ni" if i % 3 else "Kje je vračilo denarja",
                    language="sl",
                ),
                False,
            )
            for i in range(number)
        ]
    )


def test_the_list_is_what_the_plain_orm_says_under_every_filter(inbox: InboxRecord, agent: Any) -> None:
    ids = _many(inbox, 24)
    for index, conversation_id in enumerate(ids):
        changes = actions.Changes(
            status=STATUSES[index % 3],
            assignee_id=agent.id if index % 2 else None,
            priority=index % 4 - 1,
        )
        actions.change(conversation_id=conversation_id, changes=changes, actor="system")
    actions.mark_read(conversation_id=ids[0], staff_id=agent.id, message_id=10**6)
    stores = [inbox.store_id]
    for statuses, assignee, unread in itertools.product(
        [(), ("open",), ("open", "waiting_colleague")], [None, 0, agent.id], [None, agent.id]
    ):
        filters = Filters(statuses=statuses, assignee=assignee, unread_by=unread)
        page = queries.conversations(filters, store_ids=stores, staff_id=agent.id, reader=None)
        plain = plain_conversations(filters, store_ids=stores, staff_id=agent.id)
        assert page.items == plain
        assert queries.count(filters, store_ids=stores, staff_id=agent.id) == len(plain)


def test_pages_follow_one_another_without_gap_or_repeat(inbox: InboxRecord, api: Call) -> None:
    ids = set(_many(inbox, 17))
    seen: list[int] = []
    after = ""
    for _ in range(10):
        page = api("GET", f"/conversations?limit=5&after={after}").json()
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 17
    assert set(seen) == ids
    assert api("GET", "/conversations?after=nonsense").status_code == 400


def test_search_finds_endings_and_missing_accents_and_pages(inbox: InboxRecord, api: Call) -> None:
    _many(inbox, 12)
    assert len(api("GET", "/conversations?q=narocilo").json()["items"]) == 8
    assert len(api("GET", "/conversations?q=vracila+denar").json()["items"]) == 4
    assert len(api("GET", "/conversations?q=naroč").json()["items"]) == 8
    first = api("GET", "/conversations?q=narocilo&limit=5").json()
    second = api("GET", f"/conversations?q=narocilo&limit=5&after={first['next']}").json()
    both = [item["id"] for item in first["items"] + second["items"]]
    assert both == sorted(both, reverse=True)
    assert len(set(both)) == 8
    assert api("GET", "/conversations?q=narocilo&status=closed").json()["items"] == []


@pytest.mark.parametrize("query", ["'", '"', "a & b | !", "zs1", "\\", "(((", "%", "a:*", "NEAR(", "-- x"])
def test_no_query_breaks_the_search(inbox: InboxRecord, api: Call, query: str) -> None:
    _many(inbox, 3)
    assert api("GET", "/conversations", None).status_code == 200
    answer = api("GET", "/conversations?q=" + query.replace("%", "%25").replace("&", "%26").replace("\\", "%5C"))
    assert answer.status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_list(inbox: InboxRecord, api: Call) -> None:
    def asked(path: str) -> int:
        api("GET", path)
        with CaptureQueriesContext(connection) as few:
            assert api("GET", path).status_code == 200
        return len(few)

    first = _many(inbox, 2)[0]
    small, one = asked("/conversations"), asked(f"/conversations/{first}")
    _many(inbox, 30)
    for number in range(5):
        api("POST", f"/conversations/{first}/notes", {"text": f"Opomba {number}"})
    assert asked("/conversations") == small == 1
    assert asked(f"/conversations/{first}") == one == 1


def test_uploads_that_nobody_sent_go_also_behind_many_that_wait_in_drafts(
    opened: int, api: Call, agent: accounts_queries.StaffInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "SWEEP_PAGE", 2)
    uploads = [
        actions.upload(name="a.txt", content_type="text/plain", content=b"%d" % n, staff_id=agent.id) for n in range(5)
    ]
    api("PUT", f"/conversations/{opened}/draft", {"text": "a", "attachment_ids": uploads[:4]})
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        actions.sweep()
    assert [queries.stored_file(upload) is not None for upload in uploads] == [True, True, True, True, False]
