"""Is a webhook Saleor's: a detached JWS over the body as it is (RFC 7515, RFC 7797), or the older HMAC.

The keys are the shop's, at /.well-known/jwks.json; they are kept for a while and asked for again where a signature
names one that is not among them, but not more often than every minute, or anybody could have them asked for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any, cast
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.core.cache import cache

from pult.commerce.base import ShopError, ShopInfo, failed
from pult.platform import httpclient

KEPT = 6 * 3_600
"""Seconds for which keys are kept."""
PAUSE = 60
"""Seconds between two questions for keys."""
TIMEOUT = 5.0


def is_genuine(shop: ShopInfo, signature: str, body: bytes) -> bool:
    """Say whether the shop has signed this. Raises ShopError where its keys cannot be had."""
    if signature.count(".") == 2:
        return _is_signed(shop, signature, body)
    secret = str(shop.settings.get("webhook_secret", ""))
    good = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(good.encode(), signature.encode())


def _is_signed(shop: ShopInfo, signature: str, body: bytes) -> bool:
    head, detached, sign = signature.split(".")
    try:
        header = json.loads(_decoded(head))
        signed = _decoded(sign)
    except (ValueError, RecursionError):
        return False
    if detached or not isinstance(header, dict) or header.get("alg") != "RS256":
        return False
    if header.get("crit") != ["b64"] or header.get("b64") is not False or not isinstance(header.get("kid"), str):
        return False
    key = _key(shop, header["kid"])
    if key is None:
        return False
    try:
        key.verify(signed, head.encode() + b"." + body, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _key(shop: ShopInfo, name: str) -> rsa.RSAPublicKey | None:
    url = str(shop.settings.get("api_url", ""))
    parts = urlsplit(url)
    if not parts.netloc:
        return None
    where = f"{parts.scheme}://{parts.netloc}/.well-known/jwks.json"
    at = f"saleor-keys:{hashlib.sha256(where.encode()).hexdigest()}"
    known = cast("dict[str, list[int]] | None", cache.get(at))
    if (known is None or name not in known) and cache.add(f"{at}:asked", 1, PAUSE):
        try:
            known = _asked(where)
        except ShopError:
            cache.delete(f"{at}:asked")
            raise
        cache.set(at, known, KEPT)
    if not known or name not in known:
        return None
    n, e = known[name]
    return rsa.RSAPublicNumbers(e, n).public_key()


def _asked(where: str) -> dict[str, list[int]]:
    try:
        answer = httpclient.request("GET", where, headers={"accept": "application/json"}, timeout=TIMEOUT)
        said: Any = json.loads(answer.body)
        keys = [one for one in said["keys"] if one.get("kty") == "RSA" and one.get("alg", "RS256") == "RS256"]
        return {str(one["kid"]): [_number(one["n"]), _number(one["e"])] for one in keys}
    except httpclient.HttpError as error:
        raise failed("jwks.json", error) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text))


def _decoded(text: str) -> bytes:
    """Return what base64url without padding stands for. Raises ValueError."""
    try:
        return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
