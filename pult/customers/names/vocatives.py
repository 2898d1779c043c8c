"""The vocative of a given name in the language of a letter."""

from __future__ import annotations

from pult.customers.names import croatian, greek, polish

WITHOUT = frozenset({"sl", "en"})
"""Languages that have none: the name stays as it is."""


def vocative(name: str, gender: str, language: str) -> str | None:
    """Return a given name in the vocative of a language, None where it is not sure.

    Args:
        name: as written; ALL CAPS and small letters are mended.
        gender: "m" or "f".
    """
    known = " ".join(name.split())
    if not known or gender not in {"m", "f"}:
        return None
    parts = [_one(part, gender, language) for part in known.casefold().split("-")]
    return None if None in parts else "-".join(part.capitalize() for part in parts if part)


def _one(name: str, gender: str, language: str) -> str | None:
    if not name:
        return None
    if language in WITHOUT:
        return name
    if language == "pl":
        return polish.vocative(name, gender)
    if language == "hr":
        return croatian.vocative(name, gender)
    if language == "el":
        # Folding the case makes the final sigma an ordinary one.
        ended = name[:-1] + "ς" if name.endswith("σ") else name
        return greek.vocative(ended) if gender == "m" else ended
    return None
