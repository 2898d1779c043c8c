"""The vocative of Greek names and surnames.

By M. Triantafyllidis, Νεοελληνική Γραμματική (του Ινστιτούτου Νεοελληνικών Σπουδών), on masculine nouns in -ος, -ας,
-ης: the vocative drops the -ς; names in -ος have -ε, but names of two syllables, pet names and those stressed on the
last syllable have -ο. Women's names do not change.
"""

from __future__ import annotations

import re
import unicodedata

_GREEK = re.compile(r"[α-ωάέήίόύώϊϋΐΰς]+$")
_VOWELS = re.compile(r"[αεηιουω]+")
_PET = re.compile(r"(?:άκος|ίτσος|ούτσος|ούλος|ούκος|άτσος|άτος|ίκος)$")
# Everyday forms of learned names, and pet names, of more syllables than two.
_EVERYDAY = frozenset(["στέλιος", "αλέκος", "μανώλος", "θανάσος", "βαγγέλος", "σταμάτος", "λευτέρος"])


def vocative(name: str, *, surname: bool = False) -> str | None:
    """Return a man's given name or surname (in small letters) in the vocative, None where no rule is sure.

    What is not written in Greek is not declined.
    """
    if name.isascii():
        return name
    if not _GREEK.match(name):
        return None
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    if plain == name and len(_VOWELS.findall(plain)) > 1:
        # Without its accent nobody knows which syllables the ending follows.
        return None
    if plain.endswith(("ης", "ας", "ες", "ους", "ις")):
        return name[:-1]
    if not plain.endswith("ος"):
        return None if name.endswith("ς") else name
    if name.endswith("ός"):
        if name.endswith(("νός", "ικός")):
            return name[:-2] + "έ"
        return None if surname else name[:-1]
    if _PET.search(name) or name in _EVERYDAY:
        return name[:-1]
    syllables = len(_VOWELS.findall(plain)) + (plain.endswith("ιος") and not plain.endswith(("αιος", "ειος")))
    return name[:-1] if syllables <= 2 else name[:-2] + "ε"


def is_greek(name: str) -> bool:
    """Say whether a name (in small letters) is written in Greek."""
    return _GREEK.match(name) is not None
