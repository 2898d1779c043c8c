"""The contract of a shop, held by Shopware, and what only Shopware does."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pult.commerce import actions, base, notices, queries, reading, registry
from pult.commerce.connectors.shopware import asking
from pult.commerce.connectors.shopware.standin import Shop
from pult.commerce.connectors.shopware.standin_things import moment, price, state, uid
from pult.commerce.errors import Unauthentic
from pult.commerce.testing import AT, ELSEWHERE, PLACE, ActingShopContract, ListeningShopContract, an_order

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
LAMP = base.Variant("v7", "Lamp", 2_495, "EUR", "LAMP-7")


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    asking._tokens.clear()


def known() -> list[str]:
    """Return the numbers of the orders that are kept."""
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=_stores(), limit=5_000))


def sold(word: str) -> list[str]:
    """Return the titles of the products that are kept and sold, of those with this word."""
    return [product.title for product in queries.find_products(word, store_ids=_stores())]


def _stores() -> list[int]:
    return [shop.store_id for shop in queries.shops()]


class TestShopware(ListeningShopContract, ActingShopContract):
    connector = "shopware"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return uid(f"o{number}")

    # --- reading

    def test_products_are_read_with_their_variants(self, stand_in: Shop, shop_id: int, info: base.ShopInfo) -> None:
        small = base.Variant("v1", "S", 1_990, "EUR", "L-S", before=2_490, attributes={"Size": "S"})
        large = base.Variant("v2", "L", 2_990, "EUR", "L-L", "4006381333931", stock=[base.Stock("", 7)])
        stand_in.keep(base.Product("p1", "Lamp", AT, [small, large], "Lamps", "Lux", attributes={"Colour": "Red"}))
        stand_in.keep(base.Product("p2", "Bulb", AT, [base.Variant("v3", "Bulb", 300, "EUR", "B")], active=False))
        reading.read(shop_id)
        found = {one.title: one for one in self._looked(info, "product", uid("p1"), uid("p2"))}
        lamp, bulb = found["Lamp"], found["Bulb"]
        assert [(one.title, one.price, one.before, one.barcode) for one in lamp.variants] == [
            ("S", 1_990, 2_490, ""),
            ("Lamp", 2_990, None, "4006381333931"),
        ]
        assert lamp.variants[1].stock == [base.Stock("", 7)]
        assert (lamp.category, lamp.vendor, lamp.attributes) == ("Lamps", "Lux", {"Colour": "Red"})
        assert (bulb.variants[0].id, bulb.variants[0].price, bulb.active) == (uid("p2"), 300, False)
        assert sold("lamp") == ["Lamp"]

    def _looked(self, info: base.ShopInfo, kind: base.Kind, *ids: str) -> list[Any]:
        looking = registry.looking("shopware")
        assert looking is not None
        return looking.look(info, kind, ids)

    def test_a_payment_that_changes_makes_its_order_newer(self, stand_in: Shop, shop_id: int) -> None:
        paid = base.Payment("pay1", "card", "paid", 5_390, AT)
        stand_in.keep(*(an_order(number, payments=[paid]) for number in range(3)))
        reading.read(shop_id)
        transaction = stand_in.rows["order"][self.id_of(1)]["transactions"][0]
        transaction["stateMachineState"] = state("refunded_partially", "order_transaction.state")
        transaction["updatedAt"] = moment(datetime.now(UTC) + timedelta(minutes=1))
        told: list[reading.Progress] = []
        reading.read(shop_id, told=told.append)
        assert (told[-1].taken.changed, told[-1].taken.known) == (1, 0)
        assert queries.find_orders("N1", store_ids=_stores())[0].payment == "part_refunded"

    def test_reductions_are_no_lines(self, stand_in: Shop, info: base.ShopInfo) -> None:
        stand_in.keep(an_order(1))
        items = stand_in.rows["order"][self.id_of(1)]["lineItems"]
        items.append({**items[0], "id": uid("code"), "type": "promotion", "label": "SORRY", "totalPrice": -5.0})
        items.append({**items[0], "id": uid("part"), "parentId": items[0]["id"], "label": "a part of a set"})
        (order,) = self._looked(info, "order", self.id_of(1))
        assert ([line.title for line in order.lines], order.discount) == (["Lamp"], 500)

    def test_what_does_not_fit_costs_nothing_else(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(3)))
        stand_in.rows["order"][self.id_of(1)]["amountTotal"] = "a lot"
        stand_in.rows["order"][self.id_of(2)]["currency"] = None
        assert reading.read(shop_id)
        assert known() == ["N0"]
        misfits = {
            name: text for shop in queries.shops() for one in shop.readings for name, text in one.misfits.items()
        }
        assert "is no amount" in misfits[self.id_of(1)]
        assert self.id_of(2) in misfits

    def test_a_token_is_asked_for_once_and_again_when_it_is_taken_back(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(an_order(1))
        reading.read(shop_id)
        reading.read(shop_id)
        assert stand_in.asked.count("/api/oauth/token") == 1
        stand_in.tokens.clear()
        reading.read(shop_id)
        assert stand_in.asked.count("/api/oauth/token") == 2
        actions.change_shop(shop_id, settings=stand_in.settings | {"client_secret": "another"})
        with pytest.raises(base.ShopError, match="Client authentication failed") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    def test_a_token_is_not_used_when_it_is_about_to_end(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.lives = 20
        reading.read(shop_id)
        assert stand_in.asked.count("/api/oauth/token") > 1

    def test_ids_that_are_none_are_gone(self, stand_in: Shop, info: base.ShopInfo) -> None:
        stand_in.keep(an_order(1))
        found = self._looked(info, "order", "o1", self.id_of(1), uid("nothing"))
        assert [type(one).__name__ for one in found] == ["Gone", "Order", "Gone"]

    def test_promotions_are_offers_unless_they_are_somebodys_own(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        plain: dict[str, Any] = {
            "active": True,
            "useCodes": True,
            "useIndividualCodes": False,
            "createdAt": moment(AT),
            "discounts": [],
        }
        ten = {"id": uid("ten"), "scope": "cart", "type": "percentage", "value": 10.0, "considerAdvancedRules": False}
        five, post = {**ten, "type": "absolute", "value": 5.0}, {**ten, "scope": "delivery", "value": 100.0}
        rows: dict[str, dict[str, Any]] = {
            "TEN": {"name": "Ten off", "discounts": [ten]},
            "FIVE": {"name": "Five off", "discounts": [five], "useCodes": False},
            "POST": {"name": "Free delivery", "discounts": [post]},
            "OVER": {"name": "Over", "discounts": [ten], "validUntil": moment(AT)},
            "USED": {"name": "Used up", "discounts": [ten], "maxRedemptionsGlobal": 1, "orderCount": 1},
            "OWN": {"name": "Of one", "discounts": [ten], "customerRestriction": True},
            "MANY": {"name": "Of many codes", "discounts": [ten], "useIndividualCodes": True},
            "OURS": {"name": "Pult SORRY", "discounts": [ten]},
            "RULED": {"name": "From 50 on", "discounts": [ten], "cartRules": [{"id": uid("rule")}]},
            "SOME": {"name": "Some goods", "discounts": [{**ten, "considerAdvancedRules": True}]},
            "TWO": {"name": "Two at once", "discounts": [ten, five]},
        }
        for code, of in rows.items():
            stand_in.rows["promotion"][uid(code)] = {"id": uid(code), "code": code, **plain, **of}
        reading.read(shop_id)
        found = {one.promotion.title: one.promotion for one in queries.promotions(store_ids=[info.store_id], at=NOW)}
        assert sorted(found) == ["Five off", "Free delivery", "Ten off"]
        assert (found["Ten off"].percent, found["Ten off"].code) == (10.0, "TEN")
        assert (found["Five off"].amount, found["Five off"].currency, found["Five off"].code) == (500, "EUR", "")
        assert found["Free delivery"].delivery

    def test_codes_and_accounts_are_made_where_the_sales_channel_is_known(self, info: base.ShopInfo) -> None:
        connector = registry.connector("shopware")
        assert isinstance(connector, base.Telling)
        assert "discount" in connector.verbs(info)
        nowhere = msgspec.structs.replace(info, settings={**info.settings, "sales_channel": ""})
        assert {"discount", "register"}.isdisjoint(connector.verbs(nowhere))

    # --- notices

    def test_a_payment_or_a_delivery_that_was_written_names_its_order(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(an_order(1, payments=[base.Payment("pay1", "card", "paid", 5_390, AT)]), an_order(2))
        of = stand_in.rows["order"]
        for name, entity, row_id in (
            ("n1", "order_transaction", of[self.id_of(1)]["transactions"][0]["id"]),
            ("n2", "order_delivery", of[self.id_of(2)]["deliveries"][0]["id"]),
        ):
            written = {"entity": entity, "operation": "update", "primaryKey": row_id, "updatedFields": ["stateId"]}
            notices.receive(shop_id, *stand_in.signed(f"{entity}.written", [written], name))
        notices.run_batch()
        assert known() == ["N1", "N2"]

    def test_a_placed_order_and_a_deleted_product_are_followed(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        stand_in.keep(an_order(1))
        notices.receive(shop_id, *stand_in.signed("checkout.order.placed", {"order": {"id": self.id_of(1)}}, "n1"))
        notices.receive(shop_id, *stand_in.notice(base.Product("p7", "Lamp", AT, [LAMP]), "n2"))
        notices.run_batch()
        assert known() == ["N1"]
        assert len(queries.find_products("lamp", store_ids=[info.store_id])) == 1
        notices.receive(shop_id, *stand_in.notice(base.Gone("product", "p7"), "n3"))
        notices.run_batch()
        assert queries.find_products("lamp", store_ids=[info.store_id]) == []

    def test_what_somebody_drafts_in_the_administration_is_no_news(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(an_order(1))
        row = {"entity": "order", "operation": "update", "primaryKey": self.id_of(1), "versionId": uid("draft")}
        notices.receive(shop_id, *stand_in.signed("order.written", [row], "n1"))
        asked = len(stand_in.asked)
        notices.run_batch()
        assert (known(), len(stand_in.asked)) == ([], asked)

    def test_without_the_shops_secret_nothing_is_accepted(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        actions.change_shop(shop_id, settings=stand_in.settings | {"webhook_secret": ""})
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers, body)

    def test_an_example_of_the_documentation_is_understood(self, stand_in: Shop, shop_id: int) -> None:
        said = json.loads((Path(__file__).parent / "payloads" / "order_written.json").read_bytes())
        notices.receive(shop_id, *stand_in.signed(said["data"]["event"], said["data"]["payload"], "n1"))
        assert notices.run_batch() == 1
        assert queries.notices(shop_id).failed == 0

    # --- acts

    def test_what_the_plugin_gives_back_is_asked_of_it(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        transaction = stand_in.rows["order"][order.id]["transactions"][0]
        capture = {"id": uid("capture"), "orderTransactionId": transaction["id"], "amount": price(5_390), "refunds": []}
        transaction["captures"] = [capture | {"stateMachineState": state("completed"), "createdAt": moment(AT)}]
        act = base.GiveBack(order.id, 1_000, note="Scratched")
        assert acting.plan(info, act) == base.Plan(amount=1_000, currency="EUR", most=5_390)
        first = acting.perform(info, act, key="k1", at=NOW)
        assert acting.perform(info, act, key="k1", at=NOW) == first
        (refund,) = transaction["captures"][0]["refunds"]
        assert (refund["amount"]["totalPrice"], refund["reason"], refund["externalReference"]) == (
            10.0,
            "Scratched",
            "k1",
        )
        assert [one.amount for one in self.seen(info).refunds] == [1_000]
        assert acting.plan(info, act).most == 4_390
        stand_in.plugin = "failed"
        with pytest.raises(base.Refused):
            acting.perform(info, act, key="k2", at=NOW)
        assert acting.plan(info, act).most == 4_390, "what failed is still there"

    def test_what_is_given_back_elsewhere_is_noted(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.GiveBack(order.id, 2_000)
        assert acting.plan(info, act).warnings == ["paid_elsewhere"]
        for key in ("k1", "k2"):
            acting.perform(info, act, key=key, at=NOW)
        now = self.seen(info)
        assert ([one.amount for one in now.refunds], now.payment) == ([2_000, 2_000], "part_refunded")
        acting.perform(info, base.GiveBack(order.id, 1_390), key="k3", at=NOW)
        assert self.seen(info).payment == "refunded"

    @pytest.mark.parametrize(
        ("parts", "paid", "code"),
        [
            ([base.Part("nothing", 1)], True, "unknown_line"),
            ([base.Part("own", 3)], True, "too_much"),
            ([], False, "not_paid"),
        ],
    )
    def test_what_cannot_be_given_back_is_refused(
        self,
        stand_in: Shop,
        info: base.ShopInfo,
        acting: base.Acting,
        order: base.Order,
        parts: list[base.Part],
        paid: bool,
        code: str,
    ) -> None:
        if not paid:
            stand_in.keep(an_order(1))
        own = [base.Part(order.lines[0].id if one.line_id == "own" else one.line_id, one.quantity) for one in parts]
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.GiveBack(order.id, 100, own))
        assert caught.value.code == code

    def test_cancelling_says_that_somebody_has_to_give_back_the_money(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        plan = acting.plan(info, base.Cancel(order.id))
        assert (plan.amount, plan.warnings) == (5_390, ["shop_writes", "paid_elsewhere"])
        done = acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert acting.perform(info, base.Cancel(order.id), key="k1", at=NOW).order == done.order
        assert done.order is not None
        assert (done.order.payment, [one.amount for one in done.order.refunds]) == ("refunded", [5_390])
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, base.Cancel(order.id), key="k2", at=NOW)
        assert caught.value.code == "already_cancelled"

    def test_an_unpaid_payment_is_given_up_with_its_order(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        stand_in.rows["order"][order.id]["transactions"][0]["stateMachineState"] = state("open")
        done = acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert done.order is not None
        assert (done.order.payment, done.order.refunds) == ("voided", [])

    def test_an_order_that_has_left_stays_as_it_is(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting
    ) -> None:
        stand_in.keep(an_order(1, shipments=[base.Shipment("1", "RR1", sent_at=AT)]))
        for act in (base.Cancel(self.id_of(1)), base.ChangeAddress(self.id_of(1), ELSEWHERE)):
            with pytest.raises(base.Refused) as caught:
                acting.plan(info, act)
            assert caught.value.code == "already_sent"

    @pytest.mark.parametrize(
        "place",
        [
            base.Place("Maja", lines=["Ilica 5"], city="Zagreb", country="HR"),
            base.Place("Maja Kos", city="Zagreb", country="HR"),
            base.Place("Maja Kos", lines=["Ilica 5"], country="HR"),
            base.Place("Maja Kos", lines=["Ilica 5"], city="Zagreb", country="XX"),
        ],
    )
    def test_an_address_that_the_shop_would_not_take_is_refused(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order, place: base.Place
    ) -> None:
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.ChangeAddress(order.id, place))
        assert caught.value.code == "bad_address"

    def test_an_address_and_a_code_can_be_taken_back(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        bill = stand_in.rows["order"][order.id]["billingAddress"]["city"]
        for act in (self.act("change_address", order), self.act("discount", order)):
            acting.perform(info, act, key="k1", at=NOW)
            done = acting.perform(info, act, key="k1", at=NOW)
            acting.undo(info, act, done, key="k2")
        assert self.seen(info).ship_to == order.ship_to
        assert stand_in.rows["order"][order.id]["billingAddress"]["city"] == bill == PLACE.city
        assert stand_in.rows["promotion"] == {}

    def test_a_code_or_an_account_that_is_another_is_left_alone(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        for act, code in ((self.act("discount", order), "bad_code"), (self.act("register", order), "already_done")):
            acting.perform(info, act, key="k1", at=NOW)
            with pytest.raises(base.Refused) as planned:
                acting.plan(info, act)
            with pytest.raises(base.Refused) as performed:
                acting.perform(info, act, key="k2", at=NOW)
            assert (planned.value.code, performed.value.code) == (code, code)
        assert stand_in.mails == ["new@customers.example"]

    def test_a_code_says_what_it_takes_off_and_for_whom(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.Discount("FIVE-OFF", amount=500, currency="EUR", uses=3, buyer=base.Buyer(id=uid("maja")))
        acting.perform(info, act, key="k1", at=NOW)
        (made,) = stand_in.rows["promotion"].values()
        assert (made["discounts"][0]["type"], made["discounts"][0]["value"]) == ("absolute", 5.0)
        assert (made["customerRestriction"], made["personaCustomers"]) == (True, [{"id": uid("maja")}])
        for wrong in (base.Discount("WRONG", percent=1, amount=1), base.Discount("WRONG", amount=500, currency="PLN")):
            with pytest.raises(base.Refused):
                acting.plan(info, wrong)

    def test_a_privilege_that_the_integration_lacks_is_told(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        stand_in.denied = {"order:update"}
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert caught.value.code == "not_allowed"
        stand_in.denied = {"order:read"}
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.Cancel(order.id))
        assert caught.value.code == "not_allowed"
        with pytest.raises(base.ShopError, match="Missing privilege"):
            reading.read(shop_id)

    def test_notes_are_put_below_each_other(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        for key in ("k1", "k2", "k1"):
            acting.perform(info, base.AddNote(order.id, f"Note {key}"), key=key, at=NOW)
        raw = stand_in.rows["order"][order.id]
        assert raw["internalComment"] == "Note k1 [Pult k1]\n\nNote k2 [Pult k2]"
        del raw["internalComment"]
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.AddNote(order.id, "Note"))
        assert caught.value.code == "not_possible"
