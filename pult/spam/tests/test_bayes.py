"""The arithmetic, against values worked out by hand and against the distribution itself."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pult.spam import bayes

BAD = bayes.clue(20, 0, 20, 20)
GOOD = bayes.clue(0, 20, 20, 20)


def test_a_sign_that_was_never_seen_says_nothing() -> None:
    assert bayes.probability(0, 0, 20, 20) == 0.5
    assert bayes.clue(0, 0, 20, 20) is None


def test_a_sign_seen_once_says_little_and_one_seen_often_much() -> None:
    assert bayes.probability(1, 0, 20, 20) == pytest.approx((0.45 * 0.5 + 1) / 1.45)
    assert bayes.probability(20, 0, 20, 20) == pytest.approx((0.225 + 20) / 20.45)


def test_it_counts_by_its_share_of_each_kind_and_not_by_how_much_was_learned() -> None:
    assert bayes.probability(2, 20, 20, 200) == pytest.approx(0.5)
    assert bayes.clue(2, 20, 20, 200) is None


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 400), st.integers(1, 400))
def test_it_is_a_probability_whatever_the_counts_say(spam: int, ham: int, spams: int, hams: int) -> None:
    assert 0 < bayes.probability(spam, ham, spams, hams) < 1
    bayes.clue(spam, ham, spams, hams)


def test_few_clues_decide_nothing() -> None:
    assert BAD is not None
    assert bayes.combined([BAD] * (bayes.FEWEST_CLUES - 1)) == 0.5
    assert bayes.combined([BAD] * bayes.FEWEST_CLUES) > 0.99


def test_clues_for_both_leave_it_undecided() -> None:
    assert BAD is not None
    assert GOOD is not None
    assert bayes.combined([BAD] * 20 + [GOOD] * 20) == pytest.approx(0.5)
    assert bayes.combined([BAD] * 20 + [GOOD] * 21) == 0.0
    assert bayes.combined([GOOD] * 40) == 0.0


def test_the_strongest_clues_are_those_that_count_of_many() -> None:
    weak = bayes.clue(4, 2, 20, 20)
    assert weak is not None
    assert BAD is not None
    assert GOOD is not None
    assert bayes.combined([GOOD] * 60 + [BAD] * 61 + [weak] * 5_000) < 0.9


def test_it_is_fishers_method() -> None:
    """Six clues of 0.7: chi-square with 12 degrees of freedom, from its series."""
    clue = bayes.Clue(0.7, -2 * math.log(0.3), -2 * math.log(0.7))

    def tail(value: float) -> float:
        return math.exp(-value / 2) * sum((value / 2) ** k / math.factorial(k) for k in range(6))

    against, in_favour = 6 * clue.against, 6 * clue.in_favour
    assert bayes.combined([clue] * 6) == pytest.approx((1 + tail(in_favour) - tail(against)) / 2)
