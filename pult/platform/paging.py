"""The cursor of lists that go by id: `next` of one page is `after` of the following."""

from __future__ import annotations

_LARGEST = 2**63 - 1


class BadCursor(ValueError):
    """The cursor was not made here. The API answers 400, whatever the list."""


def id_of(cursor: str | None) -> int | None:
    """Return the id a cursor stands for, None at the beginning of a list. Raises BadCursor."""
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal()) or int(cursor) > _LARGEST:
        raise BadCursor(cursor)
    return int(cursor)
