"""Every sentence of the program in every language, with the plurals that language has."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

LANGUAGES = ("sl", "hr", "el", "pl")
PLURALS = {"sl": 4, "hr": 3, "el": 2, "pl": 3}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%[sd]")


def faults(language: str, catalogue: Catalog) -> Iterator[str]:
    """Yield one sentence for each message of the catalogue that is not ready to be shown."""
    for message in catalogue:
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[-1]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if message.fuzzy:
            yield f"{language}: {source!r} is marked fuzzy"
        if not all(forms):
            yield f"{language}: {source!r} is not translated"
        if not isinstance(message.id, str) and len(forms) != PLURALS[language]:
            yield f"{language}: {source!r} has {len(forms)} plural forms, not {PLURALS[language]}"
        for form in forms:
            lost = set(PLACEHOLDER.findall(source)) - set(PLACEHOLDER.findall(form))
            if form and lost and isinstance(message.id, str):
                yield f"{language}: {source!r} lost {', '.join(sorted(lost))}"


def complaints(folder: Path) -> Iterator[str]:
    """Compare the catalogues below `folder` (`<language>/LC_MESSAGES/django.po`) with each other."""
    catalogues = {}
    for language in LANGUAGES:
        path = folder / language / "LC_MESSAGES" / "django.po"
        if not path.exists():
            yield f"{path} is missing"
            continue
        with path.open("rb") as file:
            catalogues[language] = read_po(file, locale=language)
    for language, catalogue in catalogues.items():
        yield from faults(language, catalogue)
    keys = {language: {str(message.id) for message in found if message.id} for language, found in catalogues.items()}
    every = set().union(*keys.values())
    for language, known in keys.items():
        for key in sorted(every - known):
            yield f"{language}: {key!r} is missing"


def main() -> int:
    """Print what is wrong; return 1 when anything is."""
    folder = Path("pult/locale")
    found = list(complaints(folder)) if folder.is_dir() else []
    print("\n".join(found) if found else "locales: fine")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
