"""A worker that is killed between taking notices and committing what they say: nothing is lost, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pult.platform.tests.conftest import Outside, _new_database

pytestmark = [pytest.mark.program]

SHOP = """
from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.commerce import actions, notices
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import an_order
store = accounts.create_store(SYSTEM, name="Shop", language="en")
own = Shop()
settings = {"base_url": "http://shop.example", "webhook_secret": own.secret}
shop_id = actions.connect(store_id=store.id, connector="http", name="Shop", settings=settings)
for number in range(120):
    notices.receive(shop_id, *own.notice(an_order(number), f"n{number}"))
    notices.receive(shop_id, *own.notice(an_order(number), f"n{number}"))
"""
WORKER = """
from pult.commerce import actions, notices
honest = actions.take
def slow(*arguments, **named):
    taken = honest(*arguments, **named)
    if sys.argv[1] == "hang":
        print("written", flush=True)
        time.sleep(60)
    return taken
actions.take = slow
notices.release_orphans()
while notices.run_batch():
    pass
print("done", flush=True)
"""
LOOK = """
from pult.commerce.models import Notice, Order
events.sequence()
told = [row.entity_id for row in events.read(0, limit=10_000) if row.kind.startswith("order.")]
print(Order.objects.count(), Notice.objects.filter(state="parsed").count(), len(told), len(set(told)))
"""


@pytest.fixture
def outside(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Outside]:
    url, name = _new_database(tmp_path)
    found = Outside(url, tmp_path)
    made = found.spawn("-m", "pult", "migrate", "-v0", "--skip-checks")
    made.communicate(timeout=240)
    assert made.returncode == 0
    yield found
    found.close()
    if name:
        address = url.replace(f"/{name}?", "/postgres?")
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.mark.timeout(300)
def test_a_worker_killed_before_its_commit_loses_and_doubles_nothing(outside: Outside) -> None:
    outside.run(SHOP)
    for _ in range(2):
        worker = outside.start(WORKER, "hang")
        assert worker.stdout is not None
        assert worker.stdout.readline() == "written\n"
        worker.kill()
        worker.communicate()
        assert outside.run(LOOK).split() == ["0", "0", "0", "0"]
    last = outside.start(WORKER, "well")
    assert last.communicate(timeout=120)[0] == "done\n"
    assert outside.run(LOOK).split() == ["120"] * 4
