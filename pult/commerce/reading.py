"""Reading a shop page by page: each page and how far it reached commit together, so reading goes on after any stop.

The first run reads everything and tells nobody. A later one asks for what changed since the one before began, with an
hour to spare for shops whose clocks are wrong. One reads a shop at a time, whoever asks for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from pult.accounts import queries as accounts
from pult.commerce import actions, recognition, registry
from pult.commerce.actions import Taken
from pult.commerce.base import Gone, Kind, Page, ShopError, ShopInfo, Telling
from pult.commerce.errors import BeingRead, ShopNotFound
from pult.commerce.models import Numbering, Reading, Shop
from pult.platform import holders, queue
from pult.platform.text import storable

log = logging.getLogger(__name__)
SPARE = timedelta(hours=1)
TASK = "commerce.read"
LEASE = timedelta(minutes=10)
"""For how long a shop belongs to who reads it, from page to page; a process that is no more on this machine loses it
at once."""
MISFITS = 100
"""Things that make no sense and are shown; of more only these."""
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


def read(
    shop_id: int,
    *,
    told: Callable[[Progress], None] | None = None,
    seconds: float = float("inf"),
    everything: bool = False,
) -> bool:
    """Read what has changed in a shop and return whether all of it was read within so many seconds.

    `everything`: from the beginning, not only what has changed. Raises ShopNotFound, BeingRead where somebody else is
    at it, and ShopError; what was read before the error is kept.
    """
    until = time.monotonic() + seconds
    with _held(shop_id) as shop:
        if everything:
            shop.readings.update(cursor=None, since=None, misfits={})
        _ask_verbs(shop)
        return all(_read_kind(shop, kind, told, until) for kind in registry.connector(shop.connector).kinds)


@contextmanager
def _held(shop_id: int) -> Iterator[Shop]:
    """Keep a shop to oneself while it is read."""
    now = timezone.now()
    with transaction.atomic():
        shop = Shop.objects.select_for_update(no_key=True).filter(pk=shop_id, active=True).first()
        if shop is None:
            raise ShopNotFound
        if shop.reader and shop.reader_until and shop.reader_until > now and not holders.gone([shop.reader]):
            raise BeingRead
        shop.reader, shop.reader_until = holders.new_holder(), now + LEASE
        shop.save(update_fields=["reader", "reader_until"])
    try:
        yield shop
    finally:
        Shop.objects.filter(pk=shop_id, reader=shop.reader).update(reader="", reader_until=None)


def _ask_verbs(shop: Shop) -> None:
    """Ask a shop what it can do, where its connector leaves that to it. One that cannot be asked keeps what it said."""
    connector = registry.connector(shop.connector)
    if not isinstance(connector, Telling):
        return
    try:
        verbs = sorted(registry.VERBS & set(connector.verbs(info(shop))))
    except ShopError as error:
        log.info("shop %s does not say what it can do: %s", shop.id, error)
        return
    if verbs != shop.verbs:
        Shop.objects.filter(pk=shop.pk).update(verbs=verbs)


def _read_kind(shop: Shop, kind: Kind, told: Callable[[Progress], None] | None, until: float) -> bool:
    state, _ = Reading.objects.get_or_create(shop=shop, kind=kind)
    # What is read for the first time is no news, also when reading it all again begins anew.
    live = state.finished_at is not None
    if state.cursor is None:
        state.begun_at, state.done, state.of, state.changed = timezone.now(), 0, None, 0
        state.save()
    connector, taken = registry.connector(shop.connector), Taken()
    try:
        for page in connector.pages(info(shop), kind, since=_since(state.since), cursor=state.cursor):
            taken += _keep(shop, state, page, live=live)
            if told is not None:
                told(Progress(kind, state.done, state.of, taken, page.next is None))
            if page.next is None:
                break
            if time.monotonic() > until:
                return False
    except BeingRead:
        raise
    except Exception as error:
        # A shop that gives what cannot be kept shows that as well, whatever it was.
        told_so = str(error) if isinstance(error, ShopError) else f"{type(error).__name__}: {error}"
        Reading.objects.filter(pk=state.pk).update(error=str(storable(told_so))[:1000])
        raise
    _finish(state)
    if kind == "order" and (state.changed or not Numbering.objects.filter(shop=shop).exists()):
        recognition.learn_numbers(shop.id)
    return True


def _since(at: datetime | None) -> datetime | None:
    return None if at is None else at - SPARE


def _keep(shop: Shop, state: Reading, page: Page, *, live: bool) -> Taken:
    with transaction.atomic():
        taken = actions.take(shop.id, page.things, live=live)
        if not Shop.objects.filter(pk=shop.id, reader=shop.reader).update(reader_until=timezone.now() + LEASE):
            raise BeingRead  # We were away for longer than the lease, and another goes on.
        state.cursor, state.of = page.next, page.of
        state.done = page.done or state.done + len(page.things)
        state.changed += taken.made + taken.changed
        state.misfits = _misfits(state.misfits, page)
        state.error = ""
        state.save()
    return taken


def _misfits(known: dict[str, str], page: Page) -> dict[str, str]:
    mended = {thing.id for thing in page.things if not isinstance(thing, Gone)}
    found = {name: error for name, error in known.items() if name not in mended}
    for one in page.misfits:
        if len(found) < MISFITS or one.id in found:
            found[one.id] = one.error[:300]
    return found


def _finish(state: Reading) -> None:
    state.cursor, state.since, state.finished_at, state.error = None, state.begun_at, timezone.now(), ""
    state.save()


@queue.task(TASK, max_attempts=10_000, timeout=600)
def read_on(shop_id: int, turn: int = 0) -> None:
    """Read a shop for a while, and leave the rest to a further job."""
    try:
        finished = read(shop_id, seconds=_SLICE)
    except (ShopNotFound, BeingRead):
        return
    except ShopError as error:
        if error.permanent:
            log.warning("shop %s cannot be read: %s", shop_id, error)
            return  # it is shown with the shop; it is asked again when its time comes, or by hand
        raise queue.Retry(str(error), after=error.after) from error
    if not finished:
        begin(shop_id, turn=1 - turn)


def begin(shop_id: int, *, turn: int = 0, priority: int = 0) -> None:
    """Have the worker read a shop; once, however often it is asked. A job goes on under the key of the other `turn`:
    its own is in use until it has ended."""
    queue.enqueue(TASK, {"shop_id": shop_id, "turn": turn}, key=f"{TASK}:{shop_id}:{turn}", priority=priority)
