"""The contract of a shop, held by Shopify, and what only Shopify does."""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import graphql
import msgspec
import pytest

from pult.commerce import actions, base, queries, reading, registry
from pult.commerce.connectors.shopify import notices as payloads
from pult.commerce.connectors.shopify import queries as asked
from pult.commerce.connectors.shopify.standin import Shop
from pult.commerce.connectors.shopify.standin_graphql import SCHEMA, Unfit, question
from pult.commerce.connectors.shopify.standin_things import order_payload
from pult.commerce.testing import AT, ActingShopContract, ListeningShopContract, an_order
from pult.platform import forms, money

pytestmark = pytest.mark.django_db(databases="__all__")
CORPUS = Path(os.environ.get("PULT_DATA", Path(__file__).resolve().parents[5] / "shared" / "data")) / "webhooks"


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


def numbers() -> list[str]:
    stores = [shop.store_id for shop in queries.shops()]
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=stores, limit=5_000))


class TestShopify(ActingShopContract, ListeningShopContract):
    connector = "shopify"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return str(1_000 + number)

    def told(self, info: base.ShopInfo, headers: dict[str, str], body: bytes) -> list[base.Thing]:
        listening = registry.listening("shopify")
        assert listening is not None
        return listening.parse(info, headers, body)

    def test_pages_are_as_large_as_the_shop_lets_through(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(40)))
        stand_in.most = 900
        reading.read(shop_id)
        assert len(numbers()) == 40
        assert len(stand_in.asked) < 25
        stand_in.most = 10
        with pytest.raises(base.ShopError, match="Query cost is"):
            reading.read(shop_id)

    def test_points_are_waited_for_and_for_many_others_go_first(
        self, stand_in: Shop, shop_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        naps: list[float] = []

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            stand_in._points += seconds * stand_in.restore

        monkeypatch.setattr(time, "sleep", sleep)
        stand_in.keep(*(an_order(number) for number in range(40)))
        stand_in.bucket = stand_in._points = 1_100.0
        stand_in.restore = 300.0
        reading.read(shop_id)
        assert len(numbers()) == 40
        assert naps
        assert all(0 < nap <= 5 for nap in naps)

    def test_an_order_of_many_lines_is_read_whole(self, info: base.ShopInfo, stand_in: Shop) -> None:
        lines = [base.Line(str(at), f"Thing {at}", 1, 100, 100) for at in range(1, 251)]
        stand_in.keep(an_order(1, lines=lines))
        assert [line.title for line in self.seen(info).lines] == [line.title for line in lines]

    def test_variants_stock_by_place_and_reduced_prices_are_read(self, info: base.ShopInfo, stand_in: Shop) -> None:
        lots = [base.Stock("Ljubljana", 3), base.Stock("Maribor", 0)]
        variants = [
            base.Variant(f"v{at}", f"S{at}", 1_000, "EUR", before=1_200, attributes={"Size": f"S{at}"}, stock=lots)
            for at in range(1, 31)
        ]
        stand_in.keep(base.Product("p1", "Shirt", AT, variants))
        connector = registry.connector("shopify")
        assert isinstance(connector, base.Looking)
        product, gone = connector.look(info, "product", ["700001", "o1"])
        assert isinstance(product, base.Product)
        assert len(product.variants) == 30
        assert product.variants[29] == msgspec.structs.replace(variants[29], id="800030")
        assert gone == base.Gone("product", "o1")

    def test_discounts_are_promotions(self, info: base.ShopInfo, stand_in: Shop) -> None:
        kept = [
            base.Promotion("c1", "Spring", AT, code="SPRING", percent=15, currency="EUR", starts_at=AT, minimum=5_000),
            base.Promotion("c2", "By itself", AT, amount=500, currency="EUR", starts_at=AT, ends_at=AT, active=False),
        ]
        stand_in.keep(*kept)
        (page,) = registry.connector("shopify").pages(info, "promotion", since=None, cursor=None)
        assert page.things == [msgspec.structs.replace(one, id=str(900_001 + at)) for at, one in enumerate(kept)]

    @pytest.mark.parametrize(("currency", "amount", "minor"), [("JPY", "1999", 1_999), ("KWD", "1.999", 1_999)])
    def test_amounts_have_as_many_digits_as_their_currency(
        self, info: base.ShopInfo, stand_in: Shop, currency: str, amount: str, minor: int
    ) -> None:
        stand_in.keep(an_order(1))
        node = stand_in.orders[stand_in.order_gid("o1")]
        node["presentmentCurrencyCode"] = currency
        node["totalPriceSet"]["presentmentMoney"] = {"amount": amount, "currencyCode": currency}
        assert self.seen(info).total == minor

    def test_a_capture_takes_the_place_of_what_was_authorised(self, info: base.ShopInfo, stand_in: Shop) -> None:
        paid = base.Payment("1", "card", "paid", 5_390, at=AT)
        stand_in.keep(an_order(1, payment="paid", payments=[paid, paid]))
        first, second = stand_in.orders[stand_in.order_gid("o1")]["transactions"]
        first["kind"] = "AUTHORIZATION"
        assert [one.state for one in self.seen(info).payments] == ["authorised", "paid"]
        second |= {"kind": "CAPTURE", "parentTransaction": {"id": first["id"]}}
        assert [(one.id, one.state) for one in self.seen(info).payments] == [("2", "paid")]

    def test_a_lacking_scope_is_told_and_refuses_acts(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order, shop_id: int
    ) -> None:
        stand_in.scopes = False
        with pytest.raises(base.ShopError, match="Access denied") as caught:
            reading.read(shop_id)
        assert caught.value.permanent
        with pytest.raises(base.Refused) as refused:
            acting.plan(info, base.Cancel(order.id))
        assert refused.value.code == "not_allowed"

    def test_a_wrong_token_is_told(self, stand_in: Shop, shop_id: int) -> None:
        actions.change_shop(shop_id, settings=stand_in.settings | {"token": "other"})
        with pytest.raises(base.ShopError, match="Invalid API key") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    # --- notices

    def test_a_notice_brings_what_the_shop_has_now(self, info: base.ShopInfo, stand_in: Shop) -> None:
        paid = base.Payment("1", "card", "paid", 5_390, at=AT)
        stand_in.keep(an_order(1, hours=2, payment="paid", payments=[paid]))
        (told,) = self.told(info, *stand_in.notice(an_order(1, hours=1), "n1"))
        assert isinstance(told, base.Order)
        assert told.payments == [paid]

    @pytest.mark.parametrize("behaviour", ["rate_limit", "temporary", "permanent"])
    def test_a_shop_that_cannot_be_asked_is_taken_at_its_word(
        self, info: base.ShopInfo, stand_in: Shop, behaviour: str
    ) -> None:
        stand_in.keep(an_order(1))
        headers, body = stand_in.notice(an_order(1, hours=1, total=7_000), "n1")
        stand_in.behave(behaviour)
        (told,) = self.told(info, headers, body)
        assert isinstance(told, base.Order)
        assert (told.id, told.total, told.changed_at) == ("1001", 7_000, AT + timedelta(hours=1))
        assert [(line.title, line.total) for line in told.lines] == [("Lamp", 4_990)]

    def test_an_answer_that_lags_behind_the_notice_does_not_win(self, info: base.ShopInfo, stand_in: Shop) -> None:
        stand_in.keep(an_order(1))
        (told,) = self.told(info, *stand_in.notice(an_order(1, hours=1, total=7_000), "n1"))
        assert isinstance(told, base.Order)
        assert told.total == 7_000

    def test_notices_of_refunds_and_parcels_name_their_order(self, info: base.ShopInfo, stand_in: Shop) -> None:
        stand_in.keep(an_order(1))
        for topic in ("refunds/create", "fulfillments/update", "orders/updated"):
            content = {"id": 1_001} if topic == "orders/updated" else {"id": 5, "order_id": 1_001}
            headers, body = stand_in.notice(an_order(1), "n1", topic=topic, content=content)
            (told,) = self.told(info, headers, body)
            assert told.id == "1001"
        stand_in.behave("temporary")
        with pytest.raises(base.ShopError):
            self.told(info, headers, body)

    def test_what_is_deleted_is_gone_as_of_then(self, info: base.ShopInfo, stand_in: Shop) -> None:
        headers, body = stand_in.notice(base.Gone("order", "o1"), "n1")
        (gone,) = self.told(info, headers, body)
        assert isinstance(gone, base.Gone)
        assert (gone.kind, gone.id) == ("order", "1001")
        assert gone.at is not None
        whole, full = stand_in.notice(an_order(1), "n2", topic="orders/delete")
        assert self.told(info, whole, full) == [], "the topic is not signed"

    def test_notices_about_other_things_are_of_no_use(self, info: base.ShopInfo, stand_in: Shop) -> None:
        for topic in ("inventory_levels/update", "customers/update", "shop/redact", ""):
            headers, body = stand_in.notice(an_order(1), "n1")
            assert self.told(info, headers | {"x-shopify-topic": topic}, body) == []

    # --- acts

    def test_a_cancellation_that_takes_its_time_is_waited_for_and_not_done_twice(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.slow_jobs = True
        act, at = base.Cancel(order.id), datetime.now(UTC)
        done = acting.perform(info, act, key="k1", at=at)
        assert done.order is not None
        assert done.order.state == "cancelled"
        assert sum(refund.amount for refund in done.order.refunds) == 5_390
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=at)
        assert caught.value.code == "already_cancelled"

    def test_money_goes_back_to_where_it_came_from(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        paid = [base.Payment(str(at), "card", "paid", sum_, at=AT) for at, sum_ in ((1, 1_000), (2, 4_390))]
        stand_in.keep(an_order(1, payment="paid", payments=paid))
        act = base.GiveBack(order.id, 2_500, [base.Part(order.lines[0].id, 1)], restock=True)
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert sum(refund.amount for refund in self.seen(info).refunds) == 2_500
        assert stand_in.restocked == [
            {
                "lineItemId": "gid://shopify/LineItem/1",
                "quantity": 1,
                "restockType": "CANCEL",
                "locationId": "gid://shopify/Location/1",
            }
        ]
        assert acting.plan(info, base.GiveBack(order.id, 2_890)).most == 2_890
        with pytest.raises(base.Refused):
            acting.plan(info, base.GiveBack(order.id, 2_891))

    def test_money_that_was_paid_by_hand_is_said_to_be_paid_elsewhere(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.orders[stand_in.order_gid("o1")]["transactions"][0]["manualPaymentGateway"] = True
        assert "paid_elsewhere" in acting.plan(info, base.GiveBack(order.id, 100)).warnings

    def test_what_is_not_paid_or_not_there_is_not_given_back(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.GiveBack(order.id, 100, [base.Part("99", 1)]))
        assert caught.value.code == "unknown_line"
        stand_in.keep(an_order(1))
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.GiveBack(order.id, 100))
        assert caught.value.code == "not_paid"

    def test_a_sent_order_is_neither_cancelled_nor_sent_elsewhere(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.orders[stand_in.order_gid("o1")]["displayFulfillmentStatus"] = "FULFILLED"
        for act in (self.act("cancel", order), self.act("change_address", order)):
            with pytest.raises(base.Refused) as caught:
                acting.perform(info, act, key="k1", at=datetime.now(UTC))
            assert caught.value.code == "already_sent"

    def test_what_the_shop_will_not_take_is_said_in_its_words(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = self.act("draft_order", order)
        assert isinstance(act, base.DraftOrder)
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"wanted": [base.Wanted("5", 1)]}, "not_possible"),
            ({"wanted": [base.Wanted("v", 1)]}, "unknown"),
            ({"code": "NONE"}, "bad_code"),
            ({"delivery": "teleport"}, "changed"),
        ]
        for changes, code in wrong:
            with pytest.raises(base.Refused) as caught:
                acting.perform(info, msgspec.structs.replace(act, **changes), key="k1", at=datetime.now(UTC))
            assert caught.value.code == code
        assert stand_in.done == []

    def test_a_basket_is_reckoned_by_the_shop(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        plan = acting.plan(info, self.act("draft_order", order))
        assert (plan.total, plan.shipping, plan.tax) == (5_390, 400, 899)
        assert plan.options == [base.Option("post-1", "Pošta", 400)]

    def test_an_order_that_came_of_a_basket_names_it(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        done = acting.perform(info, self.act("draft_order", order), key="k1", at=datetime.now(UTC))
        (draft,) = stand_in.drafts.values()
        paid = stand_in.draft_complete(None, {"id": draft["id"]})["draftOrder"]["order"]["id"]
        assert self.seen(info, paid.rpartition("/")[2]).draft == done.reference
        told = payloads.order({**order_payload(an_order(1)), "tags": f"vip, {done.reference}"}, "https://shop.example")
        assert told.draft == done.reference
        assert isinstance(acting, base.Undoing)
        with pytest.raises(base.Refused) as caught:
            acting.undo(info, self.act("draft_order", order), done, key="k2")
        assert caught.value.code == "changed"

    def test_a_new_account_is_invited_once(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act, at = self.act("register", order), datetime.now(UTC)
        for good in range(5):
            stand_in.behave("cut", after=good)
            self.is_lost(acting, info, act, "k1", at)
        stand_in.behave("well")
        acting.perform(info, act, key="k1", at=at)
        assert stand_in.invited == ["new@customers.example"]
        assert stand_in.customers["new@customers.example"]["defaultAddress"]["given"]["city"] == "Ljubljana"
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=at)
        assert caught.value.code == "already_done"

    def test_a_note_stands_below_what_was_there_and_is_taken_away_again(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.orders[stand_in.order_gid("o1")]["note"] = "Ring twice."
        act = base.AddNote(order.id, "Calls before noon only.")
        done = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert self.seen(info).note == "Ring twice.\nCalls before noon only."
        assert isinstance(acting, base.Undoing)
        acting.undo(info, act, done, key="k2")
        assert self.seen(info).note == "Ring twice."

    @pytest.mark.parametrize("verb", ["change_address", "discount", "draft_order", "resend"])
    def test_what_is_taken_back_is_as_it_was(
        self, verb: base.Verb, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        act = self.act(verb, order)
        done = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert done.undo
        acting.undo(info, act, done, key="k2")
        acting.undo(info, act, done, key="k2")
        assert len(stand_in.done) == 2
        if verb == "change_address":
            assert self.seen(info).ship_to == order.ship_to
        if verb == "discount":
            assert stand_in.codes == {}
        if verb == "draft_order":
            assert stand_in.drafts == {}
        if verb == "resend":
            assert self.seen(info, done.reference).state == "cancelled"


@pytest.mark.parametrize("name", sorted(asked.EVERY))
def test_every_question_fits_the_published_schema(name: str) -> None:
    assert graphql.validate(SCHEMA, graphql.parse(asked.EVERY[name])) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{ orders(first: 1) { nodes { colour } } }", "colour"),
        ("{ orders(first: true) { nodes { id } } }", "Int"),
        ("query A($first: Int!) { orders(first: $first) { nodes { id } } }", r"\$first"),
        ("{", "Syntax"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(text: str, told: str) -> None:
    with pytest.raises(Unfit, match=told):
        question(text, {})


@pytest.mark.corpus
@pytest.mark.parametrize("name", ["order.json", "orders.json"])
def test_real_orders_are_read_as_webhooks_say_them(name: str) -> None:
    path = CORPUS / "shopify_fixtures" / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    said = json.loads(path.read_text())
    raws = said.get("orders") or [said["order"]]
    assert raws
    for raw in raws:
        order = payloads.order(raw, "https://shop.example")
        assert (order.number, order.currency, order.buyer.email) == (raw["name"], raw["currency"], raw["email"])
        assert money.major(order.total, order.currency) == raw["total_price"]
        for line, told in zip(order.lines, raw.get("line_items", []), strict=True):
            assert line.title.startswith(told["title"])
            assert line.sku == told["sku"]
        assert len(order.shipments) <= len(raw.get("fulfillments", []))
        assert order.ship_to.city == raw["shipping_address"]["city"]


@pytest.mark.parametrize(
    "given",
    [
        {"url": "shop.myshopify.com"},
        {"url": "https://shop.myshopify.com/admin"},
        {"url": "https://shop.myshopify.com", "token": "a b"},
        {"url": "https://shop.myshopify.com", "colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("shopify"), given)
