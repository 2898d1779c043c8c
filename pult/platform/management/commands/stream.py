"""`pult stream`: the ASGI front as one process, for installations that put a proxy before it."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pult.platform import serve


class Command(BaseCommand):
    """Serve the live stream (and, like the front, everything else)."""

    help = "Serve the live stream; a proxy sends /api/v1/stream here and the rest to `pult web`."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add where to listen."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: object, host: str, port: int, **options: object) -> None:
        """Run until TERM or INT."""
        serve.make_server().run(sockets=[serve.listen(host, port)])
