"""The quick reading of sessions gives what Django's own gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from pult.accounts.session_store import SessionStore

pytestmark = pytest.mark.django_db


def both(key: str) -> list[tuple[dict[str, object], str | None]]:
    found = []
    for store in (SessionStore(key), db.SessionStore(key)):
        found.append((dict(store.items()), store.session_key))
    return found


def test_a_session_reads_the_same_either_way() -> None:
    kept = SessionStore()
    kept["name"] = "Živa Ł"
    kept["numbers"] = [1, 2]
    kept.set_expiry(600)
    kept.save()
    key = str(kept.session_key)
    quick, plain = both(key)
    assert quick == plain
    assert quick[0]["name"] == "Živa Ł"
    with time_machine.travel(timezone.now() + timedelta(seconds=601)):
        assert both(key) == [({}, None)] * 2
    Session.objects.update(session_data="changed by hand")
    assert both(key) == [({}, key)] * 2
    kept.delete()
    assert both(key) == [({}, None)] * 2
    assert both("no such key at all") == [({}, None)] * 2
