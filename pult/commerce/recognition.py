"""Learning how a shop writes its numbers, and what an admin says of own numbers and other shops."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from pult.commerce.errors import BadShape, ShopNotFound
from pult.commerce.mentions import numbers
from pult.commerce.mentions.merchants import Merchant as Known
from pult.commerce.models import Merchant, Numbering, Order, Shop

SAMPLE = 2_000
"""As many of the newest orders are looked at."""
TELLS = 0.2
"""A shop of whose orders so many name a parcel tells of parcels."""
_SHAPE = re.compile(r"[^\s]{3,40}")


def learn_numbers(shop_id: int) -> list[str]:
    """Learn how a shop writes its orders' numbers from the newest of them; return the shapes."""
    rows = Order.objects.filter(shop=shop_id).order_by("-id").values_list("number", "body__shipments")[:SAMPLE]
    newest = list(rows)
    learned = numbers.learn(number for number, _ in newest)
    with_parcel = sum(any(parcel.get("number") for parcel in parcels or ()) for _, parcels in newest)
    Numbering.objects.update_or_create(
        shop_id=shop_id,
        defaults={
            "learned": learned,
            "tells_parcels": len(newest) >= numbers.ENOUGH and with_parcel >= len(newest) * TELLS,
            "learned_at": timezone.now(),
        },
    )
    return learned


def tell_numbers(shop_id: int, shapes: Sequence[str]) -> None:
    """Say how a shop writes its orders' numbers, beside what was learned. Raises ShopNotFound, BadShape."""
    bad = next((shape for shape in shapes if not _SHAPE.fullmatch(shape) or not set("#@?") & set(shape)), None)
    if bad is not None:
        raise BadShape(bad)
    with transaction.atomic():
        if not Shop.objects.filter(pk=shop_id).exists():
            raise ShopNotFound
        Numbering.objects.update_or_create(shop_id=shop_id, defaults={"told": list(dict.fromkeys(shapes))})


def keep_merchants(merchants: Sequence[Known]) -> None:
    """Keep these other shops and no more; of the same name the last."""
    by_name = {one.name.casefold(): one for one in merchants}
    with transaction.atomic():
        Merchant.objects.all().delete()
        Merchant.objects.bulk_create(
            Merchant(name=one.name, words=list(one.words), domains=list(one.domains), ours=one.ours)
            for one in by_name.values()
        )
