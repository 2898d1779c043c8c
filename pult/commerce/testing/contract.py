"""What every connector must hold: its tests.py subclasses ShopContract and says how its shop behaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.core.cache import cache

from pult.accounts import access
from pult.accounts import actions as accounts
from pult.commerce import actions, base, check, notices, queries, reading, registry
from pult.commerce.errors import Unauthentic
from pult.commerce.models import Notice, Order, Product
from pult.commerce.testing.local import WAIT
from pult.platform import events
from pult.platform.arrivals import Arriving

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
ODD_TEXT = "Čšž đĐ łąę Ωραίο ελληνικά ß “quotes” 😀 e\u0301 \u200fעברית, \t; x"
MANY = 1_150
"""More than go on a page of any connector."""


class StandIn(Protocol):
    """A stand-in for a shop; `settings` connect Pult to it."""

    settings: dict[str, Any]

    def keep(self, *things: base.Order | base.Product) -> None:
        """Have these things from now on, in place of those with the same id."""

    def behave(self, behaviour: str) -> bool:
        """From now on: "well", "rate_limit" (leave me alone for WAIT seconds), "temporary" or "permanent" failure.
        False where such a shop has no such behaviour."""

    def notice(self, thing: base.Thing, name: str) -> tuple[dict[str, str], bytes]:
        """Return the headers and body of a genuine notice, made now, that is called so."""


def an_order(number: int = 1, *, hours: float = 0, **changes: Any) -> base.Order:
    """Return an order of one lamp, placed at AT and changed so many hours later."""
    lamp = base.Line(id="1", title="Lamp", quantity=2, price=2_495, total=4_990, sku="LAMP-7", product_id="p7")
    fields: dict[str, Any] = {
        "id": f"o{number}",
        "number": f"N{number}",
        "placed_at": AT,
        "changed_at": AT + timedelta(hours=hours),
        "currency": "EUR",
        "total": 5_390,
        "shipping": 400,
        "buyer": base.Buyer(email=f"person{number}@customers.example", name="Maja Kos"),
        "lines": [lamp],
        **changes,
    }
    return base.Order(**fields)


def kept() -> list[Order]:
    """Return the orders that Pult has, as they stand in its table."""
    return list(Order.objects.order_by("id"))


class ShopContract:
    """Fill in `connector` and `shop`; all tests are inherited."""

    connector: str
    many = 320
    """Orders that go on no fewer than three pages: what is asked for a hundred at a time is tried with few."""

    def shop(self, folder: Path) -> AbstractContextManager[StandIn]:
        """Run a stand-in for the shop, which may use the folder."""
        raise NotImplementedError

    def id_of(self, number: int) -> str:
        """Return the shop's id of the order that `an_order` numbers so: where ids are numbers, another than here."""
        return f"o{number}"

    # What follows holds for every connector.

    @pytest.fixture
    def stand_in(self, tmp_path: Path) -> Iterator[StandIn]:
        with self.shop(tmp_path) as found:
            yield found

    @pytest.fixture
    def shop_id(self, db: None, stand_in: StandIn) -> Iterator[int]:
        cache.clear()
        access.forget()
        store = accounts.create_store(access.SYSTEM, name="Shop", language="en")
        yield actions.connect(store_id=store.id, connector=self.connector, name="Shop", settings=stand_in.settings)
        access.forget()

    def test_the_folder_is_complete(self) -> None:
        manifest = registry.SHOPS.manifest(self.connector)
        assert check.problems(Path(manifest.folder)) == []
        assert isinstance(self, ListeningShopContract) == manifest.can("webhook"), (
            "the contract is that of the manifest"
        )

    def test_everything_is_read_once(self, stand_in: StandIn, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(self.many)))
        told: list[reading.Progress] = []
        assert reading.read(shop_id, told=told.append)
        assert Order.objects.count() == self.many
        assert told[-1].finished
        assert reading.read(shop_id, told=told.append)
        assert (told[-1].taken.made, told[-1].taken.changed) == (0, 0)
        assert _events() == [], "a first reading tells nobody"

    def test_reading_goes_on_after_the_process_was_killed(
        self, stand_in: StandIn, shop_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in.keep(*(an_order(number) for number in range(self.many)))
        given: list[set[str]] = []
        honest = actions.take

        def dying(shop: int, things: Any, *, live: bool) -> actions.Taken:
            orders = {thing.id for thing in things if isinstance(thing, base.Order)}
            if orders:
                given.append(orders)
            if orders and len(given) == 2:
                raise KeyboardInterrupt
            return honest(shop, things, live=live)

        monkeypatch.setattr(actions, "take", dying)
        with pytest.raises(KeyboardInterrupt):
            reading.read(shop_id)
        assert 0 < Order.objects.count() < self.many, "a shop of that size is given in pages"
        assert reading.read(shop_id)
        assert Order.objects.count() == self.many
        assert given[0].isdisjoint(set().union(*given[2:])), "what was kept is not asked for again"

    def test_what_changed_is_read_and_told(self, stand_in: StandIn, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(20)))
        reading.read(shop_id)
        now = datetime.now(UTC) + timedelta(minutes=1)
        stand_in.keep(an_order(3, changed_at=now, total=9_000), an_order(77, changed_at=now))
        told: list[reading.Progress] = []
        reading.read(shop_id, told=told.append)
        assert (told[-1].taken.made, told[-1].taken.changed) == (1, 1)
        assert Order.objects.get(external_id=self.id_of(3)).total == 9_000
        assert sorted(_events()) == ["order.changed", "order.created"]
        if registry.SHOPS.manifest(self.connector).can("changes"):
            assert told[-1].taken.known == 0, "who is asked for changes gives no more than these"

    def test_an_older_word_does_not_win(self, stand_in: StandIn, shop_id: int) -> None:
        stand_in.keep(an_order(1, hours=5))
        actions.take(shop_id, [an_order(1, id=self.id_of(1), hours=9, total=7_777)], live=False)
        reading.read(shop_id)
        assert Order.objects.get(external_id=self.id_of(1)).total == 7_777

    def test_odd_letters_arrive_whole(self, stand_in: StandIn, shop_id: int) -> None:
        line = base.Line(id="1", title=f"{ODD_TEXT}\x00", quantity=1, price=1, total=1, sku="S")
        stand_in.keep(an_order(1, lines=[line], buyer=base.Buyer(email="a@customers.example", name=ODD_TEXT)))
        reading.read(shop_id)
        whole = queries.order(Order.objects.get().id)
        assert whole is not None
        assert (whole.order.lines[0].title, whole.order.buyer.name) == (ODD_TEXT, ODD_TEXT)

    def test_sums_and_times_arrive_whole(self, stand_in: StandIn, shop_id: int) -> None:
        parcel = base.Shipment(id="1", number="RR1", carrier="Pošta", sent_at=AT + timedelta(hours=3))
        product = base.Product(id="p7", title="Lamp", changed_at=AT)
        stand_in.keep(an_order(1, hours=3, shipments=[parcel]), product)
        reading.read(shop_id)
        whole = queries.order(Order.objects.get().id)
        assert whole is not None
        order = whole.order
        assert (order.total, order.currency, order.shipping, order.placed_at) == (5_390, "EUR", 400, AT)
        assert [(line.title, line.quantity, line.price, line.total) for line in order.lines] == [
            ("Lamp", 2, 2_495, 4_990)
        ]
        assert [(one.number, one.sent_at) for one in order.shipments] == [("RR1", AT + timedelta(hours=3))]
        assert Product.objects.get().title == "Lamp"

    def test_a_permanent_failure_is_shown_with_the_shop(self, stand_in: StandIn, shop_id: int) -> None:
        assert self._refused(stand_in, shop_id, "permanent").permanent

    def _refused(self, stand_in: StandIn, shop_id: int, behaviour: str) -> base.ShopError:
        """Read a shop that behaves so; then that it behaves well again, which must succeed."""
        stand_in.keep(an_order(1))
        assert stand_in.behave(behaviour), f"the stand-in knows no {behaviour}"
        with pytest.raises(base.ShopError) as caught:
            reading.read(shop_id)
        shown = [one.error for shop in queries.shops() for one in shop.readings]
        assert str(caught.value)[:1000] in shown
        assert stand_in.behave("well")
        assert reading.read(shop_id)
        assert Order.objects.count() == 1
        assert not any(one.error for shop in queries.shops() for one in shop.readings)
        return caught.value


