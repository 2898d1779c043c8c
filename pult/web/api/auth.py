"""Who asks: a Bearer token, or a session with its CSRF token on every write."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from pult.accounts import access, sessions
from pult.accounts.access import Actor
from pult.accounts.client_address import client_address
from pult.web.api.problems import Problem

_USES = frozenset({"empty", "document", "iframe"})
_FILE = re.compile(r"/attachments/[0-9]+/content$")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class _Csrf(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


_csrf = _Csrf(lambda request: HttpResponse())


def authenticate(request: HttpRequest) -> Actor | None:
    """Return who asks, or None. Raises Problem 403 for a session's write without its CSRF token, and for a page that
    asks in its reader's name for what it would show as a picture or the like."""
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if header:
        return access.authenticate_token(header)
    if _embedded(request):
        raise Problem(403, "forbidden")
    actor = access.actor_of_session(request.session)
    if actor is not None:
        sessions.seen(request.session.session_key or "")
    if actor is not None and request.method not in _SAFE:
        _csrf.process_request(request)
        if _csrf.process_view(request, HttpResponse, (), {}) is not None:
            raise Problem(403, "csrf", "The CSRF token is missing or wrong.")
    return actor


def _embedded(request: HttpRequest) -> bool:
    """Whether the answer is to stand in a page as a picture, style or program: a mail from outside may name any address
    for one, also one that leads here in a roundabout way. https://www.w3.org/TR/fetch-metadata/"""
    use = request.META.get("HTTP_SEC_FETCH_DEST", "empty")
    return use not in _USES and not (use == "image" and _FILE.search(request.path))


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; the request has passed `authenticate`."""
    found: Actor = request.auth  # type: ignore[attr-defined]
    return found


def address_of(request: HttpRequest) -> str | None:
    """Return the address the request came from."""
    return client_address(request.META)
