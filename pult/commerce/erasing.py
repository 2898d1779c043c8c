"""Forgetting who bought: what was bought, for how much, and when stays for the shop's books.

The shop is the truth: it has to be told to forget as well, or the next order brings the person back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from pult.commerce import base, notices
from pult.commerce.index import ORDERS, order_entry
from pult.commerce.models import Buyer, Notice, Order, Reading, ShopAct
from pult.commerce.writing import nameless, placeless
from pult.platform import words
from pult.platform.forgetting import remover
from pult.platform.fulltext import entry_key

_PAGE = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """How many orders and accounts lost their person, how many notices that could not be read their content, and of how
    many things done in shops it is no longer known for whom."""

    orders: int
    accounts: int
    notices: int
    acts: int


def addresses(customer_ids: Collection[int]) -> set[str]:
    """Return the addresses and numbers under which a person bought."""
    found: set[str] = set()
    for body in Order.objects.filter(customer_id__in=customer_ids).values_list("body", flat=True):
        order = msgspec.convert(body, base.Order)
        found |= {order.buyer.email, order.buyer.phone, order.ship_to.phone, order.bill_to.phone}
    return {address.strip() for address in found if address.strip()}


def erase(customer_ids: Sequence[int], told: Collection[str] = ()) -> Erased:
    """Forget who bought, and the addresses `told` in orders of others and in what shops said that could not be read."""
    with transaction.atomic():
        mine = Order.objects.select_for_update(of=("self",)).filter(customer_id__in=customer_ids)
        rows = list(mine.select_related("shop").order_by("id"))
        for row in rows:
            row.customer_id, row.erased = None, True
            _rewrite(row, nameless(msgspec.convert(row.body, base.Order)))
        Order.objects.bulk_update(rows, ["body", "customer", "erased"], batch_size=_PAGE)
        acts = ShopAct.objects.filter(Q(customer__in=customer_ids) | Q(order__in=rows))
        forgotten = acts.update(act={}, result={}, reason=None, words=None, customer=None)
        accounts = Buyer.objects.filter(customer_id__in=customer_ids).delete()[0]
        _forget_elsewhere({address.casefold() for address in told})
        _forget_words(told)
        return Erased(len(rows), accounts, notices.forget_holding(told), forgotten)


def _rewrite(row: Order, order: base.Order) -> None:
    """Give a row other words; it is found by the number, the parcels and the goods that stay."""
    row.body = msgspec.to_builtins(order)
    ORDERS.remove([entry_key(row.placed_at, row.id)])
    ORDERS.put([order_entry(row.id, row.customer_id, row.shop.store_id, order)])


def _forget_elsewhere(told: Collection[str]) -> None:
    """Take an address out of orders that belong to somebody else's account, or to nobody."""
    ids = {hit.id for address in told for hit in ORDERS.find(words.query_terms(address, ()), limit=_PAGE)}
    for row in Order.objects.select_for_update(of=("self",)).select_related("shop").filter(pk__in=ids).order_by("id"):
        order = msgspec.convert(row.body, base.Order)
        kept = msgspec.structs.replace(order, buyer=_without(order.buyer, told))
        for part in ("ship_to", "bill_to"):
            if getattr(order, part).phone.casefold() in told:
                kept = msgspec.structs.replace(kept, **{part: base.Place()})
        if kept != order:
            _rewrite(row, kept)
            row.save(update_fields=["body"])


def _without(buyer: base.Buyer, told: Collection[str]) -> base.Buyer:
    theirs = buyer.email.casefold() in told or buyer.phone.casefold() in told
    return msgspec.structs.replace(buyer, email="", phone="", name="") if theirs else buyer


def _forget_words(told: Iterable[str]) -> None:
    """Take addresses out of what is shown of readings that went wrong."""
    wanted = [address for address in told if address]
    without = remover(wanted)
    for reading in Reading.objects.exclude(error="", misfits={}):
        misfits = {without(name): without(error) for name, error in reading.misfits.items()}
        if (without(reading.error), misfits) != (reading.error, reading.misfits):
            Reading.objects.filter(pk=reading.pk).update(error=without(reading.error), misfits=misfits)
    if wanted:
        named = Q()
        for address in wanted:
            named |= Q(error__icontains=address)
        for notice in Notice.objects.filter(named).only("error"):
            Notice.objects.filter(pk=notice.pk).update(error=without(notice.error))


# --- what is too old -----------------------------------------------------------------------------------


def old_addresses(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of orders placed before then that still say where they went, those above `after`."""
    rows = Order.objects.filter(placed_at__lt=before, trimmed=False, erased=False, id__gt=after)
    return list(rows.filter(shop__store=store_id).order_by("id").values_list("id", flat=True)[:limit])


def forget_addresses(order_ids: Collection[int]) -> int:
    """Forget where orders went and the numbers of a telephone; return of how many."""
    with transaction.atomic():
        rows = Order.objects.select_for_update(of=("self",)).select_related("shop").filter(pk__in=order_ids)
        found = list(rows.filter(trimmed=False).order_by("id"))
        for row in found:
            row.trimmed = True
            _rewrite(row, placeless(msgspec.convert(row.body, base.Order)))
        Order.objects.bulk_update(found, ["body", "trimmed"], batch_size=_PAGE)
    return len(found)


def old_birthdays(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of accounts with a birthday whose person has bought nothing since then, those above `after`."""
    since = Order.objects.filter(customer_id=OuterRef("customer_id"), placed_at__gte=before)
    rows = Buyer.objects.filter(birthday__isnull=False, shop__store=store_id, id__gt=after)
    return list(rows.filter(~Exists(since)).order_by("id").values_list("id", flat=True)[:limit])


def forget_birthdays(buyer_ids: Collection[int]) -> int:
    """Forget the birthdays of accounts; return how many."""
    return Buyer.objects.filter(pk__in=buyer_ids, birthday__isnull=False).update(birthday=None)


def bought_since(customer_ids: Collection[int], since: datetime) -> set[int]:
    """Return which of these have bought something since then."""
    return {
        customer_id
        for customer_id in Order.objects.filter(customer_id__in=customer_ids, placed_at__gte=since).values_list(
            "customer_id", flat=True
        )
        if customer_id is not None
    }
