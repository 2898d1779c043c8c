"""The doors to what can be done in shops: shown first, then asked for, approved, done, taken back; and the limits."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router

from pult.accounts import access, access_log
from pult.accounts import queries as accounts
from pult.accounts.access import Actor
from pult.accounts.errors import NotFound
from pult.commerce import act_queries, acts, base, limits
from pult.commerce import queries as commerce
from pult.commerce.errors import ActNotFound, OrderNotFound, ShopNotFound
from pult.conversations.errors import Refused
from pult.flows import acting
from pult.platform.paging import BadCursor
from pult.web.api.act_schemas import (
    AblesOut,
    ActOut,
    ActsOut,
    AskIn,
    DeclineIn,
    LimitsIn,
    LimitsOut,
    PlanIn,
    WaitingOut,
)
from pult.web.api.answers import answer, once
from pult.web.api.auth import actor_of, address_of
from pult.web.api.commerce import whole
from pult.web.api.reading import visible

router = Router(tags=["acts"])
_WITHOUT_ORDER = frozenset({"discount", "draft_order", "register"})


def _shown(request: HttpRequest, actor: Actor, found: act_queries.ActView) -> dict[str, Any]:
    why = ""
    if found.state == "waiting":
        may = "orders.approve" in access.permissions(actor)
        why = act_queries.may_approve(found.id, actor) if may else "role"
    second = found.state == "planned" and act_queries.needs_second(found.id, actor)
    return {
        **whole(found),
        "needs_second": second,
        "may_approve": found.state == "waiting" and not why,
        "not_approved": why,
    }


def _log(request: HttpRequest, actor: Actor, kind: str, found: list[act_queries.ActView]) -> None:
    """Leave the line of one who read what was done for customers."""
    access_log.record(
        actor.ref,
        kind,
        subject="order",
        subject_ids=[one.order_id for one in found if one.order_id],
        customer_id=found[0].customer_id if len(found) == 1 else None,
        address=address_of(request),
    )


def _one(request: HttpRequest, actor: Actor, act_id: int) -> dict[str, Any]:
    found = act_queries.act(act_id, store_ids=access.visible_stores(actor))
    if found is None:
        raise ActNotFound
    return _shown(request, actor, found)


def _list(request: HttpRequest, actor: Actor, found: list[act_queries.ActView]) -> list[dict[str, Any]]:
    _log(request, actor, "list", found)
    return [_shown(request, actor, one) for one in found]


@router.get("/acts/able", response=AblesOut)
def able(request: HttpRequest) -> HttpResponse:
    """The shops of the reader's stores, and what can be done in each."""
    actor = actor_of(request)
    access.require(actor, "conversations.read")
    currencies = {store.id: store.currency for store in accounts.stores()}
    found = act_queries.able(store_ids=access.visible_stores(actor), currencies=currencies)
    return answer({"items": found, "next": None})


@router.post("/acts", response={201: ActOut})
def plan_act(request: HttpRequest, body: PlanIn) -> HttpResponse:
    """Ask the shop what would happen. Nothing changes there until the answer is asked for (`/acts/{id}/ask`)."""
    actor = actor_of(request)
    access.require(actor, "orders.act")
    stores = access.visible_stores(actor)
    told = body.act.model_dump(exclude_none=True)
    order = commerce.order(body.order_id) if body.order_id is not None else None
    if body.order_id is not None and (order is None or order.item.store_id not in stores):
        raise OrderNotFound
    if order is not None:
        shop_id, store_id = order.item.shop_id, order.item.store_id
        if body.act.verb not in _WITHOUT_ORDER:
            told["order_id"] = order.order.id
    elif body.act.verb in _WITHOUT_ORDER and body.shop_id is not None:
        shop = next((one for one in commerce.shops(store_ids=stores) if one.id == body.shop_id), None)
        if shop is None:
            raise ShopNotFound
        shop_id, store_id = shop.id, shop.store_id
    else:
        raise Refused("required", "order_id")
    customer_id = _customer_of(actor, body.conversation_id, store_id)

    made = acts.plan(
        shop_id=shop_id,
        act=msgspec.convert(told, base.Act),
        actor=actor,
        order_id=body.order_id,
        conversation_id=body.conversation_id,
        customer_id=customer_id,
    )
    return answer(_one(request, actor, made), 201)


def _customer_of(actor: Actor, conversation_id: int | None, store_id: int) -> int | None:
    """Return whom a conversation is with: what is done in a shop is told in a conversation of its store alone."""
    if conversation_id is None:
        return None
    place = visible(actor, conversation_id, "conversations.write")
    if place.store_id != store_id:
        raise Refused("unknown", "conversation_id")
    return place.customer_id


