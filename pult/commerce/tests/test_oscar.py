"""A real django-oscar with Pult's app (contrib/oscar), reached as a shop of one's own."""

from __future__ import annotations

import http.client
import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache

from pult.accounts import access
from pult.accounts import actions as accounts
from pult.commerce import actions, base, notices, queries, reading
from pult.commerce.connectors.http.connector import Connector
from pult.commerce.models import Order, Product, Shop
from pult.platform import webhooks
from tests.shops import running

FOLDER = running.SHOPS / "oscar"
MISSING = not (FOLDER / ".seeded" / "shop.sqlite").exists()
SECRET = webhooks.new_secret()
pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.program,
    pytest.mark.own_database,
    pytest.mark.skipif(MISSING, reason="django-oscar is not installed: `make shops` says why"),
    pytest.mark.timeout(300),
]
HEAD = "import shop_scene as scene\nfrom oscar.core.loading import get_model\nOrder = get_model('order', 'Order')\n"


class Oscar:
    """A shop that runs; `port` is its own."""

    def __init__(self, port: int, control: int) -> None:
        self.port, self.control = port, control

    def run(self, code: str) -> Any:
        """Run code in the shop and return what it leaves as `answer`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.control, timeout=60)
        try:
            connection.request("POST", "/", (HEAD + code).encode())
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status == 200, said
        return said


class Ear(BaseHTTPRequestHandler):
    """Keeps the notices that the shop sends, as Pult's door would."""

    heard: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def oscar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oscar]:
    folder = tmp_path_factory.mktemp("oscar")
    shutil.copy(FOLDER / ".seeded" / "shop.sqlite", folder / "shop.sqlite")
    port, control = running.free_port(), running.free_port()
    command = [str(FOLDER / ".venv" / "bin" / "python"), str(FOLDER / "shop.py")]
    command.append(json.dumps({"port": port, "control": control}))
    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as ear:
        thread = threading.Thread(target=ear.serve_forever, args=(0.05,))
        thread.start()
        environment = {
            "OSCAR_DATABASE": str(folder / "shop.sqlite"),
            "DJANGO_SETTINGS_MODULE": "shop_settings",
            "PULT_NOTICES_URL": f"http://127.0.0.1:{ear.server_address[1]}/hooks/shops/1/notices",
            "PULT_SECRET": SECRET,
        }
        try:
            with running.running(command, log=folder / "log", environment=environment):
                yield Oscar(port, control)
        finally:
            ear.shutdown()
            thread.join()


@pytest.fixture
def shop_id(oscar: Oscar, settings: Any) -> Iterator[int]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    cache.clear()
    access.forget()
    oscar.run(
        "for name in ('order.Order', 'catalogue.Product', 'voucher.Voucher', 'basket.Basket', 'pult_oscar.Deed'):\n"
        "    get_model(*name.split('.')).objects.all().delete()\n"
        "get_model('pult_oscar', 'Change').objects.all().delete()\n"
        "import shop_payments; shop_payments.GIVEN.clear()\n"
    )
    store = accounts.create_store(access.SYSTEM, name="Shop", language="en")
    told = {"base_url": f"http://127.0.0.1:{oscar.port}/pult", "token": "a-token-of-the-shop", "webhook_secret": SECRET}
    yield actions.connect(store_id=store.id, connector="http", name="Oscar", settings=told)
    access.forget()


@pytest.fixture
def info(shop_id: int) -> base.ShopInfo:
    return reading.info(Shop.objects.get(pk=shop_id))


@pytest.fixture
def bought(oscar: Oscar, shop_id: int) -> str:
    """The id of an order of two lamps, paid and not sent."""
    return str(oscar.run("answer = scene.bought('N1', scene.lamp()).pk"))


def seen(info: base.ShopInfo, order_id: str) -> base.Order:
    (found,) = Connector().look(info, "order", [order_id])
    assert isinstance(found, base.Order)
    return found


def test_an_order_of_the_shop_is_read_whole(oscar: Oscar, shop_id: int, bought: str) -> None:
    reading.read(shop_id)
    whole = queries.order(Order.objects.get().id)
    assert whole is not None
    order = whole.order
    assert (order.number, order.total, order.shipping, order.currency, order.payment) == (
        "N1",
        5_390,
        400,
        "EUR",
        "paid",
    )
    assert [(line.title, line.sku, line.quantity, line.price, line.total) for line in order.lines] == [
        ("Lamp", "LAMP-7", 2, 2_495, 4_990)
    ]
    assert (order.buyer.email, order.buyer.name) == ("maja@kupci.example", "Maja Kos")
    assert (order.ship_to.city, order.ship_to.country) == ("Ljubljana", "SI")
    product = Product.objects.get()
    (variant,) = product.body["variants"]
    assert (variant["price"], variant["barcode"]) == (2_495, "38300")
    assert variant["stock"] == [{"place": "Ljubljana", "quantity": 8}], "what is allocated is no longer there"
    assert not any(one.misfits for shop in queries.shops() for one in shop.readings)


def test_what_happens_to_an_order_is_caught_up_with(oscar: Oscar, shop_id: int, bought: str) -> None:
    reading.read(shop_id)
    oscar.run("scene.sent(Order.objects.get(number='N1'))")
    oscar.run("get_model('order', 'Order').objects.get(number='N1').sources.get().refund(10)")
    told: list[reading.Progress] = []
    reading.read(shop_id, told=told.append)
    order = Order.objects.get()
    assert (order.fulfilment, order.payment, order.refunded) == ("sent", "part_refunded", 1_000)
    oscar.run("Order.objects.all().delete()")
    reading.read(shop_id)
    assert Order.objects.get().state == "cancelled", "the shop has deleted it and says so"


