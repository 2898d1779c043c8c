"""An amount is the same whichever way it is written."""

from __future__ import annotations

import pytest

from pult.platform import money


@pytest.mark.parametrize(
    ("minor", "currency", "major"),
    [
        (1_999, "EUR", "19.99"),
        (5, "EUR", "0.05"),
        (-250, "EUR", "-2.50"),
        (1_999, "JPY", "1999"),
        (1_999, "KWD", "1.999"),
        (0, "EUR", "0.00"),
        (10**15, "EUR", "10000000000000.00"),
    ],
)
def test_an_amount_is_written_and_read_again(minor: int, currency: str, major: str) -> None:
    assert money.major(minor, currency) == major
    assert money.minor(major, currency) == minor
