"""Having something done in a shop: shown first, asked for, approved above a limit, done once, taken back.

What is performed is what was shown: a plan that no longer holds when it is asked for is refused as `changed`. Each step
is an event (ids only) and a line of the audit trail, and commits with what it says.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec
from django.db import transaction
from django.utils import timezone

from pult.accounts import access
from pult.accounts.access import Actor, PermissionDenied
from pult.commerce import actions, base, limits, reading, registry
from pult.commerce.errors import ActNotFound, ActRefused, ShopAway, ShopNotFound
from pult.commerce.models import ActStep, Order, Shop, ShopAct
from pult.commerce.trail import Step, step
from pult.platform import queue

log = logging.getLogger(__name__)
PERFORM_TASK = "commerce.perform"
UNDO_TASK = "commerce.undo"
State = ShopAct.State
PLANS_KEPT = timedelta(days=1)
WAITS = timedelta(days=7)
"""For how long somebody may wait for a second person."""
Told: TypeAlias = Callable[[Step], None]
"""Who is told in the same transaction what became of an act."""
_MADE: frozenset[str] = frozenset({"draft_order", "resend"})


def can(shop: Shop) -> frozenset[base.Verb]:
    """Return what can be done in a shop."""
    if not shop.active or registry.acting(shop.connector) is None:
        return frozenset()
    named: frozenset[base.Verb] = registry.VERBS & frozenset(registry.SHOPS.manifest(shop.connector).capabilities)
    return named if shop.verbs is None else named & frozenset(shop.verbs)


def plan(
    *,
    shop_id: int,
    act: base.Act,
    actor: Actor,
    order_id: int | None = None,
    conversation_id: int | None = None,
    customer_id: int | None = None,
) -> int:
    """Ask the shop what would happen, change nothing there, and keep what it says; return the act's id.

    Raises PermissionDenied, ShopNotFound, ActRefused, ShopAway.
    """
    access.require(actor, "orders.act")
    shop = Shop.objects.filter(pk=shop_id, active=True).first()
    if shop is None:
        raise ShopNotFound
    acting = registry.acting(shop.connector)
    if acting is None or verb_of(act) not in can(shop):
        raise ActRefused("not_possible")
    order = Order.objects.filter(pk=order_id, shop=shop).first() if order_id else None
    try:
        said = acting.plan(reading.info(shop), act)
    except base.Refused as error:
        raise ActRefused(error.code, str(error)) from error
    except base.ShopError as error:
        raise ShopAway(str(error)) from error
    with transaction.atomic():
        row = ShopAct.objects.create(
            shop=shop,
            order=order,
            customer_id=order.customer_id if order and order.customer_id else customer_id,
            conversation_id=conversation_id,
            verb=verb_of(act),
            act=msgspec.to_builtins(act),
            plan=msgspec.to_builtins(said),
            amount=said.amount,
            stake=limits.stake(act, said, order, shop.id),
            percent=act.percent if isinstance(act, base.Discount) else None,
            currency=said.currency or (order.currency if order else getattr(act, "currency", "")),
            key=uuid.uuid4().hex,
            asked_by=actor.ref,
            asked_by_staff_id=actor.staff_id,
            created_at=timezone.now(),
        )
        ActStep.objects.create(act=row, state=State.PLANNED, actor=actor.ref, amount=row.amount, at=row.created_at)
    return row.id


def verb_of(act: base.Act) -> base.Verb:
    """Return the name of what an act does."""
    verb: base.Verb = type(act).__struct_config__.tag  # type: ignore[assignment]
    return verb


def needs_second(row: ShopAct, actor: Actor) -> bool:
    """Say whether a second person has to approve this before it is done for the actor."""
    return not limits.may(actor.role, row, row.shop.store_id)


def ask(act_id: int, *, actor: Actor, amount: int) -> Step:
    """Have done what was shown: at once, or by a second person where it is above the asker's limit.

    `amount` is what he confirms. Raises PermissionDenied, ActNotFound, ActRefused.
    """
    access.require(actor, "orders.act")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if row.state != State.PLANNED:
            raise ActRefused("already_done")
        if row.asked_by != actor.ref:
            raise ActNotFound
        if amount != row.amount or row.created_at < timezone.now() - PLANS_KEPT:
            raise ActRefused("changed")
        row.asked_at = timezone.now()
        if needs_second(row, actor):
            return step(row, State.WAITING, actor.ref)
        return _begin(row, actor.ref)


def approve(act_id: int, *, actor: Actor) -> Step:
    """Let something be done that is above the asker's limit: never by the asker, and within one's own limit.

    Raises PermissionDenied, ActNotFound, ActRefused.
    """
    access.require(actor, "orders.approve")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if row.state != State.WAITING:
            raise ActRefused("already_done")
        if is_own(row, actor):
            raise ActRefused("own")
        if not limits.may(actor.role, row, row.shop.store_id):
            raise ActRefused("above_limit")
        row.decided_by, row.decided_at = actor.ref, timezone.now()
        return _begin(row, actor.ref)


def is_own(row: ShopAct, actor: Actor) -> bool:
    """Say whether somebody asked for this himself, by whatever door; a program counts as its person."""
    return row.asked_by == actor.ref or (actor.staff_id is not None and row.asked_by_staff_id == actor.staff_id)


def decline(act_id: int, *, actor: Actor, reason: str) -> Step:
    """Say no to something that waits. Raises PermissionDenied, ActNotFound, ActRefused."""
    access.require(actor, "orders.approve")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if row.state != State.WAITING:
            raise ActRefused("already_done")
        if is_own(row, actor):
            raise ActRefused("own")
        row.decided_by, row.decided_at, row.reason = actor.ref, timezone.now(), reason[:1000]
        return step(row, State.DECLINED, actor.ref)


def withdraw(act_id: int, *, actor: Actor) -> Step:
    """Take back what one asked for while it waits. Raises PermissionDenied, ActNotFound, ActRefused."""
    access.require(actor, "orders.act")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if not is_own(row, actor):
            raise PermissionDenied("orders.approve")
        if row.state != State.WAITING:
            raise ActRefused("already_done")
        return step(row, State.WITHDRAWN, actor.ref)


def retry(act_id: int, *, actor: Actor) -> Step:
    """Try again, under the same key, what the shop could not be asked for. Raises ActNotFound, ActRefused."""
    access.require(actor, "orders.act")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if row.state != State.FAILED:
            raise ActRefused("already_done")
        row.error, row.words = "", None
        _enqueue(PERFORM_TASK, row.id)
        return step(row, State.DOING, actor.ref)


def undo(act_id: int, *, actor: Actor) -> Step:
    """Have something taken back that was done, where the shop can. Raises PermissionDenied, ActNotFound, ActRefused."""
    access.require(actor, "orders.act")
    with transaction.atomic():
        row = _locked(act_id, actor)
        if row.state != State.DONE or not row.result.get("undo"):
            raise ActRefused("not_possible")
        row.error, row.words = "", None
        _enqueue(UNDO_TASK, row.id)
        return step(row, State.UNDOING, actor.ref)


# --- done by the worker ---------------------------------------------------------------------------------


def perform(act_id: int, *, told: Told) -> None:
    """Do in the shop what was approved, once; nothing where there is nothing to do (any more).

    Raises queue.Retry while the shop cannot be asked: then nobody knows whether it was done, and it is asked again
    under the same key.
    """
    row = ShopAct.objects.select_related("shop", "order").filter(pk=act_id).first()
    acting = registry.acting(row.shop.connector) if row else None
    if row is None or acting is None or row.state not in (State.APPROVED, State.DOING):
        return
    shop, act = reading.info(row.shop), msgspec.convert(row.act, base.Act)
    try:
        if row.state == State.APPROVED:
            # What was begun is not planned again: it may be done already.
            if not _holds(row.plan, acting.plan(shop, act)):
                raise base.Refused("changed")
            if not _mark_doing(row):
                return
        done = acting.perform(shop, act, key=row.key, at=row.asked_at or row.created_at)
    except base.Refused as error:
        _finish(row, State.REFUSED, told, code=error.code, words=str(error))
    except base.ShopError as error:
        _unreached(row, error, State.FAILED, told)
    else:
        _finish(row, State.DONE, told, done=done, seen=_seen(row, done))


def take_back(act_id: int, *, told: Told) -> None:
    """Take back in the shop what was done, once. Raises queue.Retry."""
    row = ShopAct.objects.select_related("shop", "order").filter(pk=act_id, state=State.UNDOING).first()
    if row is None:
        return
    acting = registry.acting(row.shop.connector)
    shop, act = reading.info(row.shop), msgspec.convert(row.act, base.Act)
    try:
        if not isinstance(acting, base.Undoing):
            raise base.Refused("not_possible")
        done = acting.undo(shop, act, msgspec.convert(row.result, base.Done), key=f"u-{row.key}")
    except base.Refused as error:
        _finish(row, State.DONE, told, code=error.code, words=str(error))
    except base.ShopError as error:
        _unreached(row, error, State.DONE, told)
    else:
        _finish(row, State.UNDONE, told, seen=_seen(row, done))


def give_up(act_id: int, *, told: Told) -> None:
    """Say that a shop could not be asked for so long that nobody tries any more; a person can."""
    row = ShopAct.objects.select_related("shop", "order").filter(pk=act_id).first()
    if row is not None and row.state in (State.APPROVED, State.DOING, State.UNDOING):
        after = State.DONE if row.state == State.UNDOING else State.FAILED
        _finish(row, after, told, code="away", words=row.words or "")


def sweep(*, told: Told) -> None:
    """Forget plans that nobody asked for, and end what waited too long for a second person."""
    now = timezone.now()
    old = ShopAct.objects.filter(state=State.PLANNED, created_at__lt=now - PLANS_KEPT)
    with transaction.atomic():
        gone = list(old.select_for_update(of=("self",)).values_list("id", flat=True)[:500])
        ActStep.objects.filter(act__in=gone).delete()
        ShopAct.objects.filter(pk__in=gone).delete()
    for act_id in ShopAct.objects.filter(state=State.WAITING, asked_at__lt=now - WAITS).values_list("id", flat=True):
        with transaction.atomic():
            row = _locked(act_id, access.SYSTEM)
            if row.state == State.WAITING:
                told(step(row, State.WITHDRAWN, access.SYSTEM.ref))


def _mark_doing(row: ShopAct) -> bool:
    with transaction.atomic():
        fresh = ShopAct.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if fresh.state not in (State.APPROVED, State.DOING):
            return False
        row.state = State.DOING
        step(row, State.DOING, "system")
    return True


def _holds(shown: Mapping[str, Any], now: base.Plan) -> bool:
    """Say whether what would happen is what was shown; a warning that goes away is no harm."""
    before = msgspec.convert(shown, base.Plan)
    same = (before.amount, before.currency, before.total) == (now.amount, now.currency, now.total)
    return same and set(now.warnings) <= set(before.warnings)


def _seen(row: ShopAct, done: base.Done) -> list[base.Thing]:
    """Return the orders that an act touched as they are now. The act is done, whatever comes of the look."""
    seen: list[base.Thing] = [done.order] if done.order else []
    wanted = {row.order.external_id} if row.order else set()
    if row.verb in _MADE and done.reference:
        wanted.add(done.reference)
    wanted -= {thing.id for thing in seen}
    looking = registry.looking(row.shop.connector)
    if not wanted:
        return seen
    try:
        if looking is None:
            raise base.ShopError("it cannot be looked at")
        found = looking.look(reading.info(row.shop), "order", sorted(wanted))
    except base.ShopError as error:
        log.info("shop %s is read for what act %s changed: %s", row.shop_id, row.pk, error)
        reading.begin(row.shop_id)
        return seen
    return seen + [thing for thing in found if isinstance(thing, base.Order)]


def _unreached(row: ShopAct, error: base.ShopError, after: str, told: Told) -> None:
    """Ask again later, or say that somebody has to see to it."""
    if error.permanent:
        _finish(row, after, told, code="failed", words=str(error))
        return
    ShopAct.objects.filter(pk=row.pk).update(error="away", words=str(error)[:1000])
    raise queue.Retry(str(error)[:300], after=error.after)


def _finish(
    row: ShopAct,
    state: str,
    told: Told,
    *,
    done: base.Done | None = None,
    seen: Sequence[base.Thing] = (),
    code: str = "",
    words: str = "",
) -> None:
    with transaction.atomic():
        # The shop's row before the act's, as whoever takes its notices has them.
        Shop.objects.select_for_update(no_key=True).get(pk=row.shop_id)
        fresh = _locked(row.pk, access.SYSTEM)
        if fresh.state not in (State.APPROVED, State.DOING, State.UNDOING):
            return
        if done is not None:
            kept = msgspec.structs.replace(done, order=None)
            fresh.result, fresh.reference = msgspec.to_builtins(kept), done.reference[:200]
            fresh.done_at = timezone.now()
        fresh.error, fresh.words = code, words[:1000] or None
        told(step(fresh, state, "system" if code else fresh.asked_by))
        if seen:
            actions.take(fresh.shop_id, seen, live=True)


# --- in common ------------------------------------------------------------------------------------------


def _locked(act_id: int, actor: Actor) -> ShopAct:
    rows = ShopAct.objects.select_related("shop", "order").select_for_update(of=("self",))
    row = rows.filter(pk=act_id, shop__store_id__in=access.visible_stores(actor)).first()
    if row is None:
        raise ActNotFound
    return row


def _begin(row: ShopAct, actor: str) -> Step:
    _enqueue(PERFORM_TASK, row.id)
    return step(row, State.APPROVED, actor)


def _enqueue(task: str, act_id: int) -> None:
    queue.enqueue(task, {"act_id": act_id}, priority=1)
