"""Whether Pult is well."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from ninja import Router

from pult import VERSION
from pult.channels import queries as channels
from pult.platform import queue
from pult.web.api import schemas
from pult.web.api.answers import answer

router = Router(tags=["health"])


@router.get("/health", auth=None, response={200: schemas.HealthOut, 503: schemas.HealthOut})
def health(request: HttpRequest) -> HttpResponse:
    """Whether the database answers and how much is waiting; nothing of it is secret."""
    body = {"status": "ok", "version": VERSION, "database": connection.vendor, "demo": settings.DEMO}
    try:
        counts = {**queue.stats(), "payloads": channels.waiting()}
    except DatabaseError:
        return answer({**body, "status": "degraded", "queue": {}}, 503)
    return answer({**body, "queue": counts})
