"""Whoever reads conversations leaves a line in the access log that says which, also where one statement does both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from pult.accounts import access_log
from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.accounts.access_log import Reader
from pult.accounts.queries import Reading
from pult.flows.tests.conftest import Api, mail

pytestmark = pytest.mark.django_db(databases="__all__")


def _lines() -> list[Reading]:
    return accounts_queries.access_log().items


def _check(opened: int, arrive: Callable[..., None], api: Api, person: Callable[..., tuple[int, Api]]) -> None:
    arrive(*[mail(subject=f"Zadeva {n}", message_id=f"<{n}@x.example>", sender=f"k{n}@x.example") for n in range(3)])
    shown = api("GET", "/conversations?limit=2").json()["items"]
    line = _lines()[0]
    assert (line.kind, line.subject, line.customer_id, line.address) == ("list", "conversation", None, "127.0.0.1")
    assert line.subject_ids == [item["id"] for item in shown]
    assert len(shown) == 2
    assert api("GET", "/conversations?status=closed").json()["items"] == []
    assert (_lines()[0].kind, _lines()[0].subject_ids) == ("list", [])

    found = api("GET", f"/conversations/{opened}").json()
    line = _lines()[0]
    assert (line.kind, line.subject_ids, line.customer_id) == ("open", [opened], found["customer"]["id"])
    api("GET", f"/conversations/{opened}?prefetch=true")
    assert _lines()[0].kind == "prefetch"

    number = len(_lines())
    _, stranger = person("Tuja", store_id=accounts.create_store(SYSTEM, name="Druga", language="hr").id)
    assert stranger("GET", f"/conversations/{opened}").status_code == 404
    assert api("GET", "/conversations/999999").status_code == 404
    assert len(_lines()) == number, "who was shown nothing has read nothing"


def test_a_list_and_a_conversation_leave_a_line_of_what_was_shown(
    opened: int, arrive: Callable[..., None], api: Api, person: Callable[..., tuple[int, Api]]
) -> None:
    _check(opened, arrive, api, person)


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_outside_a_transaction_the_line_waits_for_no_disk_and_nothing_else_is_put_off(
    opened: int, arrive: Callable[..., None], api: Api, person: Callable[..., tuple[int, Api]], monkeypatch: Any
) -> None:
    _check(opened, arrive, api, person)
    note = access_log.note(Reader("staff:1", "open"), ids="'[]'", customer="NULL", source="(SELECT 1) one")
    if connection.vendor == "postgresql":
        assert note is not None
        assert "synchronous_commit" in note.sql
        monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
        api("GET", f"/conversations/{opened}")
        with connection.cursor() as cursor:
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
    else:
        assert note is None
    with pytest.raises(ValueError, match="peek"):
        access_log.note(Reader("staff:1", "peek"), ids="'[]'", customer="NULL", source="(SELECT 1) one")
