"""pult backup FILE [--with-keys]"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pult.platform import backup


class Command(BaseCommand):
    """Write database and stored files into one file, while Pult goes on."""

    help = "Write database and stored files into one file, while Pult goes on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--with-keys", action="store_true", help="also the keys, API tokens and sessions")

    def handle(self, *args: Any, **options: Any) -> None:
        outcome = backup.make(options["file"], with_keys=options["with_keys"])
        keys = "with keys and tokens: keep it like a password" if outcome.with_keys else "without keys and tokens"
        self.stdout.write(f"{options['file']}: database and {outcome.files} stored files, {keys}")
        if outcome.missing:
            self.stderr.write(f"{outcome.missing} stored files were not there any more")
