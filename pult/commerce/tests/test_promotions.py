"""Reductions, as a shop tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pult.accounts import queries as accounts
from pult.commerce import actions, notices, queries, reading
from pult.commerce.base import Gone, Product, Promotion
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import AT, an_order

pytestmark = pytest.mark.django_db(databases="__all__")
NOW = datetime.now(UTC)


@pytest.fixture
def own(settings: Any) -> Iterator[Shop]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    with Shop() as shop:
        shop.keep(Product("p7", "Lamp", AT), an_order(1))
        yield shop


def test_reductions_are_read_told_and_end(own: Shop, store: accounts.StoreInfo) -> None:
    shop_id = actions.connect(store_id=store.id, connector="http", name="Shop", settings=own.settings)
    soon = NOW + timedelta(days=2)
    own.keep(
        Promotion("s1", "Poletna razprodaja", AT, percent=20, ends_at=soon, categories=["Lights"]),
        Promotion("s2", "Later", AT, starts_at=soon),
        Promotion("s3", "Over", AT, ends_at=NOW - timedelta(days=1)),
        Promotion("s4", "Welcome", AT, code="HELLO-10", percent=10, product_ids=["p9"]),
    )
    assert reading.read(shop_id)

    def now(**found: Any) -> list[str]:
        return [offer.promotion.id for offer in queries.promotions(store_ids=[store.id], at=NOW, **found)]

    assert sorted(now()) == ["s1", "s4"]
    assert now(query="hello") == ["s4"]
    assert now(query="poletna") == ["s1"]
    assert now(product=Product("p1", "Lamp", AT, category="Lights")) == ["s1"]
    assert now(product=Product("p9", "Vase", AT)) == ["s4"]
    notices.receive(shop_id, *own.notice(Promotion("s4", "Welcome", NOW, code="HELLO-10", active=False), "n1"))
    notices.receive(shop_id, *own.notice(Gone("promotion", "s1", NOW), "n2"))
    notices.run_batch()
    assert now() == []
    shop = queries.shops()[0]
    assert {one.kind: one.done for one in shop.readings} == {"product": 1, "promotion": 4, "order": 1}


def test_a_shop_without_reductions_is_read_all_the_same(own: Shop, store: accounts.StoreInfo) -> None:
    own.promotes = False
    shop_id = actions.connect(store_id=store.id, connector="http", name="Shop", settings=own.settings)
    assert reading.read(shop_id)
    assert queries.promotions(store_ids=[store.id], at=NOW) == []
    assert [one.error for one in queries.shops()[0].readings] == ["", "", ""]
