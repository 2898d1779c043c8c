"""Learning changes the counts by one mail and unlearning changes them back; nothing grows without end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from pult.channels.base import Address, InboundMessage, Opinion
from pult.platform.db import is_postgres
from pult.spam import actions, queries
from pult.spam.models import Corpus, Lesson, Sign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


def message(text: str, domain: str = "sender.example", **more: object) -> InboundMessage:
    return InboundMessage(sender=Address(f"a@{domain}"), text=text, to=[Address("x@y.example")], **more)  # type: ignore[arg-type]


SPAM = message("casino bonus winner lottery prize claim today", "spam.example")
HAM = message("parcel shoes size exchange delivery address tomorrow", "customers.example")


def counts() -> dict[int, tuple[int, int]]:
    return {sign.token: (sign.spam, sign.ham) for sign in Sign.objects.all() if sign.spam or sign.ham}


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Hear of every statement, also of those that the server binds."""
    seen: list[str] = []

    def record(execute: Any, sql: str, *more: Any) -> Any:
        seen.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(record):
        yield seen


def train(number: int = queries.ENOUGH) -> None:
    for index in range(number):
        actions.learn(message_id=1000 + index, message=SPAM, spam=True)
        actions.learn(message_id=2000 + index, message=HAM, spam=False)


def test_what_is_learned_is_unlearned_to_the_last_count() -> None:
    actions.learn(message_id=1, message=HAM, spam=False)
    before = counts()
    assert actions.learn(message_id=2, message=SPAM, spam=True)
    assert counts() != before
    assert not actions.learn(message_id=2, message=SPAM, spam=True)
    assert actions.learn(message_id=2, message=SPAM, spam=False)
    assert all(spam == 0 for spam, _ in counts().values())
    assert actions.learn(message_id=2, message=SPAM, spam=None)
    assert counts() == before
    assert not actions.learn(message_id=2, message=SPAM, spam=None)
    row = Corpus.objects.get()
    assert (row.spam, row.ham, Lesson.objects.count()) == (0, 1, 1)


def test_one_statement_learns_and_one_fetches() -> None:
    train()
    with statements() as seen:
        actions.learn(message_id=1, message=SPAM, spam=True)
    assert len([sql for sql in seen if "spam_sign" in sql]) == 1
    queries.learned()
    with statements() as seen:
        assert queries.judge([SPAM, HAM, SPAM])[0] is not None
    assert len(seen) == 1
    with statements() as seen:
        queries.judge([SPAM, HAM])
    assert seen == []


def test_what_is_remembered_is_forgotten_when_something_is_learned() -> None:
    train()
    assert queries.judge([SPAM])[0] is not None
    for index in range(queries.ENOUGH - 1):
        actions.learn(message_id=1000 + index, message=SPAM, spam=False)
    for index in range(queries.ENOUGH):
        actions.learn(message_id=3000 + index, message=message("other words altogether here now"), spam=True)
    assert queries.judge([SPAM]) == [None]


def test_words_of_both_tell_nothing_however_often_they_were_spam() -> None:
    """Poisoning: spam that is stuffed with the words of ordinary mail does not make that mail spam."""
    stuffed = message(SPAM.text + " " + HAM.text, "spam.example")
    for index in range(100):
        actions.learn(message_id=1000 + index, message=stuffed, spam=True)
    for index in range(queries.ENOUGH):
        actions.learn(message_id=2000 + index, message=HAM, spam=False)
    assert queries.judge([HAM]) == [None]
    assert queries.judge([message("parcel shoes size delivery", "new.example")]) == [None]


def test_a_servers_word_is_enough_and_its_doubt_is_none() -> None:
    said = [Opinion("rspamd", True, 9.0, 6.0, "reject"), Opinion("rspamd", False), Opinion("rspamd", None)]
    found = queries.judge([message("x", opinion=one) for one in said])
    assert found == [queries.Reason("rspamd", 9.0, 6.0, "reject"), None, None]
    train()
    assert queries.judge([message(SPAM.text, "spam.example", opinion=said[1])])[0] is not None


def test_rare_signs_are_forgotten_and_the_rest_is_bounded() -> None:
    train(2)
    actions.learn(message_id=1, message=message("once upon nobody remembers"), spam=True)
    kept = len([one for one in counts().values() if sum(one) > 1])
    Sign.objects.update(seen_on=timezone.now().date() - timedelta(days=91))
    assert actions.prune() > 0
    assert Sign.objects.count() == kept
    assert actions.prune(most=5) == kept - 5
    assert Sign.objects.count() == 5


def test_answered_mail_is_learned_in_proportion() -> None:
    assert queries.wants_answered()
    Corpus.objects.create(pk=1, salt="s", spam=0, ham=queries.ANSWERED_AT_LEAST)
    queries.forget()
    assert not queries.wants_answered()
    Corpus.objects.update(spam=10)
    queries.forget()
    assert queries.wants_answered()


@pytest.mark.django_db(transaction=True)
def test_many_learn_at_once_and_none_is_lost() -> None:
    if not is_postgres():
        pytest.skip("on SQLite a test's database lies in memory, where the write gate does not reach")
    failures: list[BaseException] = []

    def learn(number: int) -> None:
        try:
            for index in range(5):
                actions.learn(
                    message_id=number * 100 + index, message=SPAM if number % 2 else HAM, spam=number % 2 == 1
                )
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=learn, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    row = Corpus.objects.get()
    assert (row.spam, row.ham) == (10, 10)
    assert {(sign.spam, sign.ham) for sign in Sign.objects.all()} <= {(10, 0), (0, 10), (10, 10)}
