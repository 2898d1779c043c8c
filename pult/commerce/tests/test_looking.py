"""What a shop says at this moment, and what is off its goods."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pult.accounts import queries as accounts
from pult.accounts.access import SYSTEM
from pult.accounts.actions import create_store
from pult.commerce import actions, queries, reading
from pult.commerce.base import Product, Promotion, Stock, Variant
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import AT, an_order

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime.now(UTC)


def lamp(price: int, pieces: int, hours: int = 0) -> Product:
    stock = [Stock("Ljubljana", pieces), Stock("Maribor", 2, {"DOT": "2325"})]
    variant = Variant("v7", "White", price, "EUR", "LAMP-7", before=2_995, attributes={"colour": "white"}, stock=stock)
    return Product("p7", "Lamp", AT + timedelta(hours=hours), [variant], category="Lights")


@pytest.fixture
def own(settings: Any) -> Iterator[Shop]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    with Shop() as shop:
        shop.keep(lamp(2_495, 4), an_order(1), Promotion("s1", "Lights -20 %", AT, percent=20, categories=["Lights"]))
        yield shop


@pytest.fixture
def shop_id(own: Shop, store: accounts.StoreInfo) -> int:
    made = actions.connect(store_id=store.id, connector="http", name="Lastna", settings=own.settings)
    assert reading.read(made)
    return made


def test_goods_are_found_with_their_shop_and_asked_for_as_they_are_now(own: Shop, shop_id: int, api: Any) -> None:
    (found,) = api("GET", "/products?q=lamp").json()["items"]
    assert (found["shop_id"], found["as_of"], found["variants"][0]["price"]) == (shop_id, None, 2_495)
    assert [one["title"] for one in found["promotions"]] == ["Lights -20 %"]
    own.keep(lamp(1_995, 1, hours=1))
    live = api("POST", "/products/look", {"shop_id": shop_id, "product_id": "p7"}).json()
    assert live["as_of"] is not None
    assert (live["variants"][0]["price"], live["variants"][0]["stock"][0]["quantity"]) == (1_995, 1)
    (kept,) = api("GET", "/products?q=lamp").json()["items"]
    assert kept["variants"][0]["price"] == 1_995, "what the shop said is kept"


def test_an_order_is_asked_for_as_it_is_now(own: Shop, shop_id: int, api: Any, store: accounts.StoreInfo) -> None:
    order_id = queries.find_orders("N1", store_ids=[store.id])[0].id
    own.keep(an_order(1, hours=3, payment="paid", fulfilment="sent"))
    seen = api("POST", f"/orders/{order_id}/look").json()
    assert (seen["payment"], seen["fulfilment"], seen["as_of"] is not None) == ("paid", "sent", True)
    own.behave("temporary")
    away = api("POST", f"/orders/{order_id}/look")
    assert (away.status_code, away.json()["type"]) == (424, "urn:pult:problem:shop-away")


def test_what_a_look_does_not_find_is_not_taken_away(
    own: Shop, shop_id: int, api: Any, store: accounts.StoreInfo
) -> None:
    order_id = queries.find_orders("N1", store_ids=[store.id])[0].id
    del own.own.things["order"]["o1"]
    seen = api("POST", f"/orders/{order_id}/look").json()
    assert (seen["state"], seen["as_of"]) == ("open", None)


def test_nobody_looks_into_another_store(own: Shop, shop_id: int, store: accounts.StoreInfo, person: Any) -> None:
    order_id = queries.find_orders("N1", store_ids=[store.id])[0].id
    other = create_store(SYSTEM, name="Druga", language="hr")
    _, stranger = person("Ivo", store_id=other.id)
    asked = len(own.asked)
    assert stranger("POST", f"/orders/{order_id}/look").status_code == 404
    assert stranger("POST", "/products/look", {"shop_id": shop_id, "product_id": "p7"}).status_code == 404
    assert stranger("GET", "/products?q=lamp").json()["items"] == []
    assert len(own.asked) == asked
