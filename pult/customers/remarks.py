"""What the desk writes down about a person: notes, and what they are known to dislike."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from pult.customers.errors import CustomerNotFound, RemarkNotFound
from pult.customers.models import Customer, Remark
from pult.platform import events


def add(*, customer_id: int, kind: str, text: str, staff_id: int | None, actor: str) -> int:
    """Write something down about a person and return its id; `kind` is of Remark.Kind. Raises CustomerNotFound."""
    with transaction.atomic():
        if not Customer.objects.select_for_update().filter(pk=customer_id).exists():
            raise CustomerNotFound
        made = Remark.objects.create(
            customer_id=customer_id, kind=kind, text=text, staff_id=staff_id, at=timezone.now()
        )
        _tell(customer_id, actor)
    return made.id


def remove(*, customer_id: int, remark_id: int, actor: str) -> None:
    """Take back what was written down about a person, by the id of any of their rows. Raises RemarkNotFound."""
    family = Customer.objects.filter(merged_into=customer_id).values_list("id", flat=True)
    with transaction.atomic():
        gone, _ = Remark.objects.filter(pk=remark_id, customer__in=[customer_id, *family]).delete()
        if not gone:
            raise RemarkNotFound
        _tell(customer_id, actor)


def _tell(customer_id: int, actor: str) -> None:
    events.append("customer.changed", scope_id=None, entity_id=customer_id, actor=actor, data={"fields": ["remarks"]})
