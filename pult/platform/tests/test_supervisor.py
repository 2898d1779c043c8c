"""The supervisor, and the whole program as it starts, survives and ends."""

from __future__ import annotations

import http.client
import os
import signal
import smtplib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pult.platform import serve
from pult.platform.tests.conftest import Outside
from pult.platform.tests.test_stream import free_port

pytestmark = pytest.mark.program

PROGRAM = """
from pathlib import Path
from pult.platform.supervisor import Child, Supervisor
folder = Path(sys.argv[1])

def steady():
    with (folder / "steady").open("a") as file:
        print(os.getpid(), file=file)
    time.sleep(600)

def failing():
    with (folder / "failing").open("a") as file:
        print(os.getpid(), file=file)
    raise ValueError("again and again")

Supervisor([Child("steady", steady), Child("failing", failing)]).run()
"""


def eventually(check: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def program(outside: Outside, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = outside.start(PROGRAM, tmp_path)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_a_child_that_dies_is_started_again_and_a_hopeless_one_ever_more_slowly(
    program: subprocess.Popen[str], tmp_path: Path
) -> None:
    eventually(lambda: len(pids(tmp_path / "steady")) == 1)
    os.kill(pids(tmp_path / "steady")[0], signal.SIGKILL)
    eventually(lambda: len(pids(tmp_path / "steady")) == 2)
    time.sleep(2.5)
    assert 3 <= len(pids(tmp_path / "failing")) <= 6


def test_term_ends_all(program: subprocess.Popen[str], tmp_path: Path) -> None:
    eventually(lambda: len(pids(tmp_path / "steady")) == 1)
    program.terminate()
    assert program.wait(5) == 0
    assert not alive(pids(tmp_path / "steady")[0])


def test_children_do_not_outlive_a_killed_parent(program: subprocess.Popen[str], tmp_path: Path) -> None:
    eventually(lambda: len(pids(tmp_path / "steady")) == 1)
    program.kill()
    program.wait(5)
    eventually(lambda: not alive(pids(tmp_path / "steady")[0]))


def answer(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def greets(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            return client.noop()[0] == 250
    except OSError:
        return False


def test_all_of_pult_runs_as_one_small_program_and_ends_in_order(outside: Outside, tmp_path: Path) -> None:
    web, mail = free_port(), free_port()
    machine = Outside(outside.environment["DATABASE_URL"], tmp_path)
    address = f"http://127.0.0.1:{web}"
    machine.environment |= {"PORT": str(web), "SMTP_PORT": str(mail), "PUBLIC_URL": address}
    process = machine.spawn("-m", "pult", "run")
    try:
        eventually(lambda: answer(web, "/api/v1/health") == 200 and greets(mail), 40)
        assert answer(web, "/api/v1/stream") == 401
        for victim in children(process.pid):
            os.kill(victim, signal.SIGKILL)
        eventually(lambda: answer(web, "/api/v1/health") == 200 and greets(mail), 20)
        time.sleep(1)
        figures = memory([process.pid, *children(process.pid)])
        print({pid: f"{kilobytes / 1024:.0f} MB" for pid, kilobytes in figures.items()})
        assert len(figures) == 5
        assert sum(figures.values()) < 450 * 1024
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.communicate()


def memory(processes: list[int]) -> dict[int, int]:
    """Return each process's share of memory (PSS) in kilobytes."""
    shares = {}
    for pid in processes:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        shares[pid] = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return shares


def test_an_address_in_use_is_refused_though_our_own_processes_share_it() -> None:
    listeners = serve.listen_apart("127.0.0.1", 0, 2)
    host, port = listeners[0].getsockname()
    try:
        assert [listener.getsockname()[1] for listener in listeners] == [port, port]
        with pytest.raises(OSError, match="in use"):
            serve.listen_apart(host, port, 2)
    finally:
        for listener in listeners:
            listener.close()
