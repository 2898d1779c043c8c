"""A mail provider's webhook in the request: is it genuine, and what is its name. Nothing is parsed here.

The providers' classes (django-anymail) are loaded by the worker alone, see provider_events.py.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from pult.channels.adapters.email.settings import Settings
from pult.channels.base import Raw, Unauthentic

TOLERANCE = 60 * 60 * 24
"""Seconds by which a signed time may lie in the past: providers repeat a webhook for hours."""


def verify(settings: Settings, raw: Raw) -> str:
    """Return the webhook's external id, the same when the provider repeats it. Raises Unauthentic.

    Mailgun, Mandrill and Resend sign; the others sign in with the user and password written in the webhook's
    address, kept in `webhook_secret` as user:password.
    """
    if not settings.provider or not settings.webhook_secret:
        raise Unauthentic("no provider with a webhook secret is set for this inbox")
    headers = {str(k).lower(): str(v) for k, v in dict(raw.envelope.get("headers") or {}).items()}
    if settings.provider == "mailgun":
        return _mailgun(settings.webhook_secret, raw)
    if settings.provider == "mandrill":
        return _mandrill(settings.webhook_secret, raw, headers)
    if settings.provider == "resend":
        return _svix(settings.webhook_secret, raw, headers)
    _basic(settings.webhook_secret, headers)
    return _named(raw.body)


def _named(content: bytes) -> str:
    return "webhook:" + hashlib.sha256(content).hexdigest()


def _equal(given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Unauthentic("the webhook's signature is wrong")


def _basic(secret: str, headers: Mapping[str, str]) -> None:
    kind, _, value = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(value, validate=True).decode("utf-8", "replace") if kind.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        given = ""
    _equal(given, secret)


def _fresh(stamp: str) -> None:
    try:
        age = time.time() - float(stamp)
    except ValueError:
        raise Unauthentic("the webhook's time is none") from None
    if not -300 <= age <= TOLERANCE:
        raise Unauthentic("the webhook's time is too old")


def _mailgun(secret: str, raw: Raw) -> str:
    """HMAC-SHA256 over timestamp and token (documentation.mailgun.com, securing webhooks)."""
    fields = form_fields(raw)
    if fields is None:
        try:
            data = json.loads(raw.body)
            signature = data["signature"]
            named = json.dumps(data.get("event-data"), sort_keys=True).encode()
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unauthentic("the webhook carries no signature") from None
    else:
        signature = fields
        kept = sorted((k, v) for k, v in fields.items() if k not in {"timestamp", "token", "signature"})
        named = repr(kept).encode()
    if not isinstance(signature, Mapping):
        raise Unauthentic("the webhook carries no signature")
    stamp, token = str(signature.get("timestamp", "")), str(signature.get("token", ""))
    expected = hmac.new(secret.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    _equal(str(signature.get("signature", "")), expected)
    _fresh(stamp)
    return _named(named)


def _mandrill(secret: str, raw: Raw, headers: Mapping[str, str]) -> str:
    """HMAC-SHA1 over the address and the sorted fields (mailchimp.com/developer, webhook authentication)."""
    fields = form_fields(raw) or {}
    text = str(raw.envelope.get("url", "")) + "".join(key + fields[key] for key in sorted(fields))
    expected = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    _equal(headers.get("x-mandrill-signature", ""), expected)
    return _named(raw.body)


def _svix(secret: str, raw: Raw, headers: Mapping[str, str]) -> str:
    """HMAC-SHA256 over id, time and body (docs.svix.com, verifying payloads manually)."""
    name, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Unauthentic("the webhook secret is none of this provider's") from None
    signed = f"{name}.{stamp}.".encode("utf-8", "replace") + raw.body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [part.partition(",")[2] for part in headers.get("svix-signature", "").split() if part.startswith("v1,")]
    if not any(hmac.compare_digest(value.encode("utf-8", "replace"), expected.encode()) for value in given):
        raise Unauthentic("the webhook's signature is wrong")
    _fresh(stamp)
    return f"svix:{name}"


def form_fields(raw: Raw) -> dict[str, str] | None:
    """Return the fields of a form, None where the body is no form. Files are named by their digest."""
    content_type = str(raw.envelope.get("content_type", ""))
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(raw.body.decode("utf-8", "replace"), keep_blank_values=True))
    if not content_type.startswith("multipart/form-data"):
        return None
    boundary = _parameter(content_type, "boundary").encode("latin-1", "replace")
    fields: dict[str, str] = {}
    for part in raw.body.split(b"--" + boundary)[1:-1] if boundary else []:
        head, _, value = part.partition(b"\r\n\r\n")
        line = next((x for x in head.split(b"\r\n") if x.lower().startswith(b"content-disposition")), b"")
        name = _parameter(line.decode("utf-8", "replace"), "name")
        value = value.removesuffix(b"\r\n")
        text = hashlib.sha256(value).hexdigest() if b"filename=" in line else value.decode("utf-8", "replace")
        fields[name] = text
    return fields


def _parameter(header: str, name: str) -> str:
    for piece in header.split(";")[1:]:
        key, _, value = piece.strip().partition("=")
        if key.lower() == name:
            return value.strip('"')
    return ""