@router.get("/acts", response=ActsOut)
def list_acts(
    request: HttpRequest,
    order_id: int | None = None,
    conversation_id: int | None = None,
    state: str = "",
    after: str = "",
    limit: int = 50,
) -> HttpResponse:
    """What was asked for, newest first: of an order, in a conversation, or (for leads) everywhere."""
    actor = actor_of(request)
    stores, limit = access.visible_stores(actor), max(1, min(limit, 100))
    access.require(actor, "customers.read")
    if conversation_id is not None:
        visible(actor, conversation_id)
        found = act_queries.acts_of(store_ids=stores, conversation_id=conversation_id, limit=limit)
        return answer({"items": _list(request, actor, found), "next": None})
    if order_id is not None:
        found = act_queries.acts_of(store_ids=stores, order_ids=[order_id], limit=limit)
        return answer({"items": _list(request, actor, found), "next": None})
    access.require(actor, "orders.approve")
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise BadCursor(after)
    found = act_queries.history(store_ids=stores, before=int(after) if after else None, limit=limit, state=state)
    last = str(found[-1].id) if len(found) == limit else None
    return answer({"items": _list(request, actor, found), "next": last})


@router.get("/acts/waiting", response=WaitingOut)
def waiting(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, the longest waiting first."""
    actor = actor_of(request)
    access.require(actor, "orders.approve")
    stores = access.visible_stores(actor)
    found = act_queries.waiting(store_ids=stores)
    count = act_queries.count_waiting(store_ids=stores)
    return answer({"items": _list(request, actor, found), "next": None, "count": count})


@router.get("/acts/{int:act_id}", response=ActOut)
def act(request: HttpRequest, act_id: int) -> HttpResponse:
    """One act, with everything that became of it."""
    actor = actor_of(request)
    access.require(actor, "customers.read")
    found = act_queries.act(act_id, store_ids=access.visible_stores(actor))
    if found is None:
        raise ActNotFound
    _log(request, actor, "open", [found])
    return answer(_shown(request, actor, found))


@router.post("/acts/{int:act_id}/ask", response={202: ActOut})
def ask(request: HttpRequest, act_id: int, body: AskIn) -> HttpResponse:
    """Have done what was shown. `state` says whether it is on its way or waits for a second person."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acting.ask(act_id, actor=actor, amount=body.amount)
        return _one(request, actor, act_id)

    return once(request, actor, write, 202)


@router.post("/acts/{int:act_id}/approve", response={202: ActOut})
def approve(request: HttpRequest, act_id: int) -> HttpResponse:
    """Let something be done that is above the asker's limit."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acting.approve(act_id, actor=actor)
        return _one(request, actor, act_id)

    return once(request, actor, write, 202)


@router.post("/acts/{int:act_id}/decline", response={200: ActOut})
def decline(request: HttpRequest, act_id: int, body: DeclineIn) -> HttpResponse:
    """Say no to something that waits, and why."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acting.decline(act_id, actor=actor, reason=body.reason.strip())
        return _one(request, actor, act_id)

    return once(request, actor, write, 200)


@router.post("/acts/{int:act_id}/withdraw", response={200: ActOut})
def withdraw(request: HttpRequest, act_id: int) -> HttpResponse:
    """Take back what one asked for oneself while it waits."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acting.withdraw(act_id, actor=actor)
        return _one(request, actor, act_id)

    return once(request, actor, write, 200)


@router.post("/acts/{int:act_id}/undo", response={202: ActOut})
def undo(request: HttpRequest, act_id: int) -> HttpResponse:
    """Have something taken back in the shop that was done there, where it can."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acts.undo(act_id, actor=actor)
        return _one(request, actor, act_id)

    return once(request, actor, write, 202)


@router.post("/acts/{int:act_id}/retry", response={202: ActOut})
def retry(request: HttpRequest, act_id: int) -> HttpResponse:
    """Try again what the shop could not be asked for; what it did all the same is not done twice."""
    actor = actor_of(request)

    def write() -> dict[str, Any]:
        acts.retry(act_id, actor=actor)
        return _one(request, actor, act_id)

    return once(request, actor, write, 202)


@router.get("/stores/{int:store_id}/act-limits", response=LimitsOut)
def store_limits(request: HttpRequest, store_id: int) -> HttpResponse:
    """Up to which sums each role may do things in the shops of a store without a second person."""
    access.require(actor_of(request), "settings.write")
    return answer(_limits(store_id))


@router.put("/stores/{int:store_id}/act-limits", response=LimitsOut)
def save_store_limits(request: HttpRequest, store_id: int, body: LimitsIn) -> HttpResponse:
    """Set limits of a store; those that are not named stay. What is waiting is held to the new ones."""
    access.require(actor_of(request), "settings.write")
    _limits(store_id)
    limits.set_limits(store_id, [limits.Limit(one.role, one.verb, one.alone, one.percent) for one in body.items])
    return answer(_limits(store_id))


def _limits(store_id: int) -> dict[str, Any]:
    store = next((one for one in accounts.stores() if one.id == store_id), None)
    if store is None:
        raise NotFound(f"There is no store {store_id}.")
    return {"store_id": store_id, "currency": store.currency, "items": limits.limits(store_id)}
