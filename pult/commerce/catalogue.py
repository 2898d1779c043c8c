"""What a shop sells, as somebody at the desk looks for it: goods with what is off them at this moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.utils import timezone

from pult.commerce import base, promotions
from pult.commerce.index import PRODUCTS
from pult.commerce.models import Product
from pult.platform import words
from pult.platform.fulltext import scope_mark


class Goods(msgspec.Struct, frozen=True):
    """A product, whose it is, and the reductions that hold for it now."""

    shop_id: int
    store_id: int
    product: base.Product
    promotions: list[base.Promotion]


def find(query: str, *, store_ids: Collection[int], limit: int = 20) -> list[Goods]:
    """Return goods by name, code or attribute; the last word by its beginning. Those no longer sold are left out."""
    marks = [scope_mark(store_id) for store_id in sorted(store_ids)]
    hits = PRODUCTS.find(words.query_terms(query), any_mark=marks, limit=limit * 2, prefix=True) if marks else []
    rows = Product.objects.filter(
        pk__in=[hit.id for hit in hits], active=True, shop__active=True, shop__store_id__in=store_ids
    )
    found = {row.pk: row for row in rows.select_related("shop")}
    return _goods([found[hit.id] for hit in hits if hit.id in found][:limit], timezone.now())


def goods(shop_id: int, product_id: str, *, store_ids: Collection[int]) -> Goods | None:
    """Return one product of a shop, None where there is none in these stores."""
    rows = Product.objects.filter(shop=shop_id, external_id=product_id, shop__store_id__in=store_ids)
    return next(iter(_goods(list(rows.select_related("shop")), timezone.now())), None)


def _goods(rows: list[Product], at: datetime) -> list[Goods]:
    offers = promotions.in_force(sorted({row.shop_id for row in rows}), at)
    found = []
    for row in rows:
        product = msgspec.convert(row.body, base.Product)
        own = [one for shop_id, one in offers if shop_id == row.shop_id and promotions.holds_for(one, product)]
        found.append(Goods(row.shop_id, row.shop.store_id, product, own))
    return found
