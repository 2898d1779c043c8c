"""What is too old goes: every night, by the rules of each store, a little at a time, and with a log of what went.

A run keeps how far it is (the ids it has dealt with) together with what it did, so it goes on after any stop. Between
two batches it rests as long as the batch took: whoever works meanwhile has at least half of the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db import transaction
from django.utils import timezone

from pult.accounts import access_log, retention
from pult.accounts import queries as accounts
from pult.accounts.retention import Rule, Run
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.commerce import erasing as commerce
from pult.conversations import actions as conversations
from pult.customers import queries as customers
from pult.customers.errors import CustomerNotFound
from pult.flows import privacy
from pult.platform import queue
from pult.spam import actions as spam

TASK = "retention.run"
NIGHT = range(1, 6)
"""Hours of a store's clock in which a run begins."""
AGAIN = timedelta(hours=20)
SLICE = 20.0
"""Seconds after which a worker lets other jobs go first."""
REST = 0.05
COUNTED = 10_000
"""Ids a statement while a rule is tried."""

Old = Callable[[int | None, datetime, int, int], Sequence[int]]
Forget = Callable[[Sequence[int], datetime], int]


class Field(NamedTuple):
    """One kind of data: which ids are too old, how they are forgotten, and how many at a time."""

    old: Old
    forget: Forget
    batch: int


class Trial(msgspec.Struct, frozen=True):
    """What a rule would take today: how many, the ids of the first, and the word that lets it be switched on."""

    count: int
    sample: list[int]
    before: datetime
    confirm: str


def _words(ids: Sequence[int], before: datetime) -> int:
    gone, payload_ids = conversations.forget_words_of(ids, before)
    channels.erase(payload_ids)
    return gone


def _spam(ids: Sequence[int], before: datetime) -> int:
    gone = conversations.delete_spam(before, limit=len(ids), among=ids)
    channels.erase(gone.payload_ids)
    spam.forget_messages(gone.message_ids)
    return len(gone.conversation_ids)


def _old_people(store_id: int | None, before: datetime, after: int, limit: int) -> Sequence[int]:
    while found := customers.idle(before, after, limit):
        busy = commerce.bought_since(found, before) | conversations.talking(found)
        if old := [one for one in found if one not in busy]:
            return old
        after = found[-1]
    return []


def _people(ids: Sequence[int], before: datetime) -> int:
    gone = 0
    for customer_id in ids:
        try:
            privacy.erase(customer_id, cause="retention")
        except CustomerNotFound:
            continue
        gone += 1
    return gone


def _plain(forget: Callable[[Collection[int]], int]) -> Forget:
    return lambda ids, before: forget(ids)


FIELDS: dict[str, Field] = {
    "messages": Field(conversations.old_words, _words, 20),
    "attachments": Field(conversations.old_files, conversations.forget_files_of, 50),
    "payloads": Field(channels_queries.old_payloads, _plain(lambda ids: channels.erase(list(ids))), 100),
    "spam": Field(conversations.old_spam, _spam, 50),
    "order_addresses": Field(commerce.old_addresses, _plain(commerce.forget_addresses), 200),
    "birthdays": Field(commerce.old_birthdays, _plain(commerce.forget_birthdays), 500),
    "people": Field(_old_people, _people, 10),
    "access_log": Field(access_log.old_lines, _plain(lambda ids: access_log.remove_lines(list(ids))), 1_000),
}


def attempt(*, store_id: int | None, field: str, days: int) -> Trial:
    """Say what a rule would take today, and take nothing. Raises Invalid, NotFound."""
    retention.check(store_id=store_id, field=field, days=days)
    before = timezone.now() - timedelta(days=days)
    old, count, after = FIELDS[field].old, 0, 0
    sample: list[int] = []
    while found := old(store_id, before, after, COUNTED):
        sample = sample or list(found[: retention.SAMPLE])
        count, after = count + len(found), found[-1]
        if len(found) < COUNTED and field != "people":
            break
    return Trial(count, sample, before, retention.tried(store_id=store_id, field=field, days=days))


@queue.periodic("retention.begin", every=900.0)
def begin() -> None:
    """Begin the runs whose hour has come, and go on with those that were left."""
    now = timezone.now()
    for run in retention.open_runs():
        _enqueue(run.id)
    left = {(run.store_id, run.field) for run in retention.open_runs()}
    for rule in retention.rules():
        if rule.active and (rule.store_id, rule.field) not in left and _is_due(rule, now):
            with transaction.atomic():
                _enqueue(retention.begin(rule))


def _is_due(rule: Rule, now: datetime) -> bool:
    last = retention.last_begun(rule.id)
    if last is not None and now - last < AGAIN:
        return False
    stores = accounts.stores()
    zone = next((one.time_zone for one in stores if rule.store_id in {None, one.id}), "UTC")
    return now.astimezone(ZoneInfo(zone)).hour in NIGHT


def _enqueue(run_id: int, turn: int = 0) -> None:
    queue.enqueue(TASK, {"run_id": run_id, "turn": turn}, key=f"{TASK}:{run_id}:{turn}", priority=-2)


@queue.task(TASK, max_attempts=50, timeout=600)
def work(run_id: int, turn: int = 0) -> None:
    """Go on with a run for a while, and leave the rest to a further job."""
    until = time.monotonic() + SLICE
    while (run := retention.run(run_id)) is not None and run.finished_at is None:
        if not _holds(run):
            retention.finish(run_id, "replaced")
            return
        began = time.monotonic()
        if not _batch(run):
            retention.finish(run_id)
            return
        if time.monotonic() > until:
            _enqueue(run_id, 1 - turn)
            return
        time.sleep(max(REST, time.monotonic() - began))


def _holds(run: Run) -> bool:
    newest = retention.versions(store_id=run.store_id, field=run.field)
    return bool(newest) and newest[0].id == run.rule_id and newest[0].active


def _batch(run: Run) -> bool:
    """Deal with the next few; return whether there were any. What was done and how far it is commit together."""
    field = FIELDS[run.field]
    ids = field.old(run.store_id, run.before, run.reached, field.batch)
    if not ids:
        return False
    with transaction.atomic():
        retention.advance(run.id, ids, field.forget(ids, run.before))
    return True
