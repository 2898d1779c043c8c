"""What commerce does by itself now and then. The worker imports this."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from pult.accounts import queries as accounts
from pult.commerce import notices, queries, reading, registry
from pult.platform.plugins import Unknown
from pult.platform.queue import periodic

NIGHT = range(2, 5)
"""Hours of a store's clock in which a shop is read that can only be read whole."""


@periodic("commerce.catch_up", every=300.0)
def catch_up() -> None:
    """Ask every shop for what has changed: in a few minutes again where that costs little, else once a night."""
    now = timezone.now()
    for shop in queries.shops(active_only=True):
        try:
            cheap = registry.SHOPS.manifest(shop.connector).can("changes")
        except Unknown:
            continue  # its connector is not installed here
        if cheap or _is_its_night(shop, now):
            reading.begin(shop.id, priority=-1)


def _is_its_night(shop: queries.ShopView, now: datetime) -> bool:
    begun = [one.begun_at for one in shop.readings if one.begun_at]
    if begun and now - max(begun) < timedelta(hours=len(NIGHT) + 1):
        return False
    return now.astimezone(ZoneInfo(accounts.store(shop.store_id).time_zone)).hour in NIGHT


@periodic("commerce.forget_notices", every=3_600.0, timeout=1_200.0)
def forget_notices() -> None:
    """Forget what notices said that nobody could read, and after a month that they came."""
    now = timezone.now()
    while notices.forget_bodies(now - notices.BODIES_KEPT) or notices.forget(now - notices.NAMES_KEPT):
        time.sleep(0.02)
