"""`pult worker`: jobs, payloads, periodic jobs and listeners, for installations of several machines."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from pult.platform import worker


class Command(BaseCommand):
    """Run one worker."""

    help = "Run a worker: jobs, what has come in, periodic jobs and listeners."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Run until TERM or INT."""
        worker.main()
