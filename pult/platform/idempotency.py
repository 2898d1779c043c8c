"""A write that a client may repeat without fear: the same key gives the same answer and does nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from pult.platform.db import insert, time_in
from pult.platform.models import IdempotencyKey


class Answer(NamedTuple):
    """What a write answered: the HTTP status and the body as text."""

    status: int
    body: str


class KeyReused(Exception):
    """The key was given before, with a different request."""


def once(actor: str, key: str, request: bytes, write: Callable[[], Answer]) -> Answer:
    """Run `write` unless the actor gave this key before; then return the answer of that time.

    Key and write commit together: a write that fails leaves the key free, and of two at once the second waits.
    Raises KeyReused.
    """
    fingerprint = hashlib.sha256(request).hexdigest()
    with transaction.atomic():
        row_id = insert(
            "platform_idempotencykey",
            {
                "actor": actor,
                "key": key[:120],
                "fingerprint": fingerprint,
                "status": 0,
                "body": "",
                "created_at": time_in(timezone.now()),
            },
            conflict="ON CONFLICT DO NOTHING",
        )
        if row_id is None:
            before = IdempotencyKey.objects.get(actor=actor, key=key[:120])
            if before.fingerprint != fingerprint:
                raise KeyReused
            return Answer(before.status, before.body)
        answer = write()
        IdempotencyKey.objects.filter(pk=row_id).update(status=answer.status, body=answer.body)
    return answer
