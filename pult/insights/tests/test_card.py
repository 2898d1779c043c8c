"""The card: one request, one statement, and every figure right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.commerce import actions as commerce
from pult.commerce import base
from pult.commerce.tests.conftest import ordered
from pult.customers import actions as customers
from pult.flows import privacy
from pult.flows.tests.conftest import _forgetful, agent, api, arrive, inbox, opened, person, store
from pult.flows.tests.mails import mail
from pult.insights import habits
from pult.platform.db import is_postgres

__all__ = ["_forgetful", "agent", "api", "arrive", "inbox", "opened", "person", "store"]
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def maja(opened: int, store: Any, api: Any) -> int:
    """She has written once and bought seven times; of one she was paid back a part, one came back."""
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Trgovina")
    orders = [ordered(str(number), hours=number) for number in range(1, 6)]
    back = [base.Refund(id="r", amount=390)]
    orders += [ordered("6", payment="part_refunded", refunds=back), ordered("7", fulfilment="returned")]
    commerce.take(shop_id, orders, live=False)
    return int(api("GET", f"/conversations/{opened}").json()["customer"]["id"])


def test_the_card_is_one_statement_and_a_line_in_the_log(maja: int, api: Any) -> None:
    api("GET", f"/customers/{maja}/card")
    with CaptureQueriesContext(connection) as few:
        card = api("GET", f"/customers/{maja}/card?prefetch=1").json()
    assert len(few) == (2 if is_postgres() else 1)  # on SQLite the log is a database of its own
    assert (card["customer"]["name"], card["conversation_count"], card["open_count"]) == ("Maja Kos", 1, 1)
    assert (card["shop"]["order_count"], len(card["shop"]["orders"]), card["shop"]["returned"]) == (7, 5, 2)
    assert card["customer"]["identities"][0]["value"] == "maja@customers.example"
    lines = [
        (line.kind, line.customer_id) for line in accounts_queries.access_log().items if line.subject == "customer"
    ]
    assert lines == [("prefetch", maja), ("open", maja)]
    assert api("GET", "/customers/999999/card").status_code == 404


def test_a_card_looked_at_ahead_marks_nothing_read(maja: int, opened: int, api: Any) -> None:
    api("GET", f"/customers/{maja}/card?prefetch=1")
    assert api("GET", "/conversations").json()["items"][0]["unread"] is True


def test_a_card_that_is_known_is_not_sent_again(maja: int, api: Any) -> None:
    first = api("GET", f"/customers/{maja}/card")
    again = {"If-None-Match": first["ETag"]}
    assert api("GET", f"/customers/{maja}/card", **again).status_code == 304
    api("POST", f"/customers/{maja}/remarks", {"text": "Zvonec ne dela."})
    assert api("GET", f"/customers/{maja}/card", **again).status_code == 200


def test_a_figure_opens_the_orders_behind_it(maja: int, api: Any) -> None:
    found = api("GET", f"/customers/{maja}/orders?only=returned").json()["items"]
    assert {order["number"] for order in found} == {"6", "7"}
    assert api("GET", f"/customers/{maja}/orders?only=open_parcels").json()["items"] == []


def test_what_was_written_down_has_an_author_and_stays_with_the_person(maja: int, api: Any, person: Any) -> None:
    _, bor = person("Bor")
    made = api("POST", f"/customers/{maja}/remarks", {"text": " Zvonec ne dela. "})
    assert (made.status_code, made.json()["text"], made.json()["by"]) == (201, "Zvonec ne dela.", "Ana Novak")
    bor("POST", f"/customers/{maja}/remarks", {"kind": "dislike", "text": "klici pred poldnevom"})
    other = customers.identify(kind="email", value="m.kos@sluzba.example").id
    api("POST", f"/customers/{other}/remarks", {"text": "Piše tudi iz službe."})
    api("POST", f"/customers/{maja}/merge", {"other_id": other})
    card = api("GET", f"/customers/{other}/card").json()
    assert [(one["kind"], one["text"], one["by"]) for one in card["remarks"]] == [
        ("note", "Piše tudi iz službe.", "Ana Novak"),
        ("dislike", "klici pred poldnevom", "Bor"),
        ("note", "Zvonec ne dela.", "Ana Novak"),
    ]
    assert [(one["absorbed_id"], one["undone_at"]) for one in card["merges"]] == [(other, None)]
    for one in card["remarks"][:2]:
        assert api("DELETE", f"/customers/{maja}/remarks/{one['id']}").status_code == 204
    assert len(api("GET", f"/customers/{maja}/card").json()["remarks"]) == 1
    assert api("DELETE", f"/customers/{maja}/remarks/{card['remarks'][0]['id']}").status_code == 404
    assert api("POST", f"/customers/{maja}/remarks", {"text": "  "}).status_code == 422


def test_what_was_written_down_is_exported_and_erased(maja: int, api: Any) -> None:
    api("POST", f"/customers/{maja}/remarks", {"text": "Zvonec ne dela."})
    exported: Any = privacy.export(maja)["customer"]
    assert [one["text"] for one in exported["remarks"]] == ["Zvonec ne dela."]
    privacy.erase(maja)
    assert api("GET", f"/customers/{maja}/card").json()["remarks"] == []


def test_who_sees_another_store_sees_none_of_its_figures(maja: int, person: Any) -> None:
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    _, stranger = person("Ivo", store_id=other.id)
    card = stranger("GET", f"/customers/{maja}/card").json()
    assert (card["conversation_count"], card["open_count"], card["shop"]["order_count"]) == (0, 0, 0)


def test_habits_count_only_what_the_person_wrote(maja: int, arrive: Callable[..., None], api: Any) -> None:
    assert api("GET", f"/customers/{maja}/card").json()["habits"] == {"channel": None, "hours": None}
    arrive(*[mail(message_id=f"<{number}@customers.example>") for number in range(2, 6)])
    conversation = api("GET", f"/conversations?customer={maja}").json()["items"][0]["id"]
    for _ in range(3):
        api("POST", f"/conversations/{conversation}/replies", {"text": "Pozdravljeni."})
    channel = api("GET", f"/customers/{maja}/card").json()["habits"]["channel"]
    assert (channel["value"], channel["count"], channel["of"]) == ("email", 5, 5)


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2026, 11, day, hour, 30, tzinfo=UTC)


def test_hours_are_the_shortest_stretch_that_holds_most() -> None:
    evenings = [("email", at(hour, day)) for day, hour in enumerate((22, 23, 0, 23, 0, 22, 9), start=1)]
    hours = habits.read(evenings).hours
    assert hours is not None
    assert (hours.from_hour, hours.until_hour, hours.count, hours.of) == (22, 1, 6, 7)


@pytest.mark.parametrize("hours", [(9, 9, 9, 9), (0, 3, 6, 9, 12, 15, 18, 21)])
def test_too_few_messages_or_all_hours_are_no_habit(hours: tuple[int, ...]) -> None:
    assert habits.read([("email", at(hour)) for hour in hours]).hours is None
