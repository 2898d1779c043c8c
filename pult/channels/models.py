"""Where messages come in and go out, and what came in before anybody read it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pult.platform.secrets import SealedJSONField


class Inbox(models.Model):
    """One address of one channel: a mailbox, a page, a number. `settings` follow the adapter's settings.py."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("accounts.Store", on_delete=models.PROTECT, related_name="inboxes")
    team = models.ForeignKey("accounts.Team", null=True, on_delete=models.SET_NULL, related_name="inboxes")
    channel = models.CharField(max_length=24)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=254)
    settings = SealedJSONField(default=dict)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="inbox_address_once")]

    def __str__(self) -> str:
        return self.name


class RawPayload(models.Model):
    """What arrived, sealed, kept before the sender heard 'accepted'. Large bodies lie in a sealed blob."""

    class State(models.TextChoices):
        RECEIVED = "received"
        PARSED = "parsed"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="payloads")
    external_id = models.CharField(max_length=200)
    envelope = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    blob = models.ForeignKey("platform.Blob", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    received_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=64, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "external_id"], name="raw_payload_once")]
        indexes = [
            models.Index(fields=["id"], name="raw_payload_waiting", condition=Q(state="received")),
            models.Index(fields=["received_at"], name="raw_payload_age"),
        ]


class ListenerState(models.Model):
    """How far a listener has read, so that it resumes after any outage (IMAP: UIDVALIDITY and UID)."""

    id = models.BigAutoField(primary_key=True)
    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="listener_states")
    name = models.CharField(max_length=200)
    value = models.JSONField(default=dict)
    error = models.TextField(default="")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "name"], name="listener_state_once")]
