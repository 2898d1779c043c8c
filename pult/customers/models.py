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


class ConsentWording(models.Model):
    """How a store asks for a consent, by language. A row is never changed: another wording is another version, and one
    without texts says that the store does not ask any more."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("accounts.Store", on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=24)
    version = models.PositiveIntegerField()
    texts = models.JSONField(default=dict)
    actor = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "purpose", "version"], name="consent_wording_once")]


class Consent(models.Model):
    """One yes or no of a person to one purpose of one store; the newest of them holds, all of them are the proof."""

    class Purpose(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"
        PHONE = "phone"
        POST = "post"
        PROFILING = "profiling"

    class Source(models.TextChoices):
        MESSAGE = "message"
        CALL = "call"
        COUNTER = "counter"
        FORM = "form"
        ORDER = "order"
        LINK = "link"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    store = models.ForeignKey("accounts.Store", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=24, choices=Purpose.choices)
    granted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=12, choices=Source.choices)
    source_id = models.BigIntegerField(null=True)
    """The message or order in which it was said."""
    wording_version = models.PositiveIntegerField(default=0)
    """Of ConsentWording; 0 where the store had none."""
    actor = models.CharField(max_length=40)
    proof = models.CharField(max_length=500, default="")
    """What else shows it, in the words of who wrote it down; of a link the address it was opened from."""

    class Meta:
        indexes = [models.Index(fields=["customer", "store", "purpose", "-id"], name="consent_newest")]


class DataCopy(models.Model):
    """A person's copy of their data: a file that a job makes, to be fetched for a time by whoever has its link."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    actor = models.CharField(max_length=40)
    store_ids = models.JSONField(null=True)
    """The stores whose conversations and orders are in it; None for all."""
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    blob = models.ForeignKey("platform.Blob", null=True, on_delete=models.PROTECT, related_name="+")
    size = models.BigIntegerField(default=0)
    fetched = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="data_copy_expiry")]


class Erasure(models.Model):
    """The proof that somebody was forgotten: when, by whom, how much of what. Never who it was but for the number."""

    class Cause(models.TextChoices):
        REQUEST = "request"
        RETENTION = "retention"
        RESTORE = "restore"

    id = models.BigAutoField(primary_key=True)
    customer_id = models.BigIntegerField(db_index=True)
    actor = models.CharField(max_length=40)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    counts = models.JSONField(default=dict)
    """How many of what went, by kind."""
    kept = models.JSONField(default=list)
    """What was sold, for how much, which the law wants kept: orders and amounts by currency, in minor units."""
    at = models.DateTimeField()
