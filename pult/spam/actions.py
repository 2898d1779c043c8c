"""Learning and unlearning: the only way in which the filter changes. Nothing learns from what it judged itself."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pult.channels.base import InboundMessage
from pult.platform.db import among, count, insert_many
from pult.platform.retention import in_batches
from pult.spam.models import Corpus, Lesson, Sign
from pult.spam.queries import forget
from pult.spam.signs import signs, token

MOST_SIGNS = 300_000
RARE_FOR = timedelta(days=90)
"""A sign that stood in one message only, and in none since, is forgotten after so long."""


def learn(*, message_id: int, message: InboundMessage, spam: bool | None) -> bool:
    """Learn that a message is spam or that it is none, in the place of what was said of it before; None takes back
    what was said. Return whether anything changed.
    """
    with transaction.atomic():
        corpus = _locked()
        before = Lesson.objects.filter(message_id=message_id).first()
        if (before.spam if before else None) == spam:
            return False
        names = sorted({token(sign, corpus.salt) for sign in signs(message)})
        if before is not None:
            _unlearn(names, before)
        if spam is not None:
            _add(names, spam=spam)
            Lesson.objects.create(message_id=message_id, spam=spam, at=timezone.now())
        Corpus.objects.filter(pk=1).update(version=F("version") + 1)
    forget()
    return True


def _locked() -> Corpus:
    """Return the one row, locked: who learns does so alone, so that no two wait for each other's signs."""
    Corpus.objects.get_or_create(pk=1, defaults={"salt": secrets.token_hex(16)})
    return Corpus.objects.select_for_update().get(pk=1)


_LEARN = """ON CONFLICT (token) DO UPDATE SET
    spam = spam_sign.spam + excluded.spam, ham = spam_sign.ham + excluded.ham, seen_on = excluded.seen_on"""


def _add(names: Sequence[int], *, spam: bool) -> None:
    today = timezone.now().date().isoformat()
    lines = [(name, int(spam), int(not spam), today) for name in names]
    insert_many("spam_sign", ("token", "spam", "ham", "seen_on"), lines, tail=_LEARN)
    field = "spam" if spam else "ham"
    Corpus.objects.filter(pk=1).update(**{field: F(field) + 1})


def _unlearn(names: Sequence[int], before: Lesson) -> None:
    field = "spam" if before.spam else "ham"
    if names:
        condition, values = among("token", names)
        count(f"UPDATE spam_sign SET {field} = {field} - 1 WHERE {condition} AND {field} > 0", values)
    Corpus.objects.filter(pk=1, **{f"{field}__gt": 0}).update(**{field: F(field) - 1})
    before.delete()


def forget_messages(message_ids: Collection[int]) -> None:
    """Forget what was said of messages that are no more; what was learned from them stays as counts."""
    Lesson.objects.filter(message_id__in=message_ids).delete()


def prune(*, most: int = MOST_SIGNS) -> int:
    """Forget signs that are too rare to tell anything, and beyond `most` the rarest and oldest; return how many."""
    rare = (timezone.now() - RARE_FOR).date().isoformat()
    gone = in_batches(
        "DELETE FROM spam_sign WHERE token IN"
        " (SELECT token FROM spam_sign WHERE spam + ham <= 0 OR (spam + ham = 1 AND seen_on < %s) LIMIT %s)",
        rare,
    )
    too_many = Sign.objects.count() - most
    if too_many > 0:
        rarest = Sign.objects.annotate(times=F("spam") + F("ham")).order_by("times", "seen_on", "token")
        gone += Sign.objects.filter(token__in=list(rarest.values_list("token", flat=True)[:too_many])).delete()[0]
    return gone
