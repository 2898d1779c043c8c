"""Doorbells: processes of one machine wake each other, whoever comes, goes and dies."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from pult.platform.doorbells import Doorbells
from pult.platform.tests.conftest import Outside

pytestmark = pytest.mark.program

WAIT = """
from pult.platform import wakeup
wakeup.wait("across")
print("ready", flush=True)
for _ in range(int(sys.argv[1])):
    began = time.monotonic()
    print(bool(wakeup.wait("across", timeout=30)), time.monotonic() - began, flush=True)
"""
NOTIFY = """
from pult.platform import wakeup
with transaction.atomic():
    wakeup.notify("across")
    wakeup.notify("another")
"""


def waiting(outside: Outside, times: int) -> subprocess.Popen[str]:
    process = outside.start(WAIT, times)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def folder(outside: Outside) -> Path:
    return Path(outside.environment["PULT_DATA_DIR"]) / "wake"


def test_a_commit_wakes_every_process_that_waits(outside: Outside) -> None:
    processes = [waiting(outside, 1) for _ in range(2)]
    outside.run(NOTIFY)
    for process in processes:
        woken, after = process.communicate(timeout=60)[0].split()
        assert woken == "True"
        assert float(after) < 29, "it was woken and did not look by itself"


def test_who_is_killed_holds_nobody_up_and_who_comes_after_is_heard(outside: Outside) -> None:
    killed = waiting(outside, 1)
    killed.kill()
    killed.communicate()
    assert any(name.startswith("across.") for name in os.listdir(folder(outside)))
    outside.run(NOTIFY)
    assert not any(name.startswith("across.") for name in os.listdir(folder(outside))), "its pipe is taken away"
    later = waiting(outside, 1)
    outside.run(NOTIFY)
    assert later.communicate(timeout=60)[0].startswith("True")


def test_one_that_comes_while_another_rings_is_heard_and_nobody_waits_for_the_deaf(tmp_path: Path) -> None:
    ringing = Doorbells(tmp_path / "wake")
    ringing.ring("topic")
    heard, slow = threading.Event(), threading.Event()
    assert Doorbells(tmp_path / "wake").answer("topic", heard.set)
    assert Doorbells(tmp_path / "wake").answer("topic", lambda: time.sleep(60))
    assert Doorbells(tmp_path / "wake").answer("other", slow.set)
    began = time.monotonic()
    for _ in range(100_000):
        ringing.ring("topic")
    assert time.monotonic() - began < 30, "a full pipe stops nobody"
    assert heard.wait(10)
    assert not slow.is_set()


def test_a_process_does_not_ring_at_its_own_door(tmp_path: Path) -> None:
    bells = Doorbells(tmp_path / "wake")
    heard = threading.Event()
    bells.answer("topic", heard.set)
    bells.ring("topic")
    assert not heard.wait(0.3)


def test_where_no_pipe_can_be_made_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "wake").write_text("a file is in the way")
    bells = Doorbells(tmp_path / "wake")
    assert not bells.answer("topic", lambda: None)
    bells.ring("topic")
