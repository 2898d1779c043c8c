"""People brought from elsewhere: found or made in bulk, and announced to nobody."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction
from django.utils import timezone

from pult.customers.actions import Known
from pult.customers.identities import normal
from pult.customers.index import INDEX
from pult.customers.models import Customer, Identity
from pult.platform import words
from pult.platform.db import Rows, insert_together, reserve, time_in
from pult.platform.fulltext import Entry, entry_key

_MANY = 400
_MERGES = 20
_Item = TypeVar("_Item", int, str)
Owners = dict[tuple[str, str], int | Customer]


@dataclasses.dataclass(frozen=True, slots=True)
class OldPerson:
    """A person of the past. The first of `identities` (kind, value) that is known says who it is; those in `also` say
    nothing of that, and are added where nobody has them."""

    identities: Sequence[tuple[str, str]]
    name: str = ""
    language: str = ""
    company: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None
    also: Sequence[tuple[str, str]] = ()


def import_people(batch: Sequence[OldPerson]) -> list[Known]:
    """Find or make people in one transaction and return them in the order asked; no events are written.

    What is known of a person stays; what is empty is filled, and identities that nobody has are added, not verified.
    """
    now = timezone.now()
    with transaction.atomic():
        owners = _owners([key for person in batch for key in _keys(person)])
        rows = _locked(set(owners.values()))
        made: list[Customer] = []
        added: list[Identity] = []
        found: list[Customer] = []
        for person in batch:
            keys = _keys(person)
            deciding = keys[: len(person.identities)]
            known = next((owners[key] for key in deciding if key in owners), None)
            customer = rows[known] if isinstance(known, int) else known
            if customer is None:
                customer = Customer(created_at=now)
                made.append(customer)
            _fill(customer, person)
            for (kind, value), (_, written) in zip(keys, _all(person), strict=True):
                if (kind, value) not in owners:
                    owners[kind, value] = customer
                    added.append(
                        Identity(customer=customer, kind=kind, value=value, display=written[:320], created_at=now)
                    )
            found.append(customer)
        _insert(made, added)
        touched = {customer.id: customer for customer in found}
        _write([row for row in rows.values() if row.id in touched])
        INDEX.remove([entry_key(row.created_at, row.id) for row in rows.values() if row.id in touched])
        _index(list(touched.values()))
    return [Known(customer.id, customer.name, verified=False) for customer in found]


def _all(person: OldPerson) -> list[tuple[str, str]]:
    return [*person.identities, *person.also]


def _keys(person: OldPerson) -> list[tuple[str, str]]:
    return [(kind, normal(kind, value)) for kind, value in _all(person)]


def _owners(keys: Sequence[tuple[str, str]]) -> Owners:
    """Return who has each identity now."""
    owners: Owners = {}
    values = sorted({value for _, value in keys})
    for part in _parts(values):
        rows = Identity.objects.filter(value__in=part).values_list("kind", "value", "customer_id")
        owners.update({(kind, value): customer_id for kind, value, customer_id in rows})
    wanted = set(keys)
    return {key: owner for key, owner in owners.items() if key in wanted}


def _locked(ids: set[int | Customer]) -> dict[int, Customer]:
    """Return customers by id, locked; one that was merged into another stands for that one."""
    rows: dict[int, Customer] = {}
    for part in _parts(sorted(owner for owner in ids if isinstance(owner, int))):
        rows.update({row.id: row for row in Customer.objects.select_for_update().filter(id__in=part)})
    for row_id, row in list(rows.items()):
        final = row
        for _ in range(_MERGES):
            if final.merged_into_id is None:
                break
            final = Customer.objects.select_for_update().get(id=final.merged_into_id)
        rows[row_id] = rows.setdefault(final.id, final)
    return rows


def _fill(customer: Customer, person: OldPerson) -> None:
    customer.name = customer.name or person.name[:200]
    customer.language = customer.language or person.language[:8]
    customer.company = customer.company or person.company[:200]
    firsts = [at for at in (customer.first_contact_at, person.first_at) if at is not None]
    lasts = [at for at in (customer.last_contact_at, person.last_at) if at is not None]
    customer.first_contact_at = min(firsts, default=None)
    customer.last_contact_at = max(lasts, default=None)


def _insert(made: Sequence[Customer], added: Sequence[Identity]) -> None:
    """Write new people and identities, many by one statement, and give the people their ids."""
    for customer, (row_id,) in zip(made, reserve(len(made), "customers_customer"), strict=True):
        customer.id = row_id
    insert_together(
        Rows(
            "customers_customer",
            ("id", "name", "language", "company", "notes", "first_contact_at", "last_contact_at", "created_at"),
            [
                (
                    *(row.id, row.name, row.language, row.company, row.notes),
                    *(time_in(row.first_contact_at), time_in(row.last_contact_at), time_in(row.created_at)),
                )
                for row in made
            ],
        ),
        Rows(
            "customers_identity",
            ("customer_id", "kind", "value", "display", "undeliverable", "created_at"),
            [(one.customer.id, one.kind, one.value[:320], one.display, "", time_in(one.created_at)) for one in added],
        ),
    )


def _write(rows: Sequence[Customer]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE customers_customer SET name = %s, language = %s, company = %s, first_contact_at = %s,"
            " last_contact_at = %s WHERE id = %s",
            [
                (r.name, r.language, r.company, time_in(r.first_contact_at), time_in(r.last_contact_at), r.id)
                for r in {row.id: row for row in rows}.values()
            ],
        )


def _index(customers: Sequence[Customer]) -> None:
    """Make people findable by their names and every address they have."""
    values: dict[int, list[str]] = {customer.id: [] for customer in customers}
    for part in _parts(sorted(values)):
        for customer_id, value in Identity.objects.filter(customer_id__in=part).values_list("customer_id", "value"):
            values[customer_id].append(value)
    INDEX.put(
        [
            Entry(
                id=customer.id,
                owner_id=customer.id,
                at=customer.created_at,
                words=words.index_words([customer.name, customer.company, *values[customer.id]]),
            )
            for customer in customers
        ]
    )


def _parts(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), _MANY):
        yield items[start : start + _MANY]
