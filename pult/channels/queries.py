"""Reads of inboxes and of what arrived, for the rooms above."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from pult.accounts.hiding import hiding
from pult.channels.base import InboxInfo, Raw
from pult.channels.masking import Rules
from pult.channels.models import Inbox, ListenerState, RawPayload
from pult.platform.arrivals import opened_body
from pult.platform.domains import readable


class NoSuchInbox(LookupError):
    """No inbox has that id."""


class InboxRecord(msgspec.Struct, frozen=True):
    """An inbox as the rooms above see it; `info()` is what its adapter may know."""

    id: int
    store_id: int
    team_id: int | None
    channel: str
    name: str
    address: str
    active: bool
    store_name: str
    language: str
    settings: Mapping[str, Any]
    mask_ibans: bool = True
    mask_documents: bool = True
    own_ibans: Sequence[str] = ()

    def rules(self) -> Rules:
        """Return what its store hides."""
        return Rules(self.mask_ibans, self.mask_documents, frozenset(self.own_ibans))

    def info(self) -> InboxInfo:
        """Return what the adapter is handed."""
        return InboxInfo(self.id, self.address, self.name, self.store_name, self.language, self.settings)


class Payload(NamedTuple):
    """Something that arrived, opened for parsing. `attempts` counts this one in."""

    id: int
    inbox_id: int
    external_id: str
    envelope: Mapping[str, Any]
    body: bytes
    received_at: datetime
    attempts: int

    def raw(self) -> Raw:
        """Return what the adapter is handed."""
        return Raw(self.body, self.envelope, self.received_at)


class FailedPayload(msgspec.Struct, frozen=True):
    """Something that arrived and could not be read, for the admin's list. Its body is never shown."""

    id: int
    inbox_id: int
    external_id: str
    attempts: int
    error: str
    received_at: datetime


class ListenerReport(msgspec.Struct, frozen=True):
    """How a listener of an inbox fares; `error` is empty when all is well."""

    inbox_id: int
    name: str
    error: str
    updated_at: datetime


_FIELDS = (
    "id",
    "store_id",
    "team_id",
    "channel",
    "name",
    "address",
    "active",
    "store__name",
    "store__language",
    "settings",
    "store__mask_ibans",
    "store__mask_documents",
    "store__own_ibans",
)


def inbox(inbox_id: int) -> InboxRecord:
    """Return one inbox. Raises NoSuchInbox."""
    row = Inbox.objects.filter(id=inbox_id).values_list(*_FIELDS).first()
    if row is None:
        raise NoSuchInbox(inbox_id)
    return InboxRecord(*row)


def rules(store_id: int) -> Rules:
    """Return what a store hides in what it keeps."""
    found = hiding(store_id)
    return Rules(found.ibans, found.documents, frozenset(found.own_ibans))


def inboxes_by_id(ids: Collection[int]) -> dict[int, InboxRecord]:
    """Return those of some inboxes that are there, as they are now."""
    rows = Inbox.objects.filter(id__in=ids).values_list(*_FIELDS)
    return {record.id: record for record in (InboxRecord(*row) for row in rows)}


def inboxes(*, store_ids: Sequence[int] | None = None, active_only: bool = False) -> list[InboxRecord]:
    """Return inboxes by name, of some stores or of all."""
    rows = Inbox.objects.order_by("name", "id")
    if store_ids is not None:
        rows = rows.filter(store_id__in=store_ids)
    if active_only:
        rows = rows.filter(active=True)
    return [InboxRecord(*row) for row in rows.values_list(*_FIELDS)]


def inbox_by_address(channel: str, address: str) -> InboxRecord | None:
    """Return the channel's active inbox of that address, letter case aside; None if there is none."""
    rows = Inbox.objects.filter(channel=channel, address__iexact=address, active=True)
    row = rows.values_list(*_FIELDS).first()
    return None if row is None else InboxRecord(*row)


def addresses(channel: str) -> dict[str, int]:
    """Return the id of every active inbox of a channel by its address in lower case."""
    rows = Inbox.objects.filter(channel=channel, active=True).values_list("address", "id")
    return {address.lower(): inbox_id for address, inbox_id in rows}


_KEPT_SECONDS = 5.0
_kept: list[tuple[float, list[InboxRecord]]] = []


def kept_inboxes() -> list[InboxRecord]:
    """Return all inboxes by name, remembered in this process for _KEPT_SECONDS: hot doors ask for them each time."""
    if not _kept or _kept[0][0] < time.monotonic():
        _kept[:] = [(time.monotonic() + _KEPT_SECONDS, inboxes())]
    return _kept[0][1]


def own_addresses() -> frozenset[str]:
    """Return every address of ours in lower case, its domain as DNS has it and as it is read."""
    own = [inbox.address.lower().rpartition("@") for inbox in kept_inboxes()]
    return frozenset(f"{local}{at}{form}" for local, at, domain in own for form in (domain, readable(domain)))


def forget() -> None:
    """Drop what this process remembers of inboxes; called after one of them changes."""
    _kept.clear()


def payload_body(body: bytes | memoryview | None, blob_id: int | None) -> bytes:
    """Open a stored body, whether it lies in the row or in a blob."""
    return opened_body(body, blob_id)


def payload(payload_id: int) -> Payload | None:
    """Return one payload opened, for retrying by hand and for tests."""
    row = RawPayload.objects.filter(id=payload_id).first()
    if row is None:
        return None
    body = payload_body(row.body, row.blob_id)
    return Payload(row.id, row.inbox_id, row.external_id, row.envelope, body, row.received_at, row.attempts)


def newest(inbox_id: int, *, limit: int) -> list[Raw]:
    """Return what arrived last in an inbox and lies in its row, newest first; large ones are passed over."""
    rows = RawPayload.objects.filter(inbox=inbox_id, blob=None).exclude(body=None).order_by("-id")
    return [
        Raw(payload_body(body, None), envelope, received_at)
        for body, envelope, received_at in rows.values_list("body", "envelope", "received_at")[:limit]
    ]


def waiting() -> int:
    """Count the payloads that nobody has parsed yet."""
    return RawPayload.objects.filter(state=RawPayload.State.RECEIVED).count()


def failed_payloads(*, limit: int = 100) -> list[FailedPayload]:
    """Return what could not be parsed, newest first."""
    rows = RawPayload.objects.filter(state=RawPayload.State.FAILED).order_by("-id")
    fields = ("id", "inbox_id", "external_id", "attempts", "error", "received_at")
    return [FailedPayload(*row) for row in rows.values_list(*fields)[:limit]]


def listener_state(inbox_id: int, name: str) -> dict[str, Any]:
    """Return how far a listener has read; empty before its first run."""
    row = ListenerState.objects.filter(inbox_id=inbox_id, name=name).values_list("value", flat=True).first()
    return dict(row or {})


def listener_reports() -> list[ListenerReport]:
    """Return how every listener fares, for the admin."""
    rows = ListenerState.objects.exclude(name="lease").order_by("inbox_id", "name")
    return [ListenerReport(*row) for row in rows.values_list("inbox_id", "name", "error", "updated_at")]


def old_payloads(store_id: int | None, before: datetime, after: int, limit: int) -> list[int]:
    """Return the ids of payloads of a store that were read and came before then, those above `after`."""
    rows = RawPayload.objects.filter(state=RawPayload.State.PARSED, received_at__lt=before, id__gt=after)
    return list(rows.filter(inbox__store=store_id).order_by("id").values_list("id", flat=True)[:limit])
