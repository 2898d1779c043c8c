"""Is it spam: what a filter of others said, and what ours has learned."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
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
_MOST_KEPT = 50_000
_clues: dict[int, bayes.Clue | None] = {}
"""What is remembered of signs, as long as nothing is learned; None of those that tell nothing."""
_clues_of: list[Learned] = []


class Learned(NamedTuple):
    """How many messages of each kind were learned, and the salt of the hashes."""

    salt: str
    spam: int
    ham: int
    version: int = 0

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
        row = Corpus.objects.filter(pk=1).values_list("salt", "spam", "ham", "version").first()
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
    found = [signs(message) for message in messages]
    names = [[token(sign, known.salt) for sign in each] for each in found]
    clues = _told({name for each in names for name in each}, known)
    return [_reason(each, [clues.get(name) for name in named]) for each, named in zip(found, names, strict=True)]


def _told(names: set[int], known: Learned) -> Mapping[int, bayes.Clue | None]:
    """Return what signs tell, with one statement for those that this process does not remember."""
    if _clues_of != [known] or len(_clues) > _MOST_KEPT:
        _clues.clear()
        _clues_of[:] = [known]
    if missing := sorted(name for name in names if name not in _clues):
        condition, values = among("token", missing)
        rows = hot(f"SELECT token, spam, ham FROM spam_sign WHERE {condition}", values)
        _clues.update(dict.fromkeys(missing))
        _clues.update({row[0]: bayes.clue(row[1], row[2], known.spam, known.ham) for row in rows})
    return _clues


def _reason(found: Sequence[str], clues: Sequence[bayes.Clue | None]) -> Reason | None:
    score = bayes.combined([clue for clue in clues if clue is not None])
    if score < LIMIT:
        return None
    told = [(-clue.probability, sign) for sign, clue in zip(found, clues, strict=True) if clue is not None]
    worst = sorted(one for one in told if one[0] < -bayes.ASSUMED)
    return Reason(BY_FILTER, round(score, 3), LIMIT, "", [sign for _, sign in worst[:SHOWN]])


def wants_answered() -> bool:
    """Say whether another answered message should be learned as none of spam: there are to be a few for each spam
    message, and no more, so that the counts neither lean to one side nor grow with all the mail there is."""
    known = learned()
    return known.ham < ANSWERED_AT_LEAST + ANSWERED_A_SPAM * known.spam
