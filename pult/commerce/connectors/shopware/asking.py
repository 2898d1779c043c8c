"""Asking a shop of Shopware: its tokens, its searches, its refusals."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

from pult.commerce.base import Refusal, Refused, ShopError, ShopInfo, failed
from pult.platform import httpclient
from pult.platform.text import storable

TIMEOUT = 30.0
MAX_BYTES = 32 << 20
EARLY = 30.0
"""Seconds before its end at which a token is no longer used."""
_tokens: dict[str, tuple[str, float]] = {}
"""Tokens of shops, for the ten minutes that they live; kept in this process alone."""


class Answered(ShopError):
    """The shop refused; `code` is the first of its errors'."""

    def __init__(self, message: str, status: int | None, code: str) -> None:
        super().__init__(message, permanent=True)
        self.status = status
        self.code = code


def ask(shop: ShopInfo, method: str, path: str, body: object = None) -> Any:
    """Ask the Admin API and return what it says, None where it says nothing. Raises ShopError, Answered."""
    try:
        return _request(shop, method, path, body, _token(shop))
    except Answered as error:
        if error.status != 401:
            raise
    _tokens.pop(_name(shop), None)  # it was taken back before its time
    return _request(shop, method, path, body, _token(shop))


def search(shop: ShopInfo, entity: str, criteria: dict[str, Any]) -> dict[str, Any]:
    """Return what a search finds: `data`, and `total` where it was asked for."""
    found = ask(shop, "POST", f"/api/search/{entity}", criteria)
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise ShopError(f"/api/search/{entity}: the answer is no list")
    return found


def write(shop: ShopInfo, *rows: tuple[str, dict[str, Any]]) -> None:
    """Write rows of entities, all of them or none; what is there already is changed. Raises Refused, ShopError."""
    operations = {
        f"{number}-{entity}": {"entity": entity, "action": "upsert", "payload": [row]}
        for number, (entity, row) in enumerate(rows)
    }
    do(shop, "POST", "/api/_action/sync", operations)


_REFUSALS: dict[str, Refusal] = {
    "SYSTEM__ILLEGAL_STATE_TRANSITION": "changed",
    "FRAMEWORK__MISSING_PRIVILEGE_ERROR": "not_allowed",
    "FRAMEWORK__RESOURCE_NOT_FOUND": "unknown",
    "FRAMEWORK__WRITE_CONSTRAINT_VIOLATION": "not_possible",
}


def do(shop: ShopInfo, method: str, path: str, body: object = None) -> Any:
    """Have something done. Raises Refused with the shop's reason, ShopError."""
    try:
        return ask(shop, method, path, body)
    except Answered as error:
        code: Refusal = "not_allowed" if error.status == 403 else "not_possible"
        raise Refused(_REFUSALS.get(error.code, code), str(error)) from error


def _request(shop: ShopInfo, method: str, path: str, body: object, token: str) -> Any:
    headers = {"accept": "application/json", "authorization": f"Bearer {token}", "sw-inheritance": "1"}
    return _answer(shop, method, path, body, headers)


def storefront(shop: ShopInfo, path: str, body: object, access_key: str) -> Any:
    """Ask the Store API as a visitor of a sales channel does. Raises ShopError, Answered."""
    return _answer(shop, "POST", path, body, {"accept": "application/json", "sw-access-key": access_key})


def _answer(shop: ShopInfo, method: str, path: str, body: object, headers: dict[str, str]) -> Any:
    url = f"{str(shop.settings['base_url']).rstrip('/')}{path}"
    try:
        answer = httpclient.request(
            method, url, headers=headers, json=body, timeout=TIMEOUT, max_bytes=MAX_BYTES, redirects=0
        )
    except httpclient.Temporary as error:
        said, _ = _errors(error.body)
        if error.status == 429 and error.after is None:
            error.after = _seconds(error.body)
        raise failed(path, error, said) from error
    except httpclient.HttpError as error:
        said, code = _errors(error.body)
        raise Answered(f"{path}: {error}{': ' if said else ''}{said}"[:1_000], error.status, code) from error
    if not answer.body:
        return None
    try:
        return storable(json.loads(answer.body))
    except (ValueError, RecursionError) as error:
        raise ShopError(f"{path}: the answer is no JSON") from error


def _token(shop: ShopInfo) -> str:
    name = _name(shop)
    token, until = _tokens.get(name, ("", 0.0))
    if time.monotonic() < until:
        return token
    asked = {
        "grant_type": "client_credentials",
        "client_id": shop.settings["client_id"],
        "client_secret": shop.settings["client_secret"],
    }
    said = _answer(shop, "POST", "/api/oauth/token", asked, {"accept": "application/json"})
    try:
        token, lives = str(said["access_token"]), float(said["expires_in"])
    except (KeyError, TypeError, ValueError) as error:
        raise ShopError("/api/oauth/token: the answer is no token") from error
    _tokens[name] = (token, time.monotonic() + lives - EARLY)
    return token


def _name(shop: ShopInfo) -> str:
    parts = [str(shop.settings.get(name, "")) for name in ("base_url", "client_id", "client_secret")]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _errors(body: bytes) -> tuple[str, str]:
    """Return the reasons in an answer, and the code of the first."""
    found = _list(body)
    told = "; ".join(str(one.get("detail") or one.get("title") or "") for one in found[:5])
    return str(storable(told)), str(found[0].get("code", "")) if found else ""


def _seconds(body: bytes) -> float | None:
    """Return for how long Shopware wants to be left alone: it says so in the error and in no header."""
    for one in _list(body):
        parameters = (one.get("meta") or {}).get("parameters")
        for name in ("seconds", "{{ seconds }}"):
            if isinstance(parameters, dict) and isinstance(parameters.get(name), int | float | str):
                try:
                    return max(0.0, float(parameters[name]))
                except ValueError:
                    return None
    return None


def _list(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
