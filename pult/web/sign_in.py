"""The addresses of signing in: allauth's, less those that nobody here may use.

Staff are added by an admin, and an admin changes their address; so signing up and the management of e-mail
addresses and phones are shut.
"""

from __future__ import annotations

from allauth.headless.constants import Client
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.csrf import csrf_exempt

SHUT = (
    "auth/signup",
    "auth/email/verify",
    "auth/email/verify/resend",
    "auth/phone/verify",
    "auth/phone/verify/resend",
    "auth/webauthn/signup",
    "auth/provider/signup",
    "auth/provider/token",
    "account/email",
    "account/phone",
)


@csrf_exempt
def shut(request: HttpRequest) -> HttpResponse:
    """Answer that there is nothing here."""
    problem = {"type": "about:blank", "title": "Not found", "status": 404}
    return JsonResponse(problem, status=404, content_type="application/problem+json")


urlpatterns: list[URLPattern | URLResolver] = [
    *(path(f"_allauth/{Client.BROWSER.value}/v1/{address}", shut) for address in SHUT),
    path("_allauth/", include("allauth.headless.urls")),
    path("accounts/", include("allauth.urls")),
]
