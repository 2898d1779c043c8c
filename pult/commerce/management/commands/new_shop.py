"""`pult new_shop NAME`: the folder of a new shop's connector."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pult.commerce.scaffold import BadName, make


class Command(BaseCommand):
    """Make the folder of a new shop's connector."""

    help = "Make the folder of a new shop's connector, with tests that pass."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name."""
        parser.add_argument("name")

    def handle(self, *args: object, **options: object) -> None:
        """Make it."""
        try:
            folder = make(str(options["name"]))
        except BadName as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"made {folder}; read its README.md, then: pytest {folder}")
