"""Words of somebody who is forgotten, taken out of where machinery kept them by the way: errors and kept answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from pult.platform import db

GONE = "…"
_PLACES = (
    ("platform_job", "id", "last_error"),
    ("platform_webhookdelivery", "id", "error"),
)


def remover(words: Collection[str]) -> Callable[[str], str]:
    """Return what puts GONE in the place of each of these words, whole and in any case, in a text."""
    wanted = sorted({word for word in words if word}, key=len, reverse=True)
    if not wanted:
        return lambda text: text
    found = re.compile(
        r"(?<![\w.+-])(?:" + "|".join(re.escape(word) for word in wanted) + r")(?![\w-]|\.\w)", re.IGNORECASE
    )
    return lambda text: found.sub(GONE, text)


def holding(column: str, words: Collection[str]) -> tuple[str, list[str]]:
    """Return the condition that a column's text has one of these words in it, in any case, and its parameters."""
    likes = [f"lower({column}) LIKE %s ESCAPE '!'" for _ in words]
    escaped = [re.sub(r"([!%_])", r"!\1", word.lower()) for word in words]
    return f"({' OR '.join(likes)})", [f"%{word}%" for word in escaped]


def forget_words(words: Collection[str], names: Collection[str] = ()) -> int:
    """Take words out of errors, and forget kept answers that hold one of them or one of the names; return how many rows
    were touched."""
    if not words and not names:
        return 0
    touched, without = 0, remover(words)
    for table, key, column in _PLACES if words else ():
        condition, values = holding(column, words)
        for row_id, text in db.rows(f"SELECT {key}, {column} FROM {table} WHERE {condition}", values):
            touched += db.count(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", (without(text), row_id))
    condition, values = holding("body", [*words, *names])
    # The key stays: whoever repeats the write must not do it twice.
    return touched + db.count(f"UPDATE platform_idempotencykey SET body = 'null' WHERE {condition}", values)
