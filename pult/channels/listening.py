"""Runs the listeners (IMAP and the like) of all inboxes inside the worker, each inbox in one worker only."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol, cast

from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from pult.channels import actions, queries, registry
from pult.channels.base import InboxInfo, Listener
from pult.channels.models import ListenerState
from pult.channels.queries import InboxRecord

log = logging.getLogger("pult.listening")

LOOK_SECONDS = 5.0
"""Seconds until a new, changed or closed inbox is noticed."""
LEASE_SECONDS = 45.0
_LEASE = "lease"
_PLACE = "place"

Save = Callable[[Mapping[str, Any] | None, str], None]


class Listening(Protocol):
    """An adapter whose channel can be listened to."""

    def listener(self, inbox: InboxInfo, value: Mapping[str, Any], save: Save) -> Listener | None:
        """Return a listener that goes on from `value`, or None where the inbox needs none."""
        ...


class _Running:
    """One listener's thread."""

    def __init__(self, inbox: InboxRecord, listener: Listener, mark: str) -> None:
        self.mark = mark
        self._halt = threading.Event()
        self._inbox = inbox
        self._listener = listener
        self.thread = threading.Thread(target=self._run, name=f"listener-{inbox.id}", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._listener.run(_receive, self._halt.is_set)
        except Exception as error:
            log.exception("the listener of inbox %s failed", self._inbox.id)
            actions.note_listener(self._inbox.id, _PLACE, error=f"{type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def stop(self, timeout: float) -> None:
        self._halt.set()
        self.thread.join(timeout)


def _receive(inbox_id: int, external_id: str, envelope: Mapping[str, Any], body: bytes) -> None:
    close_old_connections()
    actions.receive(inbox_id, external_id, envelope, body)


def run(stop: threading.Event) -> None:
    """Keep a listener for every inbox that needs one until `stop` is set (one of settings.WORKER_LOOPS)."""
    running: dict[int, _Running] = {}
    me = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    try:
        while not stop.is_set():
            close_old_connections()
            _look(running, me)
            stop.wait(LOOK_SECONDS)
    finally:
        for listener in running.values():
            listener.stop(0)
        for inbox_id, listener in running.items():
            listener.stop(5)
            give_back(inbox_id, me)


def _look(running: dict[int, _Running], me: str) -> None:
    """Start what is missing, stop what has changed or is another worker's."""
    listening = {m.name for m in registry.all_manifests() if m.can("listener")}
    wanted = {inbox.id: inbox for inbox in queries.inboxes(active_only=True) if inbox.channel in listening}
    for inbox_id in list(running):
        mark = _mark(wanted[inbox_id]) if inbox_id in wanted else ""
        if running[inbox_id].mark != mark or not running[inbox_id].thread.is_alive() or not take(inbox_id, me):
            running.pop(inbox_id).stop(10)
            give_back(inbox_id, me)
    for inbox_id, inbox in wanted.items():
        if inbox_id not in running and (started := _start(inbox, me)) is not None:
            running[inbox_id] = started


def _mark(inbox: InboxRecord) -> str:
    """Return a digest of what a listener depends on; passwords are not kept in the clear for it."""
    text = json.dumps([inbox.address, inbox.channel, dict(inbox.settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _start(inbox: InboxRecord, me: str) -> _Running | None:
    adapter = cast("Listening", registry.adapter(inbox.channel))

    def save(value: Mapping[str, Any] | None, error: str) -> None:
        close_old_connections()
        actions.note_listener(inbox.id, _PLACE, value=value, error=error)

    try:
        listener = adapter.listener(inbox.info(), queries.listener_state(inbox.id, _PLACE), save)
    except ValueError as error:
        actions.note_listener(inbox.id, _PLACE, error=str(error))
        return None
    if listener is None or not take(inbox.id, me):
        return None
    listener = adapter.listener(inbox.info(), queries.listener_state(inbox.id, _PLACE), save)
    return None if listener is None else _Running(inbox, listener, _mark(inbox))


def take(inbox_id: int, me: str) -> bool:
    """Take or renew the right to listen for an inbox; False while another worker holds it."""
    now = timezone.now()
    with transaction.atomic():
        row, _ = ListenerState.objects.select_for_update().get_or_create(inbox_id=inbox_id, name=_LEASE)
        held = row.value.get("until", "") > now.isoformat() and row.value.get("by") != me
        if not held:
            row.value = {"by": me, "until": (now + timedelta(seconds=LEASE_SECONDS)).isoformat()}
            row.save()
    return not held


def give_back(inbox_id: int, me: str) -> None:
    """Let another worker listen at once."""
    ListenerState.objects.filter(inbox_id=inbox_id, name=_LEASE, value__by=me).update(value={})
