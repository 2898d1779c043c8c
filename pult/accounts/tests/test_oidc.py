"""Signing in with the company's OpenID Connect provider, against a real one on this machine."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount

from pult.accounts import access, actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.models import Staff
from pult.accounts.tests.conftest import Browser
from pult.accounts.tests.oidc_server import CLIENT_ID, CLIENT_SECRET, Provider

pytestmark = pytest.mark.django_db


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    running = Provider()
    apps = [
        {
            "provider_id": "company",
            "name": "Company",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": running.issuer},
        }
    ]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}
    yield running
    running.close()


def at_provider(url: str) -> str:
    """Follow the browser to the provider; return the address it sends the browser back to."""
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.build_opener(_NoRedirect).open(url, timeout=5)
    with raised.value as answer:
        assert answer.code == 302
        return str(answer.headers["Location"])


def begin(browser: Browser) -> str:
    """Leave for the provider as the page does, with a form; return the address the browser is sent to."""
    answer = browser.client.post(
        "/_allauth/browser/v1/auth/provider/redirect",
        {
            "provider": "company",
            "process": "login",
            "callback_url": "http://testserver/sign-in?next=%2Finbox",
            "csrfmiddlewaretoken": browser.client.cookies["csrftoken"].value,
        },
    )
    assert answer.status_code == 302
    return str(answer["Location"])


def sign_in(browser: Browser) -> Any:
    back = urlsplit(at_provider(begin(browser)))
    assert back.path == "/accounts/oidc/company/login/callback/"
    return browser.client.get(f"{back.path}?{back.query}")


def test_somebody_known_comes_in_by_the_address_the_provider_has_checked(
    browser: Browser, provider: Provider, agent: queries.StaffInfo
) -> None:
    provider.claims = {"sub": "u1", "email": "ANA@example.si", "email_verified": True, "name": "Ana"}
    answer = sign_in(browser)
    assert answer.status_code == 302
    assert answer["Location"] == "http://testserver/sign-in?next=%2Finbox"
    actor = access.actor_of_session(browser.client.session)
    assert actor is not None
    assert actor.staff_id == agent.id
    assert provider.refused == []
    # From now on the provider's own name for the person counts, whatever becomes of the address there.
    provider.claims = {"sub": "u1", "email": "married@example.si", "email_verified": True}
    again = Browser()
    sign_in(again)
    assert again.signed_in
    assert SocialAccount.objects.get().user_id == agent.id


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "u2", "email": "ana@example.si", "email_verified": False},
        {"sub": "u2", "email": "ana@example.si", "email_verified": "false"},
        {"sub": "u2", "email": "ana@example.si"},
        {"sub": "u2", "email": "stranger@example.si", "email_verified": True},
        {"sub": "u2"},
    ],
)
def test_nobody_else_comes_in_and_nobody_is_made(
    browser: Browser, provider: Provider, agent: queries.StaffInfo, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = sign_in(browser)
    assert answer.status_code == 302
    assert answer["Location"].endswith("/sign-in?error=unknown")
    assert not browser.signed_in
    assert Staff.objects.count() == 1


def test_a_colleague_of_an_allowed_domain_is_made_without_a_seat(
    browser: Browser, provider: Provider, agent: queries.StaffInfo, settings: Any
) -> None:
    settings.OIDC_DOMAINS = ["example.hr"]
    provider.claims = {"sub": "u3", "email": "Iva@Example.hr", "email_verified": True, "name": "Iva Babić"}
    sign_in(browser)
    made = Staff.objects.get(email="iva@example.hr")
    assert (made.name, made.role, made.stores.count()) == ("Iva Babić", "colleague", 0)
    assert not made.has_usable_password()
    actor = access.actor_of_session(browser.client.session)
    assert actor is not None
    assert access.permissions(actor) == frozenset()
    provider.claims = {"sub": "u4", "email": "thief@example.hr.evil.example", "email_verified": True}
    other = Browser()
    sign_in(other)
    assert not other.signed_in


def test_a_deactivated_person_does_not_come_in(
    browser: Browser, provider: Provider, agent: queries.StaffInfo, admin: queries.StaffInfo
) -> None:
    actions.update_staff(SYSTEM, agent.id, {"active": False})
    provider.claims = {"sub": "u1", "email": agent.email, "email_verified": True}
    sign_in(browser)
    assert not browser.signed_in


def test_an_answer_that_belongs_to_another_browser_is_refused(
    browser: Browser, provider: Provider, agent: queries.StaffInfo
) -> None:
    provider.claims = {"sub": "u1", "email": agent.email, "email_verified": True}
    back = urlsplit(at_provider(begin(browser)))
    victim = Browser()
    victim.client.get(f"{back.path}?{back.query}")
    assert not victim.signed_in


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:0"])
def test_a_page_outside_is_never_the_way_back(browser: Browser, provider: Provider, url: str) -> None:
    answer = browser.client.post(
        "/_allauth/browser/v1/auth/provider/redirect",
        {
            "provider": "company",
            "process": "login",
            "callback_url": url,
            "csrfmiddlewaretoken": browser.client.cookies["csrftoken"].value,
        },
    )
    assert "error" in parse_qs(urlsplit(answer["Location"]).query)
