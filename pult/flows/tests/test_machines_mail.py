"""What machines send is seen as such: kinds, calendars, reasons in one word, and a mail as it came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.accounts.models import AccessLog
from pult.channels import actions as channels
from pult.channels.adapters.email.test_calendars import calendar
from pult.channels.adapters.email.test_calendars import mail as with_event
from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def newest(api: Call) -> dict[str, Any]:
    """Return the message that came last."""
    found = api("GET", "/conversations").json()["items"][0]["id"]
    message: dict[str, Any] = api("GET", f"/conversations/{found}").json()["messages"][-1]
    return message


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "person"),
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"List_Id": "<novice.trgovina.example>"}, "list"),
    ],
)
def test_a_message_says_which_machine_sent_it(arrive: Call, api: Call, headers: dict[str, str], kind: str) -> None:
    arrive(mail(**headers))
    assert newest(api)["kind"] == kind


def test_an_invitation_is_data_of_the_message_and_found_by_its_words(arrive: Call, api: Call) -> None:
    arrive(
        with_event(
            calendar(
                "SUMMARY:Prevzem hladilnika",
                "LOCATION:Poljanska cesta 4",
                "ORGANIZER;CN=Maja Kos:mailto:maja@customers.example",
                "DTSTART;VALUE=DATE:20261224",
            )
        )
    )
    message = newest(api)
    assert message["kind"] == "calendar"
    assert message["invitation"] == {
        "method": "request",
        "summary": "Prevzem hladilnika",
        "starts": "2026-12-24",
        "ends": "2026-12-24",
        "repeats": "",
        "place": "Poljanska cesta 4",
        "organiser": {"name": "Maja Kos", "address": "maja@customers.example"},
        "cancelled": False,
        "answer": "",
        "more": 0,
    }
    assert [file["type"] for file in message["attachments"]] == ["text/calendar"]
    for words in ("hladilniki", "poljanska"):
        assert len(api("GET", f"/conversations?q={words}").json()["items"]) == 1


def test_a_card_number_in_an_invitation_is_masked(arrive: Call, api: Call) -> None:
    arrive(with_event(calendar("SUMMARY:Kartica 4111 1111 1111 1111", "LOCATION:4111111111111111")))
    message = newest(api)
    event = message["invitation"]
    assert (event["summary"], event["place"]) == ("Kartica **** **** **** 1111", "************1111")
    assert message["masked"]
    raw = api("GET", f"/messages/{message['id']}/original/content").content
    assert b"4111" not in raw


def test_a_mail_is_had_as_it_came_and_who_had_it_stands_in_the_log(arrive: Call, api: Call) -> None:
    sent = mail(X_Odd="čšž")
    arrive(sent)
    message = newest(api)
    assert message["has_original"]
    before = AccessLog.objects.count()
    shown = api("GET", f"/messages/{message['id']}/original").json()
    assert shown["headers"].startswith("From: Maja Kos")
    assert "Pozdravljeni" not in shown["headers"]
    assert (shown["name"], shown["size"]) == (f"message-{message['id']}.eml", len(sent))
    answer = api("GET", f"/messages/{message['id']}/original/content")
    assert answer.content == sent
    assert answer["Content-Disposition"].startswith("attachment")
    assert AccessLog.objects.count() > before


def test_a_mail_whose_time_is_over_or_of_another_store_is_not_had(
    arrive: Call, api: Call, person: Call, store: Any
) -> None:
    arrive(mail())
    message = newest(api)
    _, stranger = person("Tuja", store_id=accounts.create_store(SYSTEM, name="Druga", language="hr").id)
    for path in ("original", "original/content"):
        assert stranger("GET", f"/messages/{message['id']}/{path}").status_code == 404
    channels.forget_parsed(timezone.now())
    for path in ("original", "original/content"):
        answer = api("GET", f"/messages/{message['id']}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:pult:problem:original-gone")


def test_what_did_not_come_has_no_original(opened: int, api: Call) -> None:
    note = api("POST", f"/conversations/{opened}/notes", {"text": "Počakajmo."}).json()
    assert note["has_original"] is False
    assert api("GET", f"/messages/{note['id']}/original").status_code == 404