def test_many_orders_are_read_page_by_page_while_more_come(
    oscar: Oscar, shop_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    oscar.run(
        "lamp = scene.lamp(stock=5000)\n"
        "first = scene.bought('F', lamp)\n"
        "Order.objects.bulk_create(Order(number=f'M{n}', currency='EUR', total_incl_tax=1, total_excl_tax=1,"
        " guest_email=f'p{n}@kupci.example', date_placed=first.date_placed) for n in range(450))\n"
    )

    def more(progress: reading.Progress) -> None:
        if progress.kind == "order" and progress.done == 200:
            oscar.run("scene.bought('L', get_model('catalogue', 'Product').objects.get())")

    reading.read(shop_id, told=more)
    assert Order.objects.count() == 452


def test_the_shop_tells_of_an_order_by_itself_and_again_what_was_not_kept(oscar: Oscar, shop_id: int) -> None:
    Ear.heard.clear()
    oscar.run("scene.bought('N1', scene.lamp())")
    until = time.monotonic() + 30
    while not any(b'"N1"' in body for _, body in Ear.heard) and time.monotonic() < until:
        time.sleep(0.05)
    for headers, body in Ear.heard:
        notices.receive(shop_id, headers, body)
    while notices.run_batch():
        pass
    assert Order.objects.get().number == "N1"
    assert Product.objects.get().title == "Lamp"
    code = "from pult_oscar.models import Change\nanswer = Change.objects.filter(told=False).count()"
    while oscar.run(code) and time.monotonic() < until:
        time.sleep(0.05)
    Ear.heard.clear()
    again = "from pult_oscar.models import Change\nChange.objects.update(told=False)\n"
    oscar.run(again + "from django.core.management import call_command\ncall_command('pult_notices', stdout=None)")
    assert {json.loads(body)["kind"] for _, body in Ear.heard} == {"order", "product"}


def test_a_wrong_token_is_refused(oscar: Oscar, shop_id: int) -> None:
    actions.change_shop(shop_id, settings={**Shop.objects.get(pk=shop_id).settings, "token": "other"})
    with pytest.raises(base.ShopError, match="401"):
        reading.read(shop_id)


def perform(info: base.ShopInfo, act: base.Act, key: str) -> base.Done:
    """Do it twice under one key, which has to be as good as once."""
    connector, at = Connector(), datetime.now(UTC)
    connector.plan(info, act)
    first = connector.perform(info, act, key=key, at=at)
    assert connector.perform(info, act, key=key, at=at) == first
    return first


def test_money_is_given_back_once_for_a_key(oscar: Oscar, info: base.ShopInfo, bought: str) -> None:
    assert "refund" in Connector().verbs(info)
    plan = Connector().plan(info, base.GiveBack(bought, 2_495))
    assert (plan.amount, plan.most, plan.currency) == (2_495, 5_390, "EUR")
    perform(info, base.GiveBack(bought, 2_495), "k1")
    assert oscar.run("import shop_payments; answer = shop_payments.GIVEN") == [["k1", "24.95"]]
    now = seen(info, bought)
    assert (now.payment, [one.amount for one in now.refunds]) == ("part_refunded", [2_495])
    with pytest.raises(base.Refused) as caught:
        Connector().plan(info, base.GiveBack(bought, 2_896))
    assert caught.value.code == "too_much"


def test_an_order_is_cancelled_its_money_given_back_and_its_stock_freed(
    oscar: Oscar, info: base.ShopInfo, bought: str
) -> None:
    perform(info, base.Cancel(bought), "k1")
    now = seen(info, bought)
    assert (now.state, now.payment) == ("cancelled", "refunded")
    assert oscar.run("answer = get_model('partner', 'StockRecord').objects.get().net_stock_level") == 10
    with pytest.raises(base.Refused) as caught:
        Connector().plan(info, base.Cancel(bought))
    assert caught.value.code == "already_cancelled"


def test_an_order_goes_elsewhere_until_it_has_left(oscar: Oscar, info: base.ShopInfo, bought: str) -> None:
    zagreb = base.Place(name="Maja Kos", lines=["Ilica 5"], postcode="10000", city="Zagreb", country="HR")
    perform(info, base.ChangeAddress(bought, zagreb), "k1")
    now = seen(info, bought)
    assert (now.ship_to.city, now.ship_to.country, now.ship_to.lines) == ("Zagreb", "HR", ["Ilica 5"])
    oscar.run("scene.sent(Order.objects.get(number='N1'))")
    for act, code in (
        (base.ChangeAddress(bought, zagreb), "already_sent"),
        (base.Cancel(bought), "already_sent"),
        (base.Cancel("404"), "unknown"),
    ):
        with pytest.raises(base.Refused) as caught:
            Connector().plan(info, act)
        assert caught.value.code == code


def test_a_note_and_a_code_are_made_and_the_code_is_read_as_a_promotion(
    oscar: Oscar, shop_id: int, info: base.ShopInfo, bought: str
) -> None:
    perform(info, base.AddNote(bought, "Calls before noon only."), "k1")
    assert oscar.run("answer = [n.message for n in get_model('order', 'OrderNote').objects.all()]") == [
        "Calls before noon only."
    ]
    done = perform(info, base.Discount("SORRY-7F3K", percent=10, until=datetime.now(UTC) + timedelta(days=30)), "k2")
    assert done.code == "SORRY-7F3K"
    (found,) = Connector().look(info, "promotion", [done.reference])
    assert isinstance(found, base.Promotion)
    assert (found.code, found.percent, found.active) == ("SORRY-7F3K", 10.0, True)
    reading.read(shop_id)
    with pytest.raises(base.Refused) as caught:
        Connector().plan(info, base.Discount("SORRY-7F3K", percent=10))
    assert caught.value.code == "bad_code"
