"""Writing what shops say of their reductions; actions.take calls this in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from pult.commerce import base
from pult.commerce.digests import body_of, digest_of
from pult.commerce.models import Promotion, Shop

_FIELDS = ("title", "code", "changed_at", "starts_at", "ends_at", "active", "body", "digest")


def take(shop: Shop, promotions: Sequence[base.Promotion]) -> tuple[int, int]:
    """Write promotions, one of each id, and return how many are new and how many have changed."""
    if not promotions:
        return 0, 0
    found = Promotion.objects.filter(shop=shop, external_id__in=[one.id for one in promotions]).defer("body")
    known = {row.external_id: row for row in found}
    wanted = [
        one
        for one in promotions
        if (row := known.get(one.id)) is None or (row.digest != digest_of(one) and row.changed_at <= one.changed_at)
    ]
    Promotion.objects.bulk_create(
        [_row(shop, one) for one in wanted],
        update_conflicts=True,
        unique_fields=["shop", "external_id"],
        update_fields=_FIELDS,
    )
    changed = sum(one.id in known for one in wanted)
    return len(wanted) - changed, changed


def _row(shop: Shop, one: base.Promotion) -> Promotion:
    return Promotion(
        shop=shop,
        external_id=one.id,
        title=one.title[:300],
        code=one.code[:64],
        changed_at=one.changed_at,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        active=one.active,
        body=body_of(one),
        digest=digest_of(one),
    )


def take_away(shop: Shop, gone: Mapping[str, datetime | None]) -> int:
    """End the promotions that the shop has deleted, by their ids and when that was; return how many ended."""
    rows = [
        row
        for row in Promotion.objects.filter(shop=shop, active=True, external_id__in=sorted(gone)).defer("body")
        if (at := gone[row.external_id]) is None or at >= row.changed_at
    ]
    for row in rows:
        row.active, row.changed_at = False, gone[row.external_id] or row.changed_at
    Promotion.objects.bulk_update(rows, ["active", "changed_at"])
    return len(rows)


def in_force(shop_ids: Sequence[int], at: datetime) -> list[tuple[int, base.Promotion]]:
    """Return what these shops offer at a moment, each with its shop, what ends first before the rest."""
    rows = Promotion.objects.filter(shop__in=shop_ids, active=True).exclude(starts_at__gt=at).exclude(ends_at__lt=at)
    found = rows.order_by("ends_at", "id").values_list("shop_id", "body")
    return [(shop_id, msgspec.convert(body, base.Promotion)) for shop_id, body in found]


def holds_for(promotion: base.Promotion, product: base.Product) -> bool:
    """Say whether a reduction holds for a product: for all goods where it names none."""
    if not promotion.product_ids and not promotion.categories:
        return True
    return product.id in promotion.product_ids or bool(product.category and product.category in promotion.categories)
