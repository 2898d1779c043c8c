"""What grows with use is deleted when its time is over, and never while somebody needs it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import QuerySet

from pult.platform import events, queue, retention
from pult.platform.models import Event, EventCursor, IdempotencyKey, Job, WebhookDelivery, WebhookSubscription

pytestmark = pytest.mark.django_db(transaction=True)
for name in ("slow", "fast", "reader"):
    events.reader(name)
LONG_AGO = datetime.now(UTC) - timedelta(days=200)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    monkeypatch.setattr(retention, "PAUSE", 0)


def positions(rows: QuerySet[Event]) -> list[int]:
    """Return the positions that events have been given, in order."""
    return sorted(position for position in rows.values_list("position", flat=True) if position is not None)


def happened(number: int) -> list[int]:
    """Let things happen long ago and return their positions."""
    with transaction.atomic():
        ids = [events.append("thing", scope_id=None, entity_id=1) for _ in range(number)]
    events.sequence()
    Event.objects.filter(id__in=ids).update(created_at=LONG_AGO)
    return positions(Event.objects.filter(id__in=ids))


def left() -> list[int]:
    return positions(Event.objects.all())


def test_events_stay_until_the_slowest_reader_has_read_them() -> None:
    given = happened(10)
    retention.prune_events()
    assert left() == given  # nobody has read anything
    events.advance("slow", given[3])
    events.advance("fast", given[9])
    retention.prune_events()
    assert left() == given[4:]
    assert retention.pruned() == given[3]
    events.advance("slow", given[9])
    retention.prune_events()
    assert left() == []


def test_a_reader_that_is_no_more_holds_nothing_back_and_is_dropped(caplog: pytest.LogCaptureFixture) -> None:
    given = happened(8)
    events.advance("reader", given[7])
    events.advance("removed", given[1])
    events.advance("also-removed", given[7])
    Event.objects.filter(position__gt=given[5]).update(created_at=datetime.now(UTC))
    retention.prune_events()
    assert left() == given[6:]
    names = set(EventCursor.objects.values_list("name", flat=True))
    assert names == {"reader", "also-removed", retention._PRUNED}, "who has read what went is in nobody's way"
    assert [record.args for record in caplog.records] == [("removed", given[1])]


def test_that_a_reader_does_not_get_on_is_said(caplog: pytest.LogCaptureFixture) -> None:
    given = happened(3)
    events.advance("slow", given[0])
    retention.prune_events()
    assert left() == given[1:]
    assert [record.args for record in caplog.records] == [("slow", given[0])]
    assert events.cursor("slow") == given[0]


def test_young_events_stay() -> None:
    given = happened(4)
    Event.objects.filter(position__gt=given[1]).update(created_at=datetime.now(UTC))
    events.advance("reader", given[3])
    retention.prune_events()
    assert left() == given[2:]


def deliver(event_id: int, status: str, at: datetime) -> WebhookDelivery:
    subscription, _ = WebhookSubscription.objects.get_or_create(
        url="https://example.com/", defaults={"secret": {"current": "x"}, "created_at": LONG_AGO}
    )
    return WebhookDelivery.objects.create(subscription=subscription, event_id=event_id, status=status, updated_at=at)


def test_what_a_webhook_waits_for_stays() -> None:
    given = happened(6)
    events.advance("reader", given[5])
    waiting = Event.objects.get(position=given[2])
    delivery = deliver(waiting.id, "retrying", LONG_AGO)
    retention.prune_events()
    assert left() == given[2:]
    retention.forget_deliveries()
    assert WebhookDelivery.objects.filter(pk=delivery.pk).exists()
    WebhookDelivery.objects.update(status="delivered")
    retention.prune_events()
    assert left() == []


def test_deletion_that_was_stopped_half_way_is_finished() -> None:
    given = happened(5)
    events.advance("reader", given[4])
    events.advance(retention._PRUNED, given[1])
    Event.objects.filter(position__gt=given[1]).update(created_at=datetime.now(UTC))
    retention.prune_events()
    assert left() == given[2:]


def test_deliveries_go_after_a_month_and_failed_ones_after_three() -> None:
    now = datetime.now(UTC)
    ages = {("delivered", 29), ("delivered", 31), ("failed", 31), ("failed", 91), ("cancelled", 91), ("queued", 400)}
    for number, (status, days) in enumerate(sorted(ages)):
        deliver(number, status, now - timedelta(days=days))
    retention.forget_deliveries()
    assert sorted(WebhookDelivery.objects.values_list("status", flat=True)) == ["delivered", "failed", "queued"]


def test_old_dead_jobs_and_keys_go_and_nothing_else() -> None:
    for number in range(7):
        queue.enqueue("none", {"n": number})
    Job.objects.update(run_at=LONG_AGO, created_at=LONG_AGO)
    dead = list(Job.objects.order_by("id").values_list("id", flat=True))[:5]
    Job.objects.filter(id__in=dead).update(state="dead")
    Job.objects.filter(id=dead[0]).update(run_at=datetime.now(UTC))
    retention.forget_dead_jobs()
    assert sorted(Job.objects.values_list("state", flat=True)) == ["dead", "ready", "ready"]
    for number, at in enumerate([LONG_AGO] * 5 + [datetime.now(UTC)]):
        IdempotencyKey.objects.create(actor="a", key=str(number), fingerprint="", created_at=at)
    retention.forget_keys()
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["5"]
