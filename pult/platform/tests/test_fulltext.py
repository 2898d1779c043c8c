"""The full-text index takes every word that there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from pult.platform import db, fulltext
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


@pytest.mark.parametrize(("probed", "few"), [(400, 5_000), (20, 5_000), (20, 0), (1, 0)])
def test_every_way_of_looking_finds_the_newest(
    index: FullText, monkeypatch: pytest.MonkeyPatch, probed: int, few: int
) -> None:
    monkeypatch.setattr(fulltext, "PROBED", probed)
    monkeypatch.setattr(fulltext, "FEW", few)
    every = {"all": 1, "third": 3, "tenth": 10, "rare": 97}
    texts = {
        n: Entry(n, n, NOW - timedelta(hours=7 * (300 - n)), [word for word, step in every.items() if n % step == 0])
        for n in range(1, 301)
    }
    index.put(texts.values())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {index.table}")
    for terms in ([["all"]], [["third"]], [["tenth"], ["third"]], [["rare", "tenth"]], [["rare"]], [["no"]]):
        matching = [n for n in reversed(texts) if all(set(term) & set(texts[n].words) for term in terms)]
        for limit in (1, 7, 50):
            first = index.find(terms, limit=limit)
            assert [hit.id for hit in first] == matching[:limit]
            if first:
                following = index.find(terms, limit=limit, before=first[-1].key)
                assert [hit.id for hit in following] == matching[limit : 2 * limit]
