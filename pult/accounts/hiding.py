"""Which numbers a store hides in what it keeps, beside those of payment cards, which it always hides."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.db import transaction
from stdnum import iban

from pult.accounts.access import Actor, require
from pult.accounts.errors import Invalid, NotFound
from pult.accounts.models import Store
from pult.platform import events

MOST_IBANS = 50


class Hiding(msgspec.Struct, frozen=True):
    """What a store hides; `own_ibans` are its own accounts, compact, which stay readable."""

    ibans: bool = True
    documents: bool = True
    own_ibans: list[str] = []


def hiding(store_id: int) -> Hiding:
    """Return what a store hides. Raises NotFound."""
    row = Store.objects.filter(id=store_id).values_list("mask_ibans", "mask_documents", "own_ibans").first()
    if row is None:
        raise NotFound(f"There is no store {store_id}.")
    return Hiding(*row)


def save_hiding(actor: Actor, store_id: int, *, ibans: bool, documents: bool, own_ibans: Sequence[str] = ()) -> Hiding:
    """Say what a store hides from now on; what is kept already stays as it is.

    Raises NotFound, Invalid (an account number that is none, too many).
    """
    require(actor, "settings.write")
    if len(own_ibans) > MOST_IBANS:
        raise Invalid("shape", field="own_ibans")
    accounts = list(dict.fromkeys(_compact(number) for number in own_ibans))
    with transaction.atomic():
        changed = Store.objects.filter(id=store_id).update(
            mask_ibans=ibans, mask_documents=documents, own_ibans=accounts
        )
        if not changed:
            raise NotFound(f"There is no store {store_id}.")
        events.append(
            "store.changed", scope_id=store_id, entity_id=store_id, actor=actor.ref, data={"fields": ["masking"]}
        )
    return hiding(store_id)


def _compact(number: str) -> str:
    compact: str = iban.compact(number)
    if len(number) > 60 or not iban.is_valid(number, check_country=False):
        raise Invalid("iban", field="own_ibans", value=number[:40])
    return compact
