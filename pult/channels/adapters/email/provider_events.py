"""A provider's webhook into events, by django-anymail's normalised ones; runs in the worker, not in the request.

The request is made again from what was stored, and the provider's `parse_events` is called on it; its signature was
checked before it was stored. Mail arrives as the bytes of a mail and is parsed like any other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from anymail.webhooks import brevo, mailgun, mailjet, mandrill, postmark, resend, sparkpost
from django.test import RequestFactory

from pult.channels.adapters.email import parse, reasons, tokens, vouchers
from pult.channels.adapters.email.settings import Settings, read
from pult.channels.base import Authenticity, DeliveryStatus, InboundEvent, InboundMessage, InboxInfo, Raw

_VIEWS: dict[str, tuple[Any, Any]] = {
    "brevo": (brevo.BrevoInboundWebhookView, brevo.BrevoTrackingWebhookView),
    "mailgun": (mailgun.MailgunInboundWebhookView, mailgun.MailgunTrackingWebhookView),
    "mailjet": (mailjet.MailjetInboundWebhookView, mailjet.MailjetTrackingWebhookView),
    "mandrill": (mandrill.MandrillCombinedWebhookView, mandrill.MandrillCombinedWebhookView),
    "postmark": (postmark.PostmarkInboundWebhookView, postmark.PostmarkTrackingWebhookView),
    "resend": (resend.ResendInboundWebhookView, resend.ResendTrackingWebhookView),
    "sparkpost": (sparkpost.SparkPostInboundWebhookView, sparkpost.SparkPostTrackingWebhookView),
}
_STATES = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "read",
    "bounced": "failed",
    "rejected": "failed",
    "complained": "complained",
}
_STATES |= {"failed": "failed"}
REFERENCE_KEY = "pult"


def _arguments(settings: Settings, kind: str) -> dict[str, Any]:
    """Return what the provider's view asks for when it is made; signatures are not checked again."""
    arguments = {"webhook_secret": "user:password"}
    if settings.provider == "mailgun":
        arguments["webhook_signing_key"] = settings.webhook_secret or "-"
    elif settings.provider == "mandrill":
        arguments |= {"webhook_key": settings.webhook_secret or "-", "webhook_url": "https://pult.invalid/"}
    elif settings.provider in {"brevo", "resend"} and kind == "inbound":
        arguments["api_key"] = settings.provider_key
    return arguments


def events(inbox: InboxInfo, raw: Raw) -> list[InboundEvent]:
    """Return the mails and the fates of our mails that a webhook tells of."""
    settings = read(inbox.settings)
    kind = str(raw.envelope.get("kind", "inbound"))
    view_class = _VIEWS[settings.provider][0 if kind == "inbound" else 1]
    view = view_class(**_arguments(settings, kind))
    request = RequestFactory().generic(
        "POST",
        "/",
        data=raw.body,
        content_type=str(raw.envelope.get("content_type") or "application/json"),
        headers={k: v for k, v in dict(raw.envelope.get("headers") or {}).items() if k.lower() != "content-type"},
    )
    return list(_converted(inbox, raw, view.parse_events(request), settings.provider))


def _converted(inbox: InboxInfo, raw: Raw, found: Iterable[Any], provider: str) -> Iterable[InboundEvent]:
    for event in found:
        if event.event_type == "inbound":
            message = event.message
            recipient = getattr(message, "envelope_recipient", None) or inbox.address
            envelope = {"sender": getattr(message, "envelope_sender", None), "recipients": [recipient]}
            mails = parse.events(inbox, Raw(message.as_bytes(), envelope, raw.received_at))
            yield from _vouched(mails, vouchers.of_provider(provider, event))
        elif (status := _status(inbox, event)) is not None:
            yield status


def _vouched(mails: Iterable[InboundEvent], auth: Authenticity | None) -> Iterable[InboundEvent]:
    """Put what the provider found out on a mail of which no named server speaks."""
    for event in mails:
        if isinstance(event, InboundMessage) and auth and (event.auth is None or event.auth.verdict == "unknown"):
            yield dataclasses.replace(event, auth=auth)
        else:
            yield event


def _status(inbox: InboxInfo, event: Any) -> DeliveryStatus | None:
    """A fate of a message of ours; None for what says nothing of it (deferred, clicked, another's message)."""
    state = _STATES.get(str(event.event_type))
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    named = [str(metadata.get(REFERENCE_KEY, "")), str(event.message_id or ""), *map(str, event.tags or ())]
    reference = next((r for text in named if (r := tokens.find(text)) is not None), None)
    if state is None or reference is None:
        return None
    reason = str(event.mta_response or event.description or event.reject_reason or "")[:500]
    at = event.timestamp.astimezone(UTC) if event.timestamp else None
    return DeliveryStatus(
        f"{reference.token}@{inbox.address.rpartition('@')[2]}",
        state,
        str(event.recipient or "")[:320],
        str(event.reject_reason or ""),
        reason if state == "failed" else "",
        event.reject_reason in {"invalid", "bounced"} and state == "failed",
        at,
        _category(state, reason),
    )


def _category(state: str, words: str) -> str:
    if state == "complained":
        return reasons.COMPLAINT
    return reasons.judge(status="", said=words, about="", action="failed").reason if state == "failed" else ""
