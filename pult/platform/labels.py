"""Words of a settings form: said once, in the five languages, and used by every field that needs them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from msgspec import Meta

LANGUAGES = ("sl", "hr", "el", "pl", "en")


@dataclass(frozen=True, kw_only=True)
class Words:
    """The same words in every language; `{}` in them stands for a name that is the same in all, such as a protocol."""

    sl: str
    hr: str
    el: str
    pl: str
    en: str

    def of(self, name: str) -> Words:
        """Return the words with `name` put in."""
        texts: dict[str, str] = dataclasses.asdict(self)
        return Words(**{language: text.format(name) for language, text in texts.items()})

    def to(self, language: str) -> str:
        """Return the words in one language, in English for any other."""
        text: str = getattr(self, language if language in LANGUAGES else "en")
        return text


def field(words: Words, *, when: str = "", hidden: bool = False, url: bool = False) -> Meta:
    """Describe a field for the form: its label, `when` it is shown (field=value), `hidden` for a secret, `url` for the
    http address of a server that Pult will ask."""
    return Meta(extra={"words": words, "when": when, "hidden": hidden, "url": url})
