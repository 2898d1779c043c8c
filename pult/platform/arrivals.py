"""What arrives from outside is kept, sealed, before the sender hears 'accepted'; then handed to one worker at a time.

A room that takes such things in has a table with the columns of COLUMNS, claimed_until and claimed_by, where the first
column names whom a thing is for (an inbox, a shop), unique with external_id; Arrivals is its mechanism. What a dead
process held is handed out again, what fails is tried again after a pause, and in the end shown to a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

from django.db import transaction
from django.utils import timezone

from pult.platform import holders, storage, wakeup
from pult.platform.db import among, count, hot, insert_many, is_postgres, json_in, rows, time_in
from pult.platform.secrets import SecretUnreadable, seal, unseal
from pult.platform.text import storable

INLINE_BYTES = 256 * 1024
"""Bodies above this lie in a sealed file instead of the row."""

CLAIM_BYTES = 16 * 1024 * 1024
"""Bytes of bodies after which a claim takes no more."""

MAX_ATTEMPTS = 6
BACKOFF = (5, 30, 120, 600, 3600)
"""Seconds until what failed to parse is tried again."""

COLUMNS = ("external_id", "envelope", "body", "blob_id", "state", "attempts", "error", "received_at")


class Arrived(NamedTuple):
    """Something that arrived, opened for parsing. `attempts` counts this one in."""

    id: int
    owner_id: int
    external_id: str
    envelope: Mapping[str, Any]
    body: bytes
    received_at: datetime
    attempts: int


class _Counted(Protocol):
    """Something claimed, and how often it was."""

    @property
    def id(self) -> int: ...

    @property
    def attempts(self) -> int: ...


Begun = TypeVar("Begun", bound=_Counted)


class Arriving(NamedTuple):
    """Something about to be kept; an empty external_id stands for the hash of the body."""

    owner_id: int
    external_id: str
    envelope: Mapping[str, Any]
    body: bytes


def external_id_of(item: Arriving) -> str:
    """Return the name under which a thing is kept: told apart by content where its sender gives none."""
    name = str(storable(item.external_id))
    if not name:
        return "sha256:" + hashlib.sha256(item.body).hexdigest()
    if len(name) > 200:
        return "long:" + hashlib.sha256(name.encode()).hexdigest()
    return name


def opened_body(body: bytes | memoryview | None, blob_id: int | None) -> bytes:
    """Open a stored body, whether it lies in the row or in a blob."""
    if blob_id is not None:
        return storage.read_blob(blob_id)
    return b"" if body is None else unseal(bytes(body))


class Arrivals:
    """The mechanism of one table. `topic` is what workers are woken by when something arrived."""

    def __init__(self, table: str, owner: str, topic: str) -> None:
        self._table, self._topic = table, topic
        self._columns = (owner, *COLUMNS)
        self._stored = f"ON CONFLICT ({owner}, external_id) DO NOTHING RETURNING id, {owner}, external_id"
        self._waits = f"SELECT 1 FROM {table} WHERE state = 'received' LIMIT 1"
        # What another claims at the same moment is passed over.
        lock = "FOR UPDATE SKIP LOCKED"
        self._claim, self._claim_alone = (
            f"UPDATE {table} SET claimed_until = %s, claimed_by = %s, attempts = attempts + 1 WHERE id IN ("
            f" SELECT id FROM {table} WHERE state = 'received' AND (claimed_until IS NULL OR claimed_until < %s)"
            f" ORDER BY id LIMIT %s {how})"
            f" RETURNING id, {owner}, external_id, envelope, body, blob_id, received_at, attempts"
            for how in (lock, "")
        )

    def receive(self, items: Sequence[Arriving]) -> list[int | None]:
        """Keep what arrived, sealed, in one transaction: either all is stored or the call raises.

        Returns one id an item, in the order of arrival, None where its owner already had that external_id.
        """
        if not items:
            return []
        stamp = time_in(timezone.now())
        keys = [(item.owner_id, external_id_of(item)) for item in items]
        fresh: dict[tuple[int, str], Arriving] = {}  # of twins in one call, the first; ids follow the order of arrival
        for key, item in zip(keys, items, strict=True):
            fresh.setdefault(key, item)
        large = {key: item for key, item in fresh.items() if len(item.body) > INLINE_BYTES}
        # Without files it is one statement, which is a transaction of its own.
        with transaction.atomic() if large else nullcontext():
            blobs = {key: storage.put(item.body, sealed=True).id for key, item in large.items()}
            lines = [
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
            stored = insert_many(self._table, self._columns, lines, tail=self._stored)
            ids = {(owner_id, external_id): int(row_id) for row_id, owner_id, external_id in stored}
            for key, blob_id in blobs.items():
                if key not in ids:
                    storage.release(blob_id)
            wakeup.notify(self._topic)
        return [ids.pop(key, None) for key in keys]

    def claim(self, limit: int, lease: float = 20.0, *, most: int = CLAIM_BYTES) -> list[Arrived]:
        """Take up to `limit` things to parse, fewer once their bodies reach `most` bytes, oldest first; nobody else
        gets them for `lease` seconds."""
        now = timezone.now()
        values = [time_in(now + timedelta(seconds=lease)), holders.new_holder(), time_in(now), limit]
        if is_postgres():
            return self._opened(sorted(hot(self._claim, values)), most)
        # Looking first keeps an idle worker out of SQLite's write gate.
        if not hot(self._waits):
            return []
        with transaction.atomic():
            found = hot(self._claim_alone, values)
        return self._opened(sorted(found), most)

    def _opened(self, found: Sequence[Sequence[Any]], most: int) -> list[Arrived]:
        """Open bodies until so many bytes are reached, and give the rest back: large ones come few at a time.

        One that cannot be opened (its key or its file is gone) is noted as failed and holds nobody up.
        """
        opened: list[Arrived] = []
        total = 0
        for number, row in enumerate(found):
            if total > most:
                self.give_back([later[0] for later in found[number:]])
                break
            try:
                one = _arrived(row)
            except (SecretUnreadable, OSError, ValueError) as error:
                self.mark_failed(row[0], f"{type(error).__name__}: {error}")
                continue
            opened.append(one)
            total += len(one.body)
        return opened

    def apart(self, waiting: Sequence[Begun]) -> Sequence[Begun]:
        """Take one that was begun before alone: if its process died of it, no other is to blame."""
        begun = next((one for one in waiting if one.attempts > 1), None)
        if begun is None:
            return waiting
        self.give_back([one.id for one in waiting if one is not begun])
        return [begun]

    def give_back(self, ids: Sequence[int]) -> None:
        """Let others have what was claimed and not begun."""
        if ids:
            chosen, values = among("id", ids)
            count(
                f"UPDATE {self._table} SET claimed_until = NULL, claimed_by = '', attempts = attempts - 1"
                f" WHERE {chosen} AND state = 'received'",
                values,
            )

    def release_orphans(self) -> int:
        """Let others have at once what a process of this machine held that is no more.

        Returns how many there were; each keeps count of having been begun.
        """
        held = f"FROM {self._table} WHERE state = 'received' AND claimed_by <> ''"
        gone = holders.gone(str(name) for (name,) in rows(f"SELECT DISTINCT claimed_by {held}"))
        if not gone:
            return 0
        chosen, values = among("claimed_by", gone)
        free = f"UPDATE {self._table} SET claimed_until = NULL, claimed_by = ''"
        released = count(f"{free} WHERE state = 'received' AND {chosen}", values)
        wakeup.notify(self._topic)
        return released

    def finish(self, ids: Sequence[int], *, forget: bool = False) -> bool:
        """Mark things as read, in the transaction of what was made of them. `forget`: only their names stay.

        Returns False when somebody else had already finished one of them: the caller then rolls back.
        """
        if not ids:
            return True
        chosen, values = among("id", ids)
        emptied = ", body = NULL, envelope = '{}'" if forget else ""
        done = hot(
            f"UPDATE {self._table} SET state = 'parsed', claimed_until = NULL, claimed_by = '', error = ''{emptied}"
            f" WHERE {chosen} AND state = 'received' RETURNING id, blob_id",
            values,
        )
        if forget:
            self.let_go_of_files((row_id, blob_id) for row_id, blob_id in done if blob_id is not None)
        return len(done) == len(ids)

    def let_go_of_files(self, held: Iterable[tuple[int, int]]) -> None:
        """Give up the files of rows, each an id with its file's."""
        if pairs := list(held):
            chosen, values = among("id", [row_id for row_id, _ in pairs])
            count(f"UPDATE {self._table} SET blob_id = NULL WHERE {chosen}", values)
            storage.release_many(blob_id for _, blob_id in pairs)

    def mark_failed(self, row_id: int, error: str) -> bool:
        """Note that parsing failed: it is tried again after a pause, and left to a person in the end.

        Returns True when it will not be tried again by itself.
        """
        with transaction.atomic():
            lock = " FOR UPDATE" if is_postgres() else ""
            sql = f"SELECT attempts FROM {self._table} WHERE id = %s AND state = 'received'{lock}"
            found = rows(sql, [row_id])
            if not found:
                return True
            attempts = int(found[0][0])
            final = attempts >= MAX_ATTEMPTS
            pause = BACKOFF[min(max(attempts, 1), len(BACKOFF)) - 1]
            count(
                f"UPDATE {self._table} SET error = %s, state = %s, claimed_until = %s, claimed_by = '' WHERE id = %s",
                [
                    str(storable(error))[:4000],
                    "failed" if final else "received",
                    None if final else time_in(timezone.now() + timedelta(seconds=pause)),
                    row_id,
                ],
            )
        return final

    def retry_failed(self, row_id: int) -> bool:
        """Let a failed thing be tried again; False if it is not a failed one."""
        sql = (
            f"UPDATE {self._table} SET state = 'received', attempts = 0, claimed_until = NULL, claimed_by = ''"
            " WHERE id = %s AND state = 'failed'"
        )
        return count(sql, [row_id]) == 1


def _arrived(row: Sequence[Any]) -> Arrived:
    row_id, owner_id, external_id, envelope, body, blob_id, received_at, attempts = row
    if isinstance(received_at, str):
        received_at = datetime.fromisoformat(received_at)
    if received_at.tzinfo is None:
        received_at = timezone.make_aware(received_at, timezone.get_default_timezone())
    envelope = json.loads(envelope) if isinstance(envelope, str) else envelope
    return Arrived(row_id, owner_id, external_id, envelope, opened_body(body, blob_id), received_at, attempts)
