"""Jobs, as seen by one process. Killed workers: test_runner.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from pult.platform import holders, queue
from pult.platform.models import Job

pytestmark = pytest.mark.django_db
calls: list[object] = []


@pytest.fixture(autouse=True)
def _tasks() -> Iterator[None]:
    calls.clear()
    known = dict(queue._tasks)
    queue.task("test.note")(note)
    queue.task("test.fail", max_attempts=3, backoff=lambda n: 0)(fail)
    queue.task("test.give_up")(give_up)
    queue.task("test.later")(later)
    yield
    queue._tasks.clear()
    queue._tasks.update(known)


def note(value: object) -> None:
    calls.append(value)


def fail() -> None:
    calls.append("failed")
    raise ValueError("no luck")


def give_up() -> None:
    raise queue.GiveUp("never")


def later() -> None:
    raise queue.Retry("busy", after=3600)


def test_a_job_runs_once_and_is_gone() -> None:
    queue.enqueue("test.note", {"value": 1})
    assert queue.run_due() == 1
    assert queue.run_due() == 0
    assert calls == [1]
    assert not Job.objects.exists()


def test_urgent_jobs_go_first_and_equals_in_their_order() -> None:
    for value, priority in ((1, 0), (2, -2), (3, 99), (4, 0)):
        queue.enqueue("test.note", {"value": value}, priority=priority)
    queue.run_due()
    assert calls == [3, 1, 4, 2]


def test_a_later_job_waits() -> None:
    queue.enqueue("test.note", {"value": 1}, run_at=datetime.now(UTC) + timedelta(minutes=1))
    assert queue.run_due() == 0
    assert queue.stats() == {"due": 0, "running": 0, "later": 1, "dead": 0, "oldest_due_seconds": 0}


def test_a_key_makes_one_job_only() -> None:
    first = queue.enqueue("test.note", {"value": 1}, key="only")
    assert queue.enqueue("test.note", {"value": 2}, key="only") == first
    queue.run_due()
    assert calls == [1]
    assert queue.enqueue("test.note", {"value": 3}, key="only") != first


def test_a_job_can_be_cancelled_until_it_is_claimed() -> None:
    queue.enqueue("test.note", {"value": 1}, key="a")
    assert queue.cancel("a")
    assert not queue.cancel("a")
    queue.enqueue("test.note", {"value": 1}, key="a")
    jobs = queue.claim()
    assert not queue.cancel("a")
    queue.finish(jobs)


def test_a_failing_job_is_tried_again_and_then_shown_as_dead() -> None:
    job_id = queue.enqueue("test.fail", {})
    queue.run_due()
    assert calls == ["failed"] * 3
    (dead,) = queue.dead()
    assert (dead.id, dead.task, dead.attempts, dead.error) == (job_id, "test.fail", 3, "ValueError: no luck")
    assert queue.revive(job_id)
    queue.run_due()
    assert calls == ["failed"] * 6
    assert queue.discard(job_id)
    assert queue.dead() == []


def test_giving_up_and_retrying_are_told_apart() -> None:
    queue.enqueue("test.give_up", {})
    queue.enqueue("test.later", {})
    queue.run_due()
    assert [job.task for job in queue.dead()] == ["test.give_up"]
    assert queue.stats()["later"] == 1


def test_an_expired_lease_makes_the_job_due_and_the_late_holder_harmless() -> None:
    queue.enqueue("test.note", {"value": 1})
    lost = queue.claim()
    assert queue.claim() == []
    Job.objects.update(run_at=datetime.now(UTC))
    (again,) = queue.claim()
    assert again.attempts == 2
    queue.finish(lost)
    assert Job.objects.filter(id=again.id).exists()
    queue.finish([again])
    assert not Job.objects.exists()


def test_jobs_of_a_process_that_is_gone_are_due_at_once() -> None:
    queue.enqueue("test.note", {"value": 1})
    queue.claim()
    assert queue.release_orphans() == 0
    for gone in ("999999999:1:1", f"{os.getpid()}:1:1"):
        Job.objects.update(lease_by=f"{holders.machine_prefix()}{gone}")
        assert queue.release_orphans() == 1
    queue.run_due()
    assert calls == [1]


def test_a_job_that_kills_its_process_again_and_again_is_buried() -> None:
    queue.enqueue("test.note", {"value": 1})
    Job.objects.update(attempts=8)
    queue.run_due()
    assert calls == []
    assert "died" in queue.dead()[0].error


def test_what_was_claimed_and_not_begun_can_be_given_back() -> None:
    queue.enqueue("test.note", {"value": 1}, key="a")
    queue.give_back(queue.claim())
    assert queue.cancel("a")


def test_a_job_whose_task_is_unknown_here_waits_for_a_process_that_knows_it() -> None:
    queue.enqueue("test.unknown", {})
    queue.run_due()
    assert queue.stats()["later"] == 1


def test_a_periodic_job_comes_back_and_never_dies() -> None:
    queue._tasks.clear()
    queue.periodic("test.tick", every=0)(lambda: calls.append("tick"))
    queue.ensure_periodic()
    queue.ensure_periodic()
    assert queue.run_due(limit=3) == 3
    assert calls == ["tick"] * 3
    del queue._tasks["test.tick"]
    queue.ensure_periodic()
    assert not Job.objects.filter(task="test.tick").exists()


def test_a_job_of_a_rolled_back_transaction_never_was() -> None:
    with transaction.atomic():
        queue.enqueue("test.note", {"value": 1})
        transaction.set_rollback(True)
    assert queue.run_due() == 0


def test_two_tasks_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match=r"test\.note"):
        queue.task("test.note")(fail)
