"""What is too old goes: tried before, in small batches that go on after any stop, by versions, and written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from pult.accounts import queries as accounts_queries
from pult.accounts import retention as rules
from pult.accounts.queries import StoreInfo
from pult.commerce import actions as commerce
from pult.commerce import queries as commerce_queries
from pult.commerce.models import Buyer, Order
from pult.commerce.tests.conftest import ordered
from pult.customers import proofs
from pult.flows import retention
from pult.flows.tests.test_erasure import of_hers
from pult.platform import queue
from pult.platform.models import Job

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "REST", 0.0)


@pytest.fixture
def boss(person: Call) -> Call:
    found: Call = person("Boss", "admin")[1]
    return found


def switch_on(boss: Call, field: str, days: int, store_id: int | None) -> None:
    rule = {"store_id": store_id, "field": field, "days": days}
    seen = boss("POST", "/retention/trial", rule).json()
    saved = boss("PUT", "/retention", {**rule, "active": True, "confirm": seen["confirm"]})
    assert saved.status_code == 200, saved.content


def tonight() -> list[rules.Run]:
    """Let a night pass in which the rules are followed; return what was done, newest first."""
    with time_machine.travel((timezone.now() + timedelta(days=1)).replace(hour=1, minute=30), tick=True):
        retention.begin()
        while job := Job.objects.filter(task=retention.TASK, state="ready").first():
            job.delete()
            retention.work(**job.args)
        return rules.runs()


@pytest.fixture
def closed(arrive: Call, api: Call) -> int:
    """A conversation that was closed 40 days ago."""
    with time_machine.travel(timezone.now() - timedelta(days=40), tick=True):
        arrive(of_hers())
        found = int(api("GET", "/conversations").json()["items"][0]["id"])
        assert api("PATCH", f"/conversations/{found}", {"status": "closed"}).status_code == 200
    return found


def test_words_go_when_a_conversation_was_closed_for_long_enough(
    closed: int, api: Call, boss: Call, store: StoreInfo
) -> None:
    trial = boss("POST", "/retention/trial", {"store_id": store.id, "field": "messages", "days": 30}).json()
    assert (trial["count"], trial["sample"]) == (1, [closed])
    assert "malinovec" in api("GET", f"/conversations/{closed}").content.decode(), "trying takes nothing"
    switch_on(boss, "messages", 60, store.id)
    (run,) = tonight()
    assert (run.done, run.outcome) == (0, "done"), "it is not old enough"
    switch_on(boss, "messages", 30, store.id)
    newest, _ = tonight()
    assert (newest.done, newest.sample, newest.outcome, newest.version) == (1, [closed], "done", 2)
    shown = api("GET", f"/conversations/{closed}").json()
    assert "malinovec" not in str(shown)
    assert shown["customer"]["name"] == "Klavdija Brezovnik"
    assert shown["messages"][0]["attachments"] == []
    assert api("GET", "/conversations?q=malinovec").json()["items"] == []


def test_what_was_opened_again_or_belongs_to_another_store_stays(
    closed: int, api: Call, boss: Call, store: StoreInfo
) -> None:
    switch_on(boss, "messages", 30, store.id)
    assert retention.FIELDS["messages"].old(store.id + 1, timezone.now(), 0, 10) == []
    api("PATCH", f"/conversations/{closed}", {"status": "open"})
    assert tonight()[0].done == 0
    assert "malinovec" in api("GET", f"/conversations/{closed}").content.decode()


def test_files_go_and_words_stay(closed: int, api: Call, boss: Call, store: StoreInfo) -> None:
    switch_on(boss, "attachments", 30, store.id)
    assert tonight()[0].done == 1
    shown = api("GET", f"/conversations/{closed}").json()
    assert shown["messages"][0]["attachments"] == []
    assert "malinovec" in str(shown)


def test_where_an_order_went_goes_and_does_not_come_back(boss: Call, store: StoreInfo) -> None:
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Trgovina")
    commerce.take(shop_id, [ordered("77")], live=True)
    switch_on(boss, "order_addresses", 1, store.id)
    assert tonight()[0].done == 1
    row = Order.objects.get()
    assert (row.body["ship_to"], row.body["buyer"].get("phone"), row.body["buyer"]["email"]) == (
        {"country": "SI"},
        None,
        "maja@customers.example",
    )
    assert commerce_queries.find_orders("Trubarjeva", store_ids=[store.id]) == []
    commerce.take(shop_id, [ordered("77", hours=9, payment="refunded")], live=True)
    row.refresh_from_db()
    assert (row.payment, row.body["ship_to"]) == ("refunded", {"country": "SI"})


def test_birthdays_go_when_nothing_was_bought_for_long(boss: Call, store: StoreInfo) -> None:
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Trgovina")
    buyer = type(ordered().buyer)(id="b1", email="a@x.example", birthday=timezone.now().date())
    commerce.take(shop_id, [ordered("1", buyer=buyer, placed_at=timezone.now() - timedelta(days=90))], live=False)
    switch_on(boss, "birthdays", 100, store.id)
    assert tonight()[0].done == 0
    switch_on(boss, "birthdays", 60, store.id)
    assert tonight()[0].done == 1
    assert Buyer.objects.get().birthday is None


def test_people_who_are_long_gone_are_forgotten_with_a_proof(closed: int, api: Call, boss: Call) -> None:
    customer_id = api("GET", f"/conversations/{closed}").json()["customer"]["id"]
    switch_on(boss, "people", 30, None)
    assert tonight()[0].done == 1
    assert proofs.erasures()[0].cause == "retention"
    assert api("GET", f"/customers/{customer_id}").json()["identities"] == []
    switch_on(boss, "people", 29, None)
    assert tonight()[0].done == 0, "nobody is forgotten twice"


def test_people_with_an_open_matter_are_not_forgotten(closed: int, api: Call, boss: Call) -> None:
    api("PATCH", f"/conversations/{closed}", {"status": "open"})
    switch_on(boss, "people", 30, None)
    assert tonight()[0].done == 0


def test_lines_of_the_access_log_go(closed: int, boss: Call) -> None:
    before = len(accounts_queries.access_log(limit=200).items)
    switch_on(boss, "access_log", 30, None)
    assert tonight()[0].done > 0
    assert len(accounts_queries.access_log(limit=200).items) < before


def test_what_came_in_goes_and_its_message_stays(closed: int, api: Call, boss: Call, store: StoreInfo) -> None:
    switch_on(boss, "payloads", 30, store.id)
    assert tonight()[0].done == 1
    assert "malinovec" in api("GET", f"/conversations/{closed}").content.decode()


def test_a_rule_is_tried_before_it_holds(boss: Call, api: Call, store: StoreInfo) -> None:
    rule = {"store_id": store.id, "field": "messages", "days": 30}
    assert boss("PUT", "/retention", {**rule, "active": True}).status_code == 409
    seen = boss("POST", "/retention/trial", rule).json()
    other = {**rule, "days": 3, "active": True, "confirm": seen["confirm"]}
    assert boss("PUT", "/retention", other).status_code == 409, "that was not tried"
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        late = boss("PUT", "/retention", {**rule, "active": True, "confirm": seen["confirm"]})
        assert late.status_code == 409
    assert boss("PUT", "/retention", {**rule, "active": False}).status_code == 200, "switching off needs no trial"
    assert api("POST", "/retention/trial", rule).status_code == 403
    for wrong in ({"field": "people"}, {"days": 0}, {"field": "nothing"}):
        assert boss("POST", "/retention/trial", {**rule, **wrong}).status_code == 422


def test_a_run_goes_on_where_it_was_stopped(
    arrive: Call, api: Call, boss: Call, store: StoreInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Trgovina")
    commerce.take(shop_id, [ordered(str(number)) for number in range(5)], live=False)
    honest = retention.FIELDS["order_addresses"]
    calls: list[int] = []

    def dying(ids: Any, before: Any) -> int:
        calls.append(len(ids))
        if len(calls) == 2:
            raise RuntimeError("the process was killed")
        return honest.forget(ids, before)

    monkeypatch.setitem(retention.FIELDS, "order_addresses", honest._replace(forget=dying, batch=2))
    switch_on(boss, "order_addresses", 1, store.id)
    with pytest.raises(RuntimeError):
        tonight()
    assert Order.objects.filter(trimmed=True).count() == 2
    (run,) = tonight()
    assert (run.done, run.outcome) == (5, "done")
    assert calls == [2, 2, 2, 1]


def test_a_rule_that_is_changed_or_switched_off_stops_its_run(boss: Call, store: StoreInfo) -> None:
    switch_on(boss, "messages", 30, store.id)
    run_id = rules.begin(rules.rules()[0])
    boss("PUT", "/retention", {"store_id": store.id, "field": "messages", "days": 30, "active": False})
    retention.work(run_id)
    assert rules.runs()[0].outcome == "replaced"
    path = f"/retention/versions?store_id={store.id}&field=messages"
    found = [(one["version"], one["active"], one["name"]) for one in boss("GET", path).json()["items"]]
    assert found == [(2, False, "t"), (1, True, "t")]


def test_a_run_begins_at_night_and_once(boss: Call, store: StoreInfo) -> None:
    switch_on(boss, "messages", 30, store.id)
    noon = (timezone.now() + timedelta(days=1)).replace(hour=11, minute=0)
    with time_machine.travel(noon, tick=True):
        retention.begin()
    assert rules.runs() == []
    assert len(tonight()) == 1
    assert queue.registered(retention.TASK) is not None
    with time_machine.travel((timezone.now() + timedelta(days=1)).replace(hour=2, minute=0), tick=True):
        retention.begin()
    assert len(rules.runs()) == 1
