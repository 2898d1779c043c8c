"""Providers' webhooks: stored before they are answered, refused when forged, taken once."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from django.test import Client

import pult.channels.adapters.email
from pult.channels import actions, queries
from pult.channels.tests.test_payloads import make_inbox

pytestmark = pytest.mark.django_db
SAMPLE = (Path(pult.channels.adapters.email.__file__).parent / "payloads" / "postmark-inbound.json").read_bytes()
BASIC = "Basic " + base64.b64encode(b"user:password").decode()


@pytest.fixture
def url() -> str:
    inbox_id = make_inbox()
    actions.change_inbox(inbox_id, settings={"provider": "postmark", "webhook_secret": "user:password"})
    return f"/hooks/{inbox_id}/inbound"


def test_a_genuine_webhook_is_stored_once_without_its_password(client: Client, url: str) -> None:
    for _ in range(2):
        answer = client.post(url, SAMPLE, content_type="application/json", headers={"Authorization": BASIC})
        assert answer.status_code == 200
    (payload,) = actions.claim()
    assert payload.body == SAMPLE
    assert payload.envelope["kind"] == "inbound"
    assert "Authorization" not in payload.envelope["headers"]


def test_a_forged_webhook_is_refused_and_not_kept(client: Client, url: str) -> None:
    assert client.post(url, SAMPLE, content_type="application/json").status_code == 401
    assert queries.waiting() == 0


def test_there_is_nothing_else(client: Client, url: str) -> None:
    assert client.post("/hooks/999999/inbound", SAMPLE, content_type="application/json").status_code == 404
    assert client.post(url.replace("inbound", "other"), SAMPLE, content_type="application/json").status_code == 404
    assert client.put(url, SAMPLE, content_type="application/json").status_code == 405
    assert client.head(url).status_code == 200
