"""What stands around every request: the headers that keep a browser from running anything that is not ours; and what
only pages and signing in need, which the API's requests pass by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

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
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        return response

    return middleware


def _of_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


class _OfPages:
    """A middleware of Django's that the API's requests pass by."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        """Do what it does, where a page is asked for."""
        return self.get_response(request) if _of_api(request) else super().__call__(request)  # type: ignore[misc]


class PageFiles(_OfPages, WhiteNoiseMiddleware):  # type: ignore[misc]
    """The files of pages."""


class PageAddresses(_OfPages, CommonMiddleware):
    """How pages are addressed."""


class PageCsrf(_OfPages, CsrfViewMiddleware):
    """Forms come from our own pages. The API looks itself, at those who come with a session (web/api/auth.py)."""


class PageUser(_OfPages, AuthenticationMiddleware):
    """Who is signed in, as Django has it; the API's doors ask accounts.access."""


def page_language(get_response: Answer) -> Answer:
    """Choose a language as Django does, for pages and signing in. The API says nothing that Django would translate: its
    sentences are in the language of who asks (web/api/wording.py)."""
    of_page = cast(Answer, LocaleMiddleware(get_response))

    def middleware(request: HttpRequest) -> HttpResponse:
        return (get_response if _of_api(request) else of_page)(request)

    return middleware
