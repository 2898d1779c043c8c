"""What stands around every request: the headers that keep a browser from running anything that is not ours, and the
language of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware

Answer = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; frame-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)


def security_headers(get_response: Answer) -> Answer:
    """Give every answer the policy, unless it brings a stricter one of its own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    return middleware


def page_language(get_response: Answer) -> Answer:
    """Choose a language as Django does, for pages and signing in. The API says nothing that Django would translate: its
    sentences are in the language of who asks (web/api/wording.py)."""
    of_page = cast(Answer, LocaleMiddleware(get_response))

    def middleware(request: HttpRequest) -> HttpResponse:
        return (get_response if request.path_info.startswith("/api/") else of_page)(request)

    return middleware
