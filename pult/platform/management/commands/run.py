"""`pult run`: all of Pult as one supervised program."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from pult.platform.supervisor import run_pult


class Command(BaseCommand):
    """Run everything on one machine."""

    help = "Run all of Pult: web, live stream, worker and mail receiver, supervised."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Run until TERM or INT."""
        try:
            run_pult()
        except (RuntimeError, OSError) as error:
            raise CommandError(str(error)) from error
