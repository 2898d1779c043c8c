"""A full-text index that answers newest first, on PostgreSQL (GIN) and SQLite (FTS5).

An entry's key is its time and its id, so that the order of keys is the order of time: milliseconds since 1970
shifted by 22 bits, plus the low 22 bits of the id. FTS5 walks its row ids backwards and stops when a page is
full. A GIN index knows no order: there a query first looks through the newest entries one by one, which fills the page
of a common word whatever the size of the index. A rare one, as the planner expects it, is fetched whole. For those in
between each entry also carries the words of its day and month, and the newest days are asked, then the newest months,
and only then everything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from pult.platform import db

_ID_BITS = 22
_ID_MASK = (1 << _ID_BITS) - 1
_MOST_MARKS = 40
PROBED = 400  # newest entries that are looked through one by one
FEW = 5_000  # entries that are fetched and sorted in less time than the words of days narrow them down


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """One text to be found: its id, whose it is (`owner_id`), its time, words, and marks such as a store."""

    id: int
    owner_id: int
    at: datetime
    words: Sequence[str]
    marks: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Hit:
    """A found entry."""

    key: int
    id: int
    owner_id: int


def entry_key(at: datetime, entry_id: int) -> int:
    """Return the sort key of an entry."""
    return (int(at.timestamp() * 1000) << _ID_BITS) | (entry_id & _ID_MASK)


def key_time(key: int) -> datetime:
    """Return the time a key was made of, to the millisecond."""
    return datetime.fromtimestamp((key >> _ID_BITS) / 1000, UTC)


def _day(at: datetime) -> str:
    return f"zd{at.astimezone(UTC):%Y%m%d}"


def _month(at: datetime) -> str:
    return f"zm{at.astimezone(UTC):%Y%m}"


def scope_mark(scope_id: int) -> str:
    """Return the word by which an entry carries the scope it may be seen in, such as a store."""
    return f"zs{scope_id}"


def time_marks(at: datetime) -> tuple[str, str]:
    """Return the words by which an entry carries its day and its month."""
    return _day(at), _month(at)


def _vector(words: Sequence[str]) -> str:
    """Return words as PostgreSQL reads a tsvector (8.11.1 of its manual)."""
    text = "'\n'".join(words)
    if "\\" in text or text.count("'") != 2 * len(words) - 2:
        text = "'\n'".join(word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return f"'{text}'"


def _match_of(groups: list[list[str]], stem: int) -> str:
    """Return what FTS5 takes for one form of every group; the forms of group `stem` are beginnings of words."""

    def quoted(form: str, star: bool) -> str:
        return '"' + form.replace('"', '""') + '"' + ("*" if star else "")

    return " AND ".join(
        "(" + " OR ".join(quoted(form, index == stem) for form in group) + ")" for index, group in enumerate(groups)
    )


def _query_of(groups: list[list[str]], stem: int) -> str:
    """Return the same as a tsquery."""

    def quoted(form: str, star: bool) -> str:
        return "'" + form.replace("\\", "\\\\").replace("'", "''") + "'" + (":*" if star else "")

    return "&".join(
        "(" + "|".join(quoted(form, index == stem) for form in group) + ")" for index, group in enumerate(groups)
    )


@dataclasses.dataclass(frozen=True)
class FullText:
    """One index; `table` is a constant of the calling room, never input."""

    table: str

    def create_sql(self, vendor: str) -> list[str]:
        """Return the statements that make the index, for a migration."""
        if vendor == "sqlite":
            return [
                f"CREATE VIRTUAL TABLE {self.table} USING fts5(words, entry_id UNINDEXED, owner_id UNINDEXED,"
                " tokenize = \"unicode61 remove_diacritics 0 tokenchars '.@+_-='''\", detail = none)"
            ]
        return [
            f"CREATE TABLE {self.table} (key bigint PRIMARY KEY, entry_id bigint NOT NULL,"
            " owner_id bigint NOT NULL, words tsvector NOT NULL)",
            f"CREATE INDEX {self.table}_words ON {self.table} USING gin (words)",
        ]

    def drop_sql(self) -> list[str]:
        """Return the statements that drop the index."""
        return [f"DROP TABLE {self.table}"]

    def put(self, entries: Iterable[Entry]) -> None:
        """Add entries in the caller's transaction; those that are there stay as they are."""
        db.insert_together(self.rows(entries))

    def rows(self, entries: Iterable[Entry]) -> db.Rows:
        """Return entries as rows of the index, to be inserted together with others."""
        if connection.vendor == "sqlite":
            columns = ("rowid", "words", "entry_id", "owner_id")
            lines = [(entry_key(e.at, e.id), " ".join([*e.words, *e.marks]), e.id, e.owner_id) for e in entries]
        else:
            columns = ("key", "words", "entry_id", "owner_id")
            lines = [
                (entry_key(e.at, e.id), _vector([*e.words, *e.marks, *time_marks(e.at)]), e.id, e.owner_id)
                for e in entries
            ]
        return db.Rows(self.table, columns, lines, ignore=True)

    def remove(self, keys: Sequence[int]) -> None:
        """Forget entries by their keys."""
        column = "rowid" if connection.vendor == "sqlite" else "key"
        with connection.cursor() as cursor:
            cursor.executemany(f"DELETE FROM {self.table} WHERE {column} = %s", [(key,) for key in keys])

    def drop_words(self, key: int, words: Sequence[str]) -> None:
        """Take words out of an entry: it is no longer found by them."""
        if not words:
            return
        if connection.vendor != "sqlite":
            db.count(f"UPDATE {self.table} SET words = ts_delete(words, %s::text[]) WHERE key = %s", [list(words), key])
            return
        for (text,) in db.rows(f"SELECT words FROM {self.table} WHERE rowid = %s", [key]):
            kept = " ".join(word for word in text.split(" ") if word not in set(words))
            db.count(f"UPDATE {self.table} SET words = %s WHERE rowid = %s", [kept, key])

    def settle(self, *, steps: int = 500) -> bool:
        """On SQLite, write some pages of the index anew without what was taken out of it; return whether there is more
        to do. PostgreSQL's vacuum does that by itself."""
        if connection.vendor != "sqlite":
            return False
        before = db.rows("SELECT total_changes()")[0][0]
        db.rows(f"INSERT INTO {self.table}({self.table}, rank) VALUES ('merge', %s)", [-steps])
        return bool(db.rows("SELECT total_changes()")[0][0] - before >= 2)

    def find(
        self,
        terms: Sequence[Sequence[str]],
        *,
        any_mark: Sequence[str] = (),
        before: int | None = None,
        limit: int = 50,
        prefix: bool = False,
    ) -> list[Hit]:
        """Return the newest entries that hold one form of every term, newest first.

        `any_mark`: entries must carry one of these marks. `before`: keys below this one (keyset paging).
        `prefix`: the forms of the last term are beginnings of words.
        """
        if not terms:
            return []
        groups = [list(term) for term in terms] + ([list(any_mark[:_MOST_MARKS])] if any_mark else [])
        stem = len(terms) - 1 if prefix else -1
        if connection.vendor == "sqlite":
            return self._find_sqlite(groups, stem, before, limit)
        return self._find_postgresql(groups, stem, before, limit)

    def owners_among(self, keys: Sequence[int], terms: Sequence[Sequence[str]], *, prefix: bool = False) -> set[int]:
        """Return the owners of those of these entries that hold one form of every term; see find."""
        groups, stem = [list(term) for term in terms], len(terms) - 1 if prefix else -1
        if not keys or not groups:
            return set()
        if connection.vendor == "sqlite":
            where, match, key = f"{self.table} MATCH %s", _match_of(groups, stem), "rowid"
        else:
            where, match, key = "words @@ %s::tsquery", _query_of(groups, stem), "key"
        found: set[int] = set()
        with connection.cursor() as cursor:
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                cursor.execute(
                    f"SELECT owner_id FROM {self.table} WHERE {key} IN ({db.marks(some)}) AND {where}", [*some, match]
                )
                found.update(row[0] for row in cursor.fetchall())
        return found

    def _find_sqlite(self, groups: list[list[str]], stem: int, before: int | None, limit: int) -> list[Hit]:
        match = _match_of(groups, stem)
        bound = "" if before is None else "AND rowid < %s"
        arguments: list[Any] = [match, *([] if before is None else [before]), limit]
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT rowid, entry_id, owner_id FROM {self.table} WHERE {self.table} MATCH %s {bound}"
                " ORDER BY rowid DESC LIMIT %s",
                arguments,
            )
            return [Hit(*row) for row in cursor.fetchall()]

    def _find_postgresql(self, groups: list[list[str]], stem: int, before: int | None, limit: int) -> list[Hit]:
        query = _query_of(groups, stem)
        with connection.cursor() as cursor:
            hits = self._among_newest(cursor, query, before, limit, PROBED)
            if limit > len(hits) >= limit // 10 > 0:
                # Some: so many more that there should be enough, with something to spare.
                hits = self._among_newest(cursor, query, before, limit, PROBED * limit * 3 // (len(hits) * 2))
            if len(hits) >= limit:
                return hits
            few = self._expected(cursor, query) <= FEW
            for window in [""] if few else _windows(key_time(before or self._newest_key(cursor))):
                cursor.execute(
                    # OFFSET 0 keeps the planner from walking all keys backwards where it misjudges a word.
                    f"SELECT * FROM (SELECT key, entry_id, owner_id FROM {self.table} WHERE words @@ %s::tsquery"
                    + ("" if before is None else " AND key < %s")
                    + " OFFSET 0) found ORDER BY key DESC LIMIT %s",
                    [
                        f"{query}&({window})" if window else query,
                        *([] if before is None else [before]),
                        limit,
                    ],
                )
                hits = [Hit(*row) for row in cursor.fetchall()]
                if len(hits) >= limit:
                    break
            return hits

    def _among_newest(self, cursor: Any, query: str, before: int | None, limit: int, number: int) -> list[Hit]:
        """Look through so many of the newest entries one by one: what is in every tenth text is found there at once."""
        cursor.execute(
            f"SELECT key, entry_id, owner_id FROM (SELECT * FROM {self.table}"
            + ("" if before is None else " WHERE key < %s")
            + " ORDER BY key DESC LIMIT %s) newest WHERE words @@ %s::tsquery ORDER BY key DESC LIMIT %s",
            [*([] if before is None else [before]), number, query, limit],
        )
        return [Hit(*row) for row in cursor.fetchall()]

    def _newest_key(self, cursor: Any) -> int:
        cursor.execute(f"SELECT coalesce(max(key), 0) FROM {self.table}")
        return int(cursor.fetchone()[0])

    def _expected(self, cursor: Any, query: str) -> int:
        """Return how many entries the planner expects to match."""
        cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {self.table} WHERE words @@ %s::tsquery", [query])
        return int(db.json_out(cursor.fetchone()[0])[0]["Plan"]["Plan Rows"])


def _windows(at: datetime) -> list[str]:
    """Return the marks of the newest days, of the newest months, and none."""
    days = "|".join(sorted({_day(at), _day(at - timedelta(days=1))}))
    months = "|".join(sorted({_month(at), _month(at.replace(day=1) - timedelta(days=1))}))
    return [days, months, ""]
