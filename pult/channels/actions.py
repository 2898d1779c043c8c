"""Writes of the channels' room: what arrives is kept, handed to a worker, and marked when read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pult.channels.base import Incoming
from pult.channels.models import Inbox, ListenerState, RawPayload
from pult.channels.queries import Payload, forget, payload_body
from pult.platform import holders, storage, wakeup
from pult.platform.db import among, hot, insert_many, is_postgres, json_in, time_in
from pult.platform.secrets import SecretUnreadable, seal
from pult.platform.text import storable

INLINE_BYTES = 256 * 1024
"""Bodies above this lie in a sealed file instead of the row."""

CLAIM_BYTES = 16 * 1024 * 1024
"""Bytes of bodies after which a claim takes no more."""

TOPIC = "payloads"
"""What workers are woken by when something arrived."""

_UNCLAIMED: Mapping[str, Any] = {"claimed_until": None, "claimed_by": ""}

MAX_ATTEMPTS = 6
BACKOFF = (5, 30, 120, 600, 3600)
"""Seconds until a payload that failed to parse is tried again."""

__all__ = [
    "Incoming",
    "change_inbox",
    "claim",
    "create_inbox",
    "erase",
    "forget_parsed",
    "give_back",
    "mark_failed",
    "mark_many_parsed",
    "mark_parsed",
    "note_listener",
    "receive",
    "receive_many",
    "release_orphans",
    "replace_bodies",
    "retry_failed",
]


def _external_id(item: Incoming) -> str:
    name = str(storable(item.external_id))
    if not name:
        return "sha256:" + hashlib.sha256(item.body).hexdigest()
    if len(name) > 200:
        return "long:" + hashlib.sha256(name.encode()).hexdigest()
    return name


def receive(inbox_id: int, external_id: str, envelope: Mapping[str, Any], body: bytes) -> int | None:
    """Keep one thing that arrived; see receive_many.

    Returns the payload's id, or None where it had been received before.
    """
    return receive_many([Incoming(inbox_id, external_id, envelope, body)])[0]


def receive_many(items: Sequence[Incoming]) -> list[int | None]:
    """Keep what arrived, sealed, in one transaction: either all is stored or the call raises.

    Args:
        items: in the order of arrival; an empty external_id stands for the hash of the body.

    Returns:
        one payload id per item, None where the inbox already had that external_id.
    """
    if not items:
        return []
    stamp = time_in(timezone.now())
    keys = [(item.inbox_id, _external_id(item)) for item in items]
    fresh: dict[tuple[int, str], Incoming] = {}  # of twins in one call, the first; ids follow the order of arrival
    for key, item in zip(keys, items, strict=True):
        fresh.setdefault(key, item)
    large = {key: item for key, item in fresh.items() if len(item.body) > INLINE_BYTES}
    # Without files it is one statement, which is a transaction of its own.
    with transaction.atomic() if large else nullcontext():
        blobs = {key: storage.put(item.body, sealed=True).id for key, item in large.items()}
        rows = [
            (
                *key,
                json_in(storable(item.envelope)),
                None if key in blobs else seal(item.body),
                blobs.get(key),
                "received",
                0,
                "",
                stamp,
            )
            for key, item in fresh.items()
        ]
        stored = insert_many("channels_rawpayload", _COLUMNS, rows, tail=_STORED)
        ids = {(inbox_id, external_id): int(row_id) for row_id, inbox_id, external_id in stored}
        for key, blob_id in blobs.items():
            if key not in ids:
                storage.release(blob_id)
        wakeup.notify(TOPIC)
    return [ids.pop(key, None) for key in keys]


_COLUMNS = (
    "inbox_id",
    "external_id",
    "envelope",
    "body",
    "blob_id",
    "state",
    "attempts",
    "error",
    "received_at",
)
_STORED = "ON CONFLICT (inbox_id, external_id) DO NOTHING RETURNING id, inbox_id, external_id"


def claim(limit: int = 20, lease: float = 20.0) -> list[Payload]:
    """Take up to `limit` payloads to parse, oldest first; nobody else gets them for `lease` seconds."""
    now = timezone.now()
    values = [time_in(now + timedelta(seconds=lease)), holders.new_holder(), time_in(now), limit]
    if is_postgres():
        return _opened(sorted(hot(_CLAIM.format(lock="FOR UPDATE SKIP LOCKED"), values)))
    # Looking first keeps an idle worker out of SQLite's write gate.
    if not hot("SELECT 1 FROM channels_rawpayload WHERE state = 'received' LIMIT 1"):
        return []
    with transaction.atomic():
        found = hot(_CLAIM.format(lock=""), values)
    return _opened(sorted(found))


_CLAIM = """
UPDATE channels_rawpayload SET claimed_until = %s, claimed_by = %s, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM channels_rawpayload
    WHERE state = 'received' AND (claimed_until IS NULL OR claimed_until < %s) ORDER BY id LIMIT %s {lock})
