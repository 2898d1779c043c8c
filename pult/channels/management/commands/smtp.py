"""`pult smtp`: the mail receiver alone."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandParser

from pult.channels.smtp import run_smtp


class Command(BaseCommand):
    """Receive mail by SMTP and LMTP until stopped."""

    help = "Receive mail by SMTP and LMTP."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=None)
        parser.add_argument("--port", type=int, default=None)

    def handle(self, *args: object, **options: object) -> None:
        host, port = options["host"], options["port"]
        run_smtp(
            host=host if isinstance(host, str) else None,
            port=port if isinstance(port, int) else None,
            ready=lambda bound: self.stdout.write(f"receiving mail on port {bound}"),
        )
