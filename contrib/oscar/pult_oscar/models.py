"""What Pult's app keeps: when a thing was changed, and what it has done under which key."""

from django.db import models


class Change(models.Model):
    """The last change of an order, product or promotion. `told`: Pult has kept a notice of it."""

    kind = models.CharField(max_length=20)
    thing = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)
    gone = models.BooleanField(default=False)
    told = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "thing"], name="pult_change_once")]
        indexes = [models.Index(fields=["kind", "at", "id"], name="pult_change_order")]


class Deed(models.Model):
    """An act that was done, and how it was answered: the same key does nothing twice."""

    key = models.CharField(max_length=36, unique=True)
    verb = models.CharField(max_length=20)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