RETURNING id, inbox_id, external_id, envelope, body, blob_id, received_at, attempts
"""


def _opened(rows: Sequence[Sequence[Any]]) -> list[Payload]:
    """Open bodies until 16 MiB are reached, and give the rest back: large mails come few at a time.

    One that cannot be opened (its key or its file is gone) is noted as failed and holds nobody up.
    """
    opened: list[Payload] = []
    total = 0
    for number, row in enumerate(rows):
        if total > CLAIM_BYTES:
            give_back([later[0] for later in rows[number:]])
            break
        try:
            payload = _payload(row)
        except (SecretUnreadable, OSError, ValueError) as error:
            mark_failed(row[0], f"{type(error).__name__}: {error}")
            continue
        opened.append(payload)
        total += len(payload.body)
    return opened


def give_back(payload_ids: Sequence[int]) -> None:
    """Let others have payloads that were claimed and not begun."""
    rest = RawPayload.objects.filter(id__in=payload_ids, state=RawPayload.State.RECEIVED)
    rest.update(**_UNCLAIMED, attempts=F("attempts") - 1)


def release_orphans() -> int:
    """Let others have payloads at once whose holder was a process of this machine that is no more.

    Returns how many there were; each keeps count of having been begun.
    """
    held = RawPayload.objects.filter(state=RawPayload.State.RECEIVED).exclude(claimed_by="")
    gone = holders.gone(held.order_by().values_list("claimed_by", flat=True).distinct())
    if not gone:
        return 0
    released = held.filter(claimed_by__in=gone).update(**_UNCLAIMED)
    wakeup.notify(TOPIC)
    return released


def _payload(row: Sequence[Any]) -> Payload:
    payload_id, inbox_id, external_id, envelope, body, blob_id, received_at, attempts = row
    if isinstance(received_at, str):
        received_at = datetime.fromisoformat(received_at)
    if received_at.tzinfo is None:
        received_at = timezone.make_aware(received_at, timezone.get_default_timezone())
    envelope = json.loads(envelope) if isinstance(envelope, str) else envelope
    opened = payload_body(body, blob_id)
    return Payload(payload_id, inbox_id, external_id, envelope, opened, received_at, attempts)


def mark_parsed(payload_id: int, masked_body: bytes | None = None) -> bool:
    """Mark a payload as read, in the transaction of what was made of it.

    Args:
        masked_body: the copy to keep instead of the body; None where nothing in it had to be masked.

    Returns:
        False when somebody else had already finished it: the caller then rolls back.
    """
    if masked_body is None:
        return mark_many_parsed([payload_id])
    with transaction.atomic():
        row = RawPayload.objects.select_for_update().filter(id=payload_id).first()
        if row is None or row.state != RawPayload.State.RECEIVED:
            return False
        _replace_body(row, masked_body)
        row.state = RawPayload.State.PARSED
        row.claimed_until, row.claimed_by = None, ""
        row.error = ""
        row.save()
    return True


def mark_many_parsed(payload_ids: Sequence[int]) -> bool:
    """Mark payloads in which nothing had to be masked as read, in the transaction of what was made of them.

    Returns False when somebody else had already finished one of them: the caller then rolls back.
    """
    if not payload_ids:
        return True
    chosen, values = among("id", payload_ids)
    return len(hot(_PARSED.format(chosen=chosen), values)) == len(payload_ids)


_PARSED = """
UPDATE channels_rawpayload SET state = 'parsed', claimed_until = NULL, claimed_by = '', error = ''
WHERE {chosen} AND state = 'received' RETURNING id
"""


def _replace_body(row: RawPayload, body: bytes) -> None:
    """Put another body in a payload's place and let go of the old one."""
    old = row.blob_id
    blob = storage.put(body, sealed=True) if len(body) > INLINE_BYTES else None
    row.blob_id = blob.id if blob else None
    row.body = None if blob else seal(body)
    if old is not None:
        storage.release(old)


