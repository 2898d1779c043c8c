"""Who is never taken for a spammer, and what becomes of what follows in a thread."""

from __future__ import annotations

from typing import Any

import pytest

from pult.channels import actions as channels
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows.tests.conftest import mail
from pult.flows.tests.spam_mail import HAM, SPAM, Call, in_spam, newest, numbered, told
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")


def test_ordinary_mail_stays_ordinary(trained: None, arrive: Call, api: Call) -> None:
    before = len(in_spam(api))
    arrive(*(numbered(HAM, index) for index in range(5)))
    assert len(in_spam(api)) == before
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 5


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


def test_a_filter_that_fails_holds_no_mail_up(trained: None, arrive: Call, api: Call, monkeypatch: Any) -> None:
    def fail(messages: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(inbound, "judge", fail)
    arrive(numbered(SPAM, 0))
    assert len(api("GET", "/conversations?view=open").json()["items"]) == 1


def test_a_forged_mail_of_somebody_who_was_answered_is_judged(
    trained: None, inbox: InboxRecord, arrive: Call, api: Call
) -> None:
    """Whoever takes a customer's address does not come past the filter by it; the customer does."""
    channels.change_inbox(inbox.id, settings={"authserv_id": "mx.shop.example"})
    sender, found = "Maja Kos <maja@customers.example>", "mx.shop.example; dmarc={} header.from=customers.example"
    arrive(mail("Vprašanje", Authentication_Results=found.format("pass")))
    item = api("GET", "/conversations").json()["items"][0]
    api("POST", f"/conversations/{item['id']}/replies", {"text": "Odgovor"})
    arrive(numbered(SPAM, 0, sender=sender, Authentication_Results=found.format("fail")))
    assert len(in_spam(api)) == 1
    arrive(numbered(SPAM, 0, sender=sender, Authentication_Results=found.format("pass")))
    assert len(in_spam(api)) == 1


def test_who_was_answered_under_another_address_is_known_after_merging(
    trained: None, arrive: Call, api: Call, person: Call
) -> None:
    arrive(mail("Vprašanje"), numbered(HAM, 0, sender="Maja doma <maja@home.example>"))
    first, second = (one["customer"]["id"] for one in api("GET", "/conversations").json()["items"])
    answered = next(one for one in api("GET", "/conversations").json()["items"] if one["subject"] == "Vprašanje")
    api("POST", f"/conversations/{answered['id']}/replies", {"text": "Odgovor"})
    other = first if answered["customer"]["id"] == second else second
    arrive(numbered(SPAM, 0, sender="Maja doma <maja@home.example>"))
    assert len(in_spam(api)) == 1
    _, lead = person("Vodja", "lead")
    merged = lead("POST", f"/customers/{answered['customer']['id']}/merge", {"other_id": other})
    assert merged.status_code in {200, 201}, merged.content
    arrive(numbered(SPAM, 1, sender="Maja doma <maja@home.example>"))
    assert len(in_spam(api)) == 1
