"""The doors to how long data is kept: rules by store and field, tried before they hold, and what was done by them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from pult.accounts import access, queries, retention
from pult.flows import retention as flow
from pult.platform import paging
from pult.web.api.answers import answer
from pult.web.api.auth import actor_of
from pult.web.api.schemas import PageQuery

router = Router(tags=["admin"])
Kept = Literal["messages", "attachments", "payloads", "spam", "order_addresses", "birthdays", "people", "access_log"]


class RuleOut(Schema):
    """A version of a rule. `version` grows with every change; nothing of an older one is lost."""

    id: int
    store_id: int | None = Field(description="null for what the company keeps together: people, access_log.")
    field: Kept
    days: int
    active: bool
    version: int
    actor: str
    name: str
    at: datetime | None


class RulesOut(Schema):
    items: list[RuleOut]


class RuleIn(Schema):
    store_id: int | None = None
    field: Kept
    days: int = Field(ge=retention.LEAST_DAYS, le=retention.MOST_DAYS)


class RuleSaveIn(RuleIn):
    active: bool
    confirm: str = Field(default="", description="Of a trial of the same rule, an hour old at most; to switch it on.")


class TrialOut(Schema):
    """What the rule would take today. Nothing was taken."""

    count: int
    sample: list[int] = Field(description="Ids of the first.")
    before: datetime
    confirm: str


class RunOut(Schema):
    id: int
    store_id: int | None
    field: Kept
    version: int
    before: datetime
    done: int
    sample: list[int]
    begun_at: datetime
    finished_at: datetime | None
    outcome: Literal["", "done", "replaced"]


class RunsOut(Schema):
    items: list[RunOut]
    next: str | None


class VersionsQuery(Schema):
    store_id: int | None = None
    field: Kept


def _shown(rules: list[retention.Rule]) -> list[dict[str, object]]:
    names = queries.actor_names(rule.actor for rule in rules)
    return [{**msgspec.structs.asdict(rule), "name": names.get(rule.actor, "")} for rule in rules]


@router.get("/retention", response=RulesOut)
def rules(request: HttpRequest) -> HttpResponse:
    """The rules that hold (settings.write). What has none is kept."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": _shown(retention.rules())})


@router.get("/retention/versions", response=RulesOut)
def versions(request: HttpRequest, query: Query[VersionsQuery]) -> HttpResponse:
    """Every version of a rule, newest first: who made it and when (settings.write)."""
    access.require(actor_of(request), "settings.write")
    return answer({"items": _shown(retention.versions(store_id=query.store_id, field=query.field))})


@router.post("/retention/trial", response=TrialOut)
def attempt(request: HttpRequest, body: RuleIn) -> HttpResponse:
    """What a rule would take today, without taking anything (settings.write)."""
    access.require(actor_of(request), "settings.write")
    return answer(flow.attempt(store_id=body.store_id, field=body.field, days=body.days))


@router.put("/retention", response=RuleOut)
def save(request: HttpRequest, body: RuleSaveIn) -> HttpResponse:
    """Make another version of a rule; one that is switched on has to be tried before (settings.write)."""
    saved = retention.save(
        actor_of(request),
        store_id=body.store_id,
        field=body.field,
        days=body.days,
        active=body.active,
        confirm=body.confirm,
    )
    return answer(_shown([saved])[0])


@router.get("/retention/runs", response=RunsOut)
def runs(request: HttpRequest, query: Query[PageQuery]) -> HttpResponse:
    """What was done, newest first: by which rule, how many, the ids of the first (settings.write)."""
    access.require(actor_of(request), "settings.write")
    found = retention.runs(before=paging.id_of(query.after), limit=query.limit + 1)
    page = found[: query.limit]
    more = str(page[-1].id) if len(found) > query.limit else None
    return answer({"items": page, "next": more})
