"""The vocative of Polish given names.

By the declension of nouns as PWN's orthographic dictionary gives it for names (Wielki słownik ortograficzny,
"Imiona"): women in -a have -o, pet names in a soft consonant have -u; men soften the last consonant before -e, or
have -u after
a soft, hardened or velar one. Names that have no declension stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PET = re.compile(r"(?:si|zi|dzi)a$")
_PETS = frozenset(
    """ania hania frania sonia tania stenia gienia henia mania bronia renia lonia funia
    ola jola wiola mariola karola fabiola ela hela tola mela fela nela maja kaja gaja""".split()  # noqa: SIM905
)
_FLEETING = frozenset({"aleksander", "kacper", "kasper", "leander", "prosper", "sylwester"})
_ODD = {"lew": "lwie", "abel": "able", "wawrzyniec": "wawrzyńcu", "kwiecień": "kwietniu"}
_POLISH = re.compile(r"[a-ząćęłńóśźż]+$")

_MEN: Sequence[tuple[str, str]] = (
    ("eł", "le"),
    ("ek", "ku"),
    ("st", "ście"),
    ("sł", "śle"),
    ("ch", "chu"),
    ("rz", "rzu"),
    ("sz", "szu"),
    ("cz", "czu"),
    ("dż", "dżu"),
    ("b", "bie"),
    ("p", "pie"),
    ("f", "fie"),
    ("w", "wie"),
    ("m", "mie"),
    ("n", "nie"),
    ("d", "dzie"),
    ("t", "cie"),
    ("s", "sie"),
    ("z", "zie"),
    ("r", "rze"),
    ("ł", "le"),
    ("k", "ku"),
    ("g", "gu"),
    ("h", "hu"),
    ("l", "lu"),
    ("j", "ju"),
    ("ż", "żu"),
    ("ń", "niu"),
    ("ś", "siu"),
    ("ć", "ciu"),
    ("ź", "ziu"),
)


def vocative(name: str, gender: str) -> str | None:
    """Return a given name (in small letters) in the vocative, None where no rule is sure."""
    if not _POLISH.match(name):
        return None
    return _woman(name) if gender == "f" else _man(name)


def _woman(name: str) -> str:
    if not name.endswith("a"):
        return name
    pet = name in _PETS or _PET.search(name)
    return name[:-1] + ("u" if pet else "o")


def _man(name: str) -> str | None:
    if name in _ODD:
        return _ODD[name]
    if name in _FLEETING:
        return name[:-2] + "rze"
    if name.endswith("a"):
        return name[:-1] + ("u" if _PET.search(name) else "o")
    if name.endswith("ko"):
        return name[:-1] + "u"
    if name[-1] in "eioóuy":
        return name
    return next((name[: -len(end)] + new for end, new in _MEN if name.endswith(end)), None)
