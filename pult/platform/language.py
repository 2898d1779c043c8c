"""In which language something is written: one of Pult's five, or another European one; "" when it is too short."""

from __future__ import annotations

import threading

from py3langid import langid

SAMPLE = 240
MINIMUM = 20
_CANDIDATES = [
    "sl",
    "hr",
    "el",
    "pl",
    "en",
    "de",
    "it",
    "fr",
    "es",
    "hu",
    "cs",
    "sk",
    "sr",
    "mk",
    "bg",
    "ro",
    "uk",
]
_lock = threading.Lock()
_ready: list[bool] = []


def warm_up() -> None:
    """Load the model, which takes a moment, before the first mail needs it."""
    if not _ready:
        with _lock:
            if not _ready:
                langid.set_languages(_CANDIDATES)
                _ready.append(True)


def detect(text: str) -> str:
    """Return the language's ISO 639-1 code; Serbian and Bosnian in Latin letters count as Croatian."""
    sample = " ".join(text[: SAMPLE * 2].split())[:SAMPLE]
    if sum(map(str.isalpha, sample)) < MINIMUM:
        return ""
    warm_up()
    code = str(langid.classify(sample)[0])
    return "hr" if code == "sr" and not any("Ѐ" <= c <= "ӿ" for c in sample) else code
