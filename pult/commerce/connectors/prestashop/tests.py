"""The contract of a shop, held by PrestaShop, and what only PrestaShop does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pult.commerce import actions, base, queries, reading, registry
from pult.commerce.connectors.prestashop import asking
from pult.commerce.connectors.prestashop.standin import Shop
from pult.commerce.testing import AT, ActingShopContract, AskedShopContract, an_order
from pult.platform import forms

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


def numbers() -> list[str]:
    stores = [shop.store_id for shop in queries.shops()]
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=stores, limit=5_000))


class TestPrestaShop(ActingShopContract, AskedShopContract):
    connector = "prestashop"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return str(1_000 + number)

    def look(self, info: base.ShopInfo, kind: base.Kind, name: str) -> base.Thing:
        connector = registry.connector("prestashop")
        assert isinstance(connector, base.Looking)
        (found,) = connector.look(info, kind, [name])
        return found

    def test_a_page_is_read_with_a_handful_of_questions(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(45)))
        reading.read(shop_id)
        assert len(numbers()) == 45
        assert len(stand_in.asked) < 20

    def test_what_does_not_fit_is_named_and_costs_nothing_else(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(3)))
        stand_in.rows["orders"][1_001]["total_paid_tax_incl"] = "twelve"
        reading.read(shop_id)
        assert numbers() == ["N0", "N2"]
        misfits = [one.misfits for shop in queries.shops() for one in shop.readings if one.misfits]
        assert "'twelve' is no amount" in misfits[0]["1001"]

    def test_a_wrong_key_and_a_lacking_permission_are_told_in_the_shops_words(
        self, stand_in: Shop, shop_id: int
    ) -> None:
        stand_in.denied = {"order_payments"}
        stand_in.keep(an_order(1))
        with pytest.raises(base.ShopError, match="not allowed for the resource order_payments"):
            reading.read(shop_id)
        actions.change_shop(shop_id, settings=stand_in.settings | {"key": "WRONG"})
        with pytest.raises(base.ShopError, match="Authentication key not found") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    def test_a_page_about_maintenance_is_asked_again(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.behave("html")
        with pytest.raises(base.ShopError, match="no JSON") as caught:
            reading.read(shop_id)
        assert not caught.value.permanent

    def test_combinations_features_and_stock_are_read(self, info: base.ShopInfo, stand_in: Shop) -> None:
        small = base.Variant("v1", "", 1_000, "EUR", sku="S", attributes={"Size": "11"}, stock=[base.Stock("", 3)])
        large = base.Variant("v2", "", 1_500, "EUR", sku="L", attributes={"Size": "12"}, stock=[base.Stock("", 0)])
        stand_in.keep(base.Product("p1", "Shirt", AT, [small, large], attributes={"DOT": "2423"}))
        for name, word in ((11, "S"), (12, "L")):
            row = {"id": name, "id_attribute_group": "1", "name": [{"id": "1", "value": word}]}
            stand_in.rows["product_option_values"][name] = row
        product = self.look(info, "product", "700001")
        assert isinstance(product, base.Product)
        assert (product.title, product.category, product.attributes) == ("Shirt", "Lamps", {"DOT": "2423"})
        assert [(one.title, one.price, one.attributes, one.stock[0].quantity) for one in product.variants] == [
            ("Shirt – S", 1_000, {"Size": "S"}, 3),
            ("Shirt – L", 1_500, {"Size": "L"}, 0),
        ]

    def test_a_reduced_price_stands_beside_the_usual_one(self, info: base.ShopInfo, stand_in: Shop) -> None:
        stand_in.keep(base.Product("p1", "Lamp", AT, [base.Variant("v1", "", 800, "EUR", before=1_000)]))
        product = self.look(info, "product", "700001")
        assert isinstance(product, base.Product)
        assert [(one.price, one.before) for one in product.variants] == [(800, 1_000)]
        assert self.look(info, "product", "700002") == base.Gone("product", "700002")

    def test_cart_rules_are_promotions(self, info: base.ShopInfo, stand_in: Shop) -> None:
        kept = base.Promotion(
            "c1", "Spring", AT, code="SPRING", percent=15, currency="EUR", minimum=5_000, starts_at=AT, ends_at=AT
        )
        stand_in.keep(kept)
        (page,) = registry.connector("prestashop").pages(info, "promotion", since=None, cursor=None)
        assert page.things == [msgspec.structs.replace(kept, id="900001")]

    @pytest.mark.parametrize(("currency", "minor"), [("JPY", 1_999), ("KWD", 1_999)])
    def test_amounts_have_as_many_digits_as_their_currency(
        self, info: base.ShopInfo, stand_in: Shop, currency: str, minor: int
    ) -> None:
        line = base.Line(id="1", title="Lamp", quantity=2, price=minor, total=2 * minor)
        stand_in.keep(an_order(1, currency=currency, total=minor, lines=[line]))
        order = self.seen(info)
        assert (order.currency, order.total, order.lines[0].total) == (currency, minor, 2 * minor)

    def test_a_line_is_rounded_once(self, info: base.ShopInfo, stand_in: Shop) -> None:
        stand_in.keep(an_order(1))
        stand_in.rows["orders"][1_001]["associations"]["order_rows"][0] |= {
            "unit_price_tax_incl": "0.333333",
            "product_quantity": "3",
        }
        assert [(line.price, line.total) for line in self.seen(info).lines] == [(33, 100)]

    @pytest.mark.parametrize(
        ("state", "told"),
        [
            ("1", ("open", "pending", "none")),
            ("2", ("open", "paid", "none")),
            ("4", ("open", "paid", "sent")),
            ("5", ("completed", "paid", "delivered")),
            ("6", ("cancelled", "voided", "none")),
            ("7", ("completed", "refunded", "none")),
            ("8", ("cancelled", "failed", "none")),
        ],
    )
    def test_states_mean_what_the_shop_says_of_them(
        self, info: base.ShopInfo, stand_in: Shop, state: str, told: tuple[str, str, str]
    ) -> None:
        stand_in.keep(an_order(1))
        stand_in.rows["orders"][1_001]["current_state"] = state
        order = self.seen(info)
        assert (order.state, order.payment, order.fulfilment) == told

    # --- acts

    def test_a_cancellation_is_ours_by_its_mark(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = base.Cancel(order.id)
        assert acting.plan(info, act).warnings == ["paid_elsewhere", "shop_writes"]
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert stand_in.mailed == ["1001"]
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=datetime.now(UTC))
        assert caught.value.code == "already_cancelled"

    def test_a_credit_slip_moves_no_money_and_says_so(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = base.GiveBack(order.id, 2_895, [base.Part(order.lines[0].id, 1)], shipping=400, restock=True)
        assert acting.plan(info, act).warnings == ["paid_elsewhere", "sum_only", "no_restock"]
        first = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        second = acting.perform(
            info, msgspec.structs.replace(act, amount=500, shipping=0), key="k2", at=datetime.now(UTC)
        )
        assert first.reference != second.reference
        assert [refund.amount for refund in self.seen(info).refunds] == [2_895, 500]
        assert acting.plan(info, base.GiveBack(order.id, 1_995)).most == 1_995
        with pytest.raises(base.Refused):
            acting.plan(info, base.GiveBack(order.id, 1_996))

    def test_an_order_goes_elsewhere_and_its_bill_does_not(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = self.act("change_address", order)
        done = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        now = self.seen(info)
        assert (now.ship_to.city, now.bill_to.city) == ("Zagreb", "Ljubljana")
        assert [line.title for line in now.lines] == ["Lamp"]
        assert isinstance(acting, base.Undoing)
        acting.undo(info, act, done, key="k2")
        assert self.seen(info).ship_to == order.ship_to

    @pytest.mark.parametrize("country", ["XX", "FR", ""])
    def test_a_place_to_which_the_shop_does_not_send_is_refused(
        self, info: base.ShopInfo, acting: base.Acting, order: base.Order, country: str
    ) -> None:
        act = base.ChangeAddress(order.id, msgspec.structs.replace(order.ship_to, country=country))
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, act)
        assert caught.value.code == "bad_address"

    def test_odd_letters_can_be_written(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        text = "Č <b> & ]]> \x00\x1f\ud800 😀"
        acting.perform(info, base.AddNote(order.id, text), key="k1", at=datetime.now(UTC))
        (message,) = stand_in.rows["customer_messages"].values()
        assert message["message"] == "Č <b> & ]]>  😀 [k1]"
        assert message["private"] == "1"

    @pytest.mark.parametrize("verb", ["discount", "note"])
    def test_what_is_taken_back_is_as_it_was(
        self, verb: base.Verb, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        act = self.act(verb, order)
        done = acting.perform(info, act, key="k1", at=datetime.now(UTC))
        acting.undo(info, act, done, key="k2")
        acting.undo(info, act, done, key="k2")
        assert [name for name, _ in stand_in.done] == [verb, "undo"]

    def test_a_code_that_is_taken_or_for_nobody_known_is_refused(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        act = self.act("discount", order)
        assert isinstance(act, base.Discount)
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        wrong: list[tuple[dict[str, Any], str]] = [
            ({}, "bad_code"),
            ({"code": "OTHER-1", "buyer": base.Buyer(email="nobody@customers.example")}, "unknown"),
            ({"code": "OTHER-1", "currency": "USD"}, "not_possible"),
            ({"code": "OTHER-1", "percent": None}, "not_possible"),
        ]
        for changes, code in wrong:
            with pytest.raises(base.Refused) as caught:
                acting.perform(info, msgspec.structs.replace(act, **changes), key="k2", at=datetime.now(UTC))
            assert caught.value.code == code

    def test_what_the_key_may_not_is_refused(
        self, info: base.ShopInfo, acting: base.Acting, stand_in: Shop, order: base.Order
    ) -> None:
        stand_in.denied = {"order_histories"}
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.Cancel(order.id))
        assert caught.value.code == "not_allowed"


def test_an_answer_that_declares_entities_is_none() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><prestashop><order><id>&b;</id></order></prestashop>'
    with pytest.raises(ValueError, match="document type"):
        asking._xml(bomb)


@pytest.mark.parametrize(
    "given",
    [
        {"url": "shop.example"},
        {"url": "https://shop.example", "key": "lower"},
        {"url": "https://shop.example", "cancelled_state": 0},
        {"url": "https://shop.example", "colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("prestashop"), given)
