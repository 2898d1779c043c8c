"""The contract of a shop, held by Magento, and what only Magento does."""

from __future__ import annotations

import base64
import hmac
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pult.commerce import actions, base, queries, reading, registry
from pult.commerce.connectors.magento import signing, standin_schema
from pult.commerce.connectors.magento.standin import CONSUMER, CONSUMER_SECRET, TOKEN_SECRET, Shop
from pult.commerce.testing import AT, ELSEWHERE, ActingShopContract, AskedShopContract, an_order
from pult.platform import forms

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


def known() -> list[str]:
    """Return the numbers of the orders that are kept."""
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=_stores(), limit=5_000))


def sold(word: str) -> list[str]:
    """Return the titles of the products that are kept and sold, of those with this word."""
    return [product.title for product in queries.find_products(word, store_ids=_stores())]


def _stores() -> list[int]:
    return [shop.store_id for shop in queries.shops()]


class TestMagento(AskedShopContract, ActingShopContract):
    connector = "magento"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return str(number + 1)

    # --- reading

    def test_products_are_read_with_their_variants_stock_and_attributes(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        small = base.Variant("v1", "S", 1_990, "EUR", "L-S", before=2_490, attributes={"Size": "S"})
        stock = [base.Stock("ljubljana", 3), base.Stock("zagreb", 0)]
        large = base.Variant("v2", "L", 2_990, "EUR", "L-L", attributes={"Size": "L"}, stock=stock)
        stand_in.keep(base.Product("p30", "Lamp", AT, [small, large], attributes={"Colour": "Red"}))
        stand_in.keep(base.Product("p7", "Bulb", AT, [base.Variant("v7", "Bulb", 300, "EUR", "B")], active=False))
        reading.read(shop_id)
        assert sold("lamp") == ["Lamp"]
        bulb, lamp = self._looked(info, "product", "8", "31")
        assert [(one.title, one.price, one.before, one.attributes, one.stock) for one in lamp.variants] == [
            ("S", 1_990, 2_490, {"Size": "S"}, []),
            ("L", 2_990, None, {"Size": "L"}, stock),
        ]
        assert (lamp.attributes, lamp.picture[-29:]) == ({"Colour": "Red"}, "/media/catalog/product/l/a.jpg"[-29:])
        assert (bulb.active, bulb.variants[0].currency) == (False, "EUR")

    def _looked(self, info: base.ShopInfo, kind: base.Kind, *ids: str) -> list[Any]:
        looking = registry.looking("magento")
        assert looking is not None
        return looking.look(info, kind, ids)

    def test_ids_that_are_none_are_gone(self, stand_in: Shop, info: base.ShopInfo) -> None:
        stand_in.keep(an_order(1))
        found = self._looked(info, "order", "o1", self.id_of(1), "٣", "404")
        assert [type(one).__name__ for one in found] == ["Gone", "Order", "Gone", "Gone"]

    def test_a_variant_of_a_line_stands_below_it(self, stand_in: Shop, info: base.ShopInfo) -> None:
        stand_in.keep(an_order(1))
        raw = stand_in.rows["orders"][2]
        parent = raw["items"][0]
        parent |= {"product_type": "configurable", "tax_amount": 2.0, "discount_amount": 1.5}
        child = {
            **parent,
            "item_id": 999,
            "parent_item_id": parent["item_id"],
            "product_id": 77,
            "price": 0,
            "row_total": 0,
        }
        raw["items"].append({**child, "product_type": "simple"})
        (order,) = self._looked(info, "order", "2")
        (line,) = order.lines
        assert (line.variant_id, line.product_id, line.total) == ("77", "8", 4_990 + 200 - 150)

    @pytest.mark.parametrize(
        ("changes", "state", "payment"),
        [
            ({"state": "pending_payment"}, "open", "pending"),
            ({"state": "holded", "total_paid": 53.9}, "open", "paid"),
            ({"state": "complete", "total_paid": 53.9}, "completed", "paid"),
            ({"state": "closed", "total_paid": 53.9, "total_refunded": 53.9}, "cancelled", "refunded"),
            ({"state": "processing", "total_paid": 53.9, "total_refunded": 3.9}, "open", "part_refunded"),
            ({"state": "canceled"}, "cancelled", "voided"),
        ],
    )
    def test_magentos_states_are_understood(
        self, stand_in: Shop, info: base.ShopInfo, changes: dict[str, Any], state: str, payment: str
    ) -> None:
        stand_in.keep(an_order(1))
        stand_in.rows["orders"][2] |= changes
        (order,) = self._looked(info, "order", "2")
        assert (order.state, order.payment) == (state, payment)

    def test_a_shipped_order_that_is_given_back_is_not_cancelled(self, stand_in: Shop, info: base.ShopInfo) -> None:
        stand_in.keep(an_order(1, shipments=[base.Shipment("1", "RR1", sent_at=AT)]))
        stand_in.rows["orders"][2] |= {"state": "closed", "total_paid": 53.9, "total_refunded": 53.9}
        (order,) = self._looked(info, "order", "2")
        assert (order.state, order.fulfilment) == ("completed", "sent")

    def test_what_does_not_fit_costs_nothing_else(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(3)))
        stand_in.rows["orders"][2]["created_at"] = "0000-00-00 00:00:00"
        stand_in.rows["orders"][3]["order_currency_code"] = "€"
        assert reading.read(shop_id)
        assert known() == ["N0"]
        misfits = {name for shop in queries.shops() for one in shop.readings for name in one.misfits}
        assert misfits == {"2", "3"}

    def test_a_shop_without_stock_by_source_is_read(
        self, stand_in: Shop, shop_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in.keep(base.Product("p7", "Lamp", AT, [base.Variant("v7", "Lamp", 300, "EUR", "L")]))
        operations = dict(standin_schema.described()["operations"])
        del operations["GET /V1/inventory/source-items"]
        monkeypatch.setitem(standin_schema.described(), "operations", operations)
        reading.read(shop_id)
        assert sold("lamp") == ["Lamp"]

    def test_requests_are_signed_where_the_keys_are_there(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.signed = True
        stand_in.keep(an_order(1))
        with pytest.raises(base.ShopError, match="isn't authorized to access Magento_Sales::sales") as caught:
            reading.read(shop_id)
        assert caught.value.permanent
        keys = {"token_secret": TOKEN_SECRET, "consumer_key": CONSUMER, "consumer_secret": CONSUMER_SECRET}
        actions.change_shop(shop_id, settings=stand_in.settings | keys)
        reading.read(shop_id)
        assert known() == ["N1"]

    def test_rules_are_offers_unless_they_are_somebodys_own(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        plain = {
            "is_active": True,
            "coupon_type": "SPECIFIC_COUPON",
            "simple_action": "by_percent",
            "discount_amount": 10.0,
        }
        least = {"condition_type": "Address", "attribute_name": "base_subtotal", "operator": ">=", "value": "50"}
        country = least | {"attribute_name": "country_id", "operator": "==", "value": "SI"}
        rules: dict[str, dict[str, Any]] = {
            "TEN": {"from_date": "2026-11-01", "to_date": "2026-11-28"},
            "FIVE": {"simple_action": "cart_fixed", "discount_amount": 5, "condition": _all(least)},
            "": {"name": "By itself", "coupon_type": "NO_COUPON", "simple_free_shipping": "MATCHING_ITEMS_ONLY"},
            "OVER": {"to_date": "2026-11-26"},
            "OFF": {"is_active": False},
            "ABROAD": {"condition": _all(country)},
            "BOTH": {"condition": _all(least, country)},
            "SOME": {"action_condition": _all(country)},
            "OURS": {"name": "Pult k1"},
            "EACH": {"use_auto_generation": True},
        }
        for number, (code, of) in enumerate(rules.items(), 1):
            stand_in.rows["salesRules"][number] = {"rule_id": number, "name": f"Rule {code}", **plain, **of}
            if code:
                stand_in.rows["coupons"][number] = {"coupon_id": number, "rule_id": number, "code": code}
        reading.read(shop_id)
        found = {one.promotion.code: one.promotion for one in queries.promotions(store_ids=[info.store_id], at=NOW)}
        assert sorted(found) == ["", "FIVE", "TEN"]
        assert (found["TEN"].percent, found["TEN"].title) == (10.0, "Rule TEN")
        assert (found["FIVE"].amount, found["FIVE"].minimum, found["FIVE"].currency) == (500, 5_000, "EUR")
        assert found[""].delivery
        assert [type(one).__name__ for one in self._looked(info, "promotion", "1", "6", "99")] == [
            "Promotion",
            "Gone",
            "Gone",
        ]

    # --- acts

    def test_lines_that_are_given_back_come_into_stock_and_nothing_else_is_given_back(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.GiveBack(order.id, 2_695, [base.Part(order.lines[0].id, 1)], shipping=200, restock=True)
        done = acting.perform(info, act, key="k1", at=NOW)
        assert done.order is not None
        assert [one.amount for one in done.order.refunds] == [2_695], "the line and half of the postage"
        assert (stand_in.online, stand_in.restocked) == ([True], [[int(order.lines[0].id)]])
        acting.perform(info, base.GiveBack(order.id, 195), key="k2", at=NOW)
        assert stand_in.rows["orders"][2]["items"][0]["qty_refunded"] == 1, "a sum gives back no lines"
        assert self.seen(info).payment == "part_refunded"
        assert acting.plan(info, base.GiveBack(order.id, 100)).most == 2_500

    def test_less_than_a_line_costs_can_be_given_back_for_it(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.GiveBack(order.id, 2_000, [base.Part(order.lines[0].id, 1)])
        acting.perform(info, act, key="k1", at=NOW)
        assert [one.amount for one in self.seen(info).refunds] == [2_000]

    def test_what_no_provider_gives_back_is_said_so(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        stand_in.rows["invoices"][2]["transaction_id"] = None
        act = base.GiveBack(order.id, 100, restock=True)
        assert acting.plan(info, act).warnings == ["paid_elsewhere", "no_restock"]
        assert acting.plan(info, base.Cancel(order.id)).warnings == ["paid_elsewhere"]
        acting.perform(info, act, key="k1", at=NOW)
        assert stand_in.online == [False]

    @pytest.mark.parametrize(
        ("parts", "changes", "code"),
        [
            ([base.Part("1", 1)], {}, "unknown_line"),
            ([base.Part("200", 3)], {}, "too_much"),
            ([], {"total_paid": None}, "not_paid"),
            ([], {"order_currency_code": "PLN"}, "not_possible"),
        ],
    )
    def test_what_cannot_be_given_back_is_refused(
        self,
        stand_in: Shop,
        info: base.ShopInfo,
        acting: base.Acting,
        order: base.Order,
        parts: list[base.Part],
        changes: dict[str, Any],
        code: str,
    ) -> None:
        stand_in.rows["orders"][2] |= changes
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.GiveBack(order.id, 100, parts))
        assert caught.value.code == code

    def test_an_order_that_was_not_paid_is_cancelled_by_itself(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting
    ) -> None:
        stand_in.keep(an_order(1))
        act = base.Cancel(self.id_of(1))
        assert acting.plan(info, act).amount == 0
        for good in range(4):
            stand_in.behave("cut", after=good)
            if not self.is_lost(acting, info, act, "k1", NOW):
                break
        stand_in.behave("well")
        done = acting.perform(info, act, key="k1", at=NOW)
        assert done.order is not None
        assert (done.order.state, stand_in.done) == ("cancelled", [("cancel", "2")])
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=NOW)
        assert caught.value.code == "already_cancelled"

    def test_a_paid_order_is_not_cancelled_without_giving_the_money_back(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.Cancel(order.id, refund=False))
        assert caught.value.code == "not_possible"
        acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert stand_in.restocked == [[int(order.lines[0].id)]]

    def test_of_an_order_that_was_paid_in_part_the_rest_is_cancelled_too(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        stand_in.rows["orders"][2]["total_paid"] = stand_in.rows["invoices"][2]["grand_total"] = 20.0
        assert acting.plan(info, base.Cancel(order.id)).amount == 2_000
        for _ in range(2):
            done = acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert done.order is not None
        assert (done.order.state, [one.amount for one in done.order.refunds]) == ("cancelled", [2_000])
        assert [verb for verb, _ in stand_in.done] == ["refund", "cancel"]

    def test_an_order_that_has_left_stays_as_it_is(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting
    ) -> None:
        stand_in.keep(an_order(1, shipments=[base.Shipment("1", "RR1", sent_at=AT)]))
        for act in (base.Cancel(self.id_of(1)), base.ChangeAddress(self.id_of(1), ELSEWHERE)):
            with pytest.raises(base.Refused) as caught:
                acting.plan(info, act)
            assert caught.value.code == "already_sent"

    @pytest.mark.parametrize("missing", ["name", "lines", "postcode", "city", "country"])
    def test_an_address_that_the_shop_would_not_take_is_refused(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order, missing: str
    ) -> None:
        place = msgspec.structs.replace(ELSEWHERE, **{missing: [] if missing == "lines" else ""})
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.ChangeAddress(order.id, place))
        assert caught.value.code == "bad_address"

    def test_an_address_and_a_code_can_be_taken_back(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        for act in (self.act("change_address", order), self.act("discount", order)):
            done = acting.perform(info, act, key="k1", at=NOW)
            acting.undo(info, act, done, key="k2")
            acting.undo(info, act, done, key="k2")
        now = self.seen(info).ship_to
        assert msgspec.structs.replace(now, phone="") == order.ship_to
        assert (stand_in.rows["salesRules"], stand_in.rows["coupons"]) == ({}, {})

    def test_a_code_says_what_it_takes_off(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.Discount("FIVE-OFF", amount=500, currency="EUR", minimum=2_000, uses=3, until=NOW)
        acting.perform(info, act, key="k1", at=NOW)
        (rule,) = stand_in.rows["salesRules"].values()
        assert (rule["simple_action"], rule["discount_amount"], rule["to_date"]) == ("cart_fixed", 5.0, "2026-11-28")
        assert (rule["website_ids"], rule["customer_group_ids"]) == ([1], [0])
        assert rule["condition"]["conditions"][0]["value"] == "20.00"
        (coupon,) = stand_in.rows["coupons"].values()
        assert (coupon["code"], coupon["usage_limit"]) == ("FIVE-OFF", 3)
        for wrong in (base.Discount("WRONG"), base.Discount("WRONG", amount=1, currency="PLN"), act):
            with pytest.raises(base.Refused):
                acting.plan(info, wrong)
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, act, key="k2", at=NOW)
        assert caught.value.code == "bad_code"

    def test_an_older_account_is_another(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = self.act("register", order)
        acting.perform(info, act, key="k1", at=datetime.now(UTC))
        with pytest.raises(base.Refused) as planned:
            acting.plan(info, act)
        with pytest.raises(base.Refused) as performed:
            acting.perform(info, act, key="k2", at=datetime.now(UTC) + timedelta(hours=1))
        assert (planned.value.code, performed.value.code) == ("already_done", "already_done")


def _all(*conditions: dict[str, Any]) -> dict[str, Any]:
    whole = {"condition_type": "Combine", "aggregator_type": "all", "operator": "", "value": "1"}
    return whole | {"conditions": list(conditions)}


def test_a_signature_is_that_of_the_specification() -> None:
    """The parameters and the base string are those of RFC 5849, 3.4.1; its own example is signed by another method."""
    oauth = {
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
    }
    url = "http://EXAMPLE.COM/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q"
    text = (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D"
        "HMAC-SHA256%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )
    good = base64.b64encode(hmac.new(b"j49sk3j29djd&dh893hdasih9", text.encode(), "sha256").digest()).decode()
    assert signing.signature("POST", url, oauth, "j49sk3j29djd", "dh893hdasih9") == good


@pytest.mark.parametrize(
    "changes",
    [
        {"base_url": "shop.example"},
        {"base_url": "https://shop.example/?a=1"},
        {"access_token": ""},
        {"store_view": "Store View"},
        {"consumer_key": "a b"},
        {"colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, str]) -> None:
    good = {"base_url": "https://shop.example", "access_token": "t"}
    forms.validated(registry.settings("magento"), good)
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("magento"), good | changes)
