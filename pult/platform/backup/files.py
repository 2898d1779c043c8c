"""The stored files and the keys of a backup."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings

from pult.platform.backup.archive import Reader, Writer
from pult.platform.filestore import store

_NAME = re.compile(r"[0-9a-f]{64}")


class FileDamaged(Exception):
    """A file in the backup is not what its name says."""


def dump(writer: Writer, names: Iterable[str]) -> tuple[int, int]:
    """Add the stored files of these names; return how many were added and how many were not there."""
    kept = missing = 0
    for name in names:
        try:
            source = store().open(name)
        except FileNotFoundError:
            missing += 1
            continue
        with source:
            writer.add_file(f"files/{name}", source)
        kept += 1
    return kept, missing


def load(reader: Reader) -> int:
    """Store every file of the backup that is not there yet; return how many it holds. Raises FileDamaged."""
    count = 0
    for name, content in reader.each("files/"):
        count += 1
        with tempfile.SpooledTemporaryFile(max_size=1 << 20) as spool:
            digest = hashlib.sha256()
            while chunk := content.read(1 << 18):
                digest.update(chunk)
                spool.write(chunk)
            if not _NAME.fullmatch(name) or digest.hexdigest() != name:
                raise FileDamaged(f"stored file {name[:64]!r} is damaged")
            if not store().exists(name):
                spool.seek(0)
                store().write(name, cast(BinaryIO, spool))
    return count


def keys() -> str:
    """Return the key ring as it is written in its file."""
    return os.environ.get("PULT_SECRET_KEYS", "") or Path(settings.SECRET_KEY_FILE).read_text()


def put_keys(text: str) -> None:
    """Make the backup's key ring the one of this installation; a ring that was there is kept beside it."""
    path = Path(settings.SECRET_KEY_FILE)
    if path.exists() and path.read_text() != text:
        path.replace(path.with_name(f"{path.name}.before-restore"))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