class AskedShopContract(ShopContract):
    """What holds besides for a shop that is asked over a network."""

    def test_a_rate_limit_is_honoured(self, stand_in: StandIn, shop_id: int) -> None:
        error = self._refused(stand_in, shop_id, "rate_limit")
        assert not error.permanent
        assert error.after is not None
        assert WAIT - 2 <= error.after <= WAIT

    def test_a_temporary_failure_is_tried_again(self, stand_in: StandIn, shop_id: int) -> None:
        assert not self._refused(stand_in, shop_id, "temporary").permanent


class ListeningShopContract(AskedShopContract):
    """What holds besides for a shop that tells of changes by itself."""

    @pytest.fixture
    def listening(self) -> base.Listening:
        found = registry.listening(self.connector)
        assert found is not None
        return found

    def test_a_forged_notice_is_refused(self, stand_in: StandIn, shop_id: int, listening: base.Listening) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        bare = {name: value for name, value in headers.items() if "sign" not in name and "hmac" not in name}
        for forged, content in ((headers, body + b" "), (bare, body), ({}, body), (headers, b"")):
            with pytest.raises(Unauthentic):
                notices.receive(shop_id, forged, content)
        actions.change_shop(shop_id, settings={})
        with pytest.raises(Unauthentic):
            notices.receive(shop_id, headers, body)
        assert Notice.objects.count() == 0

    def test_a_notice_is_kept_and_taken_once(self, stand_in: StandIn, shop_id: int, listening: base.Listening) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        assert notices.receive(shop_id, headers, body) is not None
        assert notices.receive(shop_id, headers, body) is None
        assert notices.run_batch() == 1
        assert notices.receive(shop_id, headers, body) is None, "also when it was read"
        assert notices.run_batch() == 0
        assert Order.objects.count() == 1
        assert _events() == ["order.created"]
        assert Notice.objects.get().body is None, "what it said is forgotten"

    def test_late_and_disordered_notices_change_nothing(
        self, stand_in: StandIn, shop_id: int, listening: base.Listening
    ) -> None:
        for hours in (5, 2, 9, 1):
            notices.receive(shop_id, *stand_in.notice(an_order(1, hours=hours, total=hours), f"n{hours}"))
        while notices.run_batch(1):
            pass
        assert Order.objects.get().total == 9
        notices.receive(shop_id, *stand_in.notice(an_order(1, hours=3, total=3), "late"))
        notices.run_batch()
        assert Order.objects.get().total == 9

    def test_a_notice_that_makes_no_sense_ends_with_the_shop(
        self, stand_in: StandIn, shop_id: int, listening: base.Listening
    ) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        good = notices.receive(shop_id, *stand_in.notice(an_order(2), "n2"))
        notices.NOTICES.receive([Arriving(shop_id, "bad", {"headers": headers}, body[: len(body) // 2])])
        notices.run_batch()
        assert good is not None
        assert Notice.objects.get(pk=good).state == "parsed"
        for _ in range(10):
            Notice.objects.update(claimed_until=None)
            notices.run_batch()
        found = queries.notices(shop_id)
        assert (found.failed, found.waiting) == (1, 0)
        assert found.error

    def test_a_dead_workers_notice_is_taken_by_another(
        self, stand_in: StandIn, shop_id: int, listening: base.Listening, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notices.receive(shop_id, *stand_in.notice(an_order(1), "n1"))
        with monkeypatch.context() as patched:
            patched.setattr(notices.NOTICES, "finish", _killed)
            with pytest.raises(KeyboardInterrupt):
                notices.run_batch()
        assert Order.objects.count() == 0, "what was not finished is not written"
        Notice.objects.update(claimed_until=None)
        assert notices.run_batch() == 1
        assert Order.objects.count() == 1
        assert _events() == ["order.created"]


def _killed(*args: object, **kwargs: object) -> bool:
    raise KeyboardInterrupt


def _events() -> list[str]:
    """Return the kinds of events about orders."""
    events.sequence()
    return [event.kind for event in events.read(0) if event.kind.startswith("order.")]
