"""A worker that is killed between the shop and the database: what it did in the shop is done once, and told once."""

from __future__ import annotations

import pytest

from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import an_order
from pult.commerce.tests.test_killed import outside
from pult.platform.tests.conftest import Outside

__all__ = ["outside"]
pytestmark = [pytest.mark.program]

SCENE = """
from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM, actor_of_staff
from pult.commerce import actions, acts, base, queries
from pult.commerce.connectors.http.standin import Shop, TOKEN
from pult.commerce.testing import an_order
from pult.flows import acting
store = accounts.create_store(SYSTEM, name="Shop", language="en")
admin = accounts.create_staff(SYSTEM, email="vera@shop.example", name="Vera", role="admin", store_ids=[store.id])
settings = {"base_url": sys.argv[1], "token": TOKEN}
shop_id = actions.connect(store_id=store.id, connector="http", name="Shop", settings=settings)
actions.take(shop_id, [an_order(1, payment="paid")], live=False)
(order,) = queries.find_orders("N1", store_ids=[store.id])
actor = actor_of_staff(admin.id)
made = acts.plan(shop_id=shop_id, act=base.GiveBack("o1", 2495), actor=actor, order_id=order.id)
acting.ask(made, actor=actor, amount=2495)
"""
WORKER = """
from pult.commerce import acts
from pult.commerce.models import ShopAct
from pult.flows import acting
honest = acts._finish
def slow(*arguments, **named):
    if sys.argv[1] == "hang":
        print("done there", flush=True)
        time.sleep(60)
    return honest(*arguments, **named)
acts._finish = slow
acting.perform(ShopAct.objects.get().pk)
print("done here", flush=True)
"""
LOOK = """
from pult.commerce.models import Order, ShopAct
events.sequence()
told = [row.kind for row in events.read(0, limit=1000) if row.kind == "act.done"]
print(ShopAct.objects.get().state, Order.objects.get().refunded, len(told))
"""


@pytest.mark.timeout(300)
def test_a_worker_killed_after_the_shop_has_acted_does_it_once(outside: Outside) -> None:
    outside.environment["HTTP_ALLOW_HOSTS"] = "127.0.0.1"
    with Shop() as own:
        own.keep(an_order(1, payment="paid"))
        outside.run(SCENE, own.settings["base_url"])
        for _ in range(2):
            worker = outside.start(WORKER, "hang")
            assert worker.stdout is not None
            assert worker.stdout.readline() == "done there\n"
            worker.kill()
            worker.communicate()
            assert outside.run(LOOK).split() == ["doing", "0", "0"]
        last = outside.start(WORKER, "well")
        assert last.communicate(timeout=120)[0] == "done here\n"
        assert outside.run(LOOK).split() == ["done", "2495", "1"]
        assert own.done == [("refund", "o1")]
