"""The contract of a shop, held by one that speaks HTTP, and what only such a shop can do."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pult.commerce import actions, notices, queries, reading, registry
from pult.commerce.base import Gone, Product, ShopError, Variant
from pult.commerce.connectors.http import asking, describe
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.errors import Unauthentic
from pult.commerce.testing import AT, MANY, ActingShopContract, ListeningShopContract, an_order
from pult.platform import forms, httpclient

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def local_addresses(settings: Any) -> None:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]


def known() -> list[str]:
    return sorted(order.number for order in queries.find_orders("Maja", store_ids=_stores(), limit=5_000))


def _stores() -> list[int]:
    return [shop.store_id for shop in queries.shops()]


class TestHttp(ActingShopContract, ListeningShopContract):
    connector = "http"

    def shop(self, folder: Path) -> AbstractContextManager[Any]:
        return Shop()

    @pytest.mark.parametrize(
        ("spoilt", "told"),
        [
            ({"total": "12.00"}, "Expected `int`, got `str` - at `$.total`"),
            ({"total": 12.5}, "at `$.total`"),
            ({"placed_at": "2026-11-02T10:00:00"}, "at `$.placed_at`"),
            ({"currency": "eur"}, "at `$.currency`"),
            ({"lines": [{"id": "1"}]}, "at `$.lines[0]`"),
            ({"state": "lost"}, "at `$.state`"),
            ({"total": 10**30}, "at `$.total`"),
        ],
    )
    def test_what_does_not_fit_is_named_and_costs_nothing_else(
        self, stand_in: Shop, shop_id: int, spoilt: dict[str, Any], told: str
    ) -> None:
        stand_in.keep(*(an_order(number) for number in range(5)))
        good = msgspec.to_builtins(an_order(2))
        stand_in.put("o2", good | spoilt)
        stand_in.put("", {"number": "no id"})
        assert reading.read(shop_id)
        assert known() == ["N0", "N1", "N3", "N4"]
        misfits = self._misfits()
        assert told in misfits["o2"]
        assert misfits["o2"].startswith("/orders items[2]: ")
        assert "/orders items[5]" in misfits
        stand_in.put("o2", good | {"changed_at": datetime.now(UTC).isoformat()})
        assert reading.read(shop_id)
        assert "N2" in known()
        assert "o2" not in self._misfits(), "what was mended is no longer named"

    def _misfits(self) -> dict[str, str]:
        return {name: error for shop in queries.shops() for one in shop.readings for name, error in one.misfits.items()}

    @pytest.mark.parametrize("name", ["html", "cut"])
    def test_half_an_answer_and_none_at_all_are_told(self, stand_in: Shop, shop_id: int, name: str) -> None:
        stand_in.keep(*(an_order(number) for number in range(MANY)))
        stand_in.behave(name, after=6)
        with pytest.raises(ShopError, match="/orders"):
            reading.read(shop_id)
        assert len(known()) == 300
        stand_in.behave("well")
        stand_in.asked.clear()
        assert reading.read(shop_id)
        assert len(known()) == MANY
        assert "/shop/orders?cursor=at-300" in stand_in.asked
        assert "/shop/orders?cursor=at-200" not in stand_in.asked

    def test_a_silent_shop_is_not_waited_for(
        self, stand_in: Shop, shop_id: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asking, "TIMEOUT", 0.2)
        stand_in.behave("slow")
        with pytest.raises(ShopError, match="took too long") as caught:
            reading.read(shop_id)
        assert not caught.value.permanent

    def test_a_wrong_token_is_told(self, stand_in: Shop, shop_id: int) -> None:
        actions.change_shop(shop_id, settings=stand_in.settings | {"token": "other"})
        with pytest.raises(ShopError, match="answered 401") as caught:
            reading.read(shop_id)
        assert caught.value.permanent

    def test_an_inner_address_is_refused_unless_allowed(self, stand_in: Shop, shop_id: int, settings: Any) -> None:
        settings.HTTP_ALLOW_HOSTS = []
        httpclient.close_clients()
        with pytest.raises(ShopError, match="not on the open internet"):
            reading.read(shop_id)
        assert stand_in.asked == []

    def test_a_forgotten_cursor_begins_the_run_anew(self, stand_in: Shop, shop_id: int) -> None:
        stand_in.keep(*(an_order(number) for number in range(MANY)))
        stand_in.behave("temporary", after=8)
        with pytest.raises(ShopError):
            reading.read(shop_id)
        stand_in.behave("well")
        stand_in.forgotten = {"at-500"}
        with pytest.raises(ShopError, match="forgets its cursors"):
            reading.read(shop_id)
        stand_in.forgotten = set()
        assert reading.read(shop_id)
        assert len(known()) == MANY

    def test_deleted_things_are_caught_up(self, stand_in: Shop, shop_id: int) -> None:
        variant = Variant(id="v", title="", price=1, currency="EUR")
        stand_in.keep(an_order(1), an_order(2), Product(id="p1", title="Svetilka", changed_at=AT, variants=[variant]))
        reading.read(shop_id)
        assert len(queries.find_products("svetilka", store_ids=_stores())) == 1
        now = datetime.now(UTC).isoformat()
        stand_in.gone["/shop/orders"] = [{"id": "o1", "at": now}]
        stand_in.gone["/shop/products"] = [{"id": "p1", "at": now}]
        reading.read(shop_id)
        (order,) = queries.find_orders("N1", store_ids=_stores())
        assert order.state == "cancelled"
        assert queries.find_products("svetilka", store_ids=_stores()) == []

    def test_what_was_said_before_it_was_deleted_comes_too_late(self, stand_in: Shop, shop_id: int) -> None:
        for name, thing in (
            ("n1", an_order(1)),
            ("n2", Gone("order", "o1", AT + timedelta(hours=5))),
            ("n3", an_order(1, hours=3, total=1)),
        ):
            notices.receive(shop_id, *stand_in.notice(thing, name))
            notices.run_batch()
        (order,) = queries.find_orders("N1", store_ids=_stores())
        assert (order.state, order.total) == ("cancelled", 5_390)
        notices.receive(shop_id, *stand_in.notice(an_order(1, hours=6), "n4"))
        notices.run_batch()
        assert queries.find_orders("N1", store_ids=_stores())[0].state == "open"

    @pytest.mark.parametrize(("skew", "good"), [(-290, True), (290, True), (-310, False), (310, False)])
    def test_a_clock_may_be_wrong_by_five_minutes(self, stand_in: Shop, shop_id: int, skew: float, good: bool) -> None:
        headers, body = stand_in.notice(an_order(1), "n1", skew=skew)
        if good:
            assert notices.receive(shop_id, headers, body) is not None
        else:
            with pytest.raises(Unauthentic):
                notices.receive(shop_id, headers, body)

    def test_a_notice_cannot_be_played_again_under_another_name(self, stand_in: Shop, shop_id: int) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        for change in ({"webhook-id": "n2"}, {"webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}):
            with pytest.raises(Unauthentic):
                notices.receive(shop_id, headers | change, body)

    @pytest.mark.parametrize("odd", ["-1", "1e9", "", "٣", "9" * 30])
    def test_odd_headers_are_refused(self, stand_in: Shop, shop_id: int, odd: str) -> None:
        headers, body = stand_in.notice(an_order(1), "n1")
        for change in ({"webhook-timestamp": odd}, {"webhook-signature": odd or "v1,"}):
            with pytest.raises(Unauthentic):
                notices.receive(shop_id, headers | change, body)

    def test_texts_that_no_database_keeps_are_freed_of_it(self, stand_in: Shop, shop_id: int) -> None:
        body = json.dumps({"kind": "order", "item": msgspec.to_builtins(an_order(1, note="a\x00b\ud800"))}).encode()
        notices.receive(shop_id, *stand_in.notice(an_order(1), "n1", content=body))
        notices.run_batch()
        (order,) = queries.find_orders("N1", store_ids=_stores())
        whole = queries.order(order.id)
        assert whole is not None
        assert whole.order.note == "ab?"


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "shop.example"},
        {"base_url": "ftp://shop.example"},
        {"base_url": "https://shop.example/?a=1"},
        {"base_url": "https://shop.example", "token": "a b"},
        {"base_url": "https://shop.example", "webhook_secret": "whsec_"},
        {"base_url": "https://shop.example", "colour": "red"},
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(forms.BadSettings):
        forms.validated(registry.settings("http"), given)


def test_the_description_says_what_is_read() -> None:
    """docs/shop-http.openapi.json is made by `python -m pult.commerce.connectors.http.describe`."""
    written = Path(__file__).resolve().parents[4] / "docs" / "shop-http.openapi.json"
    assert json.loads(written.read_text()) == json.loads(json.dumps(describe.described()))
