"""Which message an answer goes by: one rule, for whoever shows it and for whoever sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from django.db.models import Q

from pult.conversations.models import ASIDE_KINDS, MACHINE_KINDS

PASSED = MACHINE_KINDS | ASIDE_KINDS
"""What an answer to the customer goes past: what machines sent, and what was said aside with somebody else."""

Row = TypeVar("Row")


class Way(NamedTuple):
    """Messages of one direction; with `people` only those that belong to the talk with the customer."""

    direction: str
    people: bool

    def fits(self, direction: str, kind: str) -> bool:
        """Say whether a message is one of these."""
        return direction == self.direction and not (self.people and kind in PASSED)

    def condition(self) -> Q:
        """Return the same for a query of the ORM."""
        found = Q(direction=self.direction)
        return found & ~Q(kind__in=PASSED) if self.people else found

    def sql(self) -> str:
        """Return the same for SQL, of a message called m."""
        passed = ", ".join(f"'{kind}'" for kind in sorted(PASSED))
        return f"m.direction = '{self.direction}'" + (f" AND m.kind NOT IN ({passed})" if self.people else "")


WAYS = (Way("in", people=True), Way("out", people=True), Way("in", people=False))


def chosen(
    rows: Iterable[Row], what: Callable[[Row], tuple[str, str]], *, older: Callable[[Way], Row | None]
) -> Row | None:
    """Return the message an answer goes by: a person's latest, else our latest, else a machine's.

    Args:
        rows: the newest messages, newest first.
        what: direction and kind of a row.
        older: finds the newest of a way where it is not among `rows`.
    """
    known = list(rows)
    for way in WAYS:
        row = next((one for one in known if way.fits(*what(one))), None)
        if row is None:
            row = older(way)
        if row is not None:
            return row
    return None
