"""The contract of a shop, held by Saleor, and what only Saleor does."""

from __future__ import annotations

import base64
import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from pult.commerce import actions, base, notices, queries, reading, registry
from pult.commerce.connectors.saleor import questions, signatures
from pult.commerce.connectors.saleor.standin import Shop
from pult.commerce.connectors.saleor.standin_things import amount, gid
from pult.commerce.errors import Unauthentic
from pult.commerce.models import Order, Product
from pult.commerce.testing import AT, MANY, ActingShopContract, ListeningShopContract, an_order
from pult.platform import forms

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


class TestSaleor(ListeningShopContract, ActingShopContract):
    connector = "saleor"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    def id_of(self, number: int) -> str:
        return gid("Order", f"o{number}")

    # --- reading

    def test_a_product_is_read_with_its_channels_price_and_stock(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        stock = [base.Stock("Ljubljana", 4), base.Stock("Zagreb", 0)]
        small = base.Variant("v1", "Small", 1_990, "EUR", "L-S", before=2_490, attributes={"Size": "S"}, stock=stock)
        stand_in.keep(base.Product("p1", "Lamp", AT, [small], category="Lamps", attributes={"Colour": "Red"}))
        stand_in.products[gid("Product", "p1")]["variants"].append(
            {**stand_in.products[gid("Product", "p1")]["variants"][0], "id": "x", "pricing": None}
        )
        reading.read(shop_id)
        looking = registry.looking("saleor")
        assert looking is not None
        (found,) = looking.look(info, "product", [gid("Product", "p1")])
        assert isinstance(found, base.Product)
        (variant,) = found.variants
        assert (variant.price, variant.before, variant.stock) == (1_990, 2_490, stock)
        assert (found.category, found.attributes, variant.attributes) == ("Lamps", {"Colour": "Red"}, {"Size": "S"})
        assert Product.objects.get().title == "Lamp"

    def test_what_does_not_fit_costs_nothing_else(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(3)))
        stand_in.orders[self.id_of(1)]["total"]["gross"]["currency"] = "euro"
        assert reading.read(shop_id)
        assert sorted(Order.objects.values_list("number", flat=True)) == ["N0", "N2"]
        misfits = {
            name: text for shop in queries.shops() for one in shop.readings for name, text in one.misfits.items()
        }
        assert "currency" in misfits[self.id_of(1)]

    def test_a_forgotten_cursor_begins_the_run_anew(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(250)))
        stand_in.behave("temporary", after=3)
        with pytest.raises(base.ShopError):
            reading.read(shop_id)
        stand_in.behave("well")
        rows = sorted((one["updatedAt"], one["id"]) for one in stand_in.orders.values())
        stand_in.forgotten = {_cursor(rows[199])}
        with pytest.raises(base.ShopError, match="cursor is invalid"):
            reading.read(shop_id)
        stand_in.forgotten = set()
        assert reading.read(shop_id)
        assert Order.objects.count() == 250 < MANY

    def test_a_permission_that_the_app_lacks_is_told(self, stand_in: Shop, shop_id: int, info: base.ShopInfo) -> None:
        stand_in.denied = {"MANAGE_ORDERS"}
        with pytest.raises(base.ShopError, match="MANAGE_ORDERS") as caught:
            reading.read(shop_id)
        assert caught.value.permanent
        acting = registry.acting("saleor")
        assert acting is not None
        with pytest.raises(base.Refused) as refused:
            acting.plan(info, base.Cancel(self.id_of(1)))
        assert refused.value.code == "not_allowed"

    def test_money_given_back_is_seen(self, stand_in: Shop, info: base.ShopInfo, order: base.Order) -> None:
        raw = stand_in.orders[order.id]
        raw["payments"] = [
            {
                "id": "old",
                "gateway": "mirumee.payments.dummy",
                "created": raw["created"],
                "chargeStatus": "PARTIALLY_REFUNDED",
                "total": amount(5_390),
                "transactions": [
                    {"id": "t", "created": raw["created"], "kind": "REFUND", "isSuccess": True, "amount": amount(390)},
                    {"id": "u", "created": raw["created"], "kind": "REFUND", "isSuccess": False, "amount": amount(1)},
                ],
            }
        ]
        raw["totalRefunded"] = amount(390)
        seen = self.seen(info)
        assert (seen.payment, [one.amount for one in seen.refunds]) == ("part_refunded", [390])

    # --- notices

    @pytest.mark.parametrize(
        "changes",
        [
            {"alg": "none"},
            {"alg": "HS256"},
            {"b64": True},
            {"crit": []},
            {"kid": "another"},
            {"kid": 1},
        ],
    )
    def test_a_signature_of_another_kind_is_refused(
        self, stand_in: Shop, shop_id: int, changes: dict[str, Any]
    ) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers | {"saleor-signature": stand_in.signed(body, **changes)}, body)

    @pytest.mark.parametrize("odd", ["..", "a..b", "a.b.c", "é..é", "e30..", "W10..AA", "!"])
    def test_what_is_no_signature_is_refused(self, stand_in: Shop, shop_id: int, odd: str) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers | {"saleor-signature": odd}, body)

    def test_keys_are_kept_and_asked_for_when_another_signs(self, stand_in: Shop, shop_id: int) -> None:
        for name in ("n1", "n2"):
            notices.receive(shop_id, *stand_in.notice(an_order(1), name))
        assert stand_in.asked.count("/.well-known/jwks.json") == 1
        stand_in.kid = "2"
        late = stand_in.notice(an_order(1), "n3")
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, *late)
        _a_minute_later()
        assert notices.receive(shop_id, *late) is not None
        assert stand_in.asked.count("/.well-known/jwks.json") == 2

    def test_keys_that_cannot_be_had_say_nothing_of_the_notice(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        stand_in.behave("temporary")
        with pytest.raises(base.ShopError):
            notices.receive(shop_id, headers, body)
        stand_in.behave("well")
        assert notices.receive(shop_id, headers, body) is not None

    def test_the_older_secret_signs_as_well(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.secret = "a secret of the webhook"
        headers, body = stand_in.notice(an_order(1), "n1")
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers, body)
        actions.change_shop(shop_id, settings=stand_in.settings | {"webhook_secret": stand_in.secret})
        assert notices.receive(shop_id, headers, body) is not None
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers, body + b" ")

    def test_a_product_that_a_notice_names_is_asked_for(
        self, stand_in: Shop, shop_id: int, info: base.ShopInfo
    ) -> None:
        lamp = base.Variant("v7", "Lamp", 2_495, "EUR")
        notices.receive(shop_id, *stand_in.notice(base.Product("p7", "Lamp", AT, [lamp]), "n1"))
        notices.run_batch()
        assert Product.objects.get().title == "Lamp"
        notices.receive(shop_id, *stand_in.notice(base.Gone("product", "p7"), "n2"))
        notices.run_batch()
        assert queries.find_products("lamp", store_ids=[info.store_id]) == []

    def test_an_order_of_which_only_the_id_is_told_is_asked_for(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(an_order(1))
        body = json.dumps({"issuedAt": NOW.isoformat(), "order": {"id": self.id_of(1)}}).encode()
        headers = {"saleor-event": "order_updated", "saleor-signature": stand_in.signed(body)}
        notices.receive(shop_id, headers, body)
        notices.run_batch()
        assert Order.objects.get().number == "N1"

    # --- acts

    def test_cancelling_gives_back_what_was_paid(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        plan = acting.plan(info, base.Cancel(order.id))
        assert (plan.amount, plan.warnings) == (5_390, ["shop_writes"])
        done = acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert done.order is not None
        assert (done.order.state, done.order.payment) == ("cancelled", "refunded")
        acting.perform(info, base.Cancel(order.id), key="k1", at=NOW)
        assert sum(one.amount for one in self.seen(info).refunds) == 5_390
        with pytest.raises(base.Refused) as caught:
            acting.perform(info, base.Cancel(order.id), key="k2", at=NOW)
        assert caught.value.code == "already_cancelled"

    def test_an_order_that_has_left_stays_as_it_is(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting
    ) -> None:
        stand_in.keep(an_order(1, shipments=[base.Shipment("1", "RR1", sent_at=AT)]))
        for act in (base.Cancel(self.id_of(1)), base.ChangeAddress(self.id_of(1), base.Place(city="Zagreb"))):
            with pytest.raises(base.Refused) as caught:
                acting.plan(info, act)
            assert caught.value.code == "already_sent"

    def test_a_payment_that_its_provider_does_not_give_back_is_said_so(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = base.GiveBack(order.id, 1_000, restock=True)
        stand_in.provider = "FAILURE"
        with pytest.raises(base.Refused):
            acting.perform(info, act, key="k1", at=NOW)
        stand_in.provider = "PENDING"
        acting.perform(info, act, key="k1", at=NOW)
        acting.perform(info, act, key="k1", at=NOW)
        assert len(stand_in.orders[order.id]["grantedRefunds"]) == 1, "the same grant is tried again"
        assert self.seen(info).refunds == [], "what is under way has moved no money yet"
        stand_in.orders[order.id]["transactions"][0]["actions"] = []
        assert acting.plan(info, act).warnings == ["paid_elsewhere", "no_restock"]

    @pytest.mark.parametrize(
        ("act", "code"),
        [
            (base.GiveBack("", 100, [base.Part("nothing", 1)]), "unknown_line"),
            (base.GiveBack("", 100, [base.Part("own", 3)]), "too_much"),
            (base.GiveBack("", 100), "not_paid"),
        ],
    )
    def test_what_cannot_be_given_back_is_refused(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order, act: base.GiveBack, code: str
    ) -> None:
        if not act.parts:
            stand_in.keep(an_order(1))
        parts = [
            base.Part(order.lines[0].id if one.line_id == "own" else one.line_id, one.quantity) for one in act.parts
        ]
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.GiveBack(order.id, act.amount, parts))
        assert caught.value.code == code

    def test_an_address_and_a_code_can_be_taken_back(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        assert isinstance(acting, base.Undoing)
        for verb in ("change_address", "discount"):
            act = self.act(verb, order)
            done = acting.perform(info, act, key="k1", at=NOW)
            assert acting.plan(info, self.act("note", order)) is not None
            acting.undo(info, act, done, key="k2")
        assert self.seen(info).ship_to == order.ship_to
        assert stand_in.vouchers == {}

    def test_a_code_or_an_account_that_is_another_is_left_alone(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        for verb, code in (("discount", "bad_code"), ("register", "already_done")):
            act = self.act(verb, order)  # type: ignore[arg-type]
            acting.perform(info, act, key="k1", at=NOW)
            for asked in (
                lambda act=act: acting.plan(info, act),
                lambda act=act: acting.perform(info, act, key="k2", at=NOW),
            ):
                with pytest.raises(base.Refused) as caught:
                    asked()
                assert caught.value.code == code

    def test_a_code_says_what_it_takes_off(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        until = NOW + timedelta(days=3)
        act = base.Discount("FIVE-OFF", amount=500, currency="EUR", minimum=2_000, uses=3, until=until)
        acting.perform(info, act, key="k1", at=NOW)
        (made,) = stand_in.vouchers.values()
        assert (made["input"]["discountValueType"], made["input"]["usageLimit"]) == ("FIXED", 3)
        assert made["input"]["endDate"] == until.isoformat()
        (listing,) = made["channelListings"]
        assert (float(listing["discountValue"]), float(listing["minSpent"])) == (5.0, 20.0)

    def test_a_basket_is_planned_with_its_deliveries(
        self, stand_in: Shop, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        act = self.act("draft_order", order)
        plan = acting.plan(info, act)
        assert [(one.title, one.price) for one in plan.options] == [("Post", 400), ("Courier", 700)]
        assert (plan.total, plan.shipping) == (5_390, 400)
        done = acting.perform(info, act, key="k1", at=NOW)
        assert done.url == f"https://shop.example/pay/{done.reference.replace('=', '%3D')}"
        assert stand_in.drafts[done.reference]["input"]["shippingMethod"] == plan.options[0].id


def _cursor(row: tuple[str, str]) -> str:
    return base64.b64encode(json.dumps(list(row)).encode()).decode()


def _a_minute_later() -> None:
    """Let the pause between two questions for keys pass."""
    cache.clear()


def test_the_subscription_that_admins_copy_is_the_one_that_is_read() -> None:
    """payloads/subscription.graphql is what docs/shops.md tells to enter in Saleor."""
    written = Path(__file__).with_name("payloads") / "subscription.graphql"
    assert written.read_text().strip() == questions.SUBSCRIPTION.strip()
    assert signatures.PAUSE < signatures.KEPT


@pytest.mark.parametrize(
    "changes",
    [
        {"api_url": "shop.example/graphql/"},
        {"api_url": "https://shop.example/graphql/?a=1"},
        {"token": ""},
        {"channel": "a b"},
        {"payment_url": "javascript:alert(1)"},
        {"colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, str]) -> None:
    good = {"api_url": "https://shop.example/graphql/", "token": "t", "channel": "default-channel"}
    forms.validated(registry.settings("saleor"), good)
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("saleor"), good | changes)
