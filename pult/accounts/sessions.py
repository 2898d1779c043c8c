"""The sign-ins that are open: listed and ended."""

from __future__ import annotations

import time
from datetime import datetime

import msgspec
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from pult.accounts.access import Actor, permissions, require
from pult.accounts.errors import NotFound, PermissionDenied

SEEN_EVERY = 300.0
_seen: dict[str, float] = {}


class SessionInfo(msgspec.Struct, frozen=True):
    """One sign-in: who, from where, with which browser, since when."""

    id: int
    staff_id: int
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


def open_sessions(actor: Actor, *, of_all: bool = False, current_key: str = "") -> list[SessionInfo]:
    """Return the open sign-ins, newest first: the actor's own, or (staff.write) everybody's.

    `current_key` is the session key of the request, to mark the session that asks.
    """
    if of_all:
        require(actor, "staff.write")
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(session_key__in=alive).order_by("-id")
    if not of_all:
        rows = rows.filter(user_id=actor.staff_id or 0)
    return [
        SessionInfo(
            id=row.pk,
            staff_id=row.user_id,
            address=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.session_key == current_key,
        )
        for row in rows
    ]


def seen(session_key: str) -> None:
    """Note that a session was used now, at most once in SEEN_EVERY seconds for each process."""
    now = time.monotonic()
    if _seen.get(session_key, -SEEN_EVERY) > now - SEEN_EVERY:
        return
    if len(_seen) >= 4096:
        _seen.clear()
    _seen[session_key] = now
    UserSession.objects.filter(session_key=session_key).update(last_seen_at=timezone.now())


def end(actor: Actor, session_id: int) -> None:
    """End one sign-in: one's own, or (staff.write) anybody's. Raises NotFound, PermissionDenied."""
    if "write" not in actor.scopes:
        raise PermissionDenied("write")
    row = UserSession.objects.filter(id=session_id).first()
    if row is None or (row.user_id != actor.staff_id and "staff.write" not in permissions(actor)):
        raise NotFound(f"There is no session {session_id}.")
    with transaction.atomic():
        row.end()


def end_all(staff_id: int, *, except_key: str = "") -> int:
    """End every sign-in of a person, but for `except_key`; return how many. No check: callers do it."""
    rows = UserSession.objects.filter(user_id=staff_id).exclude(session_key=except_key)
    with transaction.atomic():
        ended = [row.end() for row in rows]
    return len(ended)
