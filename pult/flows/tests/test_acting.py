"""What is done in a shop from a conversation: shown, asked for, approved, done once, told, taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from pult.accounts import queries as accounts
from pult.accounts.access import SYSTEM
from pult.accounts.actions import create_store
from pult.commerce import actions, acts, notices, reading
from pult.commerce import queries as commerce
from pult.commerce.base import Buyer, Payment, Product, Stock, Variant
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.models import ActStep, ShopAct
from pult.commerce.testing import AT, PLACE, an_order
from pult.flows import acting, privacy
from pult.flows.reactions import start_steps
from pult.platform import events, queue
from pult.platform.models import Job
from pult.web.api.act_schemas import ActState

pytestmark = pytest.mark.django_db(databases="__all__")
REFUND = {"verb": "refund", "amount": 2_495, "reason": "damaged", "parts": [{"line_id": "1", "quantity": 1}]}


@pytest.fixture
def own(settings: Any, store: accounts.StoreInfo) -> Iterator[Shop]:
    settings.HTTP_ALLOW_HOSTS = ["127.0.0.1"]
    with Shop() as shop:
        lamp = Variant("v7", "Lamp", 2_495, "EUR", "LAMP-7", stock=[Stock("Ljubljana", 9)])
        paid = Payment("pay1", "card", "paid", 53_900, AT)
        buyer = Buyer("b1", "maja@customers.example", name="Maja Kos")
        order = an_order(1, buyer=buyer, ship_to=PLACE, payment="paid", total=53_900, payments=[paid])
        shop.keep(Product("p7", "Lamp", AT, [lamp]), order)
        yield shop


@pytest.fixture
def shop_id(own: Shop, store: accounts.StoreInfo) -> int:
    made = actions.connect(store_id=store.id, connector="http", name="Lastna", settings=own.settings)
    assert reading.read(made)
    return made


@pytest.fixture
def order_id(shop_id: int, store: accounts.StoreInfo) -> int:
    return commerce.find_orders("N1", store_ids=[store.id])[0].id


def plan(api: Any, order_id: int, act: dict[str, Any] = REFUND, **more: Any) -> dict[str, Any]:
    answer = api("POST", "/acts", {"order_id": order_id, "act": act, **more})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def ask(api: Any, act: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = api("POST", f"/acts/{act['id']}/ask", {"amount": act["amount"]}, **headers)
    assert answer.status_code == 202, answer.content
    found: dict[str, Any] = answer.json()
    return found


def history(api: Any, conversation_id: int) -> list[tuple[str, str, str]]:
    found = api("GET", f"/conversations/{conversation_id}").json()["history"]
    return [
        (one["before"], one["after"].rsplit(" ", 1)[0], (one["actor"] or {}).get("name", ""))
        for one in found
        if one["kind"] == "act"
    ]


def told() -> list[str]:
    events.sequence()
    return [row.kind for row in events.read(0, limit=500) if row.kind.startswith("act.")]


def react() -> None:
    events.sequence()
    start_steps([row for row in events.read(0, limit=500) if row.kind in ("act.paid", "act.unpaid")])
    queue.run_due()


def test_a_refund_is_shown_confirmed_done_once_and_told(
    own: Shop, order_id: int, api: Any, opened: int, agent: accounts.StaffInfo
) -> None:
    shown = plan(api, order_id, conversation_id=opened)
    assert (shown["state"], shown["amount"], shown["currency"], shown["plan"]["most"]) == (
        "planned",
        2_495,
        "EUR",
        53_900,
    )
    assert (shown["needs_second"], shown["plan"]["warnings"], own.done) == (False, ["shop_writes"], [])
    assert api("GET", f"/acts?order_id={order_id}").json()["items"] == [], "what was only looked at is no act"
    assert ask(api, shown, **{"Idempotency-Key": "k1"})["state"] == "approved"
    assert ask(api, shown, **{"Idempotency-Key": "k1"})["state"] == "approved", "the same key asks once"
    queue.run_due()
    assert own.done == [("refund", "o1")]
    (done,) = api("GET", f"/acts?order_id={order_id}").json()["items"]
    assert (done["state"], done["order_number"], done["error"], done["can_undo"]) == ("done", "N1", "", False)
    assert [step["state"] for step in done["steps"]] == ["planned", "approved", "doing", "done"]
    order = api("GET", f"/orders/{order_id}").json()
    assert (order["refunded"], order["payment"]) == (2_495, "part_refunded"), "the order is read again at once"
    assert [line[:2] for line in history(api, opened)] == [("refund N1", "done 2495 EUR")]
    assert done["asked_by_id"] == agent.id
    assert told() == ["act.approved", "act.doing", "act.done"]
    again = api("POST", f"/acts/{shown['id']}/ask", {"amount": 2_495})
    assert (again.status_code, again.json()["code"]) == (409, "already_done")


def test_another_amount_than_was_shown_is_not_done(own: Shop, order_id: int, api: Any) -> None:
    shown = plan(api, order_id)
    refused = api("POST", f"/acts/{shown['id']}/ask", {"amount": 2_494})
    assert (refused.status_code, refused.json()["code"]) == (409, "changed")
    queue.run_due()
    assert own.done == []


def test_a_plan_that_no_longer_holds_is_refused_as_changed(own: Shop, order_id: int, api: Any, opened: int) -> None:
    shown = plan(api, order_id, {"verb": "cancel"}, conversation_id=opened)
    # Above an agent's limit, but the sum is what changes here.
    own.own.change(own.own.order("o1"), payments=[Payment("pay1", "card", "paid", 4_000, AT)], total=4_000)
    actions.take(ShopAct.objects.get().shop_id, [own.own.order("o1")], live=False)
    ShopAct.objects.update(stake=4_000)
    ask(api, shown)
    queue.run_due()
    row = ShopAct.objects.get()
    assert (row.state, row.error, own.done) == ("refused", "changed", [])
    assert history(api, opened)[-1][1] == "refused 53900 EUR"


def test_what_the_shop_refuses_is_said_with_its_reason(own: Shop, order_id: int, api: Any) -> None:
    refused = api("POST", "/acts", {"order_id": order_id, "act": REFUND | {"amount": 60_000}})
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["words"]) == ("too_much", "N1: 539.00 EUR at most.")
    own.verbs = ["note"]
    assert reading.read(ShopAct.objects.values_list("shop_id", flat=True).first() or _only_shop())
    refused = api("POST", "/acts", {"order_id": order_id, "act": REFUND})
    assert refused.json()["code"] == "not_possible"
    assert api("GET", "/acts/able").json()["items"][0]["verbs"] == ["note"]


def _only_shop() -> int:
    return commerce.shops()[0].id


def test_a_shop_that_is_away_is_said_so_and_nothing_is_kept(own: Shop, order_id: int, api: Any) -> None:
    own.behave("temporary")
    away = api("POST", "/acts", {"order_id": order_id, "act": REFUND})
    assert (away.status_code, away.json()["type"]) == (424, "urn:pult:problem:shop-away")
    assert ShopAct.objects.count() == 0


def test_above_the_limit_a_second_person_decides_and_never_the_asker(
    own: Shop, order_id: int, api: Any, person: Callable[..., tuple[int, Any]], opened: int
) -> None:
    shown = plan(api, order_id, REFUND | {"amount": 20_000, "parts": []}, conversation_id=opened)
    assert shown["needs_second"]
    assert ask(api, shown)["state"] == "waiting"
    queue.run_due()
    assert own.done == []
    assert api("POST", f"/acts/{shown['id']}/approve").status_code == 403, "an agent approves nothing"
    _, lead = person("Iva", "lead")
    waiting = lead("GET", "/acts/waiting").json()
    assert (waiting["count"], waiting["items"][0]["may_approve"]) == (1, True)
    assert lead("POST", f"/acts/{shown['id']}/approve").status_code == 202
    queue.run_due()
    assert own.done == [("refund", "o1")]
    row = ShopAct.objects.get()
    assert (row.state, row.decided_by) == ("done", f"token:{row.decided_by.partition(':')[2]}")
    assert [one for _, one, _ in history(api, opened)] == ["waiting 20000 EUR", "approved 20000 EUR", "done 20000 EUR"]
    assert lead("GET", "/acts/waiting").json()["count"] == 0


def test_nobody_approves_his_own_and_nobody_above_his_limit(
    own: Shop, order_id: int, api: Any, person: Callable[..., tuple[int, Any]]
) -> None:
    _, lead = person("Iva", "lead")
    shown = plan(lead, order_id, {"verb": "refund", "amount": 50_100})
    assert ask(lead, shown)["state"] == "waiting"
    (own_one,) = lead("GET", "/acts/waiting").json()["items"]
    assert (own_one["may_approve"], own_one["not_approved"]) == (False, "own")
    assert lead("POST", f"/acts/{shown['id']}/approve").json()["code"] == "own"
    _, other = person("Eva", "lead")
    assert other("POST", f"/acts/{shown['id']}/approve").json()["code"] == "above_limit"
    _, admin = person("Vera", "admin")
    assert admin("POST", f"/acts/{shown['id']}/approve").status_code == 202
    queue.run_due()
    assert own.done == [("refund", "o1")]


def test_small_sums_count_together(own: Shop, order_id: int, api: Any) -> None:
    for amount, state in ((2_000, "approved"), (2_900, "approved"), (200, "waiting")):
        assert ask(api, plan(api, order_id, {"verb": "refund", "amount": amount}))["state"] == state
        queue.run_due()
    assert len(own.done) == 2


def test_what_waits_is_declined_with_a_reason_or_withdrawn(
    own: Shop, order_id: int, api: Any, person: Callable[..., tuple[int, Any]]
) -> None:
    _, lead = person("Iva", "lead")
    first = ask(api, plan(api, order_id, {"verb": "refund", "amount": 20_000}))
    assert lead("POST", f"/acts/{first['id']}/decline", {"reason": " "}).status_code == 422
    declined = lead("POST", f"/acts/{first['id']}/decline", {"reason": "Ask for a picture."}).json()
    assert (declined["state"], declined["reason"]) == ("declined", "Ask for a picture.")
    second = ask(api, plan(api, order_id, {"verb": "refund", "amount": 20_000}))
    assert lead("POST", f"/acts/{second['id']}/withdraw").status_code == 403
    assert api("POST", f"/acts/{second['id']}/withdraw").json()["state"] == "withdrawn"
    assert lead("POST", f"/acts/{second['id']}/approve").json()["code"] == "already_done"
    queue.run_due()
    assert own.done == []


def test_an_admin_sets_the_limits(store: accounts.StoreInfo, person: Any, api: Any, order_id: int) -> None:
    _, admin = person("Vera", "admin")
    path = f"/stores/{store.id}/act-limits"
    assert api("GET", path).status_code == 403
    known = {(one["role"], one["verb"]): one for one in admin("GET", path).json()["items"]}
    assert known["agent", "refund"]["alone"] == 5_000
    assert known["lead", "discount"]["percent"] == 50
    assert known["admin", "refund"]["alone"] is None
    changed = {"items": [{"role": "agent", "verb": "refund", "alone": 0, "percent": None}]}
    assert admin("PUT", path, changed).status_code == 200
    assert ask(api, plan(api, order_id))["state"] == "waiting"
    assert admin("PUT", path, {"items": [changed["items"][0] | {"alone": -1}]}).status_code == 422
    assert admin("GET", "/stores/999/act-limits").status_code == 404


@pytest.mark.parametrize(
    ("act", "second"),
    [
        ({"verb": "discount", "code": "SORRY-10", "percent": 10}, False),
        ({"verb": "discount", "code": "SORRY-30", "percent": 30}, True),
        ({"verb": "discount", "code": "SORRY-40", "amount": 4_000, "currency": "EUR", "uses": 2}, True),
        ({"verb": "resend", "parts": [{"line_id": "1", "quantity": 2}]}, False),
        ({"verb": "note", "text": "Calls before noon."}, False),
        ({"verb": "draft_order", "currency": "EUR", "wanted": [{"variant_id": "v7", "quantity": 2}]}, False),
        (
            {
                "verb": "draft_order",
                "currency": "EUR",
                "wanted": [{"variant_id": "v7", "product_id": "p7", "quantity": 3, "price": 100}],
            },
            True,
        ),
    ],
)
def test_what_costs_the_shop_counts_whatever_it_is_called(
    own: Shop, order_id: int, api: Any, act: dict[str, Any], second: bool
) -> None:
    assert plan(api, order_id, act)["needs_second"] is second


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_done_twice(
    own: Shop, order_id: int, api: Any
) -> None:
    shown = ask(api, plan(api, order_id))
    own.behave("cut", after=1)
    queue.run_due()
    row = ShopAct.objects.get(pk=shown["id"])
    assert (row.state, row.error, own.done) == ("doing", "away", [("refund", "o1")])
    own.behave("well")
    Job.objects.update(run_at=datetime.now(UTC))
    queue.run_due()
    row.refresh_from_db()
    assert (row.state, row.error, own.done) == ("done", "", [("refund", "o1")])


def test_a_shop_that_stays_away_is_given_up_and_tried_again_by_hand(own: Shop, order_id: int, api: Any) -> None:
    shown = ask(api, plan(api, order_id))
    own.behave("temporary")
    for _ in range(acting.ATTEMPTS):
        Job.objects.filter(state="ready").update(run_at=datetime.now(UTC))
        queue.run_due()
    acting.settle()
    assert api("GET", f"/acts/{shown['id']}").json()["state"] == "failed"
    own.behave("well")
    assert api("POST", f"/acts/{shown['id']}/retry").json()["state"] == "doing"
    queue.run_due()
    assert api("GET", f"/acts/{shown['id']}").json()["state"] == "done"
    assert own.done == [("refund", "o1")]


def test_what_was_done_is_taken_back_where_the_shop_can(own: Shop, order_id: int, api: Any, opened: int) -> None:
    elsewhere = {"name": "Maja Kos", "lines": ["Ilica 5"], "postcode": "10000", "city": "Zagreb", "country": "HR"}
    moved = plan(api, order_id, {"verb": "change_address", "ship_to": elsewhere}, conversation_id=opened)
    ask(api, moved)
    queue.run_due()
    assert api("GET", f"/orders/{order_id}").json()["ship_to"]["city"] == "Zagreb"
    (done,) = api("GET", f"/acts?conversation_id={opened}").json()["items"]
    assert done["can_undo"]
    assert api("POST", f"/acts/{done['id']}/undo").status_code == 202
    queue.run_due()
    assert api("GET", f"/orders/{order_id}").json()["ship_to"]["city"] == PLACE.city
    assert [one for _, one, _ in history(api, opened)] == ["done 0 EUR", "undone 0 EUR"]
    assert api("POST", f"/acts/{done['id']}/undo").json()["code"] == "not_possible"


def test_a_basket_is_paid_by_its_buyer_and_the_conversation_says_so(
    own: Shop, shop_id: int, order_id: int, api: Any, opened: int
) -> None:
    buyer = {"email": "nova@customers.example", "name": "Nika Zupan"}
    act = {
        "verb": "draft_order",
        "currency": "EUR",
        "wanted": [{"variant_id": "v7", "product_id": "p7", "quantity": 2}],
        "buyer": buyer,
    }
    answer = api("POST", "/acts", {"shop_id": shop_id, "act": act, "conversation_id": opened}).json()
    assert (answer["plan"]["total"], [one["id"] for one in answer["plan"]["options"]]) == (5_390, ["post", "pickup"])
    ask(api, answer)
    queue.run_due()
    (done,) = api("GET", f"/acts?conversation_id={opened}").json()["items"]
    assert done["url"].endswith(f"/pay/{done['reference']}")
    assert done["order_id"] is not None, "the order that the basket became is joined to it"
    for failed, name in ((True, "n1"), (False, "n2")):
        notices.receive(shop_id, *own.notice(own.own.pay(done["reference"], failed=failed), name))
        notices.run_batch()
        react()
    react()
    lines = [one for _, one, _ in history(api, opened)]
    assert lines == ["done 5390 EUR", "unpaid 5390 EUR", "paid 5390 EUR"]
    assert api("GET", f"/acts/{done['id']}").json()["payment"] == "paid"


def test_an_account_is_made_by_the_shop(own: Shop, shop_id: int, api: Any, opened: int) -> None:
    act = {"verb": "register", "buyer": {"email": "nova@customers.example", "name": "Nika Zupan"}}
    ask(api, api("POST", "/acts", {"shop_id": shop_id, "act": act, "conversation_id": opened}).json())
    queue.run_due()
    assert list(own.own.accounts) == ["nova@customers.example"]
    refused = api("POST", "/acts", {"shop_id": shop_id, "act": act})
    assert refused.json()["code"] == "already_done"


def test_who_sees_another_store_can_do_nothing_here(order_id: int, api: Any, person: Any, shop_id: int) -> None:
    shown = plan(api, order_id)
    from_elsewhere = create_store(SYSTEM, name="Druga", language="hr").id
    _, stranger = person("Ivo", "lead", store_id=from_elsewhere)
    assert stranger("POST", "/acts", {"order_id": order_id, "act": REFUND}).status_code == 404
    assert stranger("GET", f"/acts/{shown['id']}").status_code == 404
    for verb, body in (("ask", {"amount": 2_495}), ("approve", None), ("undo", None), ("decline", {"reason": "x"})):
        assert stranger("POST", f"/acts/{shown['id']}/{verb}", body).status_code == 404
    assert stranger("GET", "/acts/waiting").json()["items"] == []
    _, colleague = person("Nina", "agent")
    assert colleague("POST", f"/acts/{shown['id']}/ask", {"amount": 2_495}).status_code == 404, "each asks for his own"


@pytest.mark.parametrize(
    "odd",
    [
        {"act": {"verb": "juggle"}},
        {"act": {"verb": "refund"}},
        {"act": {"verb": "refund", "amount": 0}},
        {"act": {"verb": "refund", "amount": 1, "card": "4111"}},
        {"act": {"verb": "note", "text": ""}},
        {"act": REFUND, "order_id": None},
        {"act": {"verb": "discount", "code": "x"}},
    ],
)
def test_what_makes_no_sense_is_refused(order_id: int, api: Any, odd: dict[str, Any]) -> None:
    refused = api("POST", "/acts", {"order_id": order_id} | odd)
    assert refused.status_code == 422
    assert ShopAct.objects.count() == 0


def test_plans_that_nobody_asked_for_go_and_what_waits_too_long_ends(
    own: Shop, order_id: int, api: Any, opened: int
) -> None:
    plan(api, order_id)
    old = ask(api, plan(api, order_id, {"verb": "refund", "amount": 20_000}, conversation_id=opened))
    past = datetime.now(UTC) - timedelta(days=8)
    ShopAct.objects.update(created_at=past, asked_at=past)
    acting.settle()
    assert [row.pk for row in ShopAct.objects.all()] == [old["id"]]
    assert [one for _, one, _ in history(api, opened)] == ["waiting 20000 EUR", "withdrawn 20000 EUR"]


def test_forgetting_somebody_leaves_sums_and_no_address(own: Shop, order_id: int, api: Any, opened: int) -> None:
    note = plan(api, order_id, {"verb": "note", "text": "Maja calls before noon."}, conversation_id=opened)
    ask(api, note)
    queue.run_due()
    customer_id = ShopAct.objects.get().customer_id
    assert customer_id is not None
    exported: Any = privacy.export(customer_id)
    assert exported["done_in_shops"][0]["act"]["text"].startswith("Maja")
    privacy.erase(customer_id)
    row = ShopAct.objects.get()
    assert (row.act, row.result, row.customer_id, row.state) == ({}, {}, None, "done")
    assert ActStep.objects.filter(act=row).count() == 4


def test_the_states_are_those_that_the_description_names() -> None:
    assert set(get_args(ActState)) == set(ShopAct.State.values)
    assert set(acts.State.values) == set(ShopAct.State.values)
