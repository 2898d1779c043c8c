"""How a thing of a shop is kept: its body, and by what it is known again."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from pult.commerce import base


def digest_of(thing: base.Order | base.Product | base.Promotion) -> str:
    """Return by what the same words are known again."""
    return hashlib.blake2b(msgspec.json.encode(thing), digest_size=16).hexdigest()


def body_of(thing: base.Order | base.Product | base.Promotion) -> dict[str, Any]:
    """Return a thing as its row holds it."""
    body: dict[str, Any] = msgspec.to_builtins(thing)
    return body
