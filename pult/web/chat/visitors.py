"""Who a visitor is: a token that his page keeps, signed by us; it opens his own conversation and nothing else.

A token holds what is known of him and ends by itself; each time his page begins it gets a new one. The shop can say who
he is by a JWT of its own (RFC 7519, HS256), good once, for this chat and for a short time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from django.core.cache import cache

from pult.platform.keyring import derive
from pult.platform.secrets import keyring

LIFE = 30 * 86_400
"""Seconds after which a token that nobody renewed opens nothing."""
IDENTITY_LIFE = 600
"""Seconds for which at most the shop's word of who somebody is may hold."""
MAX_TOKEN = 2_000
_PURPOSE = "visitor token 1"


class Visitor(msgspec.Struct, frozen=True, omit_defaults=True, rename={"inbox_id": "i", "until": "u"}):
    """A visitor of one chat. `thread` is the name of his conversation; `proven`: the shop says that he is `email`."""

    inbox_id: int
    id: str
    thread: str
    until: int
    name: str = ""
    email: str = ""
    proven: bool = False

    @property
    def audience(self) -> str:
        """The name under which his page hears of his conversation."""
        return audience(self.inbox_id, self.thread)


def audience(inbox_id: int, thread: str) -> str:
    """Return the name under which those who have this thread open are told of it."""
    return f"chat:{inbox_id}:{thread}"


class BadIdentity(Exception):
    """What the page says of who its visitor is was not signed by the shop, or not for this, or not now."""


def newcomer(inbox_id: int) -> Visitor:
    """Return somebody who was never here."""
    name = f"visitor-{secrets.token_hex(8)}"
    return Visitor(inbox_id, name, f"{name}.1", int(time.time()) + LIFE)


def renewed(visitor: Visitor, **changes: Any) -> Visitor:
    """Return the same visitor for another LIFE, with what else is known of him now."""
    return msgspec.structs.replace(visitor, until=int(time.time()) + LIFE, **changes)


def next_thread(visitor: Visitor) -> Visitor:
    """Return the visitor at the beginning of another conversation."""
    name, _, number = visitor.thread.rpartition(".")
    return msgspec.structs.replace(visitor, thread=f"{name}.{int(number) + 1}")


def _sign(key: bytes, body: bytes) -> bytes:
    return hmac.new(derive(key, _PURPOSE).encode(), body, hashlib.sha256).digest()


def token_of(visitor: Visitor) -> str:
    """Return the token of a visitor, signed with the newest key."""
    body = msgspec.json.encode(visitor)
    key = next(iter(keyring().values()))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (body, _sign(key, body)))


def visitor_of(token: str, inbox_id: int) -> Visitor | None:
    """Return whose token this is; None where it is not genuine, is over, or is for another chat."""
    body, _, signature = token.partition(".")
    if len(token) > MAX_TOKEN or not signature:
        return None
    try:
        content, signed = _decoded(body), _decoded(signature)
        if not any(hmac.compare_digest(_sign(key, content), signed) for key in keyring().values()):
            return None
        visitor = msgspec.json.decode(content, type=Visitor)
    except (ValueError, msgspec.DecodeError):
        return None
    return visitor if visitor.inbox_id == inbox_id and visitor.until > time.time() else None


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def identified(visitor: Visitor, identity: str, secret: str) -> Visitor:
    """Return the visitor as the shop knows him. Raises BadIdentity.

    Args:
        identity: a JWT with `aud` "pult-chat:" and the inbox's number, `exp` within IDENTITY_LIFE, `jti` used once, and
            `email`; `name` where the shop knows it.
        secret: the one that the shop and this inbox share.
    """
    if not secret or len(identity) > MAX_TOKEN:
        raise BadIdentity
    try:
        said: Mapping[str, Any] = jwt.decode(
            identity,
            secret,
            algorithms=["HS256"],
            audience=f"pult-chat:{visitor.inbox_id}",
            leeway=30,
            options={"require": ["aud", "exp", "jti"]},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise BadIdentity from error
    email, name, nonce = (str(said.get(part) or "") for part in ("email", "name", "jti"))
    if said["exp"] > time.time() + IDENTITY_LIFE or not nonce or "@" not in email or len(email) > 254:
        raise BadIdentity
    if not cache.add(
        f"chat-jti:{visitor.inbox_id}:{hashlib.sha256(nonce.encode()).hexdigest()}", 1, IDENTITY_LIFE + 60
    ):
        raise BadIdentity
    if visitor.proven and visitor.email.casefold() != email.casefold():
        visitor = newcomer(visitor.inbox_id)  # another person at the same browser sees nothing of the one before
    return msgspec.structs.replace(visitor, email=email, name=name[:100] or visitor.name, proven=True)
