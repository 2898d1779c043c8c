"""Rows that every room above stands on: events, jobs, stored files, webhooks. They know no domain word."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pult.platform.secrets import SealedJSONField


class Event(models.Model):
    """One thing that happened. Ids only, never content. `position` is given after the commit, see events.py."""

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True, unique=True)
    kind = models.CharField(max_length=64)
    scope_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=40, default="system")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_pending", condition=Q(position__isnull=True)),
            models.Index(fields=["entity_id", "id"], name="event_entity"),
        ]


class EventCounter(models.Model):
    """The single row that holds the last position given."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    last = models.BigIntegerField(default=0)


class EventCursor(models.Model):
    """How far one named reader has read."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)


class Job(models.Model):
    """A piece of work that commits with what caused it."""

    class State(models.TextChoices):
        READY = "ready"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    task = models.CharField(max_length=64)
    args = models.JSONField(default=dict)
    key = models.CharField(max_length=160, null=True, unique=True)
    priority = models.SmallIntegerField(default=0)
    run_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    lease_by = models.CharField(max_length=64, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    last_error = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["-priority", "run_at", "id"], name="job_due", condition=Q(state="ready")),
        ]


class Blob(models.Model):
    """A stored file, named by the SHA-256 of its stored bytes (of a sealed one, the encrypted bytes) and counted
    by those who hold it."""

    id = models.BigAutoField(primary_key=True)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    refs = models.IntegerField(default=0)
    sealed = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="blob_unheld", condition=Q(refs=0))]


class WebhookSubscription(models.Model):
    """An address that wants to hear of events, as CloudEvents signed with its secret."""

    id = models.BigAutoField(primary_key=True)
    url = models.URLField(max_length=500)
    kinds = models.JSONField(default=list)
    scope_ids = models.JSONField(default=list)
    secret = SealedJSONField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class WebhookDelivery(models.Model):
    """One event on its way to one subscription; the newest answer is kept for the admin to see."""

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField()
    attempts = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=12, default="queued")
    response_code = models.SmallIntegerField(null=True)
    error = models.TextField(default="")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event_id"], name="webhook_delivery_once"),
        ]
        indexes = [models.Index(fields=["subscription", "-id"], name="webhook_delivery_recent")]


class IdempotencyKey(models.Model):
    """The answer already given to a write, so that a retry does nothing twice."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    body = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]
