"""Fields encrypted at rest: AES-256-GCM with keys that carry ids and rotate.

The keys come from keyring.py. A sealed value is `b"P1" + one byte of id length + id + nonce (12) + ciphertext and tag`.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from pult.platform.keyring import read_keys

_MAGIC = b"P1"


class SecretUnreadable(Exception):
    """The value was sealed with a key that is not here, or was changed."""


@lru_cache(maxsize=1)
def keyring() -> dict[str, bytes]:
    """Return the keys by id, newest first; make the key file on first start."""
    return read_keys(Path(settings.SECRET_KEY_FILE))


def seal(plain: bytes) -> bytes:
    """Encrypt with the newest key."""
    key_id, key = next(iter(keyring().items()))
    nonce = os.urandom(12)
    head = _MAGIC + bytes([len(key_id)]) + key_id.encode()
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head)


def unseal(sealed: bytes) -> bytes:
    """Decrypt with the key the value names. Raises SecretUnreadable."""
    key_id = key_of(sealed)
    end = 3 + sealed[2]
    key = keyring().get(key_id)
    if key is None:
        raise SecretUnreadable(f"key {key_id!r} is not in the key ring")
    try:
        return AESGCM(key).decrypt(sealed[end : end + 12], sealed[end + 12 :], sealed[:end])
    except Exception as error:
        raise SecretUnreadable("the value was changed or the key is wrong") from error


def key_of(sealed: bytes) -> str:
    """Return the id of the key a value was sealed with. Raises SecretUnreadable."""
    if sealed[:2] != _MAGIC or len(sealed) < 3 or len(sealed) < 3 + sealed[2]:
        raise SecretUnreadable("not a sealed value")
    try:
        return sealed[3 : 3 + sealed[2]].decode()
    except UnicodeDecodeError as error:
        raise SecretUnreadable("not a sealed value") from error


class SealedJSONField(models.BinaryField):  # type: ignore[type-arg]
    """A JSON value that only ever touches the disk sealed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        sealed = None if value is None else seal(json.dumps(value).encode())
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: Any, expression: object, connection: object) -> Any:
        return None if value is None else json.loads(unseal(bytes(value)))
