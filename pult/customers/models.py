"""People, and the addresses, numbers and handles by which they are known. One customer per company."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """A person. A merged one keeps its row and points at the one it became."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200, default="")
    language = models.CharField(max_length=8, default="")
    company = models.CharField(max_length=200, default="")
    notes = models.TextField(default="")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="absorbed")
    first_contact_at = models.DateTimeField(null=True)
    last_contact_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-last_contact_at", "-id"], name="customer_recent")]


class Identity(models.Model):
    """One way to reach or recognise a person; `value` is normalised, `display` is as first seen."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"
        HANDLE = "handle"

    class Undeliverable(models.TextChoices):
        """Why one should not write there: nobody has it; the last mail came back; its reader complained."""

        HARD = "hard"
        SOFT = "soft"
        COMPLAINT = "complaint"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    value = models.CharField(max_length=320)
    display = models.CharField(max_length=320, default="")
    verified_at = models.DateTimeField(null=True)
    proven_at = models.DateTimeField(null=True)
    """When the last message came that was proven to be from here; `proofs` are the hours in which one did."""
    proofs = models.IntegerField(default=0, db_default=0)
    undeliverable = models.CharField(max_length=200, default="")
    undeliverable_kind = models.CharField(max_length=10, choices=Undeliverable.choices, default="", db_default="")
    undeliverable_reason = models.CharField(max_length=24, default="", db_default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identity_once")]


class CustomerMerge(models.Model):
    """A merge by hand, with what it moved, so that it can be taken back."""

    id = models.BigAutoField(primary_key=True)
    kept = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges_kept")
    absorbed = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges_absorbed")
    by_staff = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    moved_identity_ids = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")


class Remark(models.Model):
    """What somebody of the desk wrote down about a person: a note, or one thing they are known to dislike."""

    class Kind(models.TextChoices):
        NOTE = "note"
        DISLIKE = "dislike"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="remarks", db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField()
    staff = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer", "-id"], name="remark_customer")]
