"""The access log: one insert a line, in its own file on SQLite, removed only by age and erasure."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import access, access_log, actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.models import AccessLog
from pult.platform.models import Event
from pult.platform.paging import BadCursor

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def me(agent: queries.StaffInfo) -> access.Actor:
    actor = access.actor_of_staff(agent.id)
    assert actor is not None
    return actor


def test_a_reading_is_one_insert_and_says_who_what_and_whose(me: access.Actor) -> None:
    with CaptureQueriesContext(connections[access_log.database()]) as used:
        access_log.record(me.ref, "open", subject_ids=[7], customer_id=3, address="192.0.2.1")
    assert [query["sql"].split()[0] for query in used.captured_queries] == ["INSERT"]
    (line,) = queries.access_log().items
    assert (line.actor, line.name, line.kind) == (me.ref, "Ana Novak", "open")
    assert (line.subject, line.subject_ids, line.customer_id) == ("conversation", [7], 3)
    assert line.address == "192.0.2.1"
    assert timezone.now() - line.at < timedelta(seconds=10)


def test_an_address_that_is_none_is_left_out_and_a_long_list_is_cut(me: access.Actor) -> None:
    access_log.record(me.ref, "list", subject_ids=range(1000), address="unix:")
    (line,) = queries.access_log().items
    assert line.address is None
    assert len(line.subject_ids) == access_log.MAX_IDS
    with pytest.raises(ValueError, match="peek"):
        access_log.record(me.ref, "peek")


def test_on_sqlite_the_log_is_a_file_of_its_own() -> None:
    tables = {alias: connections[alias].introspection.table_names() for alias in settings.DATABASES}
    if connections["default"].vendor == "sqlite":
        assert "accounts_accesslog" not in tables["default"]
        assert "accounts_accesslog" in tables["log"]
        assert "accounts_staff" not in tables["log"]
        assert str(settings.DATABASES["log"]["NAME"]) != str(settings.DATABASES["default"]["NAME"])
    else:
        assert set(tables) == {"default"}
        assert "accounts_accesslog" in tables["default"]


def test_pages_follow_one_another_while_new_lines_arrive(me: access.Actor) -> None:
    for number in range(5):
        access_log.record(me.ref, "open", subject_ids=[number])
    first = queries.access_log(limit=2)
    access_log.record(me.ref, "open", subject_ids=[99])
    second = queries.access_log(limit=2, after=first.next or "")
    third = queries.access_log(limit=2, after=second.next or "")
    assert [i.subject_ids for page in (first, second, third) for i in page.items] == [[4], [3], [2], [1], [0]]
    assert third.next is None
    with pytest.raises(BadCursor):
        queries.access_log(after="1 OR 1=1")


def test_the_log_is_filtered_by_customer_actor_and_kind(me: access.Actor) -> None:
    access_log.record(me.ref, "open", customer_id=1)
    access_log.record(SYSTEM.ref, "export", customer_id=1)
    access_log.record(me.ref, "search")
    assert [i.kind for i in queries.access_log(customer_id=1).items] == ["export", "open"]
    assert [i.kind for i in queries.access_log(actor_ref=me.ref).items] == ["search", "open"]
    assert [i.actor for i in queries.access_log(kind="export").items] == ["system"]


def test_lines_are_kept_for_the_days_that_are_set(me: access.Actor, settings: Any) -> None:
    settings.ACCESS_LOG_DAYS = 400
    with time_machine.travel(timezone.now() - timedelta(days=401)):
        access_log.record(me.ref, "open", subject_ids=[1])
    with time_machine.travel(timezone.now() - timedelta(days=399)):
        access_log.record(me.ref, "open", subject_ids=[2])
    assert access_log.expire() == 1
    assert [i.subject_ids for i in queries.access_log().items] == [[2]]


def test_a_customer_hears_who_read_his_data_and_is_taken_out_when_erased(me: access.Actor) -> None:
    access_log.record(me.ref, "open", subject_ids=[7], customer_id=3)
    access_log.record(me.ref, "open", subject_ids=[8], customer_id=4)
    (line,) = queries.export(3)
    assert (line["by"], line["kind"]) == ("Ana Novak", "open")
    assert actions.erase(3) == 1
    assert queries.export(3) == []
    assert AccessLog.objects.count() == 2
    assert [i.subject_ids for i in queries.access_log().items] == [[8], []]


def test_no_other_code_changes_or_removes_a_line() -> None:
    """AccessLog is named only by the rooms that add, read, expire and erase."""
    root = Path(settings.BASE_DIR) / "pult"
    named = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
        and any(
            getattr(node, "id", getattr(node, "attr", "")) == "AccessLog"
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }
    assert named == {"accounts/queries.py", "accounts/actions.py"}


def test_what_an_action_changes_commits_with_its_event(agent: queries.StaffInfo) -> None:
    before = Event.objects.count()
    actions.update_staff(SYSTEM, agent.id, {"language": "hr"})
    row = Event.objects.order_by("-id").first()
    assert row is not None
    assert Event.objects.count() == before + 1
    assert (row.kind, row.entity_id, row.actor, row.data) == (
        "staff.changed",
        agent.id,
        "system",
        {"fields": ["language"]},
    )


def test_the_log_is_narrowed_to_times_and_doors_page_by_page(me: access.Actor) -> None:
    now = timezone.now()
    for days, actor in ((9, me.ref), (5, "token:4"), (5, "link:2"), (1, me.ref), (0, "token:4")):
        with time_machine.travel(now - timedelta(days=days)):
            access_log.record(actor, "export", customer_id=days)
    found = queries.access_log(
        narrowed=queries.LogFilter(since=now - timedelta(days=6), until=now - timedelta(hours=1))
    )
    assert [line.customer_id for line in found.items] == [1, 5, 5]
    pages, after = [], ""
    while True:
        page = queries.access_log(narrowed=queries.LogFilter(until=now - timedelta(hours=1)), after=after, limit=2)
        pages.append([line.customer_id for line in page.items])
        if page.next is None:
            break
        after = page.next
    assert pages == [[1, 5], [5, 9]]
    assert [line.actor for line in queries.access_log(narrowed=queries.LogFilter(door="link")).items] == ["link:2"]
    assert len(queries.access_log(narrowed=queries.LogFilter(door="token", kind="export")).items) == 2
    assert queries.access_log(narrowed=queries.LogFilter(since=now + timedelta(days=1))).items == []
