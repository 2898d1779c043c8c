"""Every inbox that needs a listener has one, in one worker only; it follows changes of the inbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pult.channels import actions, listening, queries, registry
from pult.channels.base import InboxInfo, Receive
from pult.channels.models import ListenerState
from pult.channels.tests.test_payloads import make_inbox

pytestmark = pytest.mark.django_db


class Fake:
    """An adapter whose listeners only note that they run."""

    def __init__(self) -> None:
        self.started: list[Mapping[str, Any]] = []
        self.running = 0

    def listener(self, inbox: InboxInfo, value: Mapping[str, Any], save: listening.Save) -> Fake | None:
        self.settings = inbox.settings
        return self if inbox.settings.get("receive") == "imap" else None

    def run(self, receive: Receive, stop: Callable[[], bool]) -> None:
        self.started.append(self.settings)
        self.running += 1
        while not stop():
            time.sleep(0.01)
        self.running -= 1


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake()
    monkeypatch.setattr(registry, "adapter", lambda channel: made)
    return made


@pytest.fixture
def running() -> Iterator[dict[int, Any]]:
    listeners: dict[int, Any] = {}
    yield listeners
    for listener in listeners.values():
        listener.stop(5)


def test_only_one_worker_listens_and_another_takes_over_when_it_dies() -> None:
    inbox_id = make_inbox()
    assert listening.take(inbox_id, "a")
    assert not listening.take(inbox_id, "b")
    assert listening.take(inbox_id, "a")
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    ListenerState.objects.update(value={"by": "a", "until": past})
    assert listening.take(inbox_id, "b")
    assert not listening.take(inbox_id, "a")
    listening.give_back(inbox_id, "a")
    assert not listening.take(inbox_id, "a")
    listening.give_back(inbox_id, "b")
    assert listening.take(inbox_id, "a")
    assert queries.listener_reports() == []


def test_a_listener_starts_follows_changes_and_ends_with_its_inbox(fake: Fake, running: dict[int, Any]) -> None:
    inbox_id = make_inbox()
    listening._look(running, "me")
    assert running == {}
    actions.change_inbox(inbox_id, settings={"receive": "imap", "imap_host": "one"})
    listening._look(running, "me")
    listening._look(running, "me")
    while not fake.started:
        time.sleep(0.01)
    actions.change_inbox(inbox_id, settings={"receive": "imap", "imap_host": "two"})
    listening._look(running, "me")
    while len(fake.started) < 2:
        time.sleep(0.01)
    assert [settings["imap_host"] for settings in fake.started] == ["one", "two"]
    assert fake.running == 1
    actions.change_inbox(inbox_id, active=False)
    listening._look(running, "me")
    assert fake.running == 0
    assert running == {}


def test_bad_settings_are_shown_to_the_admin(running: dict[int, Any]) -> None:
    inbox_id = make_inbox()
    actions.change_inbox(inbox_id, settings={"receive": "imap", "imap_port": "many"})
    listening._look(running, "me")
    assert running == {}
    (report,) = queries.listener_reports()
    assert "imap_port" in report.error


def test_the_loop_ends_when_told(fake: Fake) -> None:
    stop = threading.Event()
    stop.set()
    listening.run(stop)
