"""What the filter has learned: how many mails of each kind had which sign. No words, and nobody's name."""

from __future__ import annotations

from django.db import models


class Corpus(models.Model):
    """How much was learned. There is one row; `salt` goes into every sign's hash, so that no table of another
    installation reads this one's."""

    id = models.SmallIntegerField(primary_key=True)
    salt = models.CharField(max_length=32)
    spam = models.IntegerField(default=0)
    ham = models.IntegerField(default=0)
    version = models.IntegerField(default=0, db_default=0)
    """Goes up with everything that is learned, so that who remembers counts knows when they are old."""


class Sign(models.Model):
    """A sign (a word, a link's domain, a mark of the header), hashed, and in how many learned mails it stood."""

    token = models.BigIntegerField(primary_key=True)
    spam = models.IntegerField(default=0)
    ham = models.IntegerField(default=0)
    seen_on = models.DateField()


class Lesson(models.Model):
    """What was last said of a message, so that it is learned once and can be unlearned."""

    id = models.BigAutoField(primary_key=True)
    message_id = models.BigIntegerField(unique=True)
    spam = models.BooleanField()
    at = models.DateTimeField()
