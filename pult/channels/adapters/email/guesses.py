"""Which charset of one byte a letter Europe's languages are written in, where nobody says, or says it wrongly.

Each candidate is judged by what it makes of the bytes: letters of one language's alphabet, in words, small behind
capital. Of two that are as good, the first is taken; 8-bit letters that Windows-1250 and 1252 share decide nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

CANDIDATES = ("cp1250", "cp1252", "iso8859_2", "cp1253", "iso8859_7", "cp1251", "koi8_r", "cp1254", "cp1257")
SAMPLE = 1_500
SURE = 0.97
"""Share of a text's letters beyond ASCII that have to be of one language, and in their places."""
DOUBTED = 0.75
"""Share below which the charset that a mail names is not believed."""
FEW = 3
"""Signs beyond ASCII below which they say nothing against the charset that a mail names."""
SIBLINGS = {
    "iso8859-2": "cp1250",
    "iso8859-5": "cp1251",
    "iso8859-7": "cp1253",
    "iso8859-9": "cp1254",
    "iso8859-13": "cp1257",
    "iso8859-8": "cp1255",
    "iso8859-6": "cp1256",
}
"""Charsets that Windows' programs name when they mean their own, which have letters where these have controls."""

_CENTRAL = (
    "čšžćđ",
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíľňóôšťúýž",
    "áéíóöőúüű",
    "ăâîşţșț",
    "äöüß",
)
_WESTERN = (
    "äöüß",
    "àâçéèêëîïôùûüœæ",
    "áéíñóúü",
    "àèéìòù",
    "ãõçáéíóúâêôà",
    "åäöæøé",
    "áðéíóúýþæö",
    "äöõüšž",
    "ëïéèêöü",
)
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
_ALPHABETS = {
    "cp1250": _CENTRAL,
    "iso8859_2": _CENTRAL,
    "cp1252": _WESTERN,
    "cp1254": ("çğıöşüi",),
    "cp1257": _BALTIC,
    "cp1253": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",),
    "iso8859_7": ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",),
    "cp1251": ("абвгдежзийклмнопрстуфхцчшщъыьэюяёђјљњћџіїєґѓќѕў",),
    "koi8_r": ("абвгдежзийклмнопрстуфхцчшщъыьэюяё",),
}
_COMMON = {"cp1253": "αοιετσνηυρςόίάέ", "iso8859_7": "αοιετσνηυρςόίάέ", "cp1251": "оеаинтсрвлј", "koi8_r": "оеаинтсрвл"}
"""The commonest letters of the alphabets that fill the same places."""
_WORD = re.compile(r"[^\s\x00-\x40]*[^\x00-\x7f][^\s\x00-\x40]*")
_AROUND = "„“”‚‘’«»‹›…–—•€£§©®™°´·\xa0№×÷¹²³½¼¾±¡¿¤µ¶.,;:!?()[]\"'"


def best(data: bytes) -> str:
    """Return the charset in which the bytes are surely a European language; "" where none is sure."""
    sample = data[:SAMPLE]
    name, score = max(((name, _score(sample, name)) for name in CANDIDATES), key=lambda found: found[1])
    return name if score >= SURE else ""


def corrected(data: bytes, codec: str) -> str:
    """Return the charset that a mail means which names this one: mostly this one."""
    sibling = SIBLINGS.get(codec, "")
    sample = data[:SAMPLE]
    if sibling and any(0x80 <= byte < 0xA0 for byte in sample):
        return sibling
    if codec == "iso8859-7":
        return "cp1253" if _score(sample, "cp1253") > _score(sample, "iso8859_7") else codec
    if codec == "cp1252" and sum(byte > 0x7F for byte in sample) >= FEW and _score(sample, codec) < DOUBTED:
        return best(sample) or codec
    return codec


@lru_cache(maxsize=32)
def _score(sample: bytes, codec: str) -> float:
    """Return the share of signs beyond ASCII that are letters of one alphabet, in places where letters stand."""
    text = sample.decode(codec, "replace")
    letters: Counter[str] = Counter()
    wrong = 0
    own_script = codec in _COMMON
    for word in _WORD.findall(text):
        inner = word.strip(_AROUND)
        wrong += sum(not c.isalpha() and c > "\x7f" for c in inner) + _misplaced(word)
        wrong += sum(a.islower() and b.isupper() for a, b in pairwise(inner))
        found = [c.lower()[0] for c in inner if c > "\x7f" and c.isalpha()]
        if own_script and (len(found) < 2 or any(c.isascii() and c.isalpha() for c in inner)):
            wrong += len(found)
        else:
            letters.update(found)
    count = letters.total()
    plain = sum(c.isascii() and c.isalpha() for c in text)
    if not count or (own_script and count <= max(3, 0.2 * plain)):
        return 0.0
    share = max(sum(letters[c] for c in alphabet) for alphabet in _ALPHABETS[codec]) / (count + wrong)
    if own_script:
        return share * (0.98 + 0.02 * sum(letters[c] for c in _COMMON[codec]) / count)
    return share * (0.5 if count > max(8, 0.45 * (plain + count)) else 1)


def _misplaced(word: str) -> bool:
    """Say whether a closing mark opens a word, or a sign that never does."""
    return len(word) > 2 and word[0] in "’©®™°·¼¾½±¹²³" and word[1].isalpha()
