"""Tasks for the tests that run workers as processes."""

from __future__ import annotations

import time

from django.db import connection

from pult.platform.queue import Retry, periodic, task


@task("outside.count")
def count(name: str, pause: float = 0.0) -> None:
    """Remember that this ran, as a cursor row each, idempotently."""
    time.sleep(pause)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_eventcursor (name, position) VALUES (%s, 1)"
            " ON CONFLICT (name) DO UPDATE SET position = platform_eventcursor.position + 1",
            (name,),
        )


@task("outside.nothing")
def nothing() -> None:
    """Do nothing, quickly."""


@task("outside.busy", backoff=lambda attempt: 0.0)
def busy() -> None:
    """Never succeed."""
    raise Retry("busy", after=0.05)


@periodic("outside.tick", every=0.3)
def tick() -> None:
    """Count the ticks."""
    count("tick")
