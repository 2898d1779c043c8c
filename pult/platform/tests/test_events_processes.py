"""No reader ever skips an event, however late its transaction commits; nobody waits for one that is held open."""

from __future__ import annotations

import json
import subprocess

import pytest
from django.db import connection

from pult.platform.tests.conftest import Outside

pytestmark = pytest.mark.program

WRITERS = 8
WRITE = """
import random
writer, seconds = int(sys.argv[1]), float(sys.argv[2])
chance, end, n = random.Random(writer), time.monotonic() + seconds, 0
while time.monotonic() < end:
    with transaction.atomic():
        events.append("written", scope_id=writer, entity_id=writer, data={"n": n})
        n += 1
        if chance.random() < 0.05:
            time.sleep(chance.random() * 0.2)
print(n)
"""
HOLD = """
with transaction.atomic():
    events.append("held", scope_id=99, entity_id=99)
    time.sleep(float(sys.argv[1]))
"""
READ = """
import json
position, delays, seen, numbers = 0, [], set(), {}
last, end = time.monotonic(), time.monotonic() + 60
in_order = True
while time.monotonic() < end and time.monotonic() - last < 3.5:
    events.sequence()
    rows = events.read(position, limit=1000)
    for row in rows:
        position = row.position
        seen.add(row.id)
        if row.kind == "written":
            in_order &= row.data["n"] == numbers.get(row.entity_id, -1) + 1
            numbers[row.entity_id] = row.data["n"]
            delays.append(time.time() - row.created_at.timestamp())
        last = time.monotonic()
    time.sleep(0.02)
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*), max(position), count(position) FROM platform_event")
    total, top, given = cursor.fetchone()
delays.sort()
print(json.dumps({"total": total, "seen": len(seen), "top": top, "given": given, "in_order": in_order,
    "p50": delays[len(delays) // 2], "p99": delays[len(delays) * 99 // 100]}))
"""
SEQUENCE = """
import threading
from pult.platform.worker import sequence_forever
sequence_forever(threading.Event())
"""


def read_result(reader: subprocess.Popen[str]) -> dict[str, float]:
    printed, _ = reader.communicate(timeout=90)
    return dict(json.loads(printed))


def test_late_commits_are_never_skipped_by_any_reader(outside: Outside) -> None:
    readers = [outside.start(READ) for _ in range(2)]
    sequencers = [outside.start(SEQUENCE) for _ in range(2)]
    writers = [outside.start(WRITE, n, 6) for n in range(WRITERS)]
    if connection.vendor == "postgresql":
        # On SQLite there is one writer at a time: a transaction held open stops the others by its nature.
        writers.append(outside.start(HOLD, 5))
    written = [writer.communicate(timeout=60)[0] for writer in writers]
    results = [read_result(reader) for reader in readers]
    for sequencer in sequencers:
        sequencer.kill()
        sequencer.communicate()
    expected = sum(int(n) for n in written[:WRITERS]) + len(written) - WRITERS
    for result in results:
        print(result)
        assert result["total"] == result["seen"] == result["given"] == expected
        assert result["top"] >= expected, "a position more, where two gave them at once, is nobody's"
        assert result["in_order"], "the events of one entity keep their order"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_a_transaction_held_open_delays_nobody_else(outside: Outside) -> None:
    holder = outside.start(HOLD, 4)
    reader = outside.start(READ)
    writer = outside.start(WRITE, 1, 2)
    result = read_result(reader)
    holder.communicate()
    writer.communicate()
    assert result["in_order"]
    assert result["seen"] == result["total"]
    assert result["p99"] < 1.0
