"""Turning over the keys that seal what is secret in the database.

`rotate` puts a new key first: what is sealed from then on is sealed with it. `reseal` seals the settings, webhook
secrets, second factors and sealed files anew. Mails that wait to be read and are sealed with an older key still need
that key until they are gone, so no key is ever taken out by a command.
"""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from pult.platform import storage
from pult.platform.keyring import add_key
from pult.platform.secrets import SealedJSONField, SecretUnreadable, key_of, keyring, seal, unseal

_MFA_FIELDS = ("secret", "seed")


def rotate() -> str:
    """Put a new key first in the key file and return its id. Running processes need a restart to know it."""
    made = add_key(Path(settings.SECRET_KEY_FILE))
    keyring.cache_clear()
    return made


def reseal() -> int:
    """Seal with the newest key what is sealed with an older one; return how many values."""
    newest = next(iter(keyring()))
    count = 0
    for model, column in _sealed_columns():
        for row_id, sealed in _values(model, column):
            if key_of(sealed) != newest:
                count += _reseal_row(model, column, row_id, newest)
    for row_id in Authenticator.objects.values_list("id", flat=True):
        count += _reseal_factor(row_id, newest)
    return count + storage.reseal()


def in_use() -> Counter[str]:
    """Return by key id how many values in the database are sealed with it."""
    found: Counter[str] = Counter(dict.fromkeys(keyring(), 0))
    for model, column in _sealed_columns():
        found.update(key_of(sealed) for _, sealed in _values(model, column))
    for data in Authenticator.objects.values_list("data", flat=True):
        found.update(key_of(sealed) for sealed in _sealed_parts(data).values())
    return found


def _sealed_columns() -> list[tuple[type[models.Model], str]]:
    return [
        (model, str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedJSONField)
    ]


def _values(model: type[models.Model], column: str) -> list[tuple[int, bytes]]:
    table, name = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY id")
        return [(row[0], bytes(row[1])) for row in cursor.fetchall()]


def _reseal_row(model: type[models.Model], column: str, row_id: int, newest: str) -> int:
    table, name = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
    lock = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE id = %s{lock}", [row_id])
        row = cursor.fetchone()
        if row is None or row[0] is None or key_of(bytes(row[0])) == newest:
            return 0
        cursor.execute(f"UPDATE {table} SET {name} = %s WHERE id = %s", [seal(unseal(bytes(row[0]))), row_id])
    return 1


def _sealed_parts(data: dict[str, object]) -> dict[str, bytes]:
    parts = {}
    for field in _MFA_FIELDS:
        value = data.get(field)
        if isinstance(value, str):
            try:
                key_of(sealed := base64.b64decode(value))
            except (ValueError, SecretUnreadable):
                continue
            parts[field] = sealed
    return parts


def _reseal_factor(row_id: int, newest: str) -> int:
    with transaction.atomic():
        factor = Authenticator.objects.select_for_update().filter(id=row_id).first()
        old = {} if factor is None else _sealed_parts(factor.data)
        old = {field: sealed for field, sealed in old.items() if key_of(sealed) != newest}
        if factor is not None and old:
            fresh = {field: base64.b64encode(seal(unseal(sealed))).decode() for field, sealed in old.items()}
            factor.data = {**factor.data, **fresh}
            factor.save(update_fields=["data"])
    return len(old)
