"""The contract of a shop, held by WooCommerce, and what only WooCommerce does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pult.commerce import actions, base, notices, queries, reading, registry
from pult.commerce.connectors.woocommerce import auth
from pult.commerce.connectors.woocommerce.standin import SECRET, Shop
from pult.commerce.errors import Unauthentic
from pult.commerce.testing import AT, ActingShopContract, ListeningShopContract, an_order
from pult.platform import forms

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


def numbers() -> list[str]:
    stores = [shop.store_id for shop in queries.shops()]
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=stores, limit=5_000))


class TestWooCommerce(ActingShopContract, ListeningShopContract):
    connector = "woocommerce"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return str(1_000 + number)

    def test_what_is_deleted_while_it_is_read_hides_nothing(
        self, stand_in: Shop, shop_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in.keep(*(an_order(number) for number in range(450)))
        honest = actions.take
        pages = 0

        def deleting(shop: int, things: Any, *, live: bool) -> actions.Taken:
            nonlocal pages
            pages += 1
            for number in range((pages - 3) * 40, (pages - 2) * 40) if pages > 2 else []:
                stand_in.rows["orders"].pop(1_000 + number, None)
            return honest(shop, things, live=live)

        monkeypatch.setattr(actions, "take", deleting)
        reading.read(shop_id)
        assert len(numbers()) == 450

    def test_a_basket_that_nobody_has_placed_is_no_order(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(an_order(1), an_order(2))
        stand_in.rows["orders"][1_002]["status"] = "checkout-draft"
        reading.read(shop_id)
        assert numbers() == ["N1"]

    def test_what_does_not_fit_is_named_and_costs_nothing_else(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(3)))
        stand_in.rows["orders"][1_001]["total"] = "twelve"
        reading.read(shop_id)
        assert numbers() == ["N0", "N2"]
        misfits = [one.misfits for shop in queries.shops() for one in shop.readings if one.misfits]
        assert misfits == [{"1001": "orders/1001: 'twelve' is no amount"}]

    def test_a_page_about_maintenance_is_asked_again(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.behave("html")
        with pytest.raises(base.ShopError, match="no JSON") as caught:
            reading.read(shop_id)
        assert not caught.value.permanent

    def test_a_wrong_key_is_told_in_the_shops_words(self, stand_in: Shop, shop_id: int) -> None:
        actions.change_shop(shop_id, settings=stand_in.settings | {"consumer_secret": "cs_" + "0" * 40})
        with pytest.raises(base.ShopError, match="Invalid signature") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    def test_variations_stock_and_reduced_prices_are_read(self, info: base.ShopInfo, stand_in: Shop) -> None:
        small = base.Variant("v1", "", 1_000, "EUR", sku="S", attributes={"Size": "S"}, stock=[base.Stock("", 3)])
        large = base.Variant("v2", "", 1_200, "EUR", sku="L", before=1_500, attributes={"Size": "L"})
        stand_in.keep(base.Product("p1", "Shirt &amp; tie", AT, [small, large], attributes={"DOT": "2423"}))
        connector = registry.connector("woocommerce")
        assert isinstance(connector, base.Looking)
        product, gone = connector.look(info, "product", ["700001", "nonsense"])
        assert isinstance(product, base.Product)
        assert product.title == "Shirt & tie"
        assert product.attributes == {"DOT": "2423"}
        assert [(one.title, one.price, one.before) for one in product.variants] == [
            ("Shirt & tie – S", 1_000, None),
            ("Shirt & tie – L", 1_200, 1_500),
        ]
        assert [one.stock for one in product.variants] == [[base.Stock("", 3)], []]
        assert gone == base.Gone("product", "nonsense")

    def test_coupons_are_promotions(self, info: base.ShopInfo, stand_in: Shop) -> None:
        kept = base.Promotion("c1", "Spring", AT, code="SPRING", percent=15, currency="EUR", ends_at=AT, minimum=5_000)
        stand_in.keep(kept)
        (page,) = registry.connector("woocommerce").pages(info, "promotion", since=None, cursor=None)
        assert page.things == [msgspec.structs.replace(kept, id="900001", code="spring")]

    @pytest.mark.parametrize(
        ("currency", "total", "minor"), [("JPY", "1999", 1_999), ("KWD", "1.999", 1_999), ("EUR", 24.95, 2_495)]
    )
    def test_amounts_have_as_many_digits_as_their_currency(
        self, info: base.ShopInfo, stand_in: Shop, currency: str, total: object, minor: int
    ) -> None:
        stand_in.keep(an_order(1))
        stand_in.rows["orders"][1_001] |= {"currency": currency, "total": total}
        assert self.seen(info).total == minor

    def test_tax_is_within_what_a_line_costs_and_given_back_by_its_rates(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        line = stand_in.rows["orders"][1_001]["line_items"][0]
        line |= {"subtotal": "40.90", "subtotal_tax": "9.00", "total": "40.90", "total_tax": "9.00"}
        line["taxes"] = [{"id": 4, "total": "9.00", "subtotal": "9.00"}]
        assert self.seen(info).lines[0].total == 4_990
        act = base.GiveBack(order.id, 2_495, [base.Part(order.lines[0].id, 1)])
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        (made,) = stand_in.refunds[1_001]
        assert made["line_items"] == [
            {"id": 1, "quantity": 1, "refund_total": "20.45", "refund_tax": [{"id": 4, "amount": "4.50"}]}
        ]

    def test_a_cancelled_order_is_paid_back_once(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act, at = base.Cancel(order.id), datetime.now(UTC)
        for good in range(8):
            stand_in.behave("cut", after=good)
            self.is_lost(acting, info, act, "k1", at)
        stand_in.behave("well")
        done = acting.perform(info, act, key="k1", at=at)
        assert stand_in.given_back == [(1_001, "53.90")]
        assert done.order is not None
        assert (done.order.state, done.order.payment) == ("cancelled", "refunded")
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=at)
        assert caught.value.code == "already_cancelled"

    def test_money_that_the_shop_cannot_move_is_said_to_be_paid_elsewhere(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.rows["orders"][1_001]["payment_method"] = "bacs"
        act = base.GiveBack(order.id, 100)
        assert "paid_elsewhere" in acting.plan(info, act).warnings
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert stand_in.given_back == []
        assert [refund.amount for refund in self.seen(info).refunds] == [100]

    def test_what_a_gateway_declines_is_refused_and_not_tried_again(
        self,
        info: base.ShopInfo,
        acting: base.Acting,
        stand_in: Shop,
        order: base.Order,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("pult.commerce.connectors.woocommerce.plans.gives_back", lambda *_: True)
        stand_in.gateways = {}
        with pytest.raises(base.Refused, match="does not support automatic refunds"):
            acting.perform(info, base.GiveBack(order.id, 100), key="k1", at=datetime.now(UTC))

    def test_a_sent_order_is_neither_cancelled_nor_sent_elsewhere(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.rows["orders"][1_001]["status"] = "completed"
        for act in (self.act("cancel", order), self.act("change_address", order)):
            with pytest.raises(base.Refused) as caught:
                acting.perform(info, act, key="k1", at=datetime.now(UTC))
            assert caught.value.code == "already_sent"
        assert stand_in.done == []

    @pytest.mark.parametrize("verb", ["change_address", "discount", "note", "draft_order", "resend"])
    def test_what_is_taken_back_is_as_it_was(
        self, verb: base.Verb, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        act = self.act(verb, order)
        done = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert done.undo
        acting.undo(info, act, done, key="k2")
        if verb != "change_address":
            acting.undo(info, act, done, key="k2")
        assert len(stand_in.done) == 2
        if verb == "change_address":
            assert self.seen(info).ship_to == order.ship_to
        if verb == "discount":
            assert stand_in.rows["coupons"] == {}
        if verb == "note":
            assert stand_in.notes == {1_001: []}
        if verb in ("draft_order", "resend"):
            assert self.seen(info, done.reference).state == "cancelled"

    def test_a_basket_is_reckoned_with_its_delivery(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = self.act("draft_order", order)
        assert isinstance(act, base.DraftOrder)
        plan = acting.plan(info, act)
        assert (plan.total, plan.shipping) == (5_390, 400)
        assert [(one.id, one.price) for one in plan.options] == [("flat_rate:1", 400), ("local_pickup:2", 0)]
        fetched = msgspec.structs.replace(act, delivery="local_pickup:2", note="Calls first.")
        done = acting.perform(info, fetched, key="k1", at=datetime.now(UTC))
        assert done.order is not None
        assert (done.order.total, done.order.payment) == (4_990, "pending")
        assert stand_in.notes[int(done.reference)][0]["note"] == "Calls first. [k1]"
        assert acting.plan(info, msgspec.structs.replace(act, ship_to=base.Place(country="HR"))).options == []
        for wrong, code in (({"delivery": "teleport"}, "changed"), ({"code": "NONE"}, "bad_code")):
            with pytest.raises(base.Refused) as caught:
                acting.plan(info, msgspec.structs.replace(act, **wrong))
            assert caught.value.code == code

    def test_an_account_needs_a_shop_that_makes_passwords(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.generates_passwords = False
        with pytest.raises(base.Refused, match="password"):
            acting.perform(info, self.act("register", order), key="k1", at=datetime.now(UTC))

    def test_a_code_that_is_taken_is_refused(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        acting.perform(info, self.act("discount", order), key="k1", at=datetime.now(UTC))
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, self.act("discount", order), key="k2", at=datetime.now(UTC))
        assert caught.value.code == "bad_code"

    def test_the_ping_of_a_new_webhook_is_greeted_and_not_kept(self, stand_in: Shop, shop_id: int, client: Any) -> None:
        url = f"/hooks/shops/{shop_id}/notices"
        form = "application/x-www-form-urlencoded"
        assert client.post(url, b"webhook_id=12", content_type=form).status_code == 200
        assert client.post(url, b"webhook_id=12&x=1", content_type=form).status_code == 401
        assert queries.notices(shop_id).waiting == 0

    def test_only_a_body_that_names_nothing_else_deletes(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        notices.receive(shop_id, headers | {"x-wc-webhook-topic": "order.deleted"}, body)
        notices.run_batch()
        assert numbers() == ["N1"]
        notices.receive(shop_id, *stand_in.notice(base.Gone("order", "o1"), "n2"))
        notices.run_batch()
        stores = [shop.store_id for shop in queries.shops()]
        assert queries.find_orders("N1", store_ids=stores)[0].state == "cancelled"

    def test_notices_about_other_things_are_of_no_use(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        notices.receive(shop_id, headers | {"x-wc-webhook-topic": "customer.updated"}, body)
        notices.run_batch()
        assert numbers() == []
        assert queries.notices(shop_id).failed == 0

    def test_an_odd_signature_is_refused(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        for odd in ("", "č", "====", headers["x-wc-webhook-signature"][:-1]):
            with pytest.raises(Unauthentic):
                notices.receive(shop_id, headers | {"x-wc-webhook-signature": odd}, body)


def test_over_https_the_key_is_said_and_over_http_only_what_it_signs() -> None:
    url, headers = auth.authorised("GET", "https://shop.example/a", {"b": "č d"}, "ck_1", "cs_1")
    assert (url, headers) == ("https://shop.example/a?b=%C4%8D%20d", {"authorization": "Basic Y2tfMTpjc18x"})
    url, headers = auth.authorised("GET", "http://shop.example/a", {"b": "c"}, "ck_1", "cs_1")
    assert headers == {}
    assert "cs_1" not in url
    assert "oauth_signature=" in url


def test_a_request_is_signed_as_the_specification_has_it() -> None:
    """The base string of RFC 5849, 3.4.1.1, without a token: what is said is escaped, sorted, and escaped again."""
    params = {"b5": "=%3D", "a3": "2 q", "c@": "", "oauth_consumer_key": "9djdj82h48djs9d2"}
    base_string = (
        "POST&http%3A%2F%2Fexample.com%2Frequest"
        "&a3%3D2%2520q%26b5%3D%253D%25253D%26c%2540%3D%26oauth_consumer_key%3D9djdj82h48djs9d2"
    )
    good = base64.b64encode(hmac.new(b"j49sk3j29djd&", base_string.encode(), hashlib.sha256).digest()).decode()
    assert auth.signature("post", "http://example.com/request", params, "j49sk3j29djd") == good


@pytest.mark.parametrize(
    "given",
    [
        {"url": "shop.example"},
        {"url": "https://shop.example/?a=1"},
        {"url": "https://shop.example", "consumer_key": "ck_x"},
        {"url": "https://shop.example", "consumer_secret": SECRET},
        {"url": "https://shop.example", "colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("woocommerce"), given)


def test_the_clock_of_the_site_is_not_ours() -> None:
    with Shop() as shop:
        shop.keep(an_order(1), an_order(2, changed_at=AT + timedelta(hours=1, seconds=1)))
        query = {"modified_after": "2026-11-02T11:00:00", "dates_are_gmt": "true"}
        _, found, _ = shop._list(list(shop.rows["orders"].values()), query, "orders")  # type: ignore[misc]
        assert [row["number"] for row in json.loads(json.dumps(found))] == ["N2"]
