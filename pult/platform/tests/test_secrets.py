"""Sealed values: whole again for whoever has the key, and nothing at all otherwise."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from pult.platform import secrets, storage
from pult.platform.keyring import add_key, read_keys
from pult.platform.models import WebhookSubscription


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("PULT_SECRET_KEYS", raising=False)
    settings.SECRET_KEY_FILE = tmp_path / "keys"
    secrets.keyring.cache_clear()
    yield tmp_path / "keys"
    secrets.keyring.cache_clear()


def rotate(path: Path) -> str:
    made = add_key(path)
    secrets.keyring.cache_clear()
    return made


def ring(**keys: bytes) -> str:
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


@given(st.binary(max_size=5_000))
def test_what_is_sealed_comes_back_and_never_looks_the_same(plain: bytes) -> None:
    sealed = secrets.seal(plain)
    assert secrets.unseal(sealed) == plain
    assert secrets.seal(plain) != sealed
    if len(plain) > 8:
        assert plain not in sealed


@given(st.binary(max_size=200), st.data())
def test_no_changed_byte_goes_unnoticed(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(secrets.seal(plain))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(bytes(sealed))


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"P1" + rest))
def test_anything_else_is_unreadable_and_nothing_worse(junk: bytes) -> None:
    with pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(junk)


@given(st.binary(max_size=100), st.integers(min_value=1, max_value=30))
def test_a_cut_off_value_is_unreadable(plain: bytes, cut: int) -> None:
    with pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(secrets.seal(plain)[:-cut])


def test_the_key_file_is_made_once_and_for_its_owner_only(key_file: Path) -> None:
    secrets.seal(b"x")
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert read_keys(key_file) == read_keys(key_file)


def test_after_a_rotation_new_values_use_the_new_key_and_old_ones_are_readable(key_file: Path) -> None:
    old = secrets.seal(b"old")
    made = rotate(key_file)
    new = secrets.seal(b"new")
    assert (secrets.key_of(old), secrets.key_of(new)) == ("k1", made)
    assert (secrets.unseal(old), secrets.unseal(new)) == (b"old", b"new")
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_keys_of_the_environment_take_the_place_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = os.urandom(32), os.urandom(32)
    monkeypatch.setenv("PULT_SECRET_KEYS", ring(a=first))
    secrets.keyring.cache_clear()
    sealed = secrets.seal(b"x")
    monkeypatch.setenv("PULT_SECRET_KEYS", ring(b=second, a=first))
    secrets.keyring.cache_clear()
    assert secrets.unseal(sealed) == b"x"
    assert secrets.key_of(secrets.seal(b"y")) == "b"
    monkeypatch.setenv("PULT_SECRET_KEYS", ring(b=second))
    secrets.keyring.cache_clear()
    with pytest.raises(secrets.SecretUnreadable, match="'a' is not in the key ring"):
        secrets.unseal(sealed)


@pytest.mark.django_db
def test_a_sealed_field_keeps_any_json_and_shows_none_of_it_in_the_table() -> None:
    value = {"password": "correct horse", "n": [1, 2.5, None, True], "š": "č"}
    made = WebhookSubscription.objects.create(url="https://a.example", secret=value, created_at="2026-01-01T00:00Z")
    assert WebhookSubscription.objects.get(id=made.id).secret == value
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM platform_webhooksubscription")
        assert b"horse" not in bytes(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_sealed_files_are_sealed_anew(key_file: Path, settings: Settings) -> None:
    settings.DATA_DIR = key_file.parent
    blob, plain = storage.put(b"a sealed letter", sealed=True), storage.put(b"an open letter")
    assert storage.reseal() == 0
    rotate(key_file)
    assert storage.reseal() == 1
    key_file.write_text(key_file.read_text().splitlines()[0])
    secrets.keyring.cache_clear()
    assert storage.read_blob(blob.id) == b"a sealed letter"
    assert storage.read_blob(plain.id) == b"an open letter"
    assert len([path for path in (key_file.parent / "files").rglob("*") if path.is_file()]) == 2
