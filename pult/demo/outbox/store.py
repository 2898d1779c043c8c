"""Where caught mails are kept: a small SQLite file under DATA_DIR, bounded, the oldest leaving first."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

MOST_MAILS = 20_000
MOST_BYTES = 512 << 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    received_at TEXT NOT NULL,
    size INTEGER NOT NULL,
    raw BLOB NOT NULL
)
"""


class Mail(NamedTuple):
    """A caught mail with its envelope; `raw` is as it came over the wire."""

    id: int
    sender: str
    recipients: list[str]
    received_at: datetime
    raw: bytes


class Outbox:
    """The caught mails in one file; several processes may have it open."""

    def __init__(
        self, path: Path, *, most_mails: int = MOST_MAILS, most_bytes: int = MOST_BYTES, clean_every: int = 20
    ) -> None:
        self.path = path
        self.clean_every = clean_every
        self.most_mails = most_mails
        self.most_bytes = most_bytes

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self.path.exists():
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_SCHEMA)
            yield connection

    def add(self, sender: str, recipients: Sequence[str], raw: bytes) -> int:
        """Keep a mail and return its id; every now and then drop the oldest where there are too many."""
        now = datetime.now(UTC).isoformat()
        with self._open() as connection:
            row = connection.execute(
                "INSERT INTO mail (sender, recipients, received_at, size, raw) VALUES (?, ?, ?, ?, ?) RETURNING id",
                (sender, json.dumps(list(recipients)), now, len(raw), raw),
            ).fetchone()
            if row[0] % self.clean_every == 0:
                connection.execute("DELETE FROM mail WHERE id <= ?", (row[0] - self.most_mails,))
                connection.execute(
                    "DELETE FROM mail WHERE id IN (SELECT id FROM"
                    " (SELECT id, sum(size) OVER (ORDER BY id DESC) AS total FROM mail) WHERE total > ?)",
                    (self.most_bytes,),
                )
        return int(row[0])

    def mails(self, *, to: str = "", after: int | None = None, limit: int = 1_000) -> list[Mail]:
        """Return mails in the order in which they came.

        Args:
            to: only those one of whose recipients is this address, letter case aside.
            after: only those with a higher id, from the lowest on; without it the newest ones.
        """
        conditions, values = ["1"], []
        if to:
            conditions.append("lower(recipients) LIKE ? ESCAPE '!'")
            wanted = json.dumps(to.strip()).lower()
            for sign in "!%_":
                wanted = wanted.replace(sign, f"!{sign}")
            values.append(f"%{wanted}%")
        if after is not None:
            conditions.append("id > ?")
            values.append(str(after))
        order = "DESC" if after is None else "ASC"
        with self._open() as connection:
            rows = connection.execute(
                "SELECT id, sender, recipients, received_at, raw FROM mail"
                f" WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ?",
                (*values, limit),
            ).fetchall()
        return sorted(_mail(row) for row in rows)

    def mail(self, mail_id: int) -> Mail | None:
        """Return one mail, None where there is none of that id (any more)."""
        with self._open() as connection:
            row = connection.execute(
                "SELECT id, sender, recipients, received_at, raw FROM mail WHERE id = ?", (mail_id,)
            ).fetchone()
        return _mail(row) if row else None


def _mail(row: tuple[int, str, str, str, bytes]) -> Mail:
    return Mail(row[0], row[1], json.loads(row[2]), datetime.fromisoformat(row[3]), row[4])
