"""`pult import history FILE`: conversations of another system."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from pult.flows import history

MOST_SHOWN = 20


class Command(BaseCommand):
    """Import history."""

    help = "Import conversations with their messages from a JSON Lines file (docs/import.md); can be run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to import and the file."""
        parser.add_argument("what", choices=["history"])
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: object) -> None:
        """Import, telling how far it is after each batch; end with 1 where lines were refused."""
        path = options["file"]
        assert isinstance(path, Path)
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")

        def tell(report: history.Report) -> None:
            self.stdout.write(f"{report.lines} lines read, {report.conversations} conversations written", ending="\r")
            self.stdout.flush()

        report = history.import_file(path, progress=tell if self.stdout.isatty() else None)
        self.stdout.write(
            f"Imported {report.conversations} conversations with {report.messages} messages;"
            f" {report.known} were there already."
        )
        for refusal in report.refused[:MOST_SHOWN]:
            self.stderr.write(str(refusal))
        if report.refused:
            raise CommandError(f"{len(report.refused)} lines were refused; mend them and run the import again.")
