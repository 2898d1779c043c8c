"""What the contract says of single things, reductions and acts, beyond what every shop that acts holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pult.commerce.base import (
    AddNote,
    Buyer,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    DraftOrder,
    Gone,
    Order,
    Place,
    Product,
    Promotion,
    Refused,
    ShopError,
    ShopInfo,
    Stock,
    Variant,
    Wanted,
)
from pult.commerce.connectors.http import asking
from pult.commerce.connectors.http.connector import Connector
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import AT, ELSEWHERE, PLACE, an_order

CONNECTOR = Connector()
NOW = datetime.now(UTC)


@pytest.fixture
def own(settings: Any) -> Iterator[Shop]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    with Shop() as shop:
        lamp = Variant("v7", "Lamp", 2_495, "EUR", "LAMP-7", stock=[Stock("Ljubljana", 4)])
        shop.keep(Product("p7", "Lamp", AT, [lamp]), an_order(1, payment="paid", ship_to=PLACE))
        yield shop


@pytest.fixture
def info(own: Shop) -> ShopInfo:
    return ShopInfo(1, 1, own.settings, "EUR", "Europe/Ljubljana")


def key() -> str:
    return str(uuid.uuid4())


def test_single_things_are_asked_for_and_those_that_are_gone_are_named(own: Shop, info: ShopInfo) -> None:
    own.keep(an_order(2, id="a/b č"), Promotion("s1", "Summer", AT, percent=20))
    first, gone = CONNECTOR.look(info, "order", ["a/b č", "nowhere"])
    assert isinstance(first, Order)
    assert gone == Gone("order", "nowhere")
    (product,) = CONNECTOR.look(info, "product", ["p7"])
    assert isinstance(product, Product)
    assert product.variants[0].stock == [Stock("Ljubljana", 4)]
    (offer,) = CONNECTOR.look(info, "promotion", ["s1"])
    assert isinstance(offer, Promotion)


def test_a_wrong_address_is_not_taken_for_an_order_that_is_gone(own: Shop, info: ShopInfo) -> None:
    elsewhere = ShopInfo(1, 1, {**own.settings, "base_url": own.settings["base_url"] + "v2"}, "EUR", "UTC")
    own.answer = lambda asked: (404, {"error": "no such page"})  # type: ignore[method-assign]
    with pytest.raises(ShopError) as caught:
        CONNECTOR.look(elsewhere, "order", ["o1"])
    assert caught.value.permanent


def test_a_shop_says_what_it_can_do_and_one_that_does_not_can_nothing(own: Shop, info: ShopInfo) -> None:
    own.verbs = ["refund", "note"]
    assert CONNECTOR.verbs(info) == ["refund", "note"]
    own.verbs = None
    assert CONNECTOR.verbs(info) == []
    with pytest.raises(Refused) as caught:
        CONNECTOR.plan(info, Cancel("o1"))
    assert caught.value.code == "not_possible"
    own.verbs = ["juggle"]
    with pytest.raises(ShopError, match="/acts"):
        CONNECTOR.verbs(info)


def test_what_was_done_is_taken_back_once(own: Shop, info: ShopInfo) -> None:
    act = ChangeAddress("o1", ELSEWHERE)
    done = CONNECTOR.perform(info, act, key=key(), at=NOW)
    assert done.undo
    undoing = key()
    back = CONNECTOR.undo(info, act, done, key=undoing)
    assert CONNECTOR.undo(info, act, done, key=undoing) == back
    assert back.order is not None
    assert back.order.ship_to == PLACE
    assert [verb for verb, _ in own.done] == ["change_address", "undo"]
    note = AddNote("o1", "Calls before noon.")
    CONNECTOR.undo(info, note, CONNECTOR.perform(info, note, key=key(), at=NOW), key=key())
    assert own.own.order("o1").note == ""
    with pytest.raises(Refused):
        CONNECTOR.undo(info, note, Done(undo="code NEVER"), key=key())


def test_a_key_that_was_used_for_something_else_is_refused(own: Shop, info: ShopInfo) -> None:
    used = key()
    CONNECTOR.perform(info, AddNote("o1", "One."), key=used, at=NOW)
    with pytest.raises(Refused):
        CONNECTOR.perform(info, AddNote("o1", "Two."), key=used, at=NOW)
    assert own.own.order("o1").note == "One."


@pytest.mark.parametrize(
    ("changes", "act", "code"),
    [
        ({"fulfilment": "sent"}, Cancel("o1"), "already_sent"),
        ({"state": "cancelled"}, Cancel("o1"), "already_cancelled"),
        ({}, ChangeAddress("o1", Place(city="Zagreb")), "bad_address"),
        ({}, DraftOrder("EUR", [Wanted("v7", 5)]), "no_stock"),
        ({}, DraftOrder("EUR", [Wanted("v7", 1)], code="NOSUCH"), "bad_code"),
        ({}, DraftOrder("EUR", [Wanted("v8", 1)]), "unknown"),
    ],
)
def test_a_refusal_is_read_with_its_reason(
    own: Shop, info: ShopInfo, changes: dict[str, Any], act: Any, code: str
) -> None:
    own.keep(an_order(1, payment="paid", **changes))
    for ask in (lambda: CONNECTOR.plan(info, act), lambda: CONNECTOR.perform(info, act, key=key(), at=NOW)):
        with pytest.raises(Refused) as caught:
            ask()
        assert caught.value.code == code
        assert caught.value.permanent
    assert own.done == []


def test_a_basket_has_its_delivery_its_code_and_its_sum(own: Shop, info: ShopInfo) -> None:
    CONNECTOR.perform(info, Discount("SORRY-10", percent=10), key=key(), at=NOW)
    act = DraftOrder("EUR", [Wanted("v7", 2)], Buyer(email="a@customers.example"), PLACE, code="SORRY-10")
    plan = CONNECTOR.plan(info, act)
    assert (plan.total, plan.shipping, plan.discount) == (2 * 2_495 - 499 + 400, 400, 499)
    assert [option.id for option in plan.options] == ["post", "pickup"]
    assert plan.warnings == ["low_stock"]
    done = CONNECTOR.perform(info, act, key=key(), at=NOW)
    assert done.url.endswith(f"/pay/{done.reference}")
    own.own.pay(done.reference, failed=True)
    assert own.own.order(done.reference).payment == "failed"
    own.own.pay(done.reference)
    assert own.own.order(done.reference).payment == "paid"


def test_a_key_that_is_being_worked_on_is_asked_again(own: Shop, info: ShopInfo) -> None:
    own.answer = lambda asked: (409, {})  # type: ignore[method-assign]
    with pytest.raises(ShopError) as caught:
        CONNECTOR.perform(info, Cancel("o1"), key=key(), at=NOW)
    assert not caught.value.permanent


def test_what_acts_follows_no_redirect(own: Shop, info: ShopInfo) -> None:
    own.answer = lambda asked: (302, {}, {"Location": "/shop/acts"})  # type: ignore[method-assign]
    with pytest.raises(ShopError):
        CONNECTOR.perform(info, Cancel("o1"), key=key(), at=NOW)
    assert own.asked == ["/shop/acts"]


def test_an_answer_that_cannot_be_read_leaves_it_open_whether_it_was_done(own: Shop, info: ShopInfo) -> None:
    act, used = AddNote("o1", "Once."), key()
    own.behave("html")
    with pytest.raises(ShopError) as caught:
        CONNECTOR.perform(info, act, key=used, at=NOW)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    ("place", "content", "used"),
    [
        ("/plans", b'{"verb": "cancel", "order_id": "o1", "colour": 1}', ""),
        ("/plans", b'{"verb": "refund", "order_id": "o1", "amount": 0}', ""),
        ("/plans", b'{"verb": "refund", "order_id": "o1", "amount": "1"}', ""),
        ("/plans", b'{"verb": "juggle"}', ""),
        ("/acts", b'{"verb": "cancel", "order_id": "o1"}', ""),
        ("/acts", b'{"verb": "cancel", "order_id": "o1"}', "a key"),
        ("/undos", b'{"undo": 1}', "k1"),
    ],
)
def test_the_stand_in_refuses_what_the_description_does_not_have(
    own: Shop, info: ShopInfo, place: str, content: bytes, used: str
) -> None:
    with pytest.raises(asking.Answered) as caught:
        asking.post(info, place, content, key=used)
    assert caught.value.status == 400
    assert own.done == []
