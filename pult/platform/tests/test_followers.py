"""Readers of the log that keep their place."""

from __future__ import annotations

import pytest
from django.db import transaction

from pult.platform import events, followers
from pult.platform.events import EventRow

pytestmark = pytest.mark.django_db(transaction=True)
seen: list[str] = []
for name in ("one", "two"):
    events.reader(name)


def remember(rows: list[EventRow]) -> None:
    seen.extend(row.kind for row in rows)


def happen(*kinds: str) -> None:
    seen.clear()
    with transaction.atomic():
        for kind in kinds:
            events.append(kind, scope_id=None, entity_id=None)
    events.sequence()


def test_each_event_is_handed_over_once_and_in_order() -> None:
    happen("a", "b", "c")
    assert followers.follow_once("one", remember, batch=2) == 2
    assert followers.follow_once("one", remember, batch=2) == 1
    assert followers.follow_once("one", remember) == 0
    assert seen == ["a", "b", "c"]
    assert followers.follow_once("two", remember) == 3


def test_a_failing_step_moves_nothing_on() -> None:
    happen("a")

    def fail(rows: list[EventRow]) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        followers.follow_once("one", fail)
    assert followers.follow_once("one", remember) == 1
    assert seen == ["a"]


def test_nobody_reads_without_being_known_as_a_reader() -> None:
    happen("a")
    with pytest.raises(LookupError, match="stranger"):
        followers.follow_once("stranger", remember)


def test_other_kinds_are_passed_by() -> None:
    happen("a", "b", "a", "b", "b")
    while followers.follow_once("one", remember, kinds=["a"], batch=1):
        pass
    assert seen == ["a", "a"]
    assert events.cursor("one") == 5
