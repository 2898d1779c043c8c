"""Sending through a provider's API by django-anymail, with the inbox's own key."""

from __future__ import annotations

from collections.abc import Callable
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import formataddr
from functools import lru_cache
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from anymail.message import AnymailMessage
from django.core.mail import get_connection

from pult.channels.adapters.email import tokens
from pult.channels.adapters.email.compose import (
    ascii_domain,
    clean,
    machine_headers,
    reference_ids,
    sender_of,
    subject_of,
)
from pult.channels.adapters.email.letter import inline_files, letter
from pult.channels.adapters.email.provider_events import REFERENCE_KEY
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import (
    Address,
    InboxInfo,
    OutboundMessage,
    OutcomeUnknown,
    PermanentFailure,
    SendResult,
    TemporaryFailure,
)

_BACKENDS: dict[str, tuple[str, str]] = {
    "brevo": ("anymail.backends.brevo.EmailBackend", "api_key"),
    "mailgun": ("anymail.backends.mailgun.EmailBackend", "api_key"),
    "mailjet": ("anymail.backends.mailjet.EmailBackend", "api_key"),
    "mandrill": ("anymail.backends.mandrill.EmailBackend", "api_key"),
    "postmark": ("anymail.backends.postmark.EmailBackend", "server_token"),
    "resend": ("anymail.backends.resend.EmailBackend", "api_key"),
    "sparkpost": ("anymail.backends.sparkpost.EmailBackend", "api_key"),
}


@lru_cache(maxsize=64)
def _backend(provider: str, key: str, options: tuple[tuple[str, str], ...]) -> Any:
    path, key_name = _BACKENDS[provider]
    arguments: dict[str, Any] = {key_name: key, **dict(options)}
    return get_connection(path, **arguments)


def deliver(
    inbox: InboxInfo, settings: Settings, message: OutboundMessage, *, before_handover: Callable[[], None]
) -> SendResult:
    """Hand the message to the provider's API. Raises TemporaryFailure, PermanentFailure, OutcomeUnknown."""
    if settings.provider not in _BACKENDS or not settings.provider_key:
        raise PermanentFailure("no provider is set for this inbox")
    options = tuple(sorted(settings.provider_options.items()))
    mail = _mail(inbox, settings, message)
    try:
        mail.connection = _backend(settings.provider, settings.provider_key, options)
        before_handover()
        mail.send()
    except AnymailRecipientsRefused as error:
        raise PermanentFailure(_words(error), recipient_dead=True) from error
    except AnymailAPIError as error:
        raise _classed(error) from error
    except (AnymailError, ValueError, TypeError) as error:
        raise PermanentFailure(_words(error)) from error
    status = mail.anymail_status
    if all(fate.message_id is None for fate in status.recipients.values()):
        raise PermanentFailure(f"the provider took it for nobody: {_fates(status)}")
    refused = [f"{who}: {fate.status}" for who, fate in status.recipients.items() if fate.status in _REFUSED]
    return SendResult(str(status.message_id or ""), "; ".join(refused)[:1000])


def _fates(status: Any) -> str:
    return "; ".join(f"{who}: {fate.status}" for who, fate in status.recipients.items())[:500]


_REFUSED = {"invalid", "rejected", "failed"}


def _classed(error: AnymailAPIError) -> TemporaryFailure | PermanentFailure | OutcomeUnknown:
    """An answer of the provider decides; without one, only a connection that was never made is safe to repeat."""
    code = error.status_code
    words = _words(error)
    if code is None:
        cause = error.__cause__ or error
        if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
            return TemporaryFailure(words)
        if isinstance(cause, requests.exceptions.ConnectionError) and "Max retries exceeded" in str(cause):
            return TemporaryFailure(words)
        return OutcomeUnknown(words)
    if code in {408, 425, 429} or code >= 500:
        after = error.response.headers.get("Retry-After", "") if error.response is not None else ""
        return TemporaryFailure(words, code=str(code), retry_after=float(after) if after.isdigit() else None)
    return PermanentFailure(words, code=str(code))


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:500]


def _shown(people: Any) -> list[str]:
    return [formataddr((clean(person.name), ascii_domain(person.address))) for person in people]


def _mail(inbox: InboxInfo, settings: Settings, message: OutboundMessage) -> AnymailMessage:
    sender: Address = sender_of(inbox, settings, message)
    headers = {"Message-ID": f"<{message.external_id}>"}
    if references := reference_ids(message):
        headers["In-Reply-To"] = f"<{references[-1]}>" if message.in_reply_to else ""
        headers["References"] = " ".join(f"<{name}>" for name in references)
    headers |= machine_headers(inbox, message)
    if url := clean(message.unsubscribe_url):
        headers["List-Unsubscribe"] = f"<{url}>"
        if url.startswith("https://"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    said = letter(inbox, settings, message)
    mail = AnymailMessage(
        subject=clean(subject_of(settings, message)),
        body=said.text,
        from_email=_shown([sender])[0],
        to=_shown(message.to),
        cc=_shown(message.cc),
        bcc=_shown(message.bcc),
        reply_to=_shown(message.reply_to),
        headers={name: value for name, value in headers.items() if value},
    )
    mail.attach_alternative(said.html, "text/html")
    inside = inline_files(message)
    for file in [*([message.logo.file] if message.logo else []), *message.files]:
        if file in inside:
            _inline(mail, file.name, file.content_type, file.content, file.content_id)
        else:
            mail.attach(clean(file.name), file.content, file.content_type.partition(";")[0])
    if (reference := tokens.find(message.external_id)) is not None:
        mail.metadata = {REFERENCE_KEY: reference.token}
    return mail


def _inline(mail: AnymailMessage, name: str, content_type: str, content: bytes, content_id: str) -> None:
    kind, _, subtype = content_type.partition(";")[0].partition("/")
    part = MIMEBase(kind or "application", subtype or "octet-stream")
    part.set_payload(content)
    encode_base64(part)
    part.add_header("Content-Disposition", "inline", filename=clean(name))
    part["Content-ID"] = f"<{clean(content_id)}>"
    mail.attach(part)
