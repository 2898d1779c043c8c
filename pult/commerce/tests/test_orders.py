"""Orders as they are taken from a shop: once, in any order, and beside the right person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pult.accounts import queries as accounts
from pult.commerce import actions, base, queries
from pult.commerce.tests.conftest import AT, ordered
from pult.customers import actions as customers
from pult.customers import queries as customers_queries
from pult.flows import privacy
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")

PARCEL = base.Shipment(id="p", number="RR123456789SI", carrier="Pošta Slovenije", sent_at=AT + timedelta(days=1))


def card_of(address: str, store: accounts.StoreInfo) -> queries.ShopCard:
    known = customers.identify(kind="email", value=address)
    return queries.card([known.id], store_ids=[store.id])


def happened() -> list[str]:
    events.sequence()
    return [row.kind for row in events.read(0) if row.kind.startswith("order.")]


def test_what_came_twice_is_there_once_and_tells_once(shop_id: int, store: accounts.StoreInfo) -> None:
    assert actions.take(shop_id, [ordered()], live=True) == actions.Taken(made=1)
    assert actions.take(shop_id, [ordered(), ordered()], live=True) == actions.Taken(known=1)
    assert card_of("maja@customers.example", store).order_count == 1
    assert happened() == ["order.created"]


def test_the_older_word_never_wins(shop_id: int) -> None:
    actions.take(shop_id, [ordered(hours=2, fulfilment="sent", shipments=[PARCEL])], live=True)
    assert actions.take(shop_id, [ordered(hours=1, fulfilment="part")], live=True) == actions.Taken(known=1)
    (found,) = queries.find_orders("1001", store_ids=[s.id for s in accounts.stores()])
    assert (found.fulfilment, found.open_parcels) == ("sent", 1)


def test_of_two_words_in_one_page_the_newer_counts(shop_id: int) -> None:
    actions.take(shop_id, [ordered(hours=2, payment="refunded"), ordered(hours=1)], live=True)
    (found,) = queries.find_orders("1001", store_ids=[s.id for s in accounts.stores()])
    assert found.payment == "refunded"


def test_a_change_is_kept_with_what_it_was_before(shop_id: int) -> None:
    actions.take(shop_id, [ordered()], live=True)
    refund = base.Refund(id="r", amount=5390, at=AT + timedelta(hours=3))
    actions.take(shop_id, [ordered(hours=3, state="cancelled", payment="refunded", refunds=[refund])], live=True)
    (found,) = queries.find_orders("1001", store_ids=[s.id for s in accounts.stores()])
    whole = queries.order(found.id)
    assert whole is not None
    told = {change.field: (change.before, change.after) for change in whole.changes}
    assert told == {"state": ("open", "cancelled"), "payment": ("paid", "refunded"), "refunded": ("0", "5390")}
    assert happened() == ["order.created", "order.changed"]


def test_a_first_reading_tells_nobody(shop_id: int) -> None:
    actions.take(shop_id, [ordered(str(number)) for number in range(20)], live=False)
    assert happened() == []


def test_an_order_is_beside_whoever_wrote_from_its_address(shop_id: int, store: accounts.StoreInfo) -> None:
    writer = customers.identify(kind="email", value="maja@customers.example", name="Maja")
    actions.take(shop_id, [ordered()], live=True)
    person = customers_queries.customer(writer.id)
    assert person is not None
    assert {(one.kind, one.value) for one in person.identities} == {
        ("email", "maja@customers.example"),
        ("phone", "+386 40 123 456"),
    }
    assert queries.card([writer.id], store_ids=[store.id]).order_count == 1


def test_a_shared_number_joins_nobody_who_has_an_address(shop_id: int, store: accounts.StoreInfo) -> None:
    actions.take(shop_id, [ordered()], live=True)
    other = base.Buyer(id="b2", email="luka@customers.example", phone="+386 40 123 456", name="Luka Kos")
    actions.take(shop_id, [ordered("1002", buyer=other)], live=True)
    assert card_of("maja@customers.example", store).order_count == 1
    assert card_of("luka@customers.example", store).order_count == 1


def test_an_account_stays_the_same_person_with_another_address(shop_id: int, store: accounts.StoreInfo) -> None:
    actions.take(shop_id, [ordered()], live=True)
    actions.take(shop_id, [ordered("1002", buyer=base.Buyer(id="b1", email="maja@new.example"))], live=True)
    assert card_of("maja@customers.example", store).order_count == 2


def test_a_guest_without_any_address_is_nobody(shop_id: int) -> None:
    actions.take(shop_id, [ordered(buyer=base.Buyer(name="Gost"))], live=True)
    (found,) = queries.find_orders("1001", store_ids=[s.id for s in accounts.stores()])
    assert found.customer_id is None


def test_the_card_counts_what_was_bought_and_what_is_on_its_way(shop_id: int, store: accounts.StoreInfo) -> None:
    actions.take(
        shop_id,
        [
            ordered("1", placed_at=AT - timedelta(days=300), total=10_000),
            ordered("2", total=5_390, refunds=[base.Refund(id="r", amount=390)]),
            ordered("3", placed_at=AT + timedelta(days=1), total=700, currency="HRK", shipments=[PARCEL]),
            ordered("4", placed_at=AT + timedelta(days=2), total=99_000, state="cancelled", shipments=[PARCEL]),
            ordered("5", placed_at=AT - timedelta(days=1), total=88_000, payment="failed"),
        ],
        live=True,
    )
    card = card_of("maja@customers.example", store)
    assert [order.number for order in card.orders] == ["4", "3", "2", "5", "1"]
    assert (card.order_count, card.open_parcels) == (5, 1)
    assert {(w.currency, w.orders, w.paid, w.refunded) for w in card.worth} == {
        ("EUR", 2, 15_390, 390),
        ("HRK", 1, 700, 0),
    }
    assert (card.first_order_at, card.last_order_at) == (AT - timedelta(days=300), AT + timedelta(days=2))


def test_what_has_arrived_is_not_on_its_way_even_where_nobody_says_when(
    shop_id: int, store: accounts.StoreInfo
) -> None:
    actions.take(shop_id, [ordered(shipments=[PARCEL], fulfilment="delivered", state="completed")], live=True)
    assert card_of("maja@customers.example", store).open_parcels == 0


def test_the_card_costs_the_same_for_any_number_of_orders(
    shop_id: int, store: accounts.StoreInfo, django_assert_num_queries: Any
) -> None:
    actions.take(shop_id, [ordered(str(number)) for number in range(60)], live=False)
    known = customers.identify(kind="email", value="maja@customers.example")
    with django_assert_num_queries(1):
        assert len(queries.card([known.id], store_ids=[store.id]).orders) == queries.SHOWN


def test_taking_many_costs_the_same_number_of_statements(shop_id: int, django_assert_max_num_queries: Any) -> None:
    buyers = [base.Buyer(id=f"b{n}", email=f"{n}@customers.example", name=f"Kupec {n}") for n in range(100)]
    with django_assert_max_num_queries(24):
        actions.take(shop_id, [ordered(str(n), buyer=buyer) for n, buyer in enumerate(buyers)], live=True)


@pytest.mark.parametrize(
    "query",
    ["1001", "#1001", "maja kos", "maja@customers.example", "38640123456", "RR123456789SI", "lamp-7", "svetilk"],
)
def test_an_order_is_found_by_what_a_customer_names(shop_id: int, store: accounts.StoreInfo, query: str) -> None:
    actions.take(
        shop_id,
        [ordered(shipments=[PARCEL]), ordered("2002", buyer=base.Buyer(), ship_to=base.Place(), lines=[])],
        live=True,
    )
    other = actions.connect(store_id=store.id, connector="csv", name="Druga")
    assert [found.number for found in queries.find_orders(query, store_ids=[store.id])][:1] == ["1001"]
    assert queries.find_orders(query, store_ids=[]) == []
    assert other != shop_id


def test_an_exact_number_comes_before_newer_orders_that_hold_it(shop_id: int, store: accounts.StoreInfo) -> None:
    note = base.Line(id="1", title="Nadomestilo za 77", quantity=1, price=0, total=0)
    actions.take(
        shop_id,
        [ordered("77"), *(ordered(str(n), placed_at=AT + timedelta(days=n), lines=[note]) for n in range(200, 230))],
        live=True,
    )
    assert queries.find_orders("77", store_ids=[store.id])[0].number == "77"


def test_who_is_forgotten_stays_forgotten_whatever_the_shop_says_later(shop_id: int, store: accounts.StoreInfo) -> None:
    actions.take(shop_id, [ordered()], live=True)
    known = customers.identify(kind="email", value="maja@customers.example")
    exported: Any = privacy.export(known.id)["orders"]
    assert [body["number"] for body in exported] == ["1001"]
    privacy.erase(known.id)
    actions.take(shop_id, [ordered(hours=5, payment="refunded")], live=True)
    assert queries.find_orders("maja", store_ids=[store.id]) == []
    (found,) = queries.find_orders("1001", store_ids=[store.id])
    whole = queries.order(found.id)
    assert whole is not None
    assert (found.customer_id, found.payment, whole.erased) == (None, "refunded", True)
    assert whole.order.buyer == base.Buyer()
    assert whole.order.ship_to == base.Place()


def test_what_a_shop_deletes_is_cancelled_and_not_gone(shop_id: int, store: accounts.StoreInfo) -> None:
    actions.take(shop_id, [ordered(shipments=[PARCEL])], live=True)
    assert actions.take(shop_id, [base.Gone("order", "o1001")], live=True) == actions.Taken(changed=1)
    (found,) = queries.find_orders("1001", store_ids=[store.id])
    assert (found.state, found.open_parcels) == ("cancelled", 0)
