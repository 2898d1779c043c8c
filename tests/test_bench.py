"""The bench measures what it says: the same mails every time, and a history as Pult itself would have written it."""

from __future__ import annotations

import email
import json
from collections import Counter
from typing import Any

from bench import corpus, generate, report
from pult.conversations.actions import record
from pult.conversations.actions.record import NewMessage
from pult.platform import fulltext, words

SHOP = {
    "stores": [1, 2, 3], "inboxes": [4, 5, 6], "team": 1, "staff": [1, 2],
    "addresses": ["help@shop.example", "help@butik.example", "help@sklep.example"],
}  # fmt: skip


class Kept(corpus.Sinks):
    """Keeps rows instead of writing them."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def put(self, table: str, *fields: object) -> None:
        row = dict(zip(corpus.TABLES[table].split(), fields, strict=True))
        self.rows.setdefault(table, []).append(row)


def test_the_same_seed_gives_the_same_mails_and_replies_name_their_mail() -> None:
    first, second = list(generate.mails(300, seed=4)), list(generate.mails(300, seed=4))
    assert [m.raw for m in first] == [m.raw for m in second]
    known: dict[str, int] = {}
    replies = 0
    for mail in first:
        assert 1_500 <= len(mail.raw) <= 6_000
        parsed = email.message_from_bytes(mail.raw)
        if mail.is_reply:
            replies += 1
            assert known[parsed["In-Reply-To"]] == mail.thread
        known[parsed["Message-ID"]] = mail.thread
    assert 0.1 < replies / len(first) < 0.3


def test_the_loaded_history_is_found_by_the_words_that_pult_would_have_kept() -> None:
    sinks = Kept()
    corpus.Writer(sinks, SHOP, 1_000).write()
    searched = {row["entry_id"]: row for row in sinks.rows["conversations_search"]}
    conversations = {row["id"]: row for row in sinks.rows["conversations_conversation"]}
    assert len(conversations) == 1_000
    messages = sinks.rows["conversations_message"]
    assert len(messages) == len(searched) == 3_000
    lengths = Counter(Counter(row["conversation_id"] for row in messages).values())
    assert lengths[corpus.DEEP_LENGTH] == 20
    for row in messages[::97]:
        new = NewMessage(
            direction=row["direction"],
            subject=row["subject"],
            text=row["text"].replace("\\n", "\n"),
            reply=row["reply"].replace("\\n", "\n"),
            author_name=row["author_name"],
            author_address=row["author_address"],
            recipients=json.loads(row["recipients"]),
        )
        kept = set(searched[row["id"]]["words"].strip("'").split("' '"))
        store = conversations[row["conversation_id"]]["store_id"]
        marks = {fulltext.scope_mark(store), *fulltext.time_marks(row["created_at"])}
        assert kept == set(words.index_words(record.texts(new), "en")) | marks
        assert searched[row["id"]]["key"] == fulltext.entry_key(row["created_at"], row["id"])


def test_the_searched_words_are_as_frequent_as_they_are_called() -> None:
    sinks = Kept()
    corpus.Writer(sinks, SHOP, 2_000).write()
    found = {
        word: {row["conversation_id"] for row in sinks.rows["conversations_message"] if word in row["text"]}
        for word in (generate.RARE, generate.NEVER)
    }
    assert len(found[generate.RARE]) == generate.RARE_AT
    assert not found[generate.NEVER]
    texts = [row["text"] for row in sinks.rows["conversations_message"]]
    assert 0.17 < sum(generate.COMMON in text for text in texts) / len(texts) < 0.23
    assert sum(generate.SOME in text for text in texts) == len(texts) // 1_000


def test_a_target_that_is_not_met_is_said_and_fails_nothing(tmp_path: Any, capsys: Any) -> None:
    figures = report.Report(tmp_path / "bench.json")
    figures.add("create by API", {"cpu_ms": 9.0, "floor: same SQL": {"cpu_ms": 3.0}})
    figures.add("memory", {"total_mb": 200.0})
    figures.write()
    printed = capsys.readouterr().out
    assert "NOT MET" in printed
    assert "3.00 times" in printed
    kept = json.loads((tmp_path / "bench.json").read_text())
    assert kept["targets"]["create by API: cpu_ms"]["met"] is False
    assert kept["targets"]["memory: total_mb"]["met"] is True
