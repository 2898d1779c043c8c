"""docs/access.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from pult.accounts.access import PERMISSIONS

TEXT = (Path(settings.BASE_DIR) / "docs" / "access.md").read_text()


def test_the_table_of_permissions_is_the_one_in_force() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` +\| ([a-z, ]+?) +\| `([a-z]+)` +\|$", TEXT, re.MULTILINE)
    assert {name: (frozenset(roles.split(", ")), scope) for name, roles, scope in rows} == dict(PERMISSIONS)


def test_the_redirect_address_for_the_company_s_provider_is_the_one_we_answer_at() -> None:
    address = reverse("openid_connect_callback", kwargs={"provider_id": "company"})
    assert f"`PUBLIC_URL{address}`" in TEXT


@pytest.mark.parametrize("command", ["staff", "token", "keys"])
def test_the_commands_exist_with_the_verbs_that_are_told(command: str) -> None:
    told = set(re.findall(rf"^\| `pult {command} ([a-z]+)", TEXT, re.MULTILINE))
    line = next(line for line in TEXT.splitlines() if line.startswith(f"| `pult {command} list"))
    told |= set(re.findall(r"`(?:pult [a-z]+ )?([a-z]+)[ A-Z]*`", line.split("|")[1]))
    assert told
    for verb in sorted(told):
        with pytest.raises((SystemExit, CommandError)) as raised:
            call_command(command, verb, "--no-such-option")
        assert "invalid choice" not in str(raised.value)


def test_the_limits_of_attempts_are_those_in_force() -> None:
    assert settings.ACCOUNT_RATE_LIMITS["login_failed"] == "10/m/ip,60/h/ip,5/5m/key,20/h/key"
    assert "5 in 5 minutes, 20 an hour" in TEXT
    assert "10 a minute, 60 an hour" in TEXT
