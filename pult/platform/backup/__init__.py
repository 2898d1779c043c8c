"""Backup and restore: one file with the database, the stored files and, only when asked, keys and tokens.

The file is a gzipped tar: `manifest.json` first, then `database/`, then `files/`, then `keys`. The database is
read at one moment, the files after it: a file that was let go meanwhile is counted as missing, never invented.
A restore checks every file against its name, brings the tables to this version, and applies again what was
erased since the backup was made.
"""

from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from django.conf import settings
from django.core.management import call_command

import pult
from pult.platform import db, erasures
from pult.platform.backup import files, postgres, sqlite
from pult.platform.backup.archive import Reader, Writer

FORMAT = 1


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    version: str
    database: str
    made_at: datetime
    with_keys: bool


class Outcome(msgspec.Struct, frozen=True):
    """What was kept or brought back: number of stored files, of files missing, of erasures applied again."""

    files: int
    missing: int = 0
    erased: int = 0
    with_keys: bool = False


class BackupError(Exception):
    """The backup cannot be made or restored; the message says why."""


def _database() -> str:
    return "postgresql" if db.is_postgres() else "sqlite"


def make(target: Path, *, with_keys: bool = False) -> Outcome:
    """Write a backup to `target`, readable by its owner only; the name appears when it is whole.

    Without `with_keys` the key file, API tokens, sessions and the secrets of sign-in services stay out: sealed
    values (mailbox passwords, TOTP secrets, mails not parsed yet) are then readable only beside the old key file.
    """
    manifest = Manifest(FORMAT, pult.__version__, _database(), datetime.now(UTC), with_keys)
    left_out = [] if with_keys else list(settings.BACKUP_SECRET_TABLES)
    descriptor, draft = tempfile.mkstemp(dir=target.resolve().parent, prefix=f".{target.name}.")
    try:
        with (
            os.fdopen(descriptor, "wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3, filename="") as packed,
            tarfile.open(fileobj=packed, mode="w|") as tar,
        ):
            writer = Writer(tar)
            writer.add_bytes("manifest.json", msgspec.json.encode(manifest))
            names = (postgres if db.is_postgres() else sqlite).dump(writer, left_out)
            kept, missing = files.dump(writer, names)
            writer.add_bytes("erasures", erasures.text().encode())
            if with_keys:
                writer.add_bytes("keys", files.keys().encode())
        with Path(draft).open("rb") as whole:
            os.fsync(whole.fileno())
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return Outcome(files=kept, missing=missing, with_keys=with_keys)


def restore(source: Path, *, force: bool = False) -> Outcome:
    """Bring a backup back into the database and the file store that the settings name.

    The target must be empty, or `force` throws away what is there. Stop Pult before. Raises BackupError.
    """
    engine = postgres if db.is_postgres() else sqlite
    with tarfile.open(source, mode="r|gz") as tar:
        reader = Reader(tar)
        manifest = _manifest(reader)
        if not force and not engine.is_empty():
            raise BackupError("the database is not empty; --force throws away what is there")
        engine.load(reader)
        count = files.load(reader)
        erasures.merge(reader.text("erasures"))
        if manifest.with_keys:
            files.put_keys(reader.text("keys"))
    call_command("migrate", verbosity=0, interactive=False)
    if "log" in settings.DATABASES:
        call_command("migrate", database="log", verbosity=0, interactive=False)
    return Outcome(files=count, erased=erasures.apply_all(), with_keys=manifest.with_keys)


def _manifest(reader: Reader) -> Manifest:
    try:
        manifest = msgspec.json.decode(reader.text("manifest.json"), type=Manifest)
    except (msgspec.DecodeError, KeyError) as error:
        raise BackupError("this is not a backup of Pult") from error
    if manifest.format != FORMAT:
        raise BackupError(f"the backup has format {manifest.format}, this Pult reads {FORMAT}")
    if manifest.database != _database():
        raise BackupError(f"the backup is of {manifest.database}, the target is {_database()}")
    return manifest
