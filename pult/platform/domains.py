"""Names of domains as people read them (IDNA), where they cannot be taken for others."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LOOKALIKES = frozenset("ıĸŀſ")
_LAST_LATIN = "ž"
"""End of Latin Extended-A: what follows are mostly letters that look like others."""


@lru_cache(maxsize=1024)
def readable(domain: str) -> str:
    """Return a domain with its `xn--` labels in letters; those that could pass for another domain stay as they are.

    What is returned encodes (IDNA 2003) to what was given.
    """
    if "xn--" not in domain:
        return domain
    return ".".join(_label(label) for label in domain.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        letters = label.encode("ascii").decode("idna")
        same = letters.encode("idna").decode("ascii") == label
    except UnicodeError:
        return label
    return letters if same and _plain(letters) else label


def _plain(letters: str) -> bool:
    """Say whether all letters are Latin ones with the usual marks, or all are Greek."""
    alphabets = {unicodedata.name(letter, "?").split()[0] for letter in letters if letter not in "-0123456789"}
    if alphabets == {"GREEK"}:
        return True
    return alphabets == {"LATIN"} and all(c <= _LAST_LATIN and c not in _LOOKALIKES for c in letters)
