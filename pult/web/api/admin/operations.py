"""The doors to what an admin watches: who read whose data, which jobs failed, what could not be read."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from pult.accounts import access, queries
from pult.accounts import access_log as log
from pult.accounts.errors import NotFound
from pult.platform import paging, queue
from pult.web.api.answers import answer, empty
from pult.web.api.auth import actor_of, address_of
from pult.web.api.schemas import PageQuery

router = Router(tags=["admin"])
MOST_LINES = 100_000


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
    door: Literal["", "staff", "token", "link"] = Field(
        default="", description="staff: the screen, token: the API, link: a link that somebody was given."
    )
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def narrowed(self) -> queries.LogFilter:
        """Return what the log is narrowed to."""
        return queries.LogFilter(self.customer, self.actor, self.kind, self.door, self.since, self.until)


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
    return answer(queries.access_log(narrowed=query.narrowed(), after=query.after, limit=query.limit))


@router.get("/access-log.csv", response={200: None})
def access_log_file(request: HttpRequest, query: Query[LogQuery]) -> FileResponse:
    """The same as a CSV file, the newest MOST_LINES of it; `after` and `limit` mean nothing here (log.read)."""
    actor = actor_of(request)
    access.require(actor, "log.read")
    file = io.BytesIO()
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    lines = csv.writer(text)
    lines.writerow(["time", "who", "name", "what", "of", "ids", "customer", "address"])
    after, left = "", MOST_LINES
    while left > 0:
        page = queries.access_log(narrowed=query.narrowed(), after=after, limit=min(1_000, left))
        for one in page.items:
            ids = " ".join(map(str, one.subject_ids))
            row = (one.at.isoformat(), one.actor, one.name, one.kind, one.subject, ids, one.customer_id, one.address)
            lines.writerow([_cell(value) for value in row])
        left -= len(page.items)
        if page.next is None:
            break
        after = page.next
    log.record(
        actor.ref, "export", subject="log", subject_ids=[], customer_id=query.customer, address=address_of(request)
    )
    text.detach()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="access-log.csv", content_type="text/csv")


def _cell(value: object) -> str:
    """Return a value as a cell that no program for tables takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


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
