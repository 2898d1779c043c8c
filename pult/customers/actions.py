"""Every write on customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from pult.customers import merging, remarks
from pult.customers.errors import CustomerNotFound
from pult.customers.identities import normal
from pult.customers.index import INDEX
from pult.customers.models import Customer, Identity, Remark
from pult.platform import events, words
from pult.platform.db import (
    Rows,
    SqlValue,
    count,
    hot,
    insert_many,
    insert_together,
    is_postgres,
    marks,
    recordset,
    reserve,
    time_in,
    time_out,
)
from pult.platform.fulltext import Entry, entry_key

merge = merging.merge
unmerge = merging.unmerge
add_remark = remarks.add
remove_remark = remarks.remove


Key = tuple[str, str]
USUAL = 3
"""Hours in which messages of an identity were proven before one without proof is out of the usual."""
LAPSE = timedelta(days=90)
"""Without proof for so long, it is usual to have none: the domain has changed its ways."""
PROOF_EVERY = timedelta(hours=1)


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A customer found or made; `verified` says whether the identity it was found by has been proven, `refused`
    whether the last mail there came back. `proven_at` and `proofs` are the identity's, `forged` says that the contact
    was not made by its owner."""

    id: int
    name: str
    verified: bool
    refused: bool = False
    proofs: int = 0
    proven_at: datetime | None = None
    forged: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """An identity of somebody who made contact, as they gave it; `alive` where a person wrote from it just now.
    `proof` says whether it is theirs: pass, fail, none, or "" where nobody knows (see channels.base.Authenticity)."""

    kind: str
    value: str
    name: str = ""
    language: str = ""
    alive: bool = False
    proof: str = ""


def identify(*, kind: str, value: str, name: str = "", language: str = "", at: datetime | None = None) -> Known:
    """Find the customer known by this identity, or make one: see `identify_many`."""
    return identify_many([Wanted(kind, value, name, language)], at=at)[0]


def identify_many(wanted: Sequence[Wanted], *, at: datetime | None = None) -> list[Known]:
    """Find the customers known by these identities, or make them; two writers at once make one.

    A new identity is not verified: nothing that arrives by itself proves who sent it. Who is known under a forged
    identity is found, but nothing is changed of them, and one made for it has no name. Forged is what fails its
    proof, and what has none although the identity's messages have had it (USUAL, LAPSE).
    """
    at = at or timezone.now()
    keys = [(w.kind, normal(w.kind, w.value)) for w in wanted]
    with transaction.atomic(savepoint=False):
        forged = _forged(keys, wanted, at)
        honest = {key: w for index, (key, w) in enumerate(zip(keys, wanted, strict=True)) if index not in forged}
        found = _meet(sorted(honest), at) if honest else {}
        if others := sorted(set(keys) - honest.keys()):
            found |= _find(others)
        nameless = {key: Wanted(*key) for key in keys}
        if missing := {key: honest.get(key, nameless[key]) for key in keys if key not in found}:
            found |= _make(missing, at)
        for index, (key, w) in enumerate(zip(keys, wanted, strict=True)):
            if w.name and not found[key].name and index not in forged:
                found[key] = _named(found[key], w.name)
        alive = {key for i, (key, w) in enumerate(zip(keys, wanted, strict=True)) if w.alive and i not in forged}
        for address in {key[1] for key in alive if found[key].refused}:
            mark_deliverable(address=address)
        _note_proofs({key: found[key] for key, w in zip(keys, wanted, strict=True) if w.proof == "pass"}, at)
    return [dataclasses.replace(found[key], forged=True) if i in forged else found[key] for i, key in enumerate(keys)]


def _forged(keys: Sequence[Key], wanted: Sequence[Wanted], at: datetime) -> frozenset[int]:
    """Return the indexes of those who are not whom they name."""
    asked = sorted({key for key, w in zip(keys, wanted, strict=True) if w.proof == "none"})
    usual = {key for key, one in (_find(asked) if asked else {}).items() if _usually_proven(one, at)}
    return frozenset(
        index
        for index, (key, w) in enumerate(zip(keys, wanted, strict=True))
        if w.proof == "fail" or (w.proof == "none" and key in usual)
    )


def _usually_proven(known: Known, at: datetime) -> bool:
    return known.proofs >= USUAL and known.proven_at is not None and at - known.proven_at < LAPSE


