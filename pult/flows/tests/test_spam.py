"""Spam is kept, put where it disturbs nobody, and comes back as if it had come by itself."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels import registry
from pult.channels.adapters.email.channel import Adapter
from pult.channels.base import InboundMessage, Raw, SendResult
from pult.channels.queries import InboxRecord
from pult.conversations import queries as conversation_queries
from pult.flows import inbound, outbound
from pult.flows import spam as spam_flow
from pult.flows.tests.conftest import mail
from pult.platform import events, queue
from pult.platform.db import count, time_in
from pult.spam import actions as spam_actions
from pult.spam import queries as spam_queries

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]

SPAM = [
    ("Cheap casino bonus", "Claim your free casino bonus now, winner. Click https://casino.spam.example/win today."),
    ("Brezplačni bonus igralnice", "Zmagali ste! Prevzemite bonus igralnice na https://casino.spam.example/sl takoj."),
    ("Δωρεάν μπόνους καζίνο", "Κερδίσατε! Πάρτε το μπόνους καζίνο στο https://casino.spam.example/el τώρα."),
    ("Darmowy bonus kasyna", "Wygrana czeka! Odbierz bonus kasyna pod https://casino.spam.example/pl jeszcze dzisiaj."),
    (
        "Besplatni bonus kasina",
        "Čestitamo, dobitnik ste! Preuzmite bonus kasina: https://casino.spam.example/hr odmah.",
    ),
]
HAM = [
    (
        "Where is my parcel",
        "Hello, the parcel with the shoes has not arrived yet. Could you tell me where it is? Regards",
    ),
    ("Kje je moj paket", "Pozdravljeni, paketa s čevlji še nisem prejela. Kdaj bo dostavljen? Lep pozdrav, Maja"),
    ("Πού είναι το δέμα μου", "Καλησπέρα, το δέμα με τα παπούτσια δεν έχει έρθει ακόμη. Πότε θα παραδοθεί; Ευχαριστώ"),
    (
        "Gdzie jest moja paczka",
        "Dzień dobry, paczka z butami jeszcze nie dotarła. Kiedy zostanie doręczona? Pozdrawiam",
    ),
    ("Gdje je moj paket", "Poštovani, paket s cipelama još nije stigao. Kada će biti dostavljen? Srdačan pozdrav"),
]
_numbers = itertools.count(1)


def numbered(kind: Sequence[tuple[str, str]], index: int, **more: str) -> bytes:
    number = next(_numbers)
    subject, text = kind[index % len(kind)]
    bad = kind is SPAM
    domain = "bulk.spam.example" if bad else "customers.example"
    sender = more.pop("sender", f"Someone <n{number}@{domain}>")
    return mail(subject, f"{text} ({number})", sender, more.pop("message_id", f"<{number}@{domain}>"), **more)


@pytest.fixture(autouse=True)
def _forgetful() -> Any:
    spam_queries.forget()
    yield
    spam_queries.forget()


@pytest.fixture
def trained(inbox: InboxRecord) -> None:
    """The filter has learned as much as it needs."""
    adapter = registry.adapter(inbox.channel)
    for index in range(2 * spam_queries.ENOUGH):
        bad = index % 2 == 0
        body = numbered(SPAM if bad else HAM, index // 2)
        (message,) = adapter.parse(inbox.info(), Raw(body, {}, timezone.now()))
        assert isinstance(message, InboundMessage)
        assert spam_actions.learn(message_id=1_000_000 + index, message=message, spam=bad)
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (spam_queries.ENOUGH, spam_queries.ENOUGH)


def told(after: int = 0) -> list[str]:
    events.sequence()
    rooms = {"conversation", "message", "spam"}
    return [row.kind for row in events.read(after) if row.kind.partition(".")[0] in rooms]


def in_spam(api: Call) -> list[Any]:
    return list(api("GET", "/conversations?view=spam&limit=200").json()["items"])


def newest(api: Call) -> Any:
    return in_spam(api)[0]


def test_what_the_desk_marks_is_what_the_filter_learns(arrive: Call, api: Call) -> None:
    arrive(*(numbered(SPAM, index) for index in range(spam_queries.ENOUGH)))
    for item in api("GET", "/conversations?limit=200").json()["items"]:
        assert api("POST", f"/conversations/{item['id']}/spam").json()["status"] == "spam"
    arrive(*(numbered(HAM, index) for index in range(spam_queries.ENOUGH)))
    for item in api("GET", "/conversations?limit=200").json()["items"]:
        api("POST", f"/conversations/{item['id']}/spam")
        assert api("POST", f"/conversations/{item['id']}/not-spam").json()["status"] == "open"
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (spam_queries.ENOUGH, spam_queries.ENOUGH)
    arrive(numbered(SPAM, 1), numbered(HAM, 2))
    assert len(in_spam(api)) == spam_queries.ENOUGH + 1


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


def test_ordinary_mail_stays_ordinary(trained: None, arrive: Call, api: Call) -> None:
    before = len(in_spam(api))
    arrive(*(numbered(HAM, index) for index in range(5)))
    assert len(in_spam(api)) == before
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 5


def test_a_filter_that_has_learned_too_little_says_nothing(arrive: Call, api: Call) -> None:
    arrive(*(numbered(SPAM, index) for index in range(3)))
    for item in api("GET", "/conversations").json()["items"]:
        api("POST", f"/conversations/{item['id']}/spam")
    queue.run_due()
    arrive(numbered(SPAM, 0))
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1


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


def test_the_later_word_counts_whatever_the_order_of_the_jobs(opened: int, api: Call) -> None:
    api("POST", f"/conversations/{opened}/spam")
    api("POST", f"/conversations/{opened}/not-spam")
    api("POST", f"/conversations/{opened}/spam")
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (1, 0)


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


def test_an_answer_to_a_conversation_is_never_spam(trained: None, arrive: Call, api: Call) -> None:
    arrive(mail("Vprašanje", message_id="<first@customers.example>"))
    item = next(one for one in api("GET", "/conversations").json()["items"] if one["subject"] == "Vprašanje")
    before = len(in_spam(api))
    arrive(numbered(SPAM, 0, In_Reply_To="<first@customers.example>", sender="Maja Kos <maja@customers.example>"))
    assert api("GET", f"/conversations/{item['id']}").json()["message_count"] == 2
    assert len(in_spam(api)) == before


def test_who_has_been_answered_is_never_taken_for_a_spammer_until_the_desk_says_so(
    trained: None, arrive: Call, api: Call
) -> None:
    sender = "Maja Kos <maja@customers.example>"
    arrive(mail("Vprašanje"))
    item = next(one for one in api("GET", "/conversations").json()["items"] if one["subject"] == "Vprašanje")
    api("POST", f"/conversations/{item['id']}/replies", {"text": "Odgovor"})
    before = len(in_spam(api))
    arrive(numbered(SPAM, 0, sender=sender))
    assert len(in_spam(api)) == before
    held = next(one for one in api("GET", "/conversations?view=open").json()["items"] if "casino" in one["subject"])
    api("POST", f"/conversations/{held['id']}/spam")
    arrive(numbered(SPAM, 0, sender=sender))
    assert len(in_spam(api)) == before + 2


def test_who_was_taken_out_of_spam_once_is_not_put_there_again(trained: None, arrive: Call, api: Call) -> None:
    sender = "Partner <news@partner.example>"
    arrive(numbered(SPAM, 1, sender=sender))
    item = newest(api)
    api("POST", f"/conversations/{item['id']}/not-spam")
    before = len(in_spam(api))
    arrive(numbered(SPAM, 2, sender=sender))
    assert len(in_spam(api)) == before


def test_what_follows_in_a_spam_thread_stays_there_and_is_told_when_it_is_out(
    trained: None, arrive: Call, api: Call
) -> None:
    events.sequence()
    before = events.latest()
    arrive(numbered(SPAM, 0, message_id="<thread@bulk.spam.example>"))
    arrive(numbered(SPAM, 0, In_Reply_To="<thread@bulk.spam.example>"))
    item = newest(api)
    assert item["message_count"] == 2
    assert told(before) == ["spam.received", "spam.received"]
    api("POST", f"/conversations/{item['id']}/not-spam")
    assert told(before)[2:] == ["conversation.changed", "conversation.created", "message.received"]


def test_a_message_that_is_no_spam_brings_back_what_only_the_filter_put_away(
    trained: None, arrive: Call, api: Call
) -> None:
    events.sequence()
    before = events.latest()
    arrive(numbered(SPAM, 0, message_id="<doubt@bulk.spam.example>"))
    item = newest(api)
    arrive(numbered(HAM, 1, In_Reply_To="<doubt@bulk.spam.example>"))
    assert api("GET", f"/conversations/{item['id']}").json()["status"] == "open"
    assert told(before)[-2:] == ["conversation.created", "message.received"]


def test_what_a_person_put_there_stays_whatever_follows(trained: None, arrive: Call, api: Call) -> None:
    arrive(numbered(HAM, 0, message_id="<annoying@customers.example>"))
    item = api("GET", "/conversations?view=open").json()["items"][0]
    api("POST", f"/conversations/{item['id']}/spam")
    events.sequence()
    before = events.latest()
    arrive(numbered(HAM, 1, In_Reply_To="<annoying@customers.example>"))
    found = api("GET", f"/conversations/{item['id']}").json()
    assert (found["status"], found["message_count"]) == ("spam", 2)
    assert told(before) == ["spam.received"]
    assert api("POST", f"/conversations/{item['id']}/not-spam").json()["status"] == "open"
    assert told(before)[-1] == "message.received"


def test_the_same_mail_twice_is_one(trained: None, arrive: Call, api: Call) -> None:
    before = len(in_spam(api))
    body = numbered(SPAM, 0)
    arrive(body)
    arrive(body)
    assert len(in_spam(api)) == before + 1
    assert newest(api)["message_count"] == 1


def test_an_answered_conversation_teaches_what_is_no_spam(arrive: Call, api: Call, monkeypatch: Any) -> None:
    def send(self: Adapter, inbox: Any, message: Any, *, before_handover: Callable[[], None]) -> SendResult:
        before_handover()
        return SendResult()

    def answer(text: str) -> None:
        sent = api("POST", f"/conversations/{item['id']}/replies", {"text": text}).json()
        outbound.send(message_id=sent["id"])
        queue.run_due()

    monkeypatch.setattr(Adapter, "send", send)
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    answer("Na poti.")
    assert spam_queries.learned().ham == 1
    answer("Še kaj?")
    assert spam_queries.learned().ham == 1
    # The desk's own word takes its place.
    api("POST", f"/conversations/{item['id']}/spam")
    queue.run_due()
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (1, 0)


def statements(inbox: InboxRecord, *bodies: bytes) -> int:
    for body in bodies:
        channels.receive(inbox.id, "", {"sender": "x@customers.example"}, body)
    with CaptureQueriesContext(connection) as captured:
        inbound.run_batch(100)
    return len([query for query in captured if "spam_" in query["sql"]])


def test_an_untrained_filter_asks_nothing(inbox: InboxRecord, arrive: Call) -> None:
    arrive(numbered(HAM, 0))
    assert statements(inbox, *(numbered(HAM, index) for index in range(5))) == 0


def test_a_trained_filter_asks_once_for_all(inbox: InboxRecord, arrive: Call, trained: None) -> None:
    arrive(numbered(HAM, 0))
    assert statements(inbox, *(numbered(HAM, index) for index in range(5))) == 1
    assert statements(inbox, *(numbered(SPAM, index) for index in range(5))) == 1


def test_nothing_is_deleted_unless_the_shop_says_when(trained: None, arrive: Call, api: Call, settings: Any) -> None:
    arrive(numbered(SPAM, 0), numbered(SPAM, 1), mail(message_id="<kept@customers.example>"))
    kept, written = newest(api)["id"], in_spam(api)[1]["id"]
    api("POST", f"/conversations/{written}/notes", {"text": "Preverjeno."})
    month_ago = time_in(timezone.now() - timedelta(days=31))
    count("UPDATE conversations_conversation SET last_message_at = %s", [month_ago])
    assert settings.SPAM_DAYS == 0
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {kept, written}
    settings.SPAM_DAYS = 32
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {kept, written}
    settings.SPAM_DAYS = 30
    payload_id = conversation_queries.arrived(kept)[0].payload_id
    assert payload_id is not None
    spam_flow.clean()
    assert {item["id"] for item in in_spam(api)} == {written}
    assert channels_queries.payload(payload_id) is None
    assert api("GET", f"/conversations/{kept}").status_code == 404
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1
    assert told()[-1] == "spam.deleted"
