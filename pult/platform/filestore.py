"""Where the bytes of stored files lie: a folder, or a bucket where S3_BUCKET is set."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.utils.module_loading import import_string


class FileStore(Protocol):
    """Named bytes. Names are SHA-256 in hex."""

    def exists(self, name: str) -> bool: ...

    def write(self, name: str, source: BinaryIO) -> None: ...

    def open(self, name: str) -> BinaryIO: ...

    def delete(self, name: str) -> None: ...

    def older_than(self, before: datetime) -> Iterator[str]: ...


class FolderStore:
    """Files under DATA_DIR/files/ab/cdef..."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name[2:]

    def exists(self, name: str) -> bool:
        """Say whether the file is there."""
        return self._path(name).exists()

    def write(self, name: str, source: BinaryIO) -> None:
        """Write all bytes of the source and force them to the disk before the name appears."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                shutil.copyfileobj(source, file, 1 << 18)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def open(self, name: str) -> BinaryIO:
        """Open for reading. Raises FileNotFoundError."""
        return self._path(name).open("rb")

    def delete(self, name: str) -> None:
        """Delete, if it is there."""
        self._path(name).unlink(missing_ok=True)

    def older_than(self, before: datetime) -> Iterator[str]:
        """Yield the names of the files last written before a time; half-written ones are deleted on the way."""
        for path in self.root.glob("??/*"):
            try:
                if path.stat().st_mtime >= before.timestamp():
                    continue
            except FileNotFoundError:
                continue
            if path.name.startswith(".new-"):
                path.unlink(missing_ok=True)
            else:
                yield path.parent.name + path.name


class BucketStore:
    """Files in an S3-compatible bucket, by django-storages."""

    def __init__(self) -> None:
        kind = cast("Callable[..., Storage]", import_string("storages.backends.s3.S3Storage"))
        self.storage = kind(
            bucket_name=settings.S3_BUCKET,
            endpoint_url=settings.S3_ENDPOINT or None,
            region_name=settings.S3_REGION or None,
            access_key=settings.S3_ACCESS_KEY or None,
            secret_key=settings.S3_SECRET_KEY or None,
            file_overwrite=True,
            default_acl=None,
        )

    def _key(self, name: str) -> str:
        return f"files/{name[:2]}/{name[2:]}"

    def exists(self, name: str) -> bool:
        """Say whether the object is there."""
        return self.storage.exists(self._key(name))

    def write(self, name: str, source: BinaryIO) -> None:
        """Upload all bytes of the source."""
        self.storage.save(self._key(name), File(source))

    def open(self, name: str) -> BinaryIO:
        """Open for reading. Raises FileNotFoundError."""
        return cast(BinaryIO, self.storage.open(self._key(name), "rb"))

    def delete(self, name: str) -> None:
        """Delete, if it is there."""
        self.storage.delete(self._key(name))

    def older_than(self, before: datetime) -> Iterator[str]:
        """Yield the names of the objects last written before a time."""
        folders, _ = self.storage.listdir("files/")
        for folder in folders:
            for name in self.storage.listdir(f"files/{folder}/")[1]:
                if self.storage.get_modified_time(f"files/{folder}/{name}").astimezone(UTC) < before:
                    yield folder + name


@cache
def _store(bucket: str, folder: str) -> FileStore:
    return BucketStore() if bucket else FolderStore(Path(folder))


def store() -> FileStore:
    """Return the place that the settings name."""
    return _store(settings.S3_BUCKET, str(settings.DATA_DIR / "files"))
