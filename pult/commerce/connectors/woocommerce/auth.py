"""How WooCommerce is told who asks: Basic over https; over http, which anybody may overhear, OAuth 1.0a of one leg.

https://woocommerce.github.io/woocommerce-rest-api-docs/#authentication, https://oauth.net/core/1.0a/#signing_process
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit


def authorised(method: str, url: str, params: Mapping[str, str], key: str, secret: str) -> tuple[str, dict[str, str]]:
    """Return the address with its query and the headers that say who asks."""
    if urlsplit(url).scheme == "https":
        word = base64.b64encode(f"{key}:{secret}".encode()).decode()
        return _with_query(url, params), {"authorization": f"Basic {word}"}
    signed = {
        **params,
        "oauth_consumer_key": key,
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
    }
    return _with_query(url, {**signed, "oauth_signature": signature(method, url, signed, secret)}), {}


def signature(method: str, url: str, params: Mapping[str, str], secret: str) -> str:
    """Return the OAuth 1.0a signature of a request; there is no token, so that only the consumer's secret signs."""
    pairs = "&".join(f"{_escaped(name)}={_escaped(params[name])}" for name in sorted(params))
    base = "&".join((method.upper(), _escaped(url), _escaped(pairs)))
    return base64.b64encode(hmac.new(f"{secret}&".encode(), base.encode(), hashlib.sha256).digest()).decode()


def _with_query(url: str, params: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(params, quote_via=quote)}" if params else url


def _escaped(text: str) -> str:
    return quote(text, safe="~")
