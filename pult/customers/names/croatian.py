"""The vocative of Croatian given names, and of men's surnames.

Men: after a palatal consonant -u, after k, g, h, c and after a vowel as the nominative, after any other -e
(T. Gazdić-Alerić and M. Alerić, Hrvatski u upotrebi, "Vokativ muških imena"; the same for surnames). Women: -ica has
-ice, all others may be as the nominative (J. Silić and I. Pranjković, Gramatika hrvatskoga jezika: Sonja or Sonjo,
Ivana or Ivano; Anice).
"""

from __future__ import annotations

import re

_CROATIAN = re.compile(r"[a-zčćđšž]+$")
_PALATAL = re.compile(r"(?:č|ć|dž|đ|š|ž|lj|nj|j)$")
_FLEETING = {"petar": "petre", "aleksandar": "aleksandre", "dmitar": "dmitre", "juraj": "jurju"}


def vocative(name: str, gender: str, *, surname: bool = False) -> str | None:
    """Return a name (in small letters) in the vocative, None where no rule is sure."""
    if not _CROATIAN.match(name) or re.search(r"[qwxy]", name):
        return None
    if gender == "f":
        return name if surname or not name.endswith("ica") else name[:-1] + "e"
    if name in _FLEETING:
        return _FLEETING[name]
    if name[-1] in "aeiou" or name[-1] in "kghc":
        return name
    return name + ("u" if _PALATAL.search(name) else "e")