def _note_proofs(proven: Mapping[Key, Known], at: datetime) -> None:
    """Remember that messages from these identities were proven to be theirs, at most once an hour."""
    due = sorted(key for key, one in proven.items() if one.proven_at is None or at - one.proven_at >= PROOF_EVERY)
    if due:
        pairs = Q(*((Q(kind=kind, value=value)) for kind, value in due), _connector=Q.OR)
        ids = list(Identity.objects.select_for_update().filter(pairs).order_by("id").values_list("id", flat=True))
        Identity.objects.filter(pk__in=ids).update(proven_at=at, proofs=F("proofs") + 1)


_FOUND = """
SELECT i.kind, i.value, c.id AS customer_id, c.name, i.verified_at IS NOT NULL AS verified,
    i.undeliverable_kind = 'soft' AS refused, i.proofs, i.proven_at
FROM customers_identity i JOIN customers_customer c ON c.id = i.customer_id
"""
_FIND = f"{_FOUND} JOIN unnest(%s::text[], %s::text[]) AS wanted(kind, value) USING (kind, value)"


def _finding(keys: Sequence[Key]) -> tuple[str, Sequence[SqlValue]]:
    """Return the statement that finds who is known by these identities, and its parameters."""
    if len(keys) == 1:
        return f"{_FOUND} WHERE i.kind = %s AND i.value = %s", keys[0]
    if is_postgres():
        return _FIND, [list(part) for part in zip(*keys, strict=True)]
    pairs = ", ".join(["(%s, %s)"] * len(keys))
    return f"{_FOUND} WHERE (i.kind, i.value) IN (VALUES {pairs})", [part for key in keys for part in key]


def _find(keys: Sequence[Key]) -> dict[Key, Known]:
    return _known(hot(*_finding(keys)))


def _known(found: Iterable[Sequence[SqlValue]]) -> dict[Key, Known]:
    return {
        (row[0], row[1]): Known(row[2], row[3], bool(row[4]), bool(row[5]), row[6], time_out(row[7])) for row in found
    }


# Rows are locked in the order of their ids, so that two writers never cross.
_MEET = """
WITH found AS ({find}), touched AS (
    UPDATE customers_customer SET last_contact_at = %s WHERE id IN (
        SELECT id FROM customers_customer
        WHERE id IN (SELECT customer_id FROM found) AND (last_contact_at IS NULL OR last_contact_at < %s)
        ORDER BY id FOR UPDATE)
)
SELECT * FROM found
"""


def _meet(keys: Sequence[Key], at: datetime) -> dict[Key, Known]:
    """Return those who are known by these identities, and remember the contact."""
    stamp = time_in(at)
    if is_postgres():
        find, values = _finding(keys)
        return _known(hot(_MEET.format(find=find), [*values, stamp, stamp]))
    found = _find(keys)
    ids = sorted({one.id for one in found.values()})
    if ids:
        count(
            f"UPDATE customers_customer SET last_contact_at = %s WHERE id IN ({marks(ids)})"
            " AND (last_contact_at IS NULL OR last_contact_at < %s)",
            [stamp, *ids, stamp],
        )
    return found


_CLAIM = """
INSERT INTO customers_identity (customer_id, kind, value, display, undeliverable, created_at)
SELECT nextval('customers_customer_id_seq'), kind, value, display, undeliverable, created_at
FROM json_populate_recordset(NULL::customers_identity, %s::json)
ON CONFLICT (kind, value) DO NOTHING RETURNING customer_id, kind, value
"""


def _make(missing: Mapping[Key, Wanted], at: datetime) -> dict[Key, Known]:
    """Make customers for identities that nobody has; of two writers at once the first makes them.

    The identities come first (foreign keys are checked at the end of the transaction): who loses has made nothing.
    """
    keys = sorted(missing)
    stamp = time_in(at)
    ours = _claim(keys, missing, stamp)
    fields = ("id", "name", "language", "company", "notes", "first_contact_at", "last_contact_at", "created_at")
    insert_together(
        Rows(
            "customers_customer",
            fields,
            [
                (row_id, missing[key].name[:200], missing[key].language, "", "", stamp, stamp, stamp)
                for key, row_id in ours.items()
            ],
        ),
        INDEX.rows(
            Entry(row_id, row_id, at, words.index_words([missing[key].name, key[1]])) for key, row_id in ours.items()
        ),
    )
    result = {key: Known(row_id, missing[key].name[:200], verified=False) for key, row_id in ours.items()}
    lost = [key for key in keys if key not in ours]
    return result | _find(lost) if lost else result


