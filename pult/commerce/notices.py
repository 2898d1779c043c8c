"""Webhooks of shops: verified, kept sealed before the shop hears 'accepted', and worked through by the worker.

A notice that came before is known by its name; one that comes late says less than what is known and changes nothing
(actions.take). Several are written together; what cannot be read is tried again and in the end shown with the shop.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import transaction

from pult.commerce import actions, registry
from pult.commerce.base import Greeted, Thing
from pult.commerce.errors import ShopNotFound, Unauthentic
from pult.commerce.models import Notice, Shop
from pult.commerce.reading import info
from pult.platform.arrivals import MAX_ATTEMPTS, Arrivals, Arrived, Arriving

log = logging.getLogger(__name__)
TOPIC = "notices"
NOTICES = Arrivals("commerce_notice", "shop_id", TOPIC)
MAX_BYTES = 1 << 20
"""Bytes of a notice."""
BATCH = 50
_UNKEPT = frozenset({"authorization", "cookie"})


class Read(NamedTuple):
    """A notice that could be read, and what it says."""

    notice: Arrived
    things: list[Thing]


class Overtaken(Exception):
    """Another worker has finished a notice of ours: nothing of it may be written twice."""


def receive(shop_id: int, headers: Mapping[str, str], body: bytes) -> int | None:
    """Keep a notice that a shop has signed; return its id, None where it had come before, or was a mere greeting.

    Raises ShopNotFound for a shop that is not there, is inactive or sends none, and Unauthentic.
    """
    shop = Shop.objects.filter(pk=shop_id, active=True).first()
    connector = registry.listening(shop.connector) if shop else None
    if shop is None or connector is None:
        raise ShopNotFound
    told = {name.lower(): value for name, value in headers.items()}
    if isinstance(connector, Greeted) and connector.greeting(told, body):
        return None
    if not connector.verify(info(shop), told, body):
        raise Unauthentic
    kept = {name: value for name, value in told.items() if name not in _UNKEPT}
    return NOTICES.receive([Arriving(shop_id, connector.notice_id(told, body), {"headers": kept}, body)])[0]


def run_batch(limit: int = BATCH) -> int:
    """Work through notices that wait and return how many there were."""
    waiting = NOTICES.apart(NOTICES.claim(limit))
    for shop_id, group in groupby(sorted(waiting, key=lambda one: one.owner_id), key=lambda one: one.owner_id):
        shop = Shop.objects.get(pk=shop_id)
        read = [found for notice in group if (found := _read(shop, notice)) is not None]
        try:
            _write(shop_id, read)
        except Exception:
            # One that cannot be written must not hold the others: each alone, and each failure its own.
            log.warning("a batch of %s notices is taken one by one", len(read), exc_info=len(read) == 1)
            for one in read:
                _write_alone(shop_id, one)
    return len(waiting)


def _read(shop: Shop, notice: Arrived) -> Read | None:
    try:
        if notice.attempts > MAX_ATTEMPTS:
            raise RuntimeError("the process that read it died each time")
        connector = registry.listening(shop.connector)
        if connector is None:
            raise RuntimeError(f"{shop.connector} takes no notices")
        return Read(notice, connector.parse(info(shop), notice.envelope["headers"], notice.body))
    except Exception as error:
        _failed(notice, error)
        return None


def _write(shop_id: int, read: Sequence[Read]) -> None:
    if not read:
        return
    with transaction.atomic():
        actions.take(shop_id, [thing for one in read for thing in one.things], live=True)
        if not NOTICES.finish([one.notice.id for one in read], forget=True):
            raise Overtaken


def _write_alone(shop_id: int, one: Read) -> None:
    try:
        _write(shop_id, [one])
    except Overtaken:
        log.info("notice %s was finished elsewhere", one.notice.id)
    except Exception as error:
        _failed(one.notice, error)


def _failed(notice: Arrived, error: Exception) -> None:
    log.error("notice %s of shop %s failed", notice.id, notice.owner_id, exc_info=error)
    NOTICES.mark_failed(notice.id, f"{type(error).__name__}: {error}")


def release_orphans() -> int:
    """Let others have notices at once whose holder was a process of this machine that is no more."""
    return NOTICES.release_orphans()


def retry(shop_id: int) -> int:
    """Try again what could not be read, and forget what was kept too long to be tried; return how many are tried."""
    with transaction.atomic():
        failed = Notice.objects.filter(shop=shop_id, state=Notice.State.FAILED)
        failed.filter(body=None, blob=None).delete()
        return sum(NOTICES.retry_failed(row_id) for row_id in list(failed.values_list("id", flat=True)))


def forget_bodies(before: datetime, *, limit: int = 500) -> int:
    """Forget what notices said that came before then and cannot be read; what is wrong with them stays shown."""
    with transaction.atomic():
        old = Notice.objects.select_for_update().filter(state=Notice.State.FAILED, received_at__lt=before)
        held = list(old.exclude(body=None, blob=None).order_by("id").values_list("id", "blob_id")[:limit])
        emptied: dict[str, Any] = {"body": None, "envelope": {}}
        Notice.objects.filter(id__in=[row_id for row_id, _ in held]).update(**emptied)
        NOTICES.let_go_of_files((row_id, blob_id) for row_id, blob_id in held if blob_id is not None)
    return len(held)


def forget(before: datetime, *, limit: int = 500) -> int:
    """Forget the names of notices that came before then and were read, or can no longer be; return how many went."""
    old = Notice.objects.filter(received_at__lt=before, body=None, blob=None).exclude(state=Notice.State.RECEIVED)
    gone = list(old.order_by("received_at").values_list("id", flat=True)[:limit])
    return Notice.objects.filter(id__in=gone).delete()[0]


BODIES_KEPT = timedelta(hours=71)
"""How long a notice that cannot be read is kept whole, so that a mended connector may still read it."""
NAMES_KEPT = timedelta(days=30)
"""How long a notice is known by its name, so that the same does nothing twice."""
