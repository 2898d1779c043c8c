"""Every request that reads customers' data, or erases them, leaves one line: who, when, what was done, whose data.

The log can be added to and read; nothing changes or removes a line but its age (`expire`) and the erasure of
a customer, which takes the customer out of the line and leaves the line.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.conf import settings
from django.db import connections
from django.utils import timezone

from pult.platform.db import Given, SqlValue, hot, is_postgres, json_in, marks

KINDS = ("list", "search", "prefetch", "open", "export", "stream", "erase")
MAX_IDS = 200
EXPIRE_BATCH = 5_000

_INSERT = """
    INSERT INTO accounts_accesslog (at, actor, kind, subject, subject_ids, customer_id, address)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
# PostgreSQL: a reader does not wait until the line is on the disk; a crash of the server (not of Pult) may
# cost the lines of its last moment. Only outside a transaction, so that nothing else is put off with it.
_INSERT_AT_ONCE = """
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO accounts_accesslog (at, actor, kind, subject, subject_ids, customer_id, address)
    SELECT %s::timestamptz, %s, %s, %s, %s::jsonb, %s::bigint, %s::inet FROM quick
    RETURNING id
"""
_INSERT_BESIDE = """
    INSERT INTO accounts_accesslog (at, actor, kind, subject, subject_ids, customer_id, address)
    SELECT %s::timestamptz, %s, %s, 'conversation', {ids}, {customer}, %s::inet FROM {source}
"""
_AT_ONCE = "(SELECT set_config('synchronous_commit', 'off', true)) quick, "
_EXPIRE = """
    DELETE FROM accounts_accesslog WHERE id IN (
        SELECT id FROM accounts_accesslog WHERE at < %s ORDER BY at LIMIT %s)
"""


class Reader(msgspec.Struct, frozen=True):
    """Who reads (staff:3 or token:9), in which way (of KINDS), and from what IP address, where it is known."""

    actor: str
    kind: str
    address: str | None = None


def database() -> str:
    """Return the alias of the database the log is in."""
    return "log" if "log" in settings.DATABASES else "default"


def record(
    actor: str,
    kind: str,
    *,
    subject: str = "conversation",
    subject_ids: Sequence[int] = (),
    customer_id: int | None = None,
    address: str | None = None,
) -> None:
    """Add one line, with one insert. `actor` is of the form staff:3 or token:9.

    `kind` is one of KINDS, `subject` names what `subject_ids` are ids of (the first MAX_IDS are kept), and
    `address` is the reader's IP address; one that cannot be read is left out.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    connection = connections[database()]
    line = [
        connection.ops.adapt_datetimefield_value(timezone.now()),
        actor,
        kind,
        subject,
        json_in(list(subject_ids[:MAX_IDS])),
        customer_id,
        _address(address),
    ]
    if is_postgres() and not connection.in_atomic_block:
        hot(_INSERT_AT_ONCE, line)
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, line)


def record_for(reader: Reader, conversation_ids: Sequence[int], *, customer_id: int | None = None) -> None:
    """Add the line of somebody who reads conversations."""
    record(reader.actor, reader.kind, subject_ids=conversation_ids, customer_id=customer_id, address=reader.address)


def note(reader: Reader, *, ids: str, customer: str, source: str, values: Sequence[SqlValue] = ()) -> Given | None:
    """Return the line of somebody who reads conversations as a part of the statement that reads them, which so costs no
    more than the line; None where the log is in a database of its own, and `record_for` has to write it.

    `ids` and `customer` are SQL for the conversations' ids (jsonb) and the customer's (NULL where there is none), read
    from `source`: what follows FROM, and yields one row if anything is read and none otherwise; `values` are the
    parameters of `source`.
    """
    if reader.kind not in KINDS:
        raise ValueError(f"{reader.kind!r} is not one of {', '.join(KINDS)}")
    if not is_postgres():
        return None
    quick = "" if connections[database()].in_atomic_block else _AT_ONCE
    sql = _INSERT_BESIDE.format(ids=ids, customer=customer, source=quick + source)
    return Given("noted", sql, [timezone.now(), reader.actor, reader.kind, _address(reader.address), *values])


def expire() -> int:
    """Remove lines older than ACCESS_LOG_DAYS, in batches; return how many."""
    connection = connections[database()]
    before = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=settings.ACCESS_LOG_DAYS))
    removed, gone = 0, EXPIRE_BATCH
    with connection.cursor() as cursor:
        while gone == EXPIRE_BATCH:
            cursor.execute(_EXPIRE, [before, EXPIRE_BATCH])
            gone = cursor.rowcount
            removed += gone
    return removed


def old_lines(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of lines from before then, those above `after`; the log belongs to the whole company."""
    sql = "SELECT id FROM accounts_accesslog WHERE at < %s AND id > %s ORDER BY id LIMIT %s"
    connection = connections[database()]
    with connection.cursor() as cursor:
        cursor.execute(sql, [connection.ops.adapt_datetimefield_value(before), after, limit])
        return [row[0] for row in cursor.fetchall()]


def remove_lines(ids: Sequence[int]) -> int:
    """Remove lines that are too old; return how many went."""
    with connections[database()].cursor() as cursor:
        cursor.execute(f"DELETE FROM accounts_accesslog WHERE id IN ({marks(ids)})", list(ids))
        return int(cursor.rowcount)


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(text)) if text else None
    except ValueError:
        return None
