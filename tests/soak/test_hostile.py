"""Whatever comes in: nothing falls over, nothing grows, nothing that could run reaches a browser."""

from __future__ import annotations

import json
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from pult.accounts import access
from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.conversations.content import clean_html
from pult.flows import inbound
from tests.soak import hostile
from tests.soak.browser_rules import dangers

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.program]
GROWTH = 300.0  # MB
STEP = 100


@pytest.fixture
def desk() -> Iterator[tuple[int, str]]:
    """An inbox and a token that may read it."""
    access.forget()
    store = accounts.create_store(SYSTEM, name="Shop", language="en").id
    inbox = channels.create_inbox(store_id=store, channel="email", name="Help", address="help@shop.example")
    agent = accounts.create_staff(SYSTEM, email="a@shop.example", name="A B", store_ids=[store]).id
    token = accounts.issue_token(SYSTEM, staff_id=agent, name="t", scopes=["read", "write"]).secret
    yield inbox, token
    access.forget()


def resident() -> float:
    """Return this process's memory in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def take_in(inbox: int, count: int, seed: int) -> tuple[float, dict[str, float]]:
    """Take `count` hostile mails in; return how memory grew and the slowest of each kind in seconds."""
    slowest: dict[str, float] = {}
    before = 0.0
    for number, (kind, raw) in enumerate(hostile.mails(count, seed=seed)):
        if number == STEP // 2:
            before = resident() - _database_in_memory()  # what is loaded by use is loaded
        began = time.perf_counter()
        channels.receive(inbox, f"{seed}-{number}", {"sender": "a@customers.example"}, raw)
        inbound.run_batch()
        slowest[kind] = max(slowest.get(kind, 0.0), time.perf_counter() - began)
    return resident() - _database_in_memory() - before, slowest


def _database_in_memory() -> float:
    """Return the MB of this process that are the database itself: on SQLite the tests keep it in memory."""
    if connection.vendor != "sqlite":
        return 0.0
    return float(rows("SELECT page_count * page_size / 1048576.0 FROM pragma_page_count(), pragma_page_size()")[0][0])


def check_pages(token: str) -> None:
    """No page of a message and no answer of the API holds anything that could run."""
    client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Bearer {token}"})
    for (message,) in rows("SELECT id FROM conversations_message ORDER BY id"):
        page = client.get(f"/api/v1/messages/{message}/html")
        assert page.status_code == 200
        assert dangers(page.content.decode(), styles=1, metas=2) == [], message
        policy = page["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert re.search(r"img-src (http://127\.0\.0\.1/api/v1/attachments/\d+/content )*data:;", policy)
        assert page["X-Content-Type-Options"] == "nosniff"
    for (conversation,) in rows("SELECT id FROM conversations_conversation ORDER BY id"):
        answer = client.get(f"/api/v1/conversations/{conversation}")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("application/json")
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
        for message in json.loads(answer.content)["messages"]:
            assert dangers(message["html"]) == [], message["id"]
            for name in ("subject", "snippet"):
                assert "\n" not in message.get(name, "")
    for (attachment,) in rows("SELECT id FROM conversations_attachment ORDER BY id LIMIT 200"):
        file = client.get(f"/api/v1/attachments/{attachment}/content?inline=1")
        assert file.status_code == 200
        disposition = file["Content-Disposition"]
        assert disposition.startswith("attachment") or file["Content-Type"].startswith("image/")
        assert file["X-Content-Type-Options"] == "nosniff"
        assert not {"/", "\\", "\r", "\n"} & set(disposition.partition(";")[2].replace("filename*=utf-8''", ""))
        file.getvalue()  # read to the end, which is how the test client closes a file without the database


def check(desk: tuple[int, str], count: int, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    """Take `count` mails in and look at everything that came of them."""
    inbox, token = desk
    caplog.set_level(logging.CRITICAL)
    grown, slowest = take_in(inbox, count, seed)
    states = Counter(state for (state,) in rows("SELECT state FROM channels_rawpayload"))
    assert states == {"parsed": count}, rows("SELECT id, error FROM channels_rawpayload WHERE state <> 'parsed'")[:5]
    assert rows("SELECT count(*) FROM conversations_message WHERE kind = 'unreadable'") == [(0,)]
    assert grown < GROWTH, grown
    assert max(slowest.values()) < 20, slowest
    print(f"{count} mails, {grown:.0f} MB more, slowest (s): {slowest}")
    check_pages(token)


def test_hostile_mails_do_no_harm(desk: tuple[int, str], caplog: pytest.LogCaptureFixture) -> None:
    """The short form of what follows, for every run of the tests."""
    check(desk, 100, 5, caplog)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_thousand_hostile_mails_do_no_harm(desk: tuple[int, str], caplog: pytest.LogCaptureFixture) -> None:
    check(desk, 10_000, 6, caplog)


@pytest.mark.parametrize("elements", ["<ul><li>", "<div>", "<blockquote></b>", "<div><table><tr><td></div>"])
def test_elements_in_each_other_cost_no_time(elements: str) -> None:
    began = time.process_time()
    assert clean_html(elements * 100_000 + "deep") == ""
    assert time.process_time() - began < 2


def test_a_long_newsletter_keeps_its_form() -> None:
    row = '<tr><td><div><p>a<br>b<li>c<img src="https://x.example/a.png"></div></td></tr>'
    assert clean_html(f"<table>{row * 3_000}</table>").count("<td>") == 3_000


@pytest.mark.parametrize("attack", hostile.SCRIPTS)
def test_the_looker_sees_an_attack_that_nobody_cleaned(attack: str) -> None:
    """Break it once and see: what is looked for is found in the raw attacks."""
    assert dangers(attack)


@pytest.mark.parametrize("unseen", ["\x01", "\x19", "\t", "\n", "\x7f", "\u200b", "\ufeff"])
@pytest.mark.parametrize("attribute", ['a href="{}"', 'img src="{}"', 'blockquote cite="{}"'])
def test_a_scheme_does_not_hide_behind_what_nobody_sees(unseen: str, attribute: str) -> None:
    assert dangers(clean_html(f"<{attribute.format(f'ja{unseen}vascript:alert(1)')}>x")) == []
    assert "https://shop.example/a b" in clean_html('<a href="https://shop.example/a b">x</a>')
