"""OAuth 1.0a (RFC 5849) with HMAC-SHA256, as Magento 2.4.4 and later has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlsplit

METHOD = "HMAC-SHA256"


def escaped(text: str) -> str:
    """Return a text with everything escaped that is not unreserved (RFC 5849, 3.6)."""
    return quote(text, safe="-._~")


def signature(method: str, url: str, oauth: dict[str, str], consumer_secret: str, token_secret: str) -> str:
    """Return the signature of a request whose body is JSON and therefore takes no part in it."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *oauth.items()]
    joined = "&".join(
        f"{name}={value}" for name, value in sorted((escaped(name), escaped(value)) for name, value in pairs)
    )
    address = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"
    signed = "&".join(escaped(one) for one in (method.upper(), address, joined))
    key = f"{escaped(consumer_secret)}&{escaped(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()).decode()


def header(
    method: str, url: str, *, consumer: tuple[str, str], token: tuple[str, str], nonce: str, timestamp: int
) -> str:
    """Return the Authorization header; `consumer` and `token` are keys with their secrets."""
    oauth = {
        "oauth_consumer_key": consumer[0],
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
        "oauth_timestamp": str(timestamp),
        "oauth_token": token[0],
        "oauth_version": "1.0",
    }
    oauth["oauth_signature"] = signature(method, url, oauth, consumer[1], token[1])
    return "OAuth " + ", ".join(f'{name}="{escaped(value)}"' for name, value in oauth.items())
