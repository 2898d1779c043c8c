"""The full-text index takes every word that there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection

from pult.platform import db
from pult.platform.fulltext import Entry, FullText

pytestmark = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="FTS5 has a tokenizer of its own")
INDEX = FullText("test_words")
NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
ODD = ["o'neill", "''", "back\\slash", "\\", "a'b\\'c", "ćevapi", "naïve", "a:b", "a&b", '"', "%s", "=mat"]


@pytest.fixture
def index(db: None) -> Iterator[FullText]:
    with connection.cursor() as cursor:
        for statement in INDEX.create_sql(connection.vendor):
            cursor.execute(statement)
    yield INDEX
    with connection.cursor() as cursor:
        for statement in INDEX.drop_sql():
            cursor.execute(statement)


def test_odd_words_are_kept_as_they_are(index: FullText) -> None:
    index.put([Entry(1, 1, NOW, ODD), Entry(2, 2, NOW, ["plain", "words"]), Entry(3, 3, NOW, [])])
    for word in ODD:
        assert [hit.id for hit in index.find([[word]])] == [1], word
    kept = db.rows(f"SELECT tsvector_to_array(words) FROM {index.table} WHERE entry_id = 1")[0][0]
    assert set(kept) == {*ODD, "zd20260304", "zm202603"}


def test_what_is_there_stays_and_ids_may_come_twice(index: FullText) -> None:
    index.put([Entry(1, 7, NOW, ["first"], ["zs1"])])
    index.put([Entry(1, 8, NOW, ["second"], ["zs1"]), Entry(2, 9, NOW, ["second"], ["zs2"])])
    assert [hit.owner_id for hit in index.find([["first"]])] == [7]
    assert [hit.owner_id for hit in index.find([["second"]], any_mark=["zs1", "zs2"])] == [9]
