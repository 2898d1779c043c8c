"""Writes of the channels' room: what arrives is kept, handed to a worker, and marked when read."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from pult.channels.base import Incoming
from pult.channels.models import Inbox, ListenerState, RawPayload
from pult.channels.queries import Payload, forget, payload_body
from pult.platform import storage
from pult.platform.arrivals import CLAIM_BYTES, INLINE_BYTES, MAX_ATTEMPTS, Arrivals, Arriving
from pult.platform.forgetting import remover
from pult.platform.secrets import SecretUnreadable, seal

TOPIC = "payloads"
"""What workers are woken by when something arrived."""

PAYLOADS = Arrivals("channels_rawpayload", "inbox_id", TOPIC)

__all__ = [
    "MAX_ATTEMPTS",
    "Incoming",
    "apart",
    "change_inbox",
    "claim",
    "create_inbox",
    "erase",
    "erase_holding",
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
    return PAYLOADS.receive([Arriving(*item) for item in items])


def claim(limit: int = 20, lease: float = 20.0) -> list[Payload]:
    """Take up to `limit` payloads to parse, oldest first; nobody else gets them for `lease` seconds."""
    return [Payload(*one) for one in PAYLOADS.claim(limit, lease, most=CLAIM_BYTES)]


def apart(waiting: Sequence[Payload]) -> Sequence[Payload]:
    """Take one that was begun before alone: if its process died of it, no other is to blame."""
    return PAYLOADS.apart(waiting)


def give_back(payload_ids: Sequence[int]) -> None:
    """Let others have payloads that were claimed and not begun."""
    PAYLOADS.give_back(payload_ids)


def release_orphans() -> int:
    """Let others have payloads at once whose holder was a process of this machine that is no more."""
    return PAYLOADS.release_orphans()


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
    return PAYLOADS.finish(payload_ids)


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
    return PAYLOADS.mark_failed(payload_id, error)


def erase(payload_ids: Sequence[int]) -> int:
    """Forget what arrived, when the person it was from is erased; return how many payloads went."""
    with transaction.atomic():
        rows = list(RawPayload.objects.select_for_update().filter(id__in=payload_ids).order_by("id"))
        RawPayload.objects.filter(id__in=[row.id for row in rows]).delete()
        storage.release_many(row.blob_id for row in rows if row.blob_id is not None)
    return len(rows)


def erase_holding(addresses: Collection[str]) -> int:
    """Forget what arrived, and could not be read or waits to be, in which one of these addresses stands; take them out
    of what is shown of mailboxes that could not be asked. Return how many payloads went."""
    wanted = [address.casefold() for address in addresses if address]
    if not wanted:
        return 0
    found, without = [], remover(wanted)
    for row in RawPayload.objects.exclude(state=RawPayload.State.PARSED).order_by("id").iterator(chunk_size=20):
        try:
            body = payload_body(row.body, row.blob_id).decode("utf-8", "replace")
        except (SecretUnreadable, storage.BlobMissing, OSError):
            continue
        told = f"{json.dumps(row.envelope, ensure_ascii=False)} {row.error} {body}".casefold()
        if any(address in told for address in wanted):
            found.append(row.id)
    for state in ListenerState.objects.exclude(error=""):
        if (error := without(state.error)) != state.error:
            ListenerState.objects.filter(pk=state.pk).update(error=error)
    return erase(found)


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
    return PAYLOADS.retry_failed(payload_id)


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
