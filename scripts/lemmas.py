"""Make the tables of lemmas (dictionary forms) beside the installed packages, once: half a minute of one CPU.

Without them each data folder makes its own on first use (see LEMMAS_DIR in pult/settings.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

from simplemma.strategies.dictionaries import TrieDictionaryFactory

LANGUAGES = ("sl", "hbs", "el", "pl", "en")


def main() -> None:
    """Make what is missing."""
    folder = Path(sys.prefix) / "share" / "pult" / "lemmas"
    folder.mkdir(parents=True, exist_ok=True)
    tables = TrieDictionaryFactory(cache_max_size=1, disk_cache_dir=str(folder))
    for language in LANGUAGES:
        tables.get_dictionary(language)


if __name__ == "__main__":
    main()
