"""What accounts does by itself now and then. The worker imports this."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from pult.accounts import access_log, mail
from pult.accounts.models import CacheRow
from pult.platform.queue import periodic

__all__ = ["expire_access_log", "expire_sessions", "mail"]

DAY = 86_400.0


@periodic("accounts.expire_access_log", every=DAY, timeout=3_600)
def expire_access_log() -> None:
    """Remove lines of the access log older than ACCESS_LOG_DAYS."""
    access_log.expire()


@periodic("accounts.expire_sessions", every=DAY)
def expire_sessions() -> None:
    """Remove sessions and rate-limit counts that are over."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    CacheRow.objects.filter(expires__lt=now).delete()
