"""Rules of how long data is kept: versions with who and when, and the log of what was done by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.core import signing
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from pult.accounts import queries
from pult.accounts.access import Actor, require
from pult.accounts.errors import Invalid, NotTried
from pult.accounts.models import RetentionRule, RetentionRun
from pult.platform import events

OF_STORE = ("messages", "attachments", "payloads", "spam", "order_addresses", "birthdays")
OF_COMPANY = ("people", "access_log")
LEAST_DAYS = 1
MOST_DAYS = 36_500
TRIED_WITHIN = 3_600
"""Seconds after a trial in which the rule may be switched on."""
SAMPLE = 20
_SALT = "pult.accounts.retention.tried"


class Rule(msgspec.Struct, frozen=True):
    """The rule that holds for a field; `version` 0 where nobody has made one yet."""

    id: int
    store_id: int | None
    field: str
    days: int
    active: bool
    version: int
    actor: str
    at: datetime | None


class Run(msgspec.Struct, frozen=True):
    """What was done by a rule in one night."""

    id: int
    rule_id: int
    store_id: int | None
    field: str
    version: int
    before: datetime
    reached: int
    done: int
    sample: list[int]
    begun_at: datetime
    finished_at: datetime | None
    outcome: str


_RULE = ("id", "store_id", "field", "days", "active", "version", "actor", "at")
_RUN = (
    *("id", "rule_id", "rule__store_id", "rule__field", "rule__version", "before", "reached", "done", "sample"),
    *("begun_at", "finished_at", "outcome"),
)


def tried(*, store_id: int | None, field: str, days: int) -> str:
    """Return the word that says a rule was tried, to be given when it is switched on."""
    return signing.dumps([store_id, field, days], salt=_SALT)


def save(actor: Actor, *, store_id: int | None, field: str, days: int, active: bool, confirm: str = "") -> Rule:
    """Make another version of a rule. Only a tried one is switched on. Raises Invalid, NotTried, NotFound."""
    require(actor, "settings.write")
    check(store_id=store_id, field=field, days=days)
    if active:
        try:
            said = signing.loads(confirm, salt=_SALT, max_age=TRIED_WITHIN)
        except signing.BadSignature as error:
            raise NotTried from error
        if said != [store_id, field, days]:
            raise NotTried
    with transaction.atomic():
        there = RetentionRule.objects.filter(store=store_id, field=field)
        last = there.aggregate(Max("version"))["version__max"] or 0
        row = RetentionRule.objects.create(
            store_id=store_id,
            field=field,
            days=days,
            active=active,
            version=last + 1,
            actor=actor.ref,
            at=timezone.now(),
        )
        data = {"field": field, "version": row.version}
        events.append("retention.changed", scope_id=store_id, entity_id=row.id, actor=actor.ref, data=data)
    return Rule(row.id, store_id, field, days, active, row.version, row.actor, row.at)


def check(*, store_id: int | None, field: str, days: int) -> None:
    """Say what is wrong with a rule. Raises Invalid, NotFound."""
    if field not in (OF_COMPANY if store_id is None else OF_STORE):
        raise Invalid("choice", field="field", choices=", ".join(OF_COMPANY if store_id is None else OF_STORE))
    if not LEAST_DAYS <= days <= MOST_DAYS:
        raise Invalid("too_small" if days < LEAST_DAYS else "too_large", field="days", limit=LEAST_DAYS)
    if store_id is not None:
        queries.store(store_id)


def rules() -> list[Rule]:
    """Return the rule of every field of every store and of the company that somebody has made."""
    newest: dict[tuple[int | None, str], Rule] = {}
    for row in RetentionRule.objects.order_by("version").values_list(*_RULE):
        rule = Rule(*row)
        newest[rule.store_id, rule.field] = rule
    return sorted(newest.values(), key=lambda rule: (rule.store_id or 0, rule.field))


def versions(*, store_id: int | None, field: str) -> list[Rule]:
    """Return every version of a rule, newest first."""
    rows = RetentionRule.objects.filter(store=store_id, field=field).order_by("-version")
    return [Rule(*row) for row in rows.values_list(*_RULE)]


def runs(*, before: int | None = None, limit: int = 50) -> list[Run]:
    """Return what was done, newest first."""
    rows = RetentionRun.objects.order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [Run(*row) for row in rows.values_list(*_RUN)[:limit]]


def open_runs() -> list[Run]:
    """Return the runs that are not finished."""
    return [Run(*row) for row in RetentionRun.objects.filter(finished_at=None).order_by("id").values_list(*_RUN)]


def run(run_id: int) -> Run | None:
    """Return one run."""
    row = RetentionRun.objects.filter(pk=run_id).values_list(*_RUN).first()
    return None if row is None else Run(*row)


def last_begun(rule_id: int) -> datetime | None:
    """Return when a rule was last begun."""
    rows = RetentionRun.objects.filter(rule=rule_id).order_by("-begun_at")
    return rows.values_list("begun_at", flat=True).first()


def begin(rule: Rule) -> int:
    """Begin a run of a rule and return its id."""
    now = timezone.now()
    before = now - timedelta(days=rule.days)
    return RetentionRun.objects.create(rule_id=rule.id, before=before, begun_at=now).id


def advance(run_id: int, ids: Sequence[int], done: int) -> None:
    """Note that a run has dealt with these, in the transaction in which they went."""
    row = RetentionRun.objects.select_for_update().get(pk=run_id)
    room = SAMPLE - len(row.sample)
    RetentionRun.objects.filter(pk=run_id).update(
        reached=ids[-1], done=F("done") + done, sample=[*row.sample, *ids[: max(0, room)]]
    )


def finish(run_id: int, outcome: str = "done") -> None:
    """End a run."""
    RetentionRun.objects.filter(pk=run_id, finished_at=None).update(finished_at=timezone.now(), outcome=outcome)
