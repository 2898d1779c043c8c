"""Words as search sees them: folded, without marks, with the lemma beside the word.

Neither SQLite nor PostgreSQL folds đ, ł, tonos and the final sigma all by itself, so both get words that were
folded here, and a query goes through the same functions.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from simplemma.strategies.dictionaries import TrieDictionaryFactory

LANGUAGES = ("sl", "hr", "el", "pl", "en")
_DICTIONARY = {"sl": "sl", "hr": "hbs", "el": "el", "pl": "pl", "en": "en"}
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ς": "σ", "ß": "ss", "ø": "o", "æ": "ae", "ı": "i", "’": "'"})
_WORD = re.compile(r"[^\W_]+(?:[.@+'_-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_LONGEST_WORD = 64
_MOST_WORDS = 20_000

_dictionaries: TrieDictionaryFactory | None = None


def fold(text: str) -> str:
    """Return `text` casefolded and without accents; ł, đ, ς and their like become plain letters."""
    text = text.casefold()
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS)


def _factory() -> TrieDictionaryFactory:
    global _dictionaries
    if _dictionaries is None:
        _dictionaries = TrieDictionaryFactory(cache_max_size=len(LANGUAGES), disk_cache_dir=str(settings.LEMMAS_DIR))
    return _dictionaries


def build_dictionaries() -> None:
    """Make the lemma tries of all languages on disk and load them: once at install, cheap afterwards."""
    for language in _DICTIONARY.values():
        _factory().get_dictionary(language)


@lru_cache(maxsize=5_000)
def lemmas(word: str, language: str) -> tuple[str, ...]:
    """Return the folded dictionary forms of a casefolded word, none when it is unknown or the form itself.

    The form of the form as well: the dictionaries lead "naročila" to "naročilo" and that to "naročiti".
    """
    dictionary = _DICTIONARY.get(language)
    if dictionary is None or not word.isalpha():
        return ()
    entries = _factory().get_dictionary(dictionary)
    forms: list[str] = []
    for _ in range(2):
        found = entries.get(word) or entries.get(word.capitalize())
        if not found or found == word:
            break
        word = found.casefold()
        forms.append(fold(word))
    return tuple(forms)


_SOUTH_SLAVIC = re.compile(r"(?:ovima|evima|ijama|ama|ima|ovi|evi|oga|ega|omu|emu|om|em|og|eg|oj|im|ih|a|e|i|o|u)$")
_ENDINGS = {
    # The free dictionaries of these know too few forms, so endings are cut as well: the longest first.
    "el": re.compile(r"ι?(?:ματων|ματοσ|ματα|ουσ|εισ|εων|ιων|ων|ησ|ασ|εσ|οσ|ου|οι|ια|ιο|α|η|ο|ι|ε|υ|ω)$"),
    "hr": _SOUTH_SLAVIC,
    "sl": _SOUTH_SLAVIC,
}
_SHORTEST_STEM = 4


def stem(word: str, language: str) -> str:
    """Return a folded word without its ending, marked with "=", or "" where that says nothing."""
    endings = _ENDINGS.get(language)
    if endings is None or not word.isalpha():
        return ""
    cut = endings.sub("", word, count=1)
    return f"={cut}" if len(cut) >= _SHORTEST_STEM else ""


def tokens(text: str) -> set[str]:
    """Return the distinct casefolded words; addresses, numbers and codes come whole and in their parts."""
    found = set(_WORD.findall(text.casefold()))
    for word in [word for word in found if not word.isalnum()]:
        found.update(_PART.findall(word))
    return {word for word in found if len(word) <= _LONGEST_WORD}


@lru_cache(maxsize=8_000)
def forms(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a casefolded word is found by: itself folded, its lemmas in these languages, and their stems."""
    folded = fold(word)
    found = {folded}
    for language in languages:
        bases = lemmas(word, language)
        found.update(bases)
        found.update(filter(None, [stem(base, language) for base in (folded, *bases)]))
    return tuple(found)


def index_words(texts: Iterable[str], *languages: str) -> list[str]:
    """Return the distinct folded words of `texts` with their lemmas in `languages`, in no particular order."""
    found = tokens("\n".join(texts))
    if len(found) > _MOST_WORDS:
        found = set(sorted(found)[:_MOST_WORDS])
    return list(set[str]().union(*[forms(word, languages) for word in found]))


_MARKED = {
    "sl": {"c": "cč", "s": "sš", "z": "zž"},
    "hr": {"c": "cčć", "s": "sš", "z": "zž", "d": "dđ"},
    "pl": {"a": "aą", "c": "cć", "e": "eę", "l": "lł", "n": "nń", "o": "oó", "s": "sś", "z": "zźż"},
}
_TONOS = {"α": "ά", "ε": "έ", "η": "ή", "ι": "ί", "ο": "ό", "υ": "ύ", "ω": "ώ"}
_MOST_SPELLINGS = 300


def spellings(word: str, language: str) -> list[str]:
    """Return the ways a word typed without its marks may be spelled in full; the word itself is the first."""
    if language == "el":
        if not any(letter in _TONOS for letter in word) or any(letter in _TONOS.values() for letter in word):
            return [word]
        ended = word[:-1] + "ς" if word.endswith("σ") else word
        marked = [ended[:i] + _TONOS[c] + ended[i + 1 :] for i, c in enumerate(ended) if c in _TONOS]
        return [word, *marked]
    options = _MARKED.get(language)
    if options is None or not word.isascii():
        return [word]
    made = itertools.product(*(options.get(letter, letter) for letter in word))
    return ["".join(letters) for letters in itertools.islice(made, _MOST_SPELLINGS)]


def query_terms(query: str, languages: Iterable[str] = LANGUAGES) -> list[list[str]]:
    """Return, for each word of a query, the forms of which one must be present: itself and its lemmas."""
    terms = []
    for match in _WORD.finditer(query.casefold()):
        word = match.group()[:_LONGEST_WORD]
        found = {fold(word)}
        for language in languages:
            found.update(base for spelled in spellings(word, language) for base in lemmas(spelled, language))
        found.update([cut for language in _ENDINGS for form in found if (cut := stem(form, language))])
        terms.append(sorted(found))
    return terms[:12]
