"""Waking those who wait: in this process at once, in others of this machine by doorbells, beyond it by Redis.

A wake-up is only a hint. Whoever waits also looks again by itself after a short time, so a lost one costs
a delay and nothing else.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import cache, partial

import redis
from django.conf import settings
from django.db import connection, transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from pult.platform.doorbells import Doorbells

log = logging.getLogger(__name__)
DEAF = 0.2  # seconds after which to look where other processes cannot ring
PREFIX = "pult:"
_PAUSE = 5.0  # seconds without another try after Redis did not answer

_seen = threading.local()
_silent_until = 0.0


class _Process:
    """What belongs to one process and does not survive a fork."""

    def __init__(self) -> None:
        self.bells = Doorbells(settings.DATA_DIR / "wake")
        self.changed = threading.Condition()
        self.counts: dict[str, int] = {}
        self.heard: set[str] = set()
        self.patience = settings.LOOK_SECONDS
        self.publisher = redis.Redis.from_url(
            settings.REDIS_URL or "redis://",
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
            retry=Retry(NoBackoff(), 0),
        )

    def wake(self, topic: str) -> None:
        with self.changed:
            self.counts[topic] = self.counts.get(topic, 0) + 1
            self.changed.notify_all()

    def listen(self, topic: str) -> bool:
        """Be woken by others from now on. True the first time: what came before has to be looked for."""
        with self.changed:
            if topic in self.heard:
                return False
            if settings.REDIS_URL and not self.heard:
                threading.Thread(target=self._subscribe, name="wakeup", daemon=True).start()
            self.heard.add(topic)
        if not self.bells.answer(topic, partial(self.wake, topic)):
            self.patience = min(self.patience, DEAF)
        return True

    def _subscribe(self) -> None:
        """Turn what Redis publishes into wake-ups here, for the life of the process."""
        while True:
            try:
                # Without socket_timeout=None a quiet subscriber is cut off and loses messages.
                client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=5)
                with client.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
                    subscription.psubscribe(PREFIX + "*")
                    for message in subscription.listen():
                        self.wake(message["channel"].decode().removeprefix(PREFIX))
            except redis.RedisError as error:
                log.warning("Lost the Redis subscription, trying again: %s", error)
                time.sleep(1)


@cache
def _of(pid: int) -> _Process:
    return _Process()


def notify(topic: str) -> None:
    """Wake those who wait for the topic after the commit of the running transaction, else at once."""
    fire = _fire_for(topic)
    if not connection.in_atomic_block:
        fire()
    elif not any(entry[1] is fire for entry in connection.run_on_commit):
        transaction.on_commit(fire)


def wake_here(topic: str) -> None:
    """Wake the threads of this process that wait for the topic."""
    _of(os.getpid()).wake(topic)


def wake_all_here() -> None:
    """Wake every thread of this process that waits, whatever for: it is time to stop."""
    process = _of(os.getpid())
    for topic in list(process.heard):
        process.wake(topic)


def patience() -> float:
    """Return the seconds after which whoever waits looks by itself."""
    return _of(os.getpid()).patience


def wait(*topics: str, timeout: float | None = None) -> set[str]:
    """Wait until one of the topics was notified since this thread last waited for it, at most `timeout` seconds
    (None: as long as patience lasts).

    Returns those that were. The first time a process waits for a topic it is among them though nothing may have
    happened: nobody could tell.
    """
    process = _of(os.getpid())
    seen: dict[str, int] = _seen.__dict__
    woken = {topic for topic in topics if process.listen(topic)}
    with process.changed:
        if not woken:
            process.changed.wait_for(
                lambda: any(process.counts.get(topic, 0) != seen.get(topic, 0) for topic in topics),
                process.patience if timeout is None else timeout,
            )
        for topic in topics:
            count = process.counts.get(topic, 0)
            if count != seen.get(topic, 0):
                seen[topic] = count
                woken.add(topic)
    return woken


@cache
def _fire_for(topic: str) -> Callable[[], None]:
    def fire() -> None:
        process = _of(os.getpid())
        process.wake(topic)
        process.bells.ring(topic)
        if settings.REDIS_URL:
            _publish(process, topic)

    return fire


def _publish(process: _Process, topic: str) -> None:
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        process.publisher.publish(PREFIX + topic, b"")
    except redis.RedisError as error:
        _silent_until = time.monotonic() + _PAUSE
        log.warning("Redis gives no wake-ups for now: %s", error)
