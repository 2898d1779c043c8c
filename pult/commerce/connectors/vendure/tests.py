"""The contract of a shop, held by a real Vendure, and what only such a shop can do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pult.commerce import actions, base, reading
from pult.commerce.connectors.vendure import connector, standin, walking
from pult.commerce.connectors.vendure.asking import Vendure as Asking
from pult.commerce.connectors.vendure.standin import Door, Vendure
from pult.commerce.testing import AT, PLACE, ActingShopContract, ListeningShopContract, an_order, kept

MISSING = not (standin.SEEDED / "key").exists()
pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.program,
    pytest.mark.own_database,  # what Pult's databases do with it the contract of the HTTP shop shows
    pytest.mark.skipif(MISSING, reason="Vendure is not installed: `make shops` says why"),
    pytest.mark.timeout(300),
]
PAID: dict[str, Any] = {"payment": "paid", "ship_to": PLACE, "bill_to": PLACE}
PAYMENT = base.Payment(id="pay1", method="card", state="paid", amount=5_390, at=AT)


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    with Vendure(tmp_path_factory.mktemp("vendure")) as found:
        yield found


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


class TestVendure(ActingShopContract, ListeningShopContract):
    connector = "vendure"
    many = 130

    @pytest.fixture(autouse=True)
    def _real(self, real: Vendure) -> None:
        self.real = real

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Door(self.real)

    def id_of(self, number: int) -> str:
        return str(1000 + number)

    @pytest.fixture
    def paid(self, stand_in: Door, shop_id: int) -> str:
        """An order of 53.90 that is paid and was read."""
        stand_in.keep(an_order(1, payments=[PAYMENT], **PAID))
        reading.read(shop_id)
        return self.id_of(1)

    def test_money_that_was_given_back_behind_the_orders_back_is_found_within_hours(
        self, stand_in: Door, shop_id: int, paid: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = self.real.sql('SELECT updatedAt FROM "order" WHERE id = ?', paid)
        self._give_back(paid, 1_000)
        assert self.real.sql('SELECT updatedAt FROM "order" WHERE id = ?', paid) == before, "the order says nothing"
        monkeypatch.setattr(connector, "OFTEN", timedelta(milliseconds=1))
        monkeypatch.setattr(connector, "_OVERLAP", timedelta(0))
        reading.read(shop_id)
        (order,) = kept()
        assert (order.payment, order.refunded) == ("part_refunded", 1_000)

    def _give_back(self, order_id: str, amount: int) -> None:
        found, _ = self.real.ask("query ($id: ID!) { order(id: $id) { payments { id } } }", id=order_id)
        asked = {"paymentId": found["order"]["payments"][0]["id"], "amount": amount, "reason": "by hand"}
        asked |= {"lines": [], "shipping": 0, "adjustment": 0}
        question = "mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { __typename } }"
        said, _ = self.real.ask(question, input=asked)
        assert said["refundOrder"]["__typename"] == "Refund"

    def test_a_cancelled_order_still_says_what_was_ordered(
        self, stand_in: Door, shop_id: int, info: base.ShopInfo, acting: base.Acting, paid: str
    ) -> None:
        acting.perform(info, base.Cancel(paid), key="k1", at=datetime.now(UTC))
        now = self.seen(info)
        assert (now.state, now.payment, now.cancelled_at is not None) == ("cancelled", "refunded", True)
        assert [(line.quantity, line.price) for line in now.lines] == [(2, 2_495)]
        assert sum(refund.amount for refund in now.refunds) == 5_390
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.Cancel(paid))
        assert caught.value.code == "already_cancelled"

    def test_what_has_left_is_neither_cancelled_nor_sent_elsewhere(
        self, stand_in: Door, info: base.ShopInfo, acting: base.Acting
    ) -> None:
        parcel = base.Shipment(id="1", number="RR1", carrier="Pošta", sent_at=AT + timedelta(hours=3))
        stand_in.keep(an_order(1, payments=[PAYMENT], shipments=[parcel], **PAID))
        for act in (base.Cancel(self.id_of(1)), base.ChangeAddress(self.id_of(1), PLACE)):
            with pytest.raises(base.Refused) as caught:
                acting.plan(info, act)
            assert caught.value.code == "already_sent"

    def test_an_address_that_the_shop_does_not_send_to_is_refused_and_the_order_left_as_it_was(
        self, stand_in: Door, info: base.ShopInfo, acting: base.Acting, paid: str
    ) -> None:
        abroad = base.Place(name="A B", lines=["1 Main St"], postcode="10001", city="New York", country="US")
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, base.ChangeAddress(paid, abroad), key="k1", at=datetime.now(UTC))
        assert caught.value.code == "bad_address"
        assert self.real.sql('SELECT state FROM "order" WHERE id = ?', paid) == [{"state": "PaymentSettled"}]

    def test_a_product_comes_with_stock_by_place_and_the_shops_own_fields(
        self, stand_in: Door, shop_id: int, info: base.ShopInfo
    ) -> None:
        stock = [base.Stock("Ljubljana", 3), base.Stock("Zagreb", 12)]
        tyre = base.Variant("v8", "Tyre 205/55", 8_990, "EUR", "T-8", attributes={"DOT code": "1225"}, stock=stock)
        stand_in.keep(base.Product("p8", "Tyre", AT, [tyre], attributes={"Warranty": "2 years"}))
        (found,) = connector.Connector().look(info, "product", ["1008"])
        assert isinstance(found, base.Product)
        assert (found.title, found.url, found.attributes) == (
            "Tyre",
            "https://shop.example/p/p-1008",
            {"warranty": "2 years"},
        )
        (variant,) = found.variants
        assert (variant.price, variant.currency, variant.attributes) == (8_990, "EUR", {"dot": "1225"})
        assert variant.stock == stock

    def test_a_new_price_and_new_stock_are_read(self, stand_in: Door, shop_id: int, info: base.ShopInfo) -> None:
        lamp = base.Variant("v7", "Lamp", 2_495, "EUR", "LAMP-7")
        stand_in.keep(base.Product("p7", "Lamp", AT, [lamp]))
        reading.read(shop_id)
        question = "mutation ($input: [UpdateProductVariantInput!]!) { updateProductVariants(input: $input) { id } }"
        self.real.ask(question, input=[{"id": "1007", "prices": [{"price": 1_999, "currencyCode": "EUR"}]}])
        changed = connector.Connector().pages(
            info, "product", since=datetime.now(UTC) - timedelta(minutes=5), cursor=None
        )
        prices = [one.variants[0].price for page in changed for one in page.things if isinstance(one, base.Product)]
        assert set(prices) == {1_999}

    def test_a_code_that_was_made_is_read_as_a_promotion_and_so_are_the_shops_own(
        self, stand_in: Door, shop_id: int, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        act = base.Discount("SORRY-1", amount=500, currency="EUR", minimum=2_000, until=until)
        made = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        lamp = {"name": "productVariantIds", "value": '["1007"]'}
        off = {"code": "products_percentage_discount", "arguments": [{"name": "discount", "value": "20"}, lamp]}
        words = {"languageCode": "en", "name": "Lamps", "description": ""}
        own = {"enabled": True, "couponCode": "LAMPS", "conditions": [], "actions": [off], "translations": [words]}
        question = "mutation ($input: CreatePromotionInput!) { createPromotion(input: $input) { __typename } }"
        self.real.ask(question, input=own)
        pages = connector.Connector().pages(info, "promotion", since=None, cursor=None)
        found = {one.code: one for page in pages for one in page.things if isinstance(one, base.Promotion)}
        sorry, lamps = found["SORRY-1"], found["LAMPS"]
        assert (sorry.id, sorry.amount, sorry.currency, sorry.minimum) == (made.reference, 500, "EUR", 2_000)
        assert (sorry.ends_at, sorry.active) == (until, True)
        assert (lamps.percent, lamps.amount, lamps.product_ids) == (20.0, None, ["1007"])
        assert reading.read(shop_id)

    def test_a_name_and_a_password_let_pult_in_as_well(self, stand_in: Door, shop_id: int) -> None:
        stand_in.keep(an_order(1))
        named = {**stand_in.settings, "api_key": "", "username": "keeper", "password": "only-for-tests"}
        actions.change_shop(shop_id, settings=named)
        reading.read(shop_id)
        assert len(kept()) == 1
        actions.change_shop(shop_id, settings={**named, "password": "wrong"})
        with pytest.raises(base.ShopError, match="credentials") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    def test_a_wrong_key_is_told(self, stand_in: Door, shop_id: int) -> None:
        actions.change_shop(shop_id, settings={**stand_in.settings, "api_key": "a:b"})
        with pytest.raises(base.ShopError, match="authorized") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    @pytest.mark.parametrize("leaving", [[0], [49], [0, 10, 48], list(range(0, 70, 2))])
    def test_nothing_is_missed_though_things_leave_for_later_pages(
        self, stand_in: Door, info: base.ShopInfo, monkeypatch: pytest.MonkeyPatch, leaving: list[int]
    ) -> None:
        """All 120 of one moment; some of those that were met change while the rest is read."""
        monkeypatch.setattr(walking, "PAGE", 50)
        stand_in.keep(*(an_order(number) for number in range(120)))
        over = walking.Walk("orders", "updatedAt", "code", {})
        met: set[str] = set()
        last: dict[str, int] = {}
        for number, found in enumerate(walking.walk(Asking(info), over, walking.Place(walking.BEGINNING))):
            assert number < 30, "it comes to an end"
            met |= {item["id"] for item in found.items}
            if not last and len(met) >= 50:
                last = {str(1000 + at): at for at in leaving if str(1000 + at) in met}
                later = "2026-11-20 10:00:00.000"
                for order_id in last:
                    self.real.sql('UPDATE "order" SET updatedAt = ? WHERE id = ?', later, order_id)
        assert last
        assert len(met) == 120

    def test_a_shop_that_is_killed_while_it_is_read_loses_nothing(self, stand_in: Door, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(self.many)))
        self.real.tell("save")
        stand_in.behave("well")

        def dying(progress: reading.Progress) -> None:
            if progress.kind == "order" and progress.done:
                self.real.kill()

        with pytest.raises(base.ShopError) as caught:
            reading.read(shop_id, told=dying)
        assert not caught.value.permanent, "it is asked again"
        assert 0 < len(kept()) < self.many
        self.real.start()
        assert reading.read(shop_id)
        assert len(kept()) == self.many
        assert {order.external_id for order in kept()} == {self.id_of(n) for n in range(self.many)}

    def test_what_was_sent_once_more_is_an_order_of_its_own_that_costs_nothing(
        self, stand_in: Door, info: base.ShopInfo, acting: base.Acting, paid: str
    ) -> None:
        (line,) = self.seen(info).lines
        done = acting.perform(info, base.Resend(paid, [base.Part(line.id, 1)]), key="k-1", at=datetime.now(UTC))
        assert done.order is not None
        assert (done.order.total, done.order.payment, done.order.lines[0].quantity) == (0, "paid", 1)
        assert done.order.ship_to.city == "Ljubljana"
