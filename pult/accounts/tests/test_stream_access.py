"""Who may listen to the live stream, and that the process that asks needs no addresses."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from pult.accounts import access, actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.stream_access import RENEW, authorize, opened
from pult.accounts.tests.conftest import Browser

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_session_cookie_names_the_listener_until_it_is_ended(
    browser: Browser, agent: queries.StaffInfo, store: queries.StoreInfo
) -> None:
    browser.sign_in(agent.email)
    cookies = {settings.SESSION_COOKIE_NAME: browser.client.cookies[settings.SESSION_COOKIE_NAME].value}
    listener = authorize({}, cookies, {})
    assert listener is not None
    assert (listener.actor, listener.scope_ids) == (f"staff:{agent.id}", frozenset({store.id}))
    assert listener.expires_at is not None
    assert timedelta(0) < listener.expires_at - timezone.now() <= RENEW
    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1)):
        assert authorize({}, cookies, {}) is None
    browser.auth("DELETE", "auth/session")
    assert authorize({}, cookies, {}) is None


def test_a_token_names_the_listener_only_in_the_header(agent: queries.StaffInfo) -> None:
    secret = actions.issue_token(SYSTEM, staff_id=agent.id, name="TV", scopes=["read"]).secret
    listener = authorize({"authorization": f"Bearer {secret}"}, {}, {})
    assert listener is not None
    assert listener.actor.startswith("token:")
    assert authorize({}, {}, {"token": secret, "access_token": secret}) is None
    assert authorize({"authorization": f"Basic {secret}"}, {}, {}) is None
    assert authorize({"authorization": "Bearer pult_x_y"}, {}, {}) is None
    assert authorize({}, {}, {}) is None
    assert authorize({}, {settings.SESSION_COOKIE_NAME: "x" * 32}, {}) is None


def test_who_may_not_read_may_not_listen(store: queries.StoreInfo, agent: queries.StaffInfo) -> None:
    colleague = actions.create_staff(SYSTEM, email="c@example.si", name="C", role="colleague", store_ids=[store.id])
    writer = actions.issue_token(SYSTEM, staff_id=agent.id, name="in", scopes=["write"]).secret
    silent = actions.issue_token(SYSTEM, staff_id=colleague.id, name="c", scopes=["read"]).secret
    for secret in (writer, silent):
        assert access.authenticate_token(secret) is not None
        assert authorize({"authorization": f"Bearer {secret}"}, {}, {}) is None


def test_the_stream_process_loads_no_addresses() -> None:
    code = (
        "import django, sys; django.setup(); import pult.accounts.stream_access;"
        "sys.exit(bool({'pult.urls', 'pult.web', 'allauth.headless.urls', 'ninja'} & set(sys.modules)))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pult.settings"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_who_listens_leaves_a_line_with_the_stores_heard_of(agent: queries.StaffInfo, store: queries.StoreInfo) -> None:
    secret = actions.issue_token(SYSTEM, staff_id=agent.id, name="TV", scopes=["read"])
    listener = authorize({"authorization": f"Bearer {secret.secret}"}, {}, {})
    assert listener is not None
    opened(listener, {"x-forwarded-for": "203.0.113.9"}, "192.0.2.1")
    (line,) = queries.access_log(kind="stream").items
    assert (line.actor, line.subject, line.subject_ids) == (f"token:{secret.token.id}", "store", [store.id])
    assert line.address == "192.0.2.1"
