"""The tar file of a backup, written and read in one pass, so that size is no matter."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

_IN_MEMORY = 1 << 20


class Writer:
    """Adds named contents to a tar stream."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add one content that is in memory."""
        with self.adding(name) as file:
            file.write(content)

    def add_file(self, name: str, source: IO[bytes]) -> None:
        """Add all that `source` still has to read."""
        with self.adding(name) as file:
            shutil.copyfileobj(source, file, 1 << 18)

    @contextmanager
    def adding(self, name: str) -> Iterator[IO[bytes]]:
        """Yield a file to write to; what was written is added when the block ends. A tar needs the size first."""
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            yield spool
            entry = tarfile.TarInfo(name)
            entry.size = spool.tell()
            entry.mode = 0o600
            spool.seek(0)
            self._tar.addfile(entry, spool)


class Reader:
    """Reads the contents in the order in which they were written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._next = tar.next()

    def each(self, prefix: str) -> Iterator[tuple[str, IO[bytes]]]:
        """Yield name (without the prefix) and content of every entry from here on that begins with `prefix`."""
        while self._next is not None and self._next.name.startswith(prefix):
            content = self._tar.extractfile(self._next) or io.BytesIO()
            yield self._next.name[len(prefix) :], content
            self._next = self._tar.next()

    def text(self, name: str) -> str:
        """Return the content of the entry that must come now. Raises KeyError when it is another one."""
        found = [content.read().decode() for rest, content in self.each(name) if not rest]
        if not found:
            raise KeyError(name)
        return found[0]
