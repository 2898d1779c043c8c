"""Who may listen to the live stream. Loaded by the stream process, which knows no addresses (URLs)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from pult.accounts import access_log
from pult.accounts.access import Actor, actor_of_session, authenticate_token, permissions, visible_stores
from pult.accounts.client_address import client_address
from pult.platform.hub import Subscriber

_SessionStore = import_module(settings.SESSION_ENGINE).SessionStore

# A stream is opened anew, from where it stood, after this time: so a revoked token, an ended session and a
# change of stores reach those who are listening already.
RENEW = timedelta(minutes=2)


def authorize(headers: Mapping[str, str], cookies: Mapping[str, str], query: Mapping[str, str]) -> Subscriber | None:
    """Return the subscriber whom a Bearer token or the session cookie names, or None (answer 401).

    Header names are in lower case. A token is never taken from the address, where logs would keep it.
    """
    bearer = headers.get("authorization", "")
    if bearer:
        return _subscriber(authenticate_token(bearer)) if bearer[:7].lower() == "bearer " else None
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    if not key:
        return None
    session = _SessionStore(key)
    return _subscriber(actor_of_session(session), ends=session.get_expiry_date())


def opened(subscriber: Subscriber, headers: Mapping[str, str], peer: str) -> None:
    """Leave the line of one who listens from now on: it names the stores whose conversations are heard of.

    Called when a stream is opened, and again each time it has been open for an hour or its stores have changed.
    """
    meta = {"HTTP_X_FORWARDED_FOR": headers.get("x-forwarded-for", ""), "REMOTE_ADDR": peer}
    access_log.record(
        subscriber.actor,
        "stream",
        subject="store",
        subject_ids=sorted(subscriber.scope_ids or ()),
        address=client_address(meta),
    )


def _subscriber(actor: Actor | None, *, ends: datetime | None = None) -> Subscriber | None:
    if actor is None or "conversations.read" not in permissions(actor):
        return None
    renew = timezone.now() + RENEW
    return Subscriber(actor=actor.ref, scope_ids=visible_stores(actor), expires_at=min(renew, ends) if ends else renew)
