"""What holds besides for a connector that can do things in its shop (base.Acting)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pult.commerce import base, reading, registry
from pult.commerce.models import Shop
from pult.commerce.testing.contract import AT, an_order

PLACE = base.Place(name="Maja Kos", lines=["Slovenska cesta 1"], postcode="1000", city="Ljubljana", country="SI")
"""Where the orders of an acting shop go to."""
ELSEWHERE = base.Place(name="Maja Kos", lines=["Ilica 5"], postcode="10000", city="Zagreb", country="HR")
VERBS: tuple[base.Verb, ...] = (
    "cancel",
    "change_address",
    "refund",
    "resend",
    "discount",
    "note",
    "draft_order",
    "register",
)


class ActingShopContract:
    """Mix it in beside a ShopContract.

    The stand-in keeps orders that are paid and not sent, and notes in `done` what was done to them; it sells the
    lamp of `an_order` as variant `v7` of product `p7` for 24.95. Ids of lines are taken from what the connector sees.
    """

    connector: str

    if TYPE_CHECKING:  # as in the ShopContract that it is mixed in beside

        def id_of(self, number: int) -> str: ...

    @pytest.fixture
    def info(self, shop_id: int) -> base.ShopInfo:
        return reading.info(Shop.objects.get(pk=shop_id))

    @pytest.fixture
    def acting(self) -> base.Acting:
        found = registry.acting(self.connector)
        assert found is not None, "the manifest names no verb"
        return found

    @pytest.fixture
    def order(self, stand_in: Any, info: base.ShopInfo) -> base.Order:
        """An order that is paid and not sent, as the connector sees it."""
        lamp = base.Variant(id="v7", title="Lamp", price=2_495, currency="EUR", sku="LAMP-7")
        stand_in.keep(
            base.Product(id="p7", title="Lamp", changed_at=AT, variants=[lamp]),
            an_order(
                1,
                payment="paid",
                payments=[base.Payment(id="pay1", method="card", state="paid", amount=5_390, at=AT)],
                ship_to=PLACE,
                bill_to=PLACE,
            ),
        )
        return self.seen(info)

    def seen(self, info: base.ShopInfo, order_id: str = "") -> base.Order:
        """Return an order as the shop has it now, the first where none is named."""
        connector = registry.connector(self.connector)
        assert isinstance(connector, base.Looking), "what acts has to look"
        (found,) = connector.look(info, "order", [order_id or self.id_of(1)])
        assert isinstance(found, base.Order)
        return found

    def act(self, verb: base.Verb, order: base.Order) -> base.Act:
        """Return an act that the shop can do."""
        part = base.Part(order.lines[0].id, 1)
        variant = base.Wanted(order.lines[0].variant_id or "v7", 2, product_id=order.lines[0].product_id)
        buyer = base.Buyer(email="new@customers.example", name="Nika Zupan")
        acts: dict[base.Verb, base.Act] = {
            "cancel": base.Cancel(order.id),
            "change_address": base.ChangeAddress(order.id, ELSEWHERE),
            "refund": base.GiveBack(order.id, 2_495, [part], reason="damaged"),
            "resend": base.Resend(order.id, [part], reason="lost"),
            "discount": base.Discount("SORRY-7F3K", percent=10, until=datetime.now(UTC) + timedelta(days=30)),
            "note": base.AddNote(order.id, "Calls before noon only."),
            "draft_order": base.DraftOrder("EUR", [variant], buyer, PLACE, PLACE),
            "register": base.Register(buyer, PLACE),
        }
        return acts[verb]

    def skip_unless(self, verb: base.Verb) -> None:
        """A verb that the manifest does not name is not tried."""
        if not registry.SHOPS.manifest(self.connector).can(verb):
            pytest.skip(f"{self.connector} cannot {verb}")

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_plan_changes_nothing(
        self, verb: base.Verb, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        self.skip_unless(verb)
        plan = acting.plan(info, self.act(verb, order))
        assert stand_in.done == []
        assert self.seen(info) == order
        if verb == "refund":
            assert (plan.amount, plan.currency, plan.most) == (2_495, "EUR", 5_390)
        if verb == "draft_order":
            assert plan.total is not None
            assert plan.total >= 4_990

    @pytest.mark.parametrize("verb", VERBS)
    def test_what_is_done_is_done_once(
        self, verb: base.Verb, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        self.skip_unless(verb)
        act, key, at = self.act(verb, order), str(uuid.uuid4()), datetime.now(UTC)
        first = acting.perform(info, act, key=key, at=at)
        again = acting.perform(info, act, key=key, at=at)
        assert [name for name, _ in stand_in.done] == [verb]
        assert first.reference == again.reference
        self.holds(verb, info, first)

    @pytest.mark.parametrize("verb", VERBS)
    def test_what_was_done_when_the_answer_was_lost_is_not_done_again(
        self, verb: base.Verb, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        self.skip_unless(verb)
        act, key, at = self.act(verb, order), str(uuid.uuid4()), datetime.now(UTC)
        for good in range(12):
            stand_in.behave("cut", after=good)
            if not self.is_lost(acting, info, act, key, at):
                break
        stand_in.behave("well")
        self.holds(verb, info, acting.perform(info, act, key=key, at=at))
        assert [name for name, _ in stand_in.done] == [verb]

    def is_lost(self, acting: base.Acting, info: base.ShopInfo, act: base.Act, key: str, at: datetime) -> bool:
        """Perform an act and say whether its answer was lost, which says nothing of the shop."""
        try:
            acting.perform(info, act, key=key, at=at)
        except base.ShopError as error:
            if error.permanent:
                raise
            return True
        return False

    def holds(self, verb: base.Verb, info: base.ShopInfo, done: base.Done) -> None:
        """Say whether the shop is now as it should be."""
        now = None if verb in ("discount", "register") else self.seen(info)
        if now is not None and verb == "cancel":
            assert now.state == "cancelled"
        if now is not None and verb == "refund":
            assert sum(refund.amount for refund in now.refunds) == 2_495
        if now is not None and verb == "change_address":
            assert (now.ship_to.city, now.ship_to.country, now.ship_to.lines) == ("Zagreb", "HR", ["Ilica 5"])
        if verb == "discount":
            assert done.code == "SORRY-7F3K"
        if verb == "draft_order":
            assert done.url.startswith("http"), "the buyer needs an address at which to pay"
        if verb in ("resend", "draft_order", "register"):
            assert done.reference

    def test_more_than_was_paid_is_not_given_back(
        self, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        self.skip_unless("refund")
        act = base.GiveBack(order.id, 5_391)
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, act)
        assert caught.value.code == "too_much"
        with pytest.raises(base.Refused):
            acting.perform(info, act, key="k1", at=datetime.now(UTC))
        assert stand_in.done == []

    def test_an_order_that_the_shop_does_not_have_is_said_so(
        self, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        self.skip_unless("cancel")
        with pytest.raises(base.Refused) as caught:
            acting.plan(info, base.Cancel(self.no_such_order()))
        assert caught.value.code == "unknown"

    def no_such_order(self) -> str:
        """Return the id of an order that the shop never had."""
        return self.id_of(404)

    def test_a_shop_that_is_away_is_asked_again(
        self, stand_in: Any, info: base.ShopInfo, acting: base.Acting, order: base.Order
    ) -> None:
        verb = next(verb for verb in VERBS if registry.SHOPS.manifest(self.connector).can(verb))
        stand_in.behave("temporary")
        with pytest.raises(base.ShopError) as caught:
            acting.perform(info, self.act(verb, order), key="k1", at=datetime.now(UTC))
        assert not caught.value.permanent
        assert stand_in.done == []