def _claim(keys: Sequence[Key], missing: Mapping[Key, Wanted], stamp: SqlValue) -> dict[Key, int]:
    """Write identities of customers that will be made; return the customers' ids, without those somebody else made."""
    columns = ("kind", "value", "display", "undeliverable", "created_at")
    lines = [(*key, missing[key].value[:320], "", stamp) for key in keys]
    if is_postgres():
        made = hot(_CLAIM, [recordset(columns, lines)])
    else:
        ids = [row_id for (row_id,) in reserve(len(keys), "customers_customer")]
        made = insert_many(
            "customers_identity",
            ("customer_id", *columns),
            [(row_id, *line) for row_id, line in zip(ids, lines, strict=True)],
            tail="ON CONFLICT (kind, value) DO NOTHING RETURNING customer_id, kind, value",
        )
    return {(kind, value): row_id for row_id, kind, value in made}


def _named(known: Known, name: str) -> Known:
    customer = Customer.objects.select_for_update().get(pk=known.id)
    customer.name = customer.name or name[:200]
    customer.save(update_fields=["name"])
    _index(customer, list(customer.identities.values_list("value", flat=True)))
    return dataclasses.replace(known, name=customer.name)


def _index(customer: Customer, addresses: Sequence[str]) -> None:
    INDEX.remove([entry_key(customer.created_at, customer.id)])
    INDEX.put(
        [
            Entry(
                id=customer.id,
                owner_id=customer.id,
                at=customer.created_at,
                words=words.index_words([customer.name, customer.company, *addresses]),
            )
        ]
    )


def change(
    *,
    customer_id: int,
    actor: str,
    name: str | None = None,
    language: str | None = None,
    company: str | None = None,
    notes: str | None = None,
) -> None:
    """Change what the desk knows of a person; None leaves a field as it is. Raises CustomerNotFound."""
    given = {"name": name, "language": language, "company": company, "notes": notes}
    changes = {field: value for field, value in given.items() if value is not None}
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
        if customer is None:
            raise CustomerNotFound
        for field, value in changes.items():
            setattr(customer, field, value)
        if changes:
            customer.save(update_fields=list(changes))
            _index(customer, list(customer.identities.values_list("value", flat=True)))
            events.append(
                "customer.changed",
                scope_id=None,
                entity_id=customer_id,
                actor=actor,
                data={"fields": sorted(changes)},
            )


def mark_undeliverable(*, address: str, kind: str, reason: str, words: str) -> None:
    """Remember that mail to this address comes back or is not wanted.

    Args:
        kind: of Identity.Undeliverable; a soft one never covers another.
        reason: in one word; words: the provider's own.
    """
    found = Identity.objects.filter(kind="email", value=normal("email", address))
    if kind == Identity.Undeliverable.SOFT:
        found = found.filter(undeliverable_kind__in=["", kind])
    found.update(undeliverable=words[:200], undeliverable_kind=kind, undeliverable_reason=reason[:24])


def mark_deliverable(*, address: str) -> None:
    """Forget that the last mail to this address came back; that it is dead or complained is for a person to say."""
    found = Identity.objects.filter(kind="email", value=normal("email", address), undeliverable_kind="soft")
    found.update(undeliverable="", undeliverable_kind="", undeliverable_reason="")


def trust_address(*, customer_id: int, identity_id: int, actor: str) -> None:
    """Write to an address of this person again, whatever came back from there. Raises CustomerNotFound."""
    with transaction.atomic():
        found = Identity.objects.filter(pk=identity_id, customer=customer_id)
        if not found.update(undeliverable="", undeliverable_kind="", undeliverable_reason=""):
            raise CustomerNotFound
        events.append(
            "customer.changed", scope_id=None, entity_id=customer_id, actor=actor, data={"fields": ["identities"]}
        )


def erase(customer_id: int, *, actor: str = "system") -> None:
    """Forget a person's data; the row stays as an empty shell that conversations can point at."""
    with transaction.atomic():
        ids = [customer_id, *Customer.objects.filter(merged_into=customer_id).values_list("id", flat=True)]
        for customer in Customer.objects.filter(pk__in=ids):
            INDEX.remove([entry_key(customer.created_at, customer.id)])
        Identity.objects.filter(customer__in=ids).delete()
        Remark.objects.filter(customer__in=ids).delete()
        Customer.objects.filter(pk__in=ids).update(name="", company="", notes="", language="")
        events.append("customer.erased", scope_id=None, entity_id=customer_id, actor=actor)
