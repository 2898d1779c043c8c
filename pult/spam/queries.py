"""Is it spam: what a filter of others said, and what ours has learned."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from pult.channels.base import InboundMessage
from pult.platform.db import among, hot
from pult.spam import bayes
from pult.spam.models import Corpus
from pult.spam.signs import signs, token

ENOUGH = 20
"""Messages of each kind that have to be learned before anything is judged."""
LIMIT = 0.95
"""From here on a message is taken for spam."""
SHOWN = 6
ANSWERED_AT_LEAST = 200
ANSWERED_A_SPAM = 4
BY_FILTER = "filter"
_KEPT_SECONDS = 5.0
_kept: list[tuple[float, Learned]] = []


class Learned(NamedTuple):
    """How many messages of each kind were learned, and the salt of the hashes."""

    salt: str
    spam: int
    ham: int

    @property
    def enough(self) -> bool:
        """Say whether it is enough to judge by."""
        return self.spam >= ENOUGH and self.ham >= ENOUGH


class Reason(NamedTuple):
    """Why a message is taken for spam: `by` the filter, or the name of another; what that one did with it or, of the
    filter, the signs that told most."""

    by: str
    score: float | None = None
    limit: float | None = None
    action: str = ""
    clues: Sequence[str] = ()


def learned() -> Learned:
    """Return what has been learned so far, remembered in this process for some seconds."""
    if not _kept or _kept[0][0] < time.monotonic():
        row = Corpus.objects.filter(pk=1).values_list("salt", "spam", "ham").first()
        _kept[:] = [(time.monotonic() + _KEPT_SECONDS, Learned(*row) if row else Learned("", 0, 0))]
    return _kept[0][1]


def forget() -> None:
    """Drop what this process remembers; called after something was learned."""
    _kept.clear()


def judge(messages: Sequence[InboundMessage]) -> list[Reason | None]:
    """Return for each message why it is spam, None where it is not or where nobody can tell.

    A server's word that it is spam is enough, and so is our filter's; that of neither undoes the other's. One
    statement for all; none at all while too little has been learned.
    """
    found = [_of_server(message) for message in messages]
    known = learned() if messages else Learned("", 0, 0)
    if not known.enough:
        return found
    asked = [index for index, reason in enumerate(found) if reason is None]
    for index, reason in zip(asked, _by_filter([messages[index] for index in asked], known), strict=True):
        found[index] = reason
    return found


def _of_server(message: InboundMessage) -> Reason | None:
    said = message.opinion
    if said is None or not said.spam:
        return None
    return Reason(said.by, said.score, said.limit, said.action)


def _by_filter(messages: Sequence[InboundMessage], known: Learned) -> list[Reason | None]:
    named = [{token(sign, known.salt): sign for sign in signs(message)} for message in messages]
    wanted = sorted({name for one in named for name in one})
    if not wanted:
        return [None] * len(messages)
    condition, values = among("token", wanted)
    rows = hot(f"SELECT token, spam, ham FROM spam_sign WHERE {condition}", values)
    chances = {row[0]: bayes.probability(row[1], row[2], known.spam, known.ham) for row in rows}
    return [_reason(one, chances) for one in named]


def _reason(named: dict[int, str], chances: dict[int, float]) -> Reason | None:
    told = {name: chances[name] for name in named if name in chances}
    score = bayes.combined(list(told.values()))
    if score < LIMIT:
        return None
    clues = sorted((name for name in told if told[name] > 0.5), key=lambda name: (-told[name], named[name]))
    return Reason(BY_FILTER, round(score, 3), LIMIT, "", [named[name] for name in clues[:SHOWN]])


def wants_answered() -> bool:
    """Say whether another answered message should be learned as none of spam: there are to be a few for each spam
    message, and no more, so that the counts neither lean to one side nor grow with all the mail there is."""
    known = learned()
    return known.ham < ANSWERED_AT_LEAST + ANSWERED_A_SPAM * known.spam
