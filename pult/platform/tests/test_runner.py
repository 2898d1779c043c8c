"""Workers as processes: many at once, killed in the middle, stopped in order."""

from __future__ import annotations

import random
import signal
import subprocess
import time

import pytest

from pult.platform.tests.conftest import Outside

pytestmark = pytest.mark.program

WORKER = """
import threading
from django.conf import settings
settings.TASK_MODULES = ["pult.platform.tests.jobs_for_tests"]
settings.WORKER_LOOPS = settings.WORKER_BATCHES = []
from pult.platform import worker
worker.main()
"""
ADD = """
from datetime import UTC, datetime
count, pause = int(sys.argv[1]), float(sys.argv[2])
with transaction.atomic():
    for n in range(count):
        queue.enqueue("outside.count", {"name": f"job-{n}", "pause": pause})
"""
LOOK = """
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM platform_job WHERE task = 'outside.count'")
    left = cursor.fetchone()[0]
    cursor.execute("SELECT count(*), coalesce(sum(position), 0) FROM platform_eventcursor WHERE name LIKE 'job-%'")
    print(left, *cursor.fetchone())
"""


def look(outside: Outside) -> tuple[int, int, int]:
    """Return how many jobs are left, how many ran, and how often all together."""
    left, ran, times = map(int, outside.run(LOOK).split())
    return left, ran, times


def until_done(outside: Outside, seconds: float) -> tuple[int, int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left, ran, times = look(outside)
        if not left:
            return ran, times
        time.sleep(0.2)
    raise AssertionError(f"{left} jobs are left after {seconds} s")


def stop(*workers: subprocess.Popen[str]) -> None:
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    for worker in workers:
        worker.communicate(timeout=60)
    assert {worker.returncode for worker in workers} <= {0, -signal.SIGTERM}, "in order, or before it began"


def test_several_workers_run_every_job_once(outside: Outside) -> None:
    outside.run(ADD, 400, 0)
    workers = [outside.start(WORKER) for _ in range(3)]
    ran, times = until_done(outside, 90)
    stop(*workers)
    assert (ran, times) == (400, 400)


def test_jobs_of_killed_workers_are_run_by_others(outside: Outside) -> None:
    outside.run(ADD, 500, 0.03)
    chance = random.Random(7)
    workers = [outside.start(WORKER) for _ in range(2)]
    for _ in range(3):
        time.sleep(0.8 + chance.random() / 2)
        victim = workers.pop(0)
        victim.kill()
        victim.communicate()
        workers.append(outside.start(WORKER))
    ran, times = until_done(outside, 90)
    stop(*workers)
    assert ran == 500
    assert times >= 500, "each ran at least once"
    assert times <= 500 + 3 * 2 * 20, "only what the killed held ran again"


def test_a_slow_job_does_not_keep_others_waiting(outside: Outside) -> None:
    outside.run(ADD, 1, 20)
    outside.run("queue.enqueue('outside.count', {'name': 'job-quick'})")
    worker = outside.start(WORKER)
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and look(outside)[1] == 0:
        time.sleep(0.1)
    left, ran, _ = look(outside)
    worker.kill()
    worker.communicate()
    assert (left, ran) == (1, 1)


def test_periodic_jobs_run_again_and_again_by_one_worker_at_a_time(outside: Outside) -> None:
    began = time.monotonic()
    workers = [outside.start(WORKER) for _ in range(2)]
    while ticks(outside) < 3 and time.monotonic() - began < 40:
        time.sleep(0.2)
    stop(*workers)
    assert 3 <= ticks(outside) <= 1 + (time.monotonic() - began) / 0.3


def test_a_worker_without_work_stops_at_once(outside: Outside) -> None:
    worker = outside.start(WORKER.replace("worker.main()", "worker.runner.LATER = 600; worker.main()"))
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline and ticks(outside) == 0:
        time.sleep(0.2)
    time.sleep(1)
    began = time.monotonic()
    stop(worker)
    assert time.monotonic() - began < 30, "who waits to be woken does not wait any longer"


def ticks(outside: Outside) -> int:
    return int(outside.run("print(events.cursor('tick'))"))
