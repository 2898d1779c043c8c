"""Reading a shop page by page: each page and how far it reached commit together, so reading goes on after any stop.

The first run reads everything and tells nobody. A later one asks for what changed since the one before began, with an
hour to spare for shops whose clocks are wrong.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from pult.accounts import queries as accounts
from pult.commerce import actions, registry
from pult.commerce.actions import Taken
from pult.commerce.base import Kind, Page, ShopError, ShopInfo
from pult.commerce.errors import ShopNotFound
from pult.commerce.models import Reading, Shop
from pult.platform import queue

log = logging.getLogger(__name__)
SPARE = timedelta(hours=1)
TASK = "commerce.read"
_SLICE = 20.0
"""Seconds after which a worker lets other jobs go first."""


class Progress(msgspec.Struct, frozen=True):
    """How far one kind of thing has been read: `done` of `of` things (None: the shop does not tell), this run's
    `taken`, and whether the run is `finished`."""

    kind: Kind
    done: int
    of: int | None
    taken: Taken
    finished: bool


def info(shop: Shop) -> ShopInfo:
    """Return a shop as its connector takes it."""
    store = accounts.store(shop.store_id)
    return ShopInfo(shop.id, shop.store_id, shop.settings, store.currency, store.time_zone)


def read(shop_id: int, *, told: Callable[[Progress], None] | None = None, seconds: float = float("inf")) -> bool:
    """Read what has changed in a shop and return whether all of it was read within so many seconds.

    Raises ShopNotFound and ShopError; what was read before the error is kept.
    """
    shop = Shop.objects.filter(pk=shop_id, active=True).first()
    if shop is None:
        raise ShopNotFound
    until = time.monotonic() + seconds
    return all(_read_kind(shop, kind, told, until) for kind in registry.connector(shop.connector).kinds)


def _read_kind(shop: Shop, kind: Kind, told: Callable[[Progress], None] | None, until: float) -> bool:
    state, _ = Reading.objects.get_or_create(shop=shop, kind=kind)
    first = state.since is None
    if state.cursor is None:
        state.begun_at, state.done, state.of, state.changed, state.error = timezone.now(), 0, None, 0, ""
    connector, taken = registry.connector(shop.connector), Taken()
    try:
        for page in connector.pages(info(shop), kind, since=_since(state.since), cursor=state.cursor):
            taken += _keep(shop, state, page, live=not first)
            if told is not None:
                told(Progress(kind, state.done, state.of, taken, page.next is None))
            if page.next is None:
                break
            if time.monotonic() > until:
                return False
    except ShopError as error:
        Reading.objects.filter(pk=state.pk).update(error=str(error)[:1000])
        raise
    _finish(state)
    return True


def _since(at: datetime | None) -> datetime | None:
    return None if at is None else at - SPARE


def _keep(shop: Shop, state: Reading, page: Page, *, live: bool) -> Taken:
    with transaction.atomic():
        taken = actions.take(shop.id, page.things, live=live)
        state.cursor, state.of = page.next, page.of
        state.done = page.done or state.done + len(page.things)
        state.changed += taken.made + taken.changed
        state.error = ""
        state.save()
    return taken


def _finish(state: Reading) -> None:
    state.cursor, state.since, state.finished_at = None, state.begun_at, timezone.now()
    state.save()


@queue.task(TASK, max_attempts=20, timeout=600)
def read_on(shop_id: int) -> None:
    """Read a shop for a while, and leave the rest to a further job."""
    try:
        finished = read(shop_id, seconds=_SLICE)
    except ShopNotFound:
        return
    except ShopError as error:
        if error.permanent:
            log.warning("shop %s cannot be read: %s", shop_id, error)
            return  # it is shown with the shop, and reading it again is asked for by hand
        raise queue.Retry(str(error), after=error.after) from error
    if not finished:
        queue.enqueue(TASK, {"shop_id": shop_id}, key=f"{TASK}:{shop_id}:{time.monotonic_ns()}")


def begin(shop_id: int) -> None:
    """Have the worker read a shop; once, however often it is asked."""
    queue.enqueue(TASK, {"shop_id": shop_id}, key=f"{TASK}:{shop_id}")
