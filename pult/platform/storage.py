"""Stored files: named by the SHA-256 of their bytes, counted by those who hold them.

The row goes first and is locked by whoever touches the file, so that a file which is being deleted and stored
again at the same moment is there in the end. A file without a row (its transaction was rolled back) is found
by the sweep. Sealed files are encrypted like the secrets; they are named by their encrypted bytes.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import BinaryIO, NamedTuple, cast

from django.db import transaction

from pult.platform import db, secrets
from pult.platform.filestore import store
from pult.platform.queue import periodic

KEEP_UNHELD = timedelta(hours=1)


class BlobRef(NamedTuple):
    """A stored file: the row's id, the name of the stored bytes, and the size of the content in bytes."""

    id: int
    sha256: str
    size: int


class BlobMissing(Exception):
    """There is no such stored file."""


_HOLD_NEW = """
INSERT INTO platform_blob (sha256, size, refs, sealed, created_at) VALUES (%s, %s, 1, %s, %s)
ON CONFLICT (sha256) DO UPDATE SET refs = platform_blob.refs + 1 RETURNING id
"""


def put(content: bytes | BinaryIO, *, sealed: bool = False) -> BlobRef:
    """Store bytes and hold them once, in the caller's transaction. The file is on the disk when this returns."""
    source: BinaryIO = io.BytesIO(content) if isinstance(content, bytes) else content
    if sealed:
        plain = source.read()
        size, source = len(plain), io.BytesIO(secrets.seal(plain))
        name, _ = _digest(source)
    else:
        name, size = _digest(source)
    with transaction.atomic():
        parameters = (name, size, sealed, db.time_in(datetime.now(UTC)))
        blob_id = cast(int, db.rows(_HOLD_NEW, parameters)[0][0])
        if not store().exists(name):
            source.seek(0)
            store().write(name, source)
    return BlobRef(blob_id, name, size)


def put_many(contents: Sequence[bytes]) -> list[BlobRef]:
    """Store several files in one transaction, in the order of their names, whatever order they are given in: of two
    transactions that store the same files, one then waits for the other and not each for both."""
    if not contents:
        return []
    order = sorted(range(len(contents)), key=lambda index: hashlib.sha256(contents[index]).digest())
    with transaction.atomic():
        stored = {index: put(contents[index]) for index in order}
    return [stored[index] for index in range(len(contents))]


def release_many(blob_ids: Iterable[int]) -> None:
    """Count one holder less of each, in the order in which put_many takes them."""
    held = list(blob_ids)
    if not held:
        return
    marks = db.marks(held)
    with transaction.atomic():
        if db.is_postgres():
            db.rows(f"SELECT id FROM platform_blob WHERE id IN ({marks}) ORDER BY sha256 FOR UPDATE", held)
        for blob_id in held:
            release(blob_id)


def _digest(source: BinaryIO) -> tuple[str, int]:
    """Read to the end; return the SHA-256 in hex and the number of bytes."""
    digest, size = hashlib.sha256(), 0
    source.seek(0)
    while chunk := source.read(1 << 18):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def open_blob(blob_id: int) -> BinaryIO:
    """Open a stored file for reading, decrypted. Raises BlobMissing."""
    found = db.rows("SELECT sha256, sealed FROM platform_blob WHERE id = %s", (blob_id,))
    if not found:
        raise BlobMissing(str(blob_id))
    name, sealed = cast(str, found[0][0]), bool(found[0][1])
    try:
        file = store().open(name)
    except FileNotFoundError as error:
        raise BlobMissing(str(blob_id)) from error
    if not sealed:
        return file
    with file:
        return io.BytesIO(secrets.unseal(file.read()))


def read_blob(blob_id: int) -> bytes:
    """Return the content of a stored file. Raises BlobMissing."""
    with open_blob(blob_id) as file:
        return file.read()


def hold(blob_id: int) -> None:
    """Count one holder more. Raises BlobMissing."""
    if not db.count("UPDATE platform_blob SET refs = refs + 1 WHERE id = %s", (blob_id,)):
        raise BlobMissing(str(blob_id))


def release(blob_id: int) -> None:
    """Count one holder less; without holders the file is deleted by the next collection."""
    db.count("UPDATE platform_blob SET refs = refs - 1 WHERE id = %s AND refs > 0", (blob_id,))


@periodic("storage.collect", every=600)
def collect() -> None:
    """Delete files that nobody holds and that are older than an hour."""
    while collect_batch(datetime.now(UTC) - KEEP_UNHELD):
        pass


def collect_batch(before: datetime, *, limit: int = 50) -> int:
    """Delete at most `limit` unheld files made before a time; return how many."""
    lock = " FOR UPDATE SKIP LOCKED" if db.is_postgres() else ""
    sql = f"SELECT id, sha256 FROM platform_blob WHERE refs = 0 AND created_at < %s ORDER BY created_at LIMIT %s{lock}"
    with transaction.atomic():
        found = db.rows(sql, (db.time_in(before), limit))
        for blob_id, name in found:
            db.count("DELETE FROM platform_blob WHERE id = %s", (blob_id,))
            store().delete(cast(str, name))
    return len(found)


@periodic("storage.sweep", every=86_400)
def sweep() -> None:
    """Give files that no row knows (their transaction was rolled back) a row without holders: the next
    collection deletes them, under the same lock as everything else."""
    before = datetime.now(UTC) - timedelta(days=1)
    adopt = """INSERT INTO platform_blob (sha256, size, refs, sealed, created_at)
        VALUES (%s, 0, 0, %s, %s) ON CONFLICT (sha256) DO NOTHING"""
    for name in store().older_than(before):
        db.count(adopt, (name, False, db.time_in(before)))


def reseal() -> int:
    """Seal with the newest key the files that were sealed with an older one; return how many.

    A process that dies in the middle leaves a file without a row, which the sweep finds.
    """
    newest = next(iter(secrets.keyring()))
    lock = " FOR UPDATE" if db.is_postgres() else ""
    changed = 0
    for (blob_id,) in db.rows("SELECT id FROM platform_blob WHERE sealed ORDER BY id"):
        with transaction.atomic():
            found = db.rows(f"SELECT sha256 FROM platform_blob WHERE id = %s{lock}", (blob_id,))
            old = cast(str, found[0][0]) if found else ""
            if not old or not store().exists(old):
                continue
            with store().open(old) as file:
                sealed = file.read()
            if secrets.key_of(sealed) == newest:
                continue
            source = io.BytesIO(secrets.seal(secrets.unseal(sealed)))
            name, _ = _digest(source)
            source.seek(0)
            store().write(name, source)
            db.count("UPDATE platform_blob SET sha256 = %s WHERE id = %s", (name, blob_id))
            transaction.on_commit(partial(store().delete, old))
            changed += 1
    return changed
