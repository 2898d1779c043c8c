"""What no database keeps in a text, NUL and halves of surrogate pairs: what comes from outside is freed of it."""

from __future__ import annotations

from collections.abc import Mapping


def storable(value: object) -> object:
    """Return a value as JSON gives it whose texts, at any depth, PostgreSQL and SQLite can keep.

    NUL is left out; a lone surrogate, which is no character, becomes a question mark.
    """
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {str(storable(str(key))): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
