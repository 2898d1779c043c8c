"""Fills a migrated database with the shop's history by COPY: `python -m bench.corpus --conversations 100000`.

Three messages a conversation on the average, two hundred conversations of exactly twenty, about 30 % open, over
the last year. Messages of different conversations lie mixed, as they arrive. The words of the search are made by
Pult's own functions; a test holds a loaded row equal to one that Pult wrote.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import json
import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import psycopg

from bench import generate

DEEP, DEEP_LENGTH = 200, 20
EACH = 3
DAYS = 365
MESSAGE = (
    "id conversation_id inbox_id direction kind external_id in_reply_to subject text html reply language author_name"
    " author_address customer_id staff_id recipients headers state state_reason send_after masked created_at sent_at"
).split()
CONVERSATION = (
    "id store_id inbox_id channel customer_id customer_name subject language status priority assignee_id team_id"
    " tag_ids snoozed_until last_message_id last_message_at last_direction last_author snippet message_count"
    " attachment_count version created_at closed_at"
).split()
TABLES = {
    "customers_customer": "id name language company notes merged_into_id first_contact_at last_contact_at created_at",
    "customers_identity": "id customer_id kind value display verified_at undeliverable created_at",
    "customers_search": "key entry_id owner_id words",
    "conversations_conversation": " ".join(CONVERSATION),
    "conversations_message": " ".join(MESSAGE),
    "conversations_search": "key entry_id owner_id words",
    "conversations_threadkey": "id inbox_id key conversation_id",
    "conversations_readmark": "id staff_id conversation_id message_id at",
    "conversations_tag": "id name hue",
    "conversations_conversationtag": "id conversation_id tag_id",
    "platform_event": "id position kind scope_id entity_id actor data created_at",
}
SEARCHED = ("conversations_search", "customers_search")
NULL = "\\N"


class Sinks:
    """One COPY for each table, written in chunks."""

    def __init__(self, url: str) -> None:
        self.stack = contextlib.ExitStack()
        self.buffers: dict[str, list[str]] = {}
        self.copies: dict[str, Any] = {}
        self.counts: dict[str, int] = {}
        for table, columns in TABLES.items():
            db = self.stack.enter_context(psycopg.connect(url))
            db.execute("SET session_replication_role = replica")  # no foreign keys checked, no triggers run
            cursor = self.stack.enter_context(db.cursor())
            copy = cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN")
            self.copies[table] = self.stack.enter_context(copy)
            self.buffers[table], self.counts[table] = [], 0

    def put(self, table: str, *fields: object) -> None:
        """Add a row; None is NULL, text must hold no tab, newline or backslash that is not escaped."""
        buffer = self.buffers[table]
        buffer.append("\t".join([NULL if field is None else str(field) for field in fields]))
        self.counts[table] += 1
        if len(buffer) >= 1000:
            self._flush(table)

    def _flush(self, table: str) -> None:
        if self.buffers[table]:
            self.copies[table].write("\n".join(self.buffers[table]) + "\n")
            self.buffers[table].clear()

    def close(self) -> None:
        """Write what is left and commit."""
        for table in self.buffers:
            self._flush(table)
        self.stack.close()


def lengths(conversations: int, rng: random.Random) -> list[int]:
    """Return how many messages each conversation has: EACH on the average, DEEP of them DEEP_LENGTH."""
    deep = min(DEEP, conversations // 50)
    step = conversations // deep if deep else 0
    counts = [EACH] * conversations
    for index in range(deep):
        counts[index * step] = DEEP_LENGTH
    left = conversations * EACH - sum(counts)
    ordinary = [i for i in range(conversations) if not step or i % step]
    for one, two in zip(ordinary[::2], ordinary[1::2], strict=False):
        shift = rng.randrange(EACH)
        counts[one], counts[two] = counts[one] - shift, counts[two] + shift
    for index in rng.sample(ordinary, len(ordinary)):
        if left == 0:
            break
        if counts[index] > 1:
            counts[index] -= 1
            left += 1
    return counts


class Writer:
    """Writes the history; `size` conversations in the shop that bench.shop made."""

    def __init__(self, sinks: Sinks, shop: dict[str, Any], size: int) -> None:
        from pult.platform import fulltext, words  # noqa: PLC0415
        from pult.platform.fulltext import scope_mark  # noqa: PLC0415  after django.setup

        self.sinks, self.shop, self.size = sinks, shop, size
        self.rng = random.Random(11)
        self.fulltext, self.index_words, self.scope_mark = fulltext, words.index_words, scope_mark
        self.pool = [(text, frozenset(words.index_words([text], "en"))) for text in generate.sentences()]
        self.people = [self._person(number) for number in range(1, max(size // 5, 10) + 1)]
        self.end = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self.begin = self.end - timedelta(days=DAYS)
        self.open: dict[int, dict[str, Any]] = {}
        self.plain = {text for text, _ in self.pool}
        self.known: dict[str, frozenset[str]] = {}
        self.messages = 0

    def _person(self, number: int) -> tuple[int, str, str, frozenset[str]]:
        first = generate.FIRST[number % len(generate.FIRST)]
        last = generate.LAST[(number // 16) % len(generate.LAST)]
        address = f"{first}.{last.encode('ascii', 'ignore').decode()}.{number}@customers.example".lower()
        name = f"{first} {last}"
        return number, name, address, frozenset(self.index_words([name, address], "en"))

    def write(self) -> None:
        """Write everything."""
        for tag in range(1, 9):
            self.sinks.put("conversations_tag", tag, f"tag {tag}", tag * 40)
        for number, name, address, found in self.people:
            at = self.begin
            self.sinks.put("customers_customer", number, name, "en", "", "", None, at, self.end, at)
            self.sinks.put("customers_identity", number, number, "email", address, address, None, "", at)
            key = self.fulltext.entry_key(at, number)
            self.sinks.put("customers_search", key, number, number, self._vector(found, at, ()))
        counts = lengths(self.size, self.rng)
        rare = {(2 * i + 1) * self.size // (2 * generate.RARE_AT) for i in range(generate.RARE_AT)}
        for conversation, turn, at in self._arrivals(counts):
            if turn == 0:
                self._begin(conversation, counts[conversation - 1], at)
            self._message(conversation, turn, at, rare=turn == 0 and conversation in rare)

    def _arrivals(self, counts: list[int]) -> Iterator[tuple[int, int, datetime]]:
        """Yield (conversation, turn, time) in the order of time."""
        waiting: list[tuple[datetime, int, int]] = []
        step = timedelta(seconds=1)
        span = (self.end - self.begin - timedelta(days=2)) / self.size
        for conversation in range(1, self.size + 1):
            at = self.begin + span * conversation
            while waiting and waiting[0][0] <= at:
                moment, who, turn = heapq.heappop(waiting)
                yield who, turn, moment
            yield conversation, 0, at
            later = at
            for turn in range(1, counts[conversation - 1]):
                later += step * self.rng.randrange(600, 9_000)
                heapq.heappush(waiting, (later, conversation, turn))
        while waiting:
            moment, who, turn = heapq.heappop(waiting)
            yield who, turn, moment

    def _begin(self, conversation: int, count: int, at: datetime) -> None:
        rng = self.rng
        share = rng.random()
        store = 0 if share < 0.6 else 1 if share < 0.9 else 2
        state = rng.random()
        subject = f"{rng.choice(generate.TOPICS)} {rng.randint(100_000, 999_999)}"
        self.open[conversation] = {
            "store": store,
            "person": self.people[rng.randrange(len(self.people))],
            "count": count,
            "subject": subject,
            "found": self._words_of(subject.rpartition(" ")[0]) | {subject.rpartition(" ")[2]},
            "created": at,
            "status": "open" if state < 0.3 else "waiting_customer" if state < 0.35 else "closed",
            "assignee": rng.choice(self.shop["staff"]) if rng.random() < 0.7 else None,
            "tags": rng.sample(range(1, 9), rng.choice((0, 0, 0, 1, 2))),
        }

    def _text(self, *, rare: bool) -> tuple[list[str], set[str]]:
        rng = self.rng
        chosen = rng.choices(self.pool, k=rng.randint(4, 14))
        texts = [text for text, _ in chosen]
        found: set[str] = set().union(*[words for _, words in chosen])
        if rng.random() < 0.2:
            texts.insert(0, f"The {generate.COMMON} was late.")
        if self.messages % 1000 == 500:
            texts.append(f"It says {generate.SOME}.")
        if rare:
            texts.append(f"Reference {generate.RARE}.")
        if len(texts) > len(chosen):
            found |= self._words_of(" ".join(text for text in (texts[0], *texts[-2:]) if text not in self.plain))
        return texts, found

    def _words_of(self, text: str) -> frozenset[str]:
        if text not in self.known:
            self.known[text] = frozenset(self.index_words([text], "en"))
        return self.known[text]

    def _message(self, conversation: int, turn: int, at: datetime, *, rare: bool) -> None:
        self.messages += 1
        number, held = self.messages, self.open[conversation]
        store, inbox = self.shop["stores"][held["store"]], self.shop["inboxes"][held["store"]]
        address = self.shop["addresses"][held["store"]]
        person_id, name, mail, person_words = held["person"]
        inbound = turn % 2 == 0
        texts, found = self._text(rare=rare)
        text = "\\n\\n".join(" ".join(texts[i : i + 3]) for i in range(0, len(texts), 3))
        with_html = inbound and (held["count"] == DEEP_LENGTH or number % 10 == 0)
        html = f'<div style="font-family:sans-serif"><p>{text}</p></div>' if with_html else ""
        staff = None if inbound else held["assignee"] or self.shop["staff"][0]
        author, author_mail = (name, mail) if inbound else ("Agent", address)
        to = [{"name": "", "address": address}] if inbound else [{"name": name, "address": mail}]
        subject = held["subject"] if turn == 0 else f"Re: {held['subject']}"
        self.sinks.put(
            "conversations_message", number, conversation, inbox, "in" if inbound else "out", "person",
            f"<{number}@corpus.example>", f"<{number - 1}@corpus.example>" if turn else "", subject, text, html, text,
            "en", author, author_mail, person_id if inbound else None, staff, json.dumps({"to": to, "cc": []}), "{}",
            "received" if inbound else "sent", "", None, "f", at, None if inbound else at,
        )  # fmt: skip
        found |= held["found"] | person_words | self._words_of(address) | self._words_of(author)
        if turn:
            found.add("re")
        self.sinks.put(
            "conversations_search", self.fulltext.entry_key(at, number), number, conversation,
            self._vector(found, at, (self.scope_mark(store),)),
        )  # fmt: skip
        kind = "conversation.created" if turn == 0 else "message.received" if inbound else "message.sent"
        data = json.dumps({"message_id": number})
        self.sinks.put("platform_event", number, number, kind, store, conversation, "system", data, at)
        if turn == 0:
            self.sinks.put("conversations_threadkey", conversation, inbox, f"<{number}@corpus.example>", conversation)
        if turn == held["count"] - 1:
            self._end(conversation, number, at, "in" if inbound else "out", author, texts[0])

    def _end(self, conversation: int, last: int, at: datetime, direction: str, author: str, said: str) -> None:
        held = self.open.pop(conversation)
        person_id, name, _, _ = held["person"]
        self.sinks.put(
            "conversations_conversation", conversation, self.shop["stores"][held["store"]],
            self.shop["inboxes"][held["store"]], "email", person_id, name, held["subject"], "en", held["status"], 0,
            held["assignee"], self.shop["team"], json.dumps(held["tags"]), None, last, at, direction, author,
            said[:180], held["count"], 0, held["count"], held["created"], at if held["status"] == "closed" else None,
        )  # fmt: skip
        for tag in held["tags"]:
            self.sinks.put("conversations_conversationtag", conversation * 10 + tag, conversation, tag)
        if conversation % 2:
            self.sinks.put("conversations_readmark", conversation, self.shop["staff"][0], conversation, last, at)

    def _vector(self, found: frozenset[str] | set[str], at: datetime, marks: tuple[str, ...]) -> str:
        every = [*found, *marks, *self.fulltext.time_marks(at)]
        return " ".join(["'" + word.replace("'", "''") + "'" for word in every])


def load(url: str, shop: dict[str, Any], conversations: int) -> dict[str, object]:
    """Fill an empty shop; returns how long it took and what there is."""
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as db:
        made = [
            row
            for table in SEARCHED
            for row in db.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%USING gin%%'",
                [table],
            ).fetchall()
        ]
        for name, _ in made:
            db.execute(f"DROP INDEX {name}")
        db.execute("TRUNCATE platform_event")
        sinks = Sinks(url)
        Writer(sinks, shop, conversations).write()
        sinks.close()
        copied = time.monotonic()
        for _, definition in made:
            db.execute(definition)
        for table, columns in TABLES.items():
            if columns.startswith("id "):
                db.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        db.execute("UPDATE platform_eventcounter SET last = (SELECT max(position) FROM platform_event)")
        db.execute(
            "INSERT INTO platform_eventcursor (name, position) SELECT 'reactions', last FROM platform_eventcounter"
            " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
        )
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")
    ended = time.monotonic()
    return {"copy_s": round(copied - began, 1), "index_s": round(ended - copied, 1), **sinks.counts}


def main() -> None:
    """Load into DATABASE_URL the shop that shop.json describes."""
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--shop", type=argparse.FileType(), required=True, help="the shop.json of the data folder")
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    print(json.dumps(load(os.environ["DATABASE_URL"], json.load(chosen.shop), chosen.conversations)))


if __name__ == "__main__":
    main()
