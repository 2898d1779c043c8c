"""Whom a visitor's page may hear. Loaded by the stream process, which knows no addresses (URLs)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from pult.channels import queries
from pult.platform.hub import Subscriber
from pult.web.chat.origins import allowed_origin
from pult.web.chat.visitors import visitor_of

RENEW = timedelta(minutes=10)


def authorize(path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Subscriber | None:
    """Return the visitor whom a Bearer token names, None (401) where it is none of this chat or its page is not the
    shop's. Header names are in lower case."""
    inbox_id = int(path.split("/")[2])
    bearer, _, token = headers.get("authorization", "").partition(" ")
    visitor = visitor_of(token, inbox_id) if bearer.lower() == "bearer" else None
    if visitor is None:
        return None
    try:
        inbox = queries.inbox(inbox_id)
    except queries.NoSuchInbox:
        return None
    origin = allowed_origin(inbox, headers.get("origin", ""), host=headers.get("host", ""))
    if origin is None or not inbox.active:
        return None
    more = [(b"access-control-allow-origin", origin.encode()), (b"vary", b"origin")] if origin else []
    return Subscriber(
        f"visitor:{visitor.id}", frozenset(), timezone.now() + RENEW, audience=visitor.audience, headers=tuple(more)
    )
