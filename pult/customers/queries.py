"""Every read of customers that others may use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from django.db.models import Q

from pult.customers.index import INDEX
from pult.customers.models import CustomerMerge, Remark
from pult.platform import words
from pult.platform.db import Given, Part, SqlValue, gather, must_time, time_out


class IdentityView(msgspec.Struct, frozen=True):
    """One way to reach a person, as the panel shows it. `proven`: messages have come that were proven to be theirs."""

    id: int
    kind: str
    value: str
    verified: bool
    proven: bool
    undeliverable: str
    undeliverable_kind: str
    undeliverable_reason: str


class CustomerView(msgspec.Struct, frozen=True):
    """A person, with every identity; `all_ids` are the rows that were joined into this one, itself included."""

    id: int
    name: str
    language: str
    company: str
    notes: str
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    identities: list[IdentityView]
    all_ids: list[int]


class RemarkView(msgspec.Struct, frozen=True):
    """What was written down about a person, by whom ("" where that is not known any more) and when."""

    id: int
    kind: str
    text: str
    by: str
    at: datetime


class MergeView(msgspec.Struct, frozen=True):
    """One merge in a person's history."""

    id: int
    kept_id: int
    absorbed_id: int
    absorbed_name: str
    by: str
    at: datetime
    undone_at: datetime | None


def resolve(customer_id: int) -> int | None:
    """Return the id of the person this row has become part of, itself when it has not, None when unknown."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(merged_into_id, id) FROM customers_customer WHERE id = %s", [customer_id])
        row = cursor.fetchone()
    return row[0] if row else None


def family(customer: str, values: Sequence[SqlValue]) -> list[Given]:
    """Return what a statement has to be given to know a person's rows: `kept(id)`, the one that stands for the person,
    and `family(id)`, all of them. `customer` is SQL for the id of any of theirs."""
    return [
        Given(
            "kept", f"SELECT coalesce(merged_into_id, id) AS id FROM customers_customer WHERE id = {customer}", values
        ),
        Given(
            "family",
            "SELECT id FROM customers_customer WHERE id = (SELECT id FROM kept)"
            " UNION ALL SELECT id FROM customers_customer WHERE merged_into_id = (SELECT id FROM kept)",
        ),
    ]


def person() -> Part:
    """Return what has to be read for `person_of`, given the person's `family`."""
    return Part(
        "person",
        """c.id, c.name, c.language, c.company, c.notes, c.first_contact_at, c.last_contact_at, c.merged_into_id,
            i.id, i.kind, i.value, i.display, i.verified_at IS NOT NULL, i.proven_at IS NOT NULL, i.undeliverable,
            i.undeliverable_kind, i.undeliverable_reason""",
        "FROM family JOIN customers_customer c ON c.id = family.id"
        " LEFT JOIN customers_identity i ON i.customer_id = c.id",
    )


def person_of(rows: Sequence[Sequence[SqlValue]]) -> CustomerView | None:
    """Return a person from the rows of `person`."""
    first = next((row for row in rows if row[7] is None), None)
    if first is None:
        return None
    return CustomerView(
        id=first[0],
        name=first[1],
        language=first[2],
        company=first[3],
        notes=first[4],
        first_contact_at=min((at for row in rows if (at := time_out(row[5]))), default=None),
        last_contact_at=time_out(first[6]),
        identities=[
            IdentityView(row[8], row[9], row[11] or row[10], bool(row[12]), bool(row[13]), *row[14:17])
            for row in sorted(rows, key=lambda row: row[8] or 0)
            if row[8] is not None and row[0] == first[0]
        ],
        all_ids=sorted({row[0] for row in rows}),
    )


def customer(customer_id: int) -> CustomerView | None:
    """Return a person by the id of any of their rows, with one query."""
    return person_of(gather([person()], family("%s", [customer_id]))["person"])


REMARKS = 50
"""As many of the newest remarks as a card shows."""


def remarks() -> Part:
    """Return what has to be read for `remarks_of`, given the person's `family`."""
    return Part(
        "remarks",
        "r.id, r.kind, r.text, coalesce(s.name, ''), r.at",
        "FROM (SELECT r.* FROM family JOIN customers_remark r ON r.customer_id = family.id"
        f" ORDER BY r.id DESC LIMIT {REMARKS}) r LEFT JOIN accounts_staff s ON s.id = r.staff_id",
    )


def remarks_of(rows: Sequence[Sequence[SqlValue]]) -> list[RemarkView]:
    """Return what was written down about a person, newest first."""
    return [
        RemarkView(row[0], row[1], row[2], row[3], must_time(row[4])) for row in sorted(rows, key=lambda row: -row[0])
    ]


def remarks_about(customer_id: int) -> list[RemarkView]:
    """Return what was written down about a person, by the id of any of their rows."""
    return remarks_of(gather([remarks()], family("%s", [customer_id]))["remarks"])


def standing_merges() -> Part:
    """Return what has to be read for `standing_merges_of`, given the person's `kept`: those not taken back."""
    return Part(
        "merges",
        "m.id, m.kept_id, m.absorbed_id, a.name, coalesce(s.name, ''), m.at",
        "FROM kept JOIN customers_customermerge m ON m.kept_id = kept.id AND m.undone_at IS NULL"
        " JOIN customers_customer a ON a.id = m.absorbed_id LEFT JOIN accounts_staff s ON s.id = m.by_staff_id",
    )


def standing_merges_of(rows: Sequence[Sequence[SqlValue]]) -> list[MergeView]:
    """Return the merges that made a person who they are now, newest first."""
    ordered = sorted(rows, key=lambda row: -row[0])
    return [MergeView(row[0], row[1], row[2], row[3], row[4], must_time(row[5]), None) for row in ordered]


def search(query: str, *, limit: int = 20) -> list[CustomerView]:
    """Return people whose name, company or address matches, the last word by its beginning."""
    hits = INDEX.find(words.query_terms(query, ()), limit=limit, prefix=True)
    found = []
    seen: set[int] = set()
    for hit in hits:
        view = customer(hit.owner_id)
        if view is not None and view.id not in seen:
            seen.add(view.id)
            found.append(view)
    return found


def merges(customer_id: int) -> list[MergeView]:
    """Return the history of merges of a person, newest first."""
    rows = (
        CustomerMerge.objects.filter(Q(kept=customer_id) | Q(absorbed=customer_id))
        .order_by("-id")
        .values_list("id", "kept_id", "absorbed_id", "absorbed__name", "by_staff__name", "at", "undone_at")
    )
    return [MergeView(a, b, c, d, e or "", f, g) for a, b, c, d, e, f, g in rows]


def export(customer_id: int) -> dict[str, Any]:
    """Return everything this room holds of a person, for the person."""
    view = customer(customer_id)
    if view is None:
        return {}
    written = Remark.objects.filter(customer__in=view.all_ids).order_by("id").values("kind", "text", "at")
    return {**msgspec.to_builtins(view), "remarks": msgspec.to_builtins(list(written))}
