"""Questions about a product that its attributes answer.

No model: words, their dictionary forms, and a table of what people call an attribute (attributes.toml). Every answer
says which words it was found by.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from pult.commerce import base
from pult.platform.words import LANGUAGES, fold, forms, tokens

MOST = 6
"""Answers that are shown."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_ASKING = re.compile(
    r"\?|;\s*$|\b(?:kakšn\w*|kater\w*|kdaj|koliko|kako|kaj|ali|zanima\w*|kakv\w*|koj[aeiu]\w*|kada?|što|jel\w*"
    r"|ποι\w*|πότε|πόσ\w*|τι|ενδιαφέρ\w*|jak\w*|któr\w*|kiedy|ile|czy|co"
    r"|what|which|when|how|could you|can you|tell me|is there|does|do you|wondering)\b",
    re.I,
)
_CODE = re.compile(
    r"(?<![\w-])(?=[\w-]*\d)[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*(?![\w-])|(?<![\w-])[A-Z]{2,}(?:-[A-Z0-9]+)+(?![\w-])"
)


class Answer(msgspec.Struct, frozen=True):
    """An attribute that answers. `lots` are the places and pieces it holds for, where it is one of stock lots;
    `words` are those of the message that it was found by; `text` stands in an answer."""

    product: str
    variant: str
    sku: str
    attribute: str
    value: str
    lots: list[str]
    words: str
    text: str


class Asked(msgspec.Struct, frozen=True):
    """What a message asks: each asking sentence by the folded forms of its words, with the word each came from, and
    whether any asks for something that products are often asked for."""

    sentences: list[dict[str, str]]
    language: str
    usual: bool


class _Concept(msgspec.Struct, frozen=True):
    names: frozenset[str]
    phrases: Mapping[str, list[list[str]]]


@lru_cache(maxsize=1)
def _concepts() -> list[_Concept]:
    raw = tomllib.loads((Path(__file__).parent / "attributes.toml").read_text("utf-8"))
    return [
        _Concept(
            frozenset(fold(name) for name in one["names"]),
            {language: [phrase.split() for phrase in one[language]] for language in LANGUAGES},
        )
        for one in raw.values()
    ]


def asked(text: str, language: str) -> Asked:
    """Return the asking sentences of a message in a language."""
    known = language if language in LANGUAGES else "en"
    found = []
    for sentence in _SENTENCE.split(text[:8_000]):
        if _ASKING.search(sentence):
            found.append({form: word for word in tokens(sentence) for form in forms(word, (known,))})
    phrases = [phrase for concept in _concepts() for phrase in concept.phrases[known]]
    return Asked(found, known, any(_all_said(phrase, sentence, known) for sentence in found for phrase in phrases))


def codes(text: str) -> list[str]:
    """Return what may be a product's code in a message: capitals with digits or hyphens, eight at most."""
    return list(dict.fromkeys(match.group() for match in _CODE.finditer(text)))[:8]


def answers(what: Asked, products: Iterable[base.Product]) -> list[Answer]:
    """Return the attributes of these products that answer, in their order."""
    if not what.sentences:
        return []
    found: dict[tuple[str, str, str, str], Answer] = {}
    for product in products:
        for variant, name, value, lots in _attributes(product):
            words = _asks_for(name, what)
            key = (product.id, variant.sku if variant else "", name, value)
            if words and key not in found:
                found[key] = _answer(product, variant, name, value, lots, words)
    return list(found.values())[:MOST]


def _attributes(product: base.Product) -> Iterator[tuple[base.Variant | None, str, str, list[str]]]:
    for name, value in product.attributes.items():
        yield None, name, value, []
    for variant in product.variants:
        for name, value in variant.attributes.items():
            yield variant, name, value, []
        lots: dict[tuple[str, str], list[str]] = {}
        for lot in variant.stock:
            for name, value in lot.attributes.items():
                lots.setdefault((name, value), []).append(
                    f"{lot.place}: {lot.quantity}" if lot.place else str(lot.quantity)
                )
        for (name, value), places in lots.items():
            yield variant, name, value, places


def _answer(
    product: base.Product, variant: base.Variant | None, name: str, value: str, lots: list[str], words: str
) -> Answer:
    titled = variant is not None and len(product.variants) > 1 and variant.title and variant.title != product.title
    whole = f"{product.title}, {variant.title}" if variant and titled else product.title
    sku = variant.sku if variant else next((one.sku for one in product.variants if len(product.variants) == 1), "")
    return Answer(
        product.title,
        variant.title if variant and titled else "",
        sku,
        name,
        value,
        lots,
        words,
        f"{whole}: {name} {value}",
    )


def _asks_for(attribute: str, what: Asked) -> str:
    """Return the words of the message that ask for an attribute, "" where none do."""
    folded = fold(attribute)
    phrases: list[Sequence[str]] = [attribute.casefold().split()]
    for concept in _concepts():
        if folded in concept.names or any(name in folded for name in concept.names if len(name) > 5):
            phrases += concept.phrases[what.language]
    said = (_all_said(phrase, sentence, what.language) for sentence in what.sentences for phrase in phrases)
    return next(filter(None, said), "")


@lru_cache(maxsize=2_000)
def _forms(word: str, language: str) -> tuple[str, ...]:
    return forms(word, (language,))


def _all_said(phrase: Sequence[str], sentence: Mapping[str, str], language: str) -> str:
    """Return the words of a sentence that say a phrase, "" where one is missing."""
    said = [next((sentence[form] for form in _forms(word, language) if form in sentence), "") for word in phrase]
    return " ".join(dict.fromkeys(said)) if phrase and all(said) else ""
