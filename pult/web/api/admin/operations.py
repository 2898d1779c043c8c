"""The doors to what an admin watches: who read whose data, which jobs failed, what could not be read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from pult.accounts import access, queries
from pult.accounts.errors import NotFound
from pult.platform import paging, queue
from pult.web.api.answers import answer, empty
from pult.web.api.auth import actor_of
from pult.web.api.schemas import PageQuery

router = Router(tags=["admin"])


class ReadingOut(Schema):
    id: int
    at: datetime
    actor: str
    name: str
    kind: Literal["list", "search", "prefetch", "open", "export", "stream", "erase"]
    subject: str
    subject_ids: list[int]
    customer_id: int | None
    address: str | None


class ReadingsOut(Schema):
    items: list[ReadingOut]
    next: str | None


class LogQuery(PageQuery):
    """What the log is narrowed to; `actor` is of the form staff:3 or token:9."""

    customer: int | None = None
    actor: str = Field(default="", max_length=40)
    kind: Literal["", "list", "search", "prefetch", "open", "export", "stream", "erase"] = ""


class DeadJobOut(Schema):
    id: int
    task: str
    args: dict[str, object]
    attempts: int
    error: str
    created_at: datetime


class DeadJobsOut(Schema):
    items: list[DeadJobOut]
    next: str | None


@router.get("/access-log", response=ReadingsOut)
def access_log(request: HttpRequest, query: Query[LogQuery]) -> HttpResponse:
    """Who read whose data, newest first (log.read)."""
    access.require(actor_of(request), "log.read")
    page = queries.access_log(
        customer_id=query.customer,
        actor_ref=query.actor,
        kind=query.kind,
        after=query.after,
        limit=query.limit,
    )
    return answer(page)


@router.get("/jobs/dead", response=DeadJobsOut)
def dead_jobs(request: HttpRequest, query: Query[PageQuery]) -> HttpResponse:
    """Jobs that failed for good, newest first, with the reason (settings.write)."""
    access.require(actor_of(request), "settings.write")
    found = queue.dead(query.limit + 1, before=paging.id_of(query.after))
    page = found[: query.limit]
    more = str(page[-1].id) if len(found) > query.limit else None
    return answer({"items": [job._asdict() for job in page], "next": more})


@router.post("/jobs/dead/{job_id}/retry", response={204: None})
def retry_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Give a failed job all its tries again."""
    access.require(actor_of(request), "settings.write")
    if not queue.revive(job_id):
        raise NotFound(f"There is no dead job {job_id}.")
    return empty()


@router.delete("/jobs/dead/{job_id}", response={204: None})
def discard_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Drop a failed job."""
    access.require(actor_of(request), "settings.write")
    if not queue.discard(job_id):
        raise NotFound(f"There is no dead job {job_id}.")
    return empty()
