"""Rows of several tables go in together, as they were given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from pult.platform import db
from pult.platform.db import Rows, insert_many, insert_together, reserve
from pult.platform.models import Event, Job

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 5, 6, 7, 891234, tzinfo=UTC)
TEXT = "šč \"quoted\" 'single' back\\slash %s {} \u2028 🎁\nline"
JOB = ("task", "args", "key", "priority", "run_at", "attempts", "lease_by", "state", "last_error", "created_at")
EVENT = ("position", "kind", "scope_id", "entity_id", "actor", "data", "created_at")


def job(key: str | None, text: str = TEXT) -> tuple[object, ...]:
    at = db.time_in(NOW)
    return ("t", db.json_in({"a": [1, None, text]}), key, -2, at, 0, "", "ready", text, at)


def test_every_kind_of_value_comes_back_as_it_was() -> None:
    at = db.time_in(NOW + timedelta(days=1))
    events = [(None, "k", None, 1 << 40, "staff:1", db.json_in({}), at), (7, "l", 2, 3, "x", db.json_in({"n": 1}), at)]
    with CaptureQueriesContext(connection) as queries:
        insert_together(Rows("platform_job", JOB, [job("a")]), Rows("platform_event", EVENT, events))
    assert len(queries) == (1 if connection.vendor == "postgresql" else 2)
    made = Job.objects.get()
    assert (made.args, made.key, made.priority, made.run_at, made.last_error) == (
        {"a": [1, None, TEXT]}, "a", -2, NOW, TEXT,
    )  # fmt: skip
    first, second = Event.objects.order_by("id")
    assert (first.position, first.kind, first.scope_id, first.entity_id, first.data) == (None, "k", None, 1 << 40, {})
    assert (second.position, second.data, second.created_at) == (7, {"n": 1}, NOW + timedelta(days=1))


def test_nothing_to_insert_asks_nothing() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_together(Rows("platform_job", JOB, []), Rows("platform_event", EVENT, []))
        assert insert_many("platform_job", JOB, []) == []
        assert reserve(0, "platform_job", "platform_event") == []
    assert len(queries) == 0


def test_a_conflict_leaves_out_or_fails_as_it_is_asked_to() -> None:
    tail = "ON CONFLICT (key) DO NOTHING RETURNING key"
    assert insert_many("platform_job", JOB, [job("a"), job("b")], tail=tail) == [("a",), ("b",)]
    assert insert_many("platform_job", JOB, [job("b"), job("c")], tail=tail) == [("c",)]
    with pytest.raises(DatabaseError), transaction.atomic():
        insert_together(Rows("platform_job", JOB, [job("d"), job("a")]))
    assert set(Job.objects.values_list("key", flat=True)) == {"a", "b", "c"}


def test_reserved_ids_are_nobody_elses() -> None:
    made = Job.objects.create(task="t", run_at=NOW, created_at=NOW)
    taken = reserve(3, "platform_job", "platform_event")
    assert len({row[0] for row in taken} | {made.id}) == 4
    assert [row[0] for row in taken] == sorted(row[0] for row in taken)
    insert_together(Rows("platform_job", ("id", *JOB), [(row[0], *job(None)) for row in taken]))
    assert Job.objects.create(task="t", run_at=NOW, created_at=NOW).id not in {row[0] for row in taken}
