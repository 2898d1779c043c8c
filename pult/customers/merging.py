"""Two rows, one person: merged by hand only, with history, and taken back whole."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from pult.customers.errors import CustomerNotFound, MergeRefused
from pult.customers.models import Customer, CustomerMerge, Identity
from pult.platform import events

_CONTACTS = ("first_contact_at", "last_contact_at")


def merge(*, kept_id: int, absorbed_id: int, staff_id: int | None, actor: str) -> int:
    """Join `absorbed` into `kept` and return the merge's id.

    Identities move; conversations stay on their rows and are resolved through `merged_into`.
    Raises CustomerNotFound, MergeRefused ("same", "already_merged").
    """
    if kept_id == absorbed_id:
        raise MergeRefused("same")
    with transaction.atomic():
        rows = {
            row.id: row
            for row in Customer.objects.select_for_update().filter(pk__in=[kept_id, absorbed_id]).order_by("pk")
        }
        kept, absorbed = rows.get(kept_id), rows.get(absorbed_id)
        if kept is None or absorbed is None:
            raise CustomerNotFound
        if kept.merged_into_id or absorbed.merged_into_id:
            raise MergeRefused("already_merged")
        moved = list(Identity.objects.filter(customer=absorbed).values_list("id", flat=True))
        children = list(Customer.objects.filter(merged_into=absorbed).values_list("id", flat=True))
        record = CustomerMerge.objects.create(
            kept=kept,
            absorbed=absorbed,
            by_staff_id=staff_id,
            moved_identity_ids=moved,
            before={
                "children": children,
                "name": kept.name,
                "language": kept.language,
                **{field: _text(getattr(kept, field)) for field in _CONTACTS},
            },
            at=timezone.now(),
        )
        Identity.objects.filter(pk__in=moved).update(customer=kept)
        Customer.objects.filter(pk__in=[absorbed_id, *children]).update(merged_into=kept)
        kept.name = kept.name or absorbed.name
        kept.language = kept.language or absorbed.language
        kept.last_contact_at = max(_known(kept.last_contact_at, absorbed.last_contact_at), default=None)
        kept.first_contact_at = min(_known(kept.first_contact_at, absorbed.first_contact_at), default=None)
        kept.save(update_fields=["name", "language", *_CONTACTS])
        events.append(
            "customer.merged",
            scope_id=None,
            entity_id=kept_id,
            actor=actor,
            data={"merge_id": record.id, "absorbed_id": absorbed_id},
        )
    return record.id


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _known(*moments: datetime | None) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


def unmerge(*, merge_id: int, staff_id: int | None, actor: str) -> None:
    """Take a merge back. Raises CustomerNotFound, MergeRefused ("undone", "merged_since")."""
    with transaction.atomic():
        record = CustomerMerge.objects.select_for_update().filter(pk=merge_id).first()
        if record is None:
            raise CustomerNotFound
        if record.undone_at is not None:
            raise MergeRefused("undone")
        both = Customer.objects.select_for_update().filter(pk__in=[record.kept_id, record.absorbed_id]).order_by("pk")
        rows = {row.id: row for row in both}
        kept, absorbed = rows[record.kept_id], rows[record.absorbed_id]
        if absorbed.merged_into_id != record.kept_id:
            raise MergeRefused("merged_since")
        Identity.objects.filter(pk__in=record.moved_identity_ids, customer=record.kept_id).update(customer=absorbed)
        absorbed.merged_into = None
        absorbed.save(update_fields=["merged_into"])
        Customer.objects.filter(pk__in=record.before["children"], merged_into=record.kept_id).update(
            merged_into=absorbed
        )
        # Only what the merge filled in goes back: what the desk has written since then stays.
        kept.name = "" if not record.before["name"] and kept.name == absorbed.name else kept.name
        kept.language = "" if not record.before["language"] and kept.language == absorbed.language else kept.language
        for field in _CONTACTS:
            if field in record.before and getattr(kept, field) == getattr(absorbed, field):
                setattr(kept, field, _time(record.before[field]))
        kept.save(update_fields=["name", "language", *_CONTACTS])
        record.undone_at = timezone.now()
        record.undone_by_id = staff_id
        record.save(update_fields=["undone_at", "undone_by"])
        events.append(
            "customer.unmerged",
            scope_id=None,
            entity_id=record.kept_id,
            actor=actor,
            data={"merge_id": merge_id, "absorbed_id": record.absorbed_id},
        )
