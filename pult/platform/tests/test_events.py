"""The event log, as seen by one process. Several processes: test_events_processes.py."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from pult.platform import events


def add(kind: str = "thing.done", entity_id: int = 1) -> int:
    with transaction.atomic():
        return events.append(kind, scope_id=2, entity_id=entity_id, actor="staff:3", data={"message_id": 5})


@pytest.mark.django_db
def test_events_come_back_in_order_with_all_they_carry() -> None:
    first, second = add(entity_id=7), add("thing.undone")
    events.sequence()
    got = events.read(0)
    assert [event.id for event in got] == [first, second]
    assert [event.position for event in got] == [1, 2]
    assert got[0][2:7] == ("thing.done", 2, 7, "staff:3", {"message_id": 5})
    assert got[0].created_at.tzinfo is not None
    assert events.latest() == 2


@pytest.mark.django_db
def test_reading_resumes_after_a_position_and_may_ask_for_kinds() -> None:
    for kind in ("a", "b", "a"):
        add(kind)
    events.sequence()
    assert [event.kind for event in events.read(1)] == ["b", "a"]
    assert [event.position for event in events.read(0, kinds=["a"])] == [1, 3]
    assert events.read(0, kinds=[]) == []
    assert len(events.read(0, limit=2)) == 2


@pytest.mark.django_db
def test_a_cursor_never_moves_back() -> None:
    assert events.cursor("reader") == 0
    events.advance("reader", 5)
    events.advance("reader", 3)
    assert events.cursor("reader") == 5


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        events.append("thing.done", scope_id=None, entity_id=None)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_event_never_was() -> None:
    with transaction.atomic():
        events.append("thing.done", scope_id=None, entity_id=None)
        transaction.set_rollback(True)
    add("after")
    events.sequence()
    assert [event.kind for event in events.read(0)] == ["after"]


@pytest.mark.django_db(transaction=True)
def test_the_counter_is_made_again_when_its_row_is_gone() -> None:
    add()
    events.sequence()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM platform_eventcounter")
    add("second")
    events.sequence()
    events.sequence()
    assert [event.kind for event in events.read(1)] == ["second"]
