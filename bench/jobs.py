"""How many jobs a second the queue writes and runs: `python -m bench.jobs [count] [workers]`, on DATABASE_URL.

Each job is a row that is claimed, run (a task that does nothing) and deleted; the workers are processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import django
from django.core.management import call_command

WORKER = """
import sys, threading
import django
django.setup()
from pult.platform import runner, queue
queue.task("bench.nothing")(lambda: None)
stop = threading.Event()
print("ready", flush=True)
sys.stdin.readline()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
runner.work(stop, batch=50, threads=int(sys.argv[1]))
"""


def measure(count: int, workers: int, threads: int = 1) -> dict[str, float]:
    """Return jobs a second, written in transactions of ten and run by so many workers."""
    db = sys.modules["pult.platform.db"]
    queue = sys.modules["pult.platform.queue"]
    atomic = sys.modules["django.db"].transaction.atomic
    db.count("DELETE FROM platform_job")
    began = time.perf_counter()
    for _ in range(count // 10):
        with atomic():
            for _ in range(10):
                queue.enqueue("bench.nothing", {})
    written = time.perf_counter() - began
    command = [sys.executable, "-c", WORKER, str(threads)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    began = time.perf_counter()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    left = count
    while left:
        time.sleep(0.05)
        left = db.rows("SELECT count(*) FROM platform_job")[0][0]
    ran = time.perf_counter() - began
    for process in running:
        process.communicate("")
    return {"written": round(count / written), "run": round(count / ran)}


def main() -> None:
    """Print the figures of one worker and of several."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    __import__("pult.platform.queue")
    call_command("migrate", "platform", verbosity=0)
    for workers in (1, int(sys.argv[2]) if len(sys.argv) > 2 else 2):
        print(f"{workers} worker(s): {measure(count, workers)} jobs a second", flush=True)


if __name__ == "__main__":
    main()
