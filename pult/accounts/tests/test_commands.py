"""The commands for people, tokens and keys."""

from __future__ import annotations

import base64
import io
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from pult.accounts import access, keys, queries
from pult.accounts.models import Staff
from pult.platform import webhooks
from pult.platform.keyring import read_keys
from pult.platform.models import WebhookSubscription
from pult.platform.secrets import SecretUnreadable, keyring

pytestmark = pytest.mark.django_db


def run(*words: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    if monkeypatch is not None:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def test_a_person_is_added_with_a_password_from_a_pipe(
    store: queries.StoreInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(
        *("staff", "add", "Iva@example.hr", "--name", "Iva", "--role", "lead", "--store", "Trgovina"),
        stdin="a fresh secret 9\n",
        monkeypatch=monkeypatch,
    )
    assert said == "iva@example.hr is lead now."
    request = RequestFactory().get("/")
    assert authenticate(request, email="iva@example.hr", password="a fresh secret 9") is not None
    assert "iva@example.hr  Iva  lead  Trgovina" in run("staff", "list")
    with pytest.raises(CommandError, match="Narnia"):
        run("staff", "add", "b@example.hr", "--name", "B", "--store", "Narnia")
    with pytest.raises(CommandError, match="in use"):
        run("staff", "add", "iva@example.hr", "--name", "I", stdin="a fresh secret 9\n", monkeypatch=monkeypatch)


def test_a_token_is_made_rotated_and_revoked(agent: queries.StaffInfo) -> None:
    secret = run("token", "new", agent.email, "--name", "ERP", "--scope", "read", "--scope", "write")
    actor = access.authenticate_token(secret)
    assert actor is not None
    assert actor.scopes == {"read", "write"}
    prefix = secret.split("_")[1]
    assert prefix in run("token", "list")
    assert secret not in run("token", "list")
    fresh = run("token", "rotate", prefix)
    assert access.authenticate_token(secret) is None
    assert access.authenticate_token(fresh) is not None
    run("token", "revoke", fresh.split("_")[1])
    assert access.authenticate_token(fresh) is None
    assert run("token", "list") == ""


@pytest.fixture
def key_file(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("PULT_SECRET_KEYS", raising=False)
    settings.SECRET_KEY_FILE = tmp_path / "secret.keys"
    keyring.cache_clear()
    yield settings.SECRET_KEY_FILE
    keyring.cache_clear()


def test_keys_turn_over_without_losing_anything(
    key_file: Path, agent: queries.StaffInfo, store: queries.StoreInfo
) -> None:
    hook, secret = webhooks.subscribe("https://example.com/hook")
    factor = TOTP.activate(Staff.objects.get(id=agent.id), "JBSWY3DPEHPK3PXP").instance
    before = key_file.read_text()
    assert run("keys", "rotate").startswith("k2 is the newest key now.")
    assert key_file.read_text().endswith(before)
    assert stat.S_IMODE(os.stat(key_file).st_mode) == 0o600
    assert list(read_keys(key_file)) == ["k2", "k1"]
    assert keys.in_use() == {"k2": 0, "k1": 2}
    assert run("keys", "reseal") == "2 values sealed anew"
    assert run("keys", "reseal") == "0 values sealed anew"
    assert keys.in_use() == {"k2": 2, "k1": 0}
    key_file.write_text(key_file.read_text().splitlines()[0])  # the old key is taken out
    keyring.cache_clear()
    assert WebhookSubscription.objects.get(id=hook).secret == {"current": secret}
    assert TOTP(Authenticator.objects.get(id=factor.id)).instance.wrap().validate_code("000000") is False
    assert "JBSW" not in str(Authenticator.objects.get(id=factor.id).data)


def test_what_was_sealed_with_a_key_that_is_gone_is_not_guessed_at(key_file: Path, store: queries.StoreInfo) -> None:
    hook, _ = webhooks.subscribe("https://example.com/hook")
    key_file.write_text("k9:" + base64.b64encode(os.urandom(32)).decode())
    keyring.cache_clear()
    with pytest.raises(SecretUnreadable, match="k1"):
        WebhookSubscription.objects.get(id=hook)
