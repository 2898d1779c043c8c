"""Wake-ups: inside the process, and between processes by a real Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

from pult.platform import events, wakeup, worker
from pult.platform.tests.conftest import Outside
from pult.platform.tests.test_stream import free_port

pytestmark = pytest.mark.program

REDIS = shutil.which("redis-server")


@pytest.mark.django_db(transaction=True)
def test_a_commit_wakes_who_waits_and_a_rollback_nobody() -> None:
    woken: list[bool] = []

    wakeup.wait("test", timeout=0)

    def listen() -> None:
        woken.append(bool(wakeup.wait("test", timeout=5)))
        woken.append(bool(wakeup.wait("test", timeout=0.3)))

    waiting = threading.Thread(target=listen)
    waiting.start()
    time.sleep(0.1)
    with transaction.atomic():
        wakeup.notify("test")
        wakeup.notify("test")
        time.sleep(0.2)
        assert woken == []
    waiting.join(0.2)
    with transaction.atomic():
        wakeup.notify("test")
        transaction.set_rollback(True)
    waiting.join()
    assert woken == [True, False]


def test_what_was_notified_since_the_last_wait_is_not_missed() -> None:
    assert wakeup.wait("since", "other", timeout=0) == {"since", "other"}, "the first time nobody can tell"
    assert not wakeup.wait("since", "other", timeout=0)
    wakeup._fire_for("since")()
    assert wakeup.wait("since", "other", timeout=0) == {"since"}
    assert not wakeup.wait("since", "other", timeout=0)


@pytest.mark.django_db(transaction=True)
def test_who_has_nothing_to_do_sleeps_until_there_is_something(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def look() -> events.Given:
        looks.append(time.monotonic())
        return events.Given(0, waited=False)

    monkeypatch.setattr(events, "give", look)
    monkeypatch.setattr(events, "WAITING", "a topic that nothing else rings")
    monkeypatch.setattr(wakeup._of(os.getpid()), "patience", 60.0)
    stop = threading.Event()
    sequencer = threading.Thread(target=worker.sequence_forever, args=(stop,))
    sequencer.start()
    try:
        time.sleep(1.2)
        before = len(looks)
        assert before <= 3, "at the start, and hardly again"
    finally:
        stop.set()
        wakeup.notify(events.WAITING)
        sequencer.join(30)
    assert not sequencer.is_alive(), "it was woken before it would have looked by itself"
    assert len(looks) <= before + 1


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    if REDIS is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


WAIT = """
from pult.platform import wakeup
wakeup.wait("across", timeout=0.5)
time.sleep(0.5)  # for the subscription
print("ready", flush=True)
began = time.monotonic()
print(bool(wakeup.wait("across", timeout=8)), time.monotonic() - began, flush=True)
"""
NOTIFY = """
from pult.platform import wakeup
began = time.monotonic()
for _ in range(int(sys.argv[1])):
    with transaction.atomic():
        wakeup.notify("across")
print(time.monotonic() - began)
"""


def test_redis_wakes_other_processes(outside: Outside, redis_url: str) -> None:
    outside.environment["REDIS_URL"] = redis_url
    try:
        waiting = outside.start(WAIT)
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "ready\n"
        outside.run(NOTIFY, 1)
        woken, _ = waiting.communicate(timeout=20)[0].split()
        assert woken == "True"
    finally:
        del outside.environment["REDIS_URL"]


def test_without_an_answer_from_redis_writers_are_hardly_slowed(outside: Outside) -> None:
    outside.environment["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    try:
        assert float(outside.run(NOTIFY, 200)) < 2
    finally:
        del outside.environment["REDIS_URL"]
