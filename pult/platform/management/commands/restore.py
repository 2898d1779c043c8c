"""pult restore FILE [--force]"""

from __future__ import annotations

import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pult.platform import backup, erasures
from pult.platform.backup.files import FileDamaged

REFUSALS = (
    backup.BackupError,
    erasures.CannotErase,
    FileDamaged,
    LookupError,
    OSError,
    EOFError,
    tarfile.TarError,
    sqlite3.DatabaseError,
    psycopg.Error,
)


class Command(BaseCommand):
    """Bring a backup back into an empty installation. Stop Pult before."""

    help = "Bring a backup back into an empty installation. Stop Pult before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="throw away what is in the database")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = backup.restore(options["file"], force=options["force"])
        except REFUSALS as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"restored: database and {outcome.files} stored files, {outcome.erased} erasures applied again"
        )
        if not outcome.with_keys:
            self.stdout.write(
                "The backup holds no keys: put the old key file in its place (see docs/install.md), or set the "
                "mailboxes' passwords again. API tokens and sign-ins have to be made anew."
            )