def mark_failed(payload_id: int, error: str) -> bool:
    """Note that parsing failed: it is tried again after a pause, and given to a person in the end.

    Returns:
        True when it will not be tried again by itself.
    """
    with transaction.atomic():
        row = RawPayload.objects.select_for_update().filter(id=payload_id, state=RawPayload.State.RECEIVED).first()
        if row is None:
            return True
        final = row.attempts >= MAX_ATTEMPTS
        row.error = str(storable(error))[:4000]
        row.state = RawPayload.State.FAILED if final else RawPayload.State.RECEIVED
        pause = BACKOFF[min(max(row.attempts, 1), len(BACKOFF)) - 1]
        row.claimed_until = None if final else timezone.now() + timedelta(seconds=pause)
        row.claimed_by = ""
        row.save(update_fields=["error", "state", "claimed_until", "claimed_by"])
    return final


def erase(payload_ids: Sequence[int]) -> int:
    """Forget what arrived, when the person it was from is erased; return how many payloads went."""
    with transaction.atomic():
        rows = list(RawPayload.objects.select_for_update().filter(id__in=payload_ids).order_by("id"))
        RawPayload.objects.filter(id__in=[row.id for row in rows]).delete()
        storage.release_many(row.blob_id for row in rows if row.blob_id is not None)
    return len(rows)


def forget_parsed(before: datetime, *, limit: int = 200) -> int:
    """Forget what was read into a message before then: the message stays, what it came as goes. Return how many went.

    At most `limit` go at a time; what could not be read stays until a person has looked at it.
    """
    old = RawPayload.objects.filter(state=RawPayload.State.PARSED, received_at__lt=before).order_by("received_at")
    return erase(list(old.values_list("id", flat=True)[:limit]))


def replace_bodies(before: datetime, clean: Callable[[int, bytes], bytes]) -> int:
    """Put a clean copy in the place of every body received before then that nobody could parse.

    Args:
        clean: is handed the inbox's id and the body; returns the same object where nothing has to change.

    Returns:
        the number of bodies replaced.
    """
    replaced = 0
    old = RawPayload.objects.filter(received_at__lt=before).exclude(state=RawPayload.State.PARSED)
    for payload_id in list(old.values_list("id", flat=True)):
        with transaction.atomic():
            row = old.select_for_update().filter(id=payload_id).first()
            if row is None:
                continue
            try:
                body = payload_body(row.body, row.blob_id)
            except (SecretUnreadable, OSError):
                continue
            copy = clean(row.inbox_id, body)
            if copy is not body:
                _replace_body(row, copy)
                row.save(update_fields=["body", "blob"])
                replaced += 1
    return replaced


def retry_failed(payload_id: int) -> bool:
    """Let a failed payload be tried again; False if it is not a failed one."""
    rows = RawPayload.objects.filter(id=payload_id, state=RawPayload.State.FAILED)
    return rows.update(state=RawPayload.State.RECEIVED, attempts=0, **_UNCLAIMED) == 1


def note_listener(inbox_id: int, name: str, *, value: Mapping[str, Any] | None = None, error: str = "") -> None:
    """Keep how far a listener has read and what hinders it; `value` None leaves the place as it is."""
    changed: dict[str, Any] = {"error": error[:4000]}
    if value is not None:
        changed["value"] = dict(value)
    ListenerState.objects.update_or_create(inbox_id=inbox_id, name=name, defaults=changed)


def create_inbox(
    *,
    store_id: int,
    channel: str,
    name: str,
    address: str,
    team_id: int | None = None,
    settings: Mapping[str, Any] | None = None,
) -> int:
    """Open an inbox and return its id. `settings` are taken as they are: see settings.validated."""
    row = Inbox.objects.create(
        store_id=store_id,
        team_id=team_id,
        channel=channel,
        name=name,
        address=address.strip().lower(),
        settings=dict(settings or {}),
    )
    forget()
    return row.id


def change_inbox(inbox_id: int, **changes: Any) -> None:
    """Change an inbox's name, address, team_id, settings or active."""
    unknown = changes.keys() - {"name", "address", "team_id", "settings", "active"}
    if unknown:
        raise ValueError(f"an inbox has no {sorted(unknown)}")
    Inbox.objects.filter(id=inbox_id).update(**changes)
    if "settings" in changes:
        # What was said of servers that may no longer be named; a place that was reached stays.
        ListenerState.objects.filter(inbox_id=inbox_id, value={}).exclude(error="").delete()
    forget()
