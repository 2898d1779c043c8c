"""What the values of stores, teams and people must be; each check raises Invalid naming the field."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from pult.accounts.errors import Conflict, Invalid
from pult.accounts.models import LANGUAGES, Staff, Store

LANGUAGE_CODES = frozenset(code for code, _ in LANGUAGES)
ROLES = frozenset(Staff.Role.values)


@contextmanager
def name_in_use(field: str, value: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict("taken", field=field, value=value) from error


def only(changes: Mapping[str, object], allowed: Collection[str]) -> None:
    for field in changes:
        if field not in allowed:
            raise Invalid("fixed", field=field)


def text(values: Mapping[str, object], field: str, limit: int) -> None:
    value = values.get(field)
    if field in values and (not isinstance(value, str) or not value.strip() or len(value) > limit):
        raise Invalid("length", field=field, limit=limit)


def check_store(values: Mapping[str, object]) -> None:
    text(values, "name", 120)
    if "language" in values and values["language"] not in LANGUAGE_CODES:
        raise Invalid("choice", field="language", choices=", ".join(sorted(LANGUAGE_CODES)))
    languages = values.get("languages", [])
    if not isinstance(languages, Sequence) or not set(languages) <= LANGUAGE_CODES:
        raise Invalid("choice", field="languages", choices=", ".join(sorted(LANGUAGE_CODES)))
    currency = values.get("currency", "EUR")
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise Invalid("currency", field="currency")
    if "time_zone" in values and values["time_zone"] not in zoneinfo.available_timezones():
        raise Invalid("time-zone", field="time_zone")
    address = values.get("address", {})
    if not isinstance(address, Mapping) or not all(isinstance(line, str) for line in address.values()):
        raise Invalid("shape", field="address")


def check_team(values: Mapping[str, object]) -> None:
    text(values, "name", 120)
    store_id = values.get("store_id")
    if store_id is not None and not (isinstance(store_id, int) and Store.objects.filter(id=store_id).exists()):
        raise Invalid("unknown", field="store_id")


def check_staff(values: Mapping[str, object]) -> None:
    text(values, "name", 120)
    if "email" in values:
        try:
            validate_email(str(values["email"]))
        except ValidationError as error:
            raise Invalid("email", field="email") from error
    if "role" in values and values["role"] not in ROLES:
        raise Invalid("choice", field="role", choices=", ".join(sorted(ROLES)))
    if "language" in values and values["language"] not in LANGUAGE_CODES:
        raise Invalid("choice", field="language", choices=", ".join(sorted(LANGUAGE_CODES)))
    signature = values.get("signature", "")
    if not isinstance(signature, str) or len(signature) > 4_000:
        raise Invalid("too-long", field="signature", limit=4_000)


def id_list(value: object, field: str) -> list[int]:
    if not isinstance(value, list) or not all(isinstance(item, int) for item in value):
        raise Invalid("shape", field=field)
    return value


def existing(known: Iterable[int], wanted: Iterable[int], field: str) -> list[int]:
    ids = sorted(set(wanted))
    missing = set(ids) - set(known)
    if missing:
        raise Invalid("unknown", field=field)
    return ids
