"""What allauth asks of Pult: who may come in, which mails are written, how second factors are kept."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from pult.accounts import mail, sessions
from pult.accounts.access import forget
from pult.accounts.client_address import client_address
from pult.accounts.models import Staff
from pult.platform.secrets import seal, unseal


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs himself up; mails go through the queue, in the language of the person."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that attempts are counted by; a Unix socket counts as one."""
        return client_address(request.META) or "127.0.0.1"

    def set_password(self, user: Staff, password: str) -> None:
        """A new password ends every other session of the person at once."""
        super().set_password(user, password)
        sessions.end_all(user.id, except_key=self.request.session.session_key or "")
        forget()

    def is_safe_url(self, url: str) -> bool:
        """Only addresses of this installation are redirected to."""
        own = {self.request.get_host(), urlsplit(settings.PUBLIC_URL).netloc}
        return url_has_allowed_host_and_scheme(url, allowed_hosts=own)

    def send_password_reset_mail(self, user: Staff, email: str, context: dict[str, Any]) -> None:
        mail.post_reset(email, name=user.get_short_name(), language=user.language, url=context["password_reset_url"])

    def send_notification_mail(
        self, template_prefix: str, user: Staff, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        mail.post_notice(
            user.email,
            template_prefix,
            name=user.get_short_name(),
            language=user.language,
            when=timezone.now().strftime("%Y-%m-%d %H:%M UTC"),
            address=self.get_client_ip(self.request),
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The other mails of allauth belong to signing up and changing addresses, which are closed."""

    def respond_user_inactive(self, request: HttpRequest, user: Staff) -> HttpResponse:
        return HttpResponseRedirect(f"{settings.PUBLIC_URL}/sign-in?error=inactive")


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Signing in with the company's OpenID Connect provider.

    A person is found by the address the provider calls verified. Somebody unknown comes in only where
    OIDC_DOMAINS names the domain of that address, and then with the role of OIDC_ROLE and no store.
    """

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Staff, str] | None:
        email = _verified_email(sociallogin)
        person = Staff.objects.filter(email__iexact=email).first() if email else None
        return (person, email) if person else None

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        domain = _verified_email(sociallogin).rpartition("@")[2].lower()
        return bool(domain) and domain in settings.OIDC_DOMAINS

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Send those who may not come in back to the sign-in page, rather than to a form to sign up."""
        if not sociallogin.is_existing and not self.is_open_for_signup(request, sociallogin):
            raise ImmediateHttpResponse(HttpResponseRedirect(f"{settings.PUBLIC_URL}/sign-in?error=unknown"))

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Staff:
        person: Staff = sociallogin.user
        person.email = str(data.get("email") or "").lower()
        person.name = str(data.get("name") or person.email.partition("@")[0])[:120]
        person.role = settings.OIDC_ROLE
        return person


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors touch the disk only sealed."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text)).decode()


def _verified_email(sociallogin: Any) -> str:
    """The address that the provider says it has checked: `true`, not merely something that is not empty."""
    for address in sociallogin.email_addresses:
        if address.verified is True and address.email:
            return str(address.email)
    return ""
