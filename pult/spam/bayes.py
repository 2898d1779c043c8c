"""How likely a message is spam, by what was learned of its signs.

Each sign's probability is Robinson's (a sign seen rarely says little), and they are put together by Fisher's method:
two tests, for and against, so that a message which has signs of both comes out as undecided instead of as sure.

Gary Robinson: A Statistical Approach to the Spam Problem. Linux Journal 107, 2003.
The constants are those that SpamBayes settled on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

STRENGTH = 0.45
"""Weight of what is assumed of a sign that was never seen, in messages."""
ASSUMED = 0.5
TELLING = 0.1
"""A sign nearer than this to 0.5 says nothing and is left out."""
MOST_CLUES = 100
FEWEST_CLUES = 6
"""With fewer telling signs nothing is said of a message."""


def probability(spam: int, ham: int, spam_total: int, ham_total: int) -> float:
    """Return how likely a message with this sign is spam: in `spam` of `spam_total` spam messages it stood, and in
    `ham` of `ham_total` others. Not depending on how much of each was learned."""
    in_spam, in_ham = min(1.0, spam / spam_total), min(1.0, ham / ham_total)
    if not in_spam and not in_ham:
        return ASSUMED
    seen = spam + ham
    return (STRENGTH * ASSUMED + seen * in_spam / (in_spam + in_ham)) / (STRENGTH + seen)


class Clue(NamedTuple):
    """A sign that tells something: its probability, and what it adds to the tests against the message and for it."""

    probability: float
    against: float
    in_favour: float


def clue(spam: int, ham: int, spam_total: int, ham_total: int) -> Clue | None:
    """Return what a sign tells, None where that is nothing."""
    found = probability(spam, ham, spam_total, ham_total)
    if abs(found - 0.5) < TELLING:
        return None
    return Clue(found, -2.0 * math.log(1.0 - found), -2.0 * math.log(found))


def combined(clues: Sequence[Clue]) -> float:
    """Return one probability for many clues: 1 spam, 0 none, about 0.5 undecided or too little known. Where they speak
    for the message it is not worked out how much, and 0 returned: that is most mail."""
    if len(clues) < FEWEST_CLUES:
        return 0.5
    if len(clues) > MOST_CLUES:
        clues = sorted(clues, key=lambda one: -abs(one.probability - 0.5))[:MOST_CLUES]
    against, in_favour = sum(one.against for one in clues), sum(one.in_favour for one in clues)
    if against < in_favour:
        return 0.0
    freedom = 2 * len(clues)
    return (1.0 + _chi_square(in_favour, freedom) - _chi_square(against, freedom)) / 2.0


def _chi_square(value: float, freedom: int) -> float:
    """Return the probability that chi-square of an even number of degrees of freedom is at least `value`."""
    half = value / 2.0
    total = term = math.exp(-half)
    for index in range(1, freedom // 2):
        term *= half / index
        total += term
    return min(total, 1.0)
