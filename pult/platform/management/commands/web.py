"""`pult web`: Django on granian's WSGI server, for installations that put a proxy before it."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from granian.constants import Interfaces
from granian.server import Server


class Command(BaseCommand):
    """Serve everything but the live stream."""

    help = "Serve pages and the API by granian; the live stream is served by `pult stream`."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add where to listen and how many processes and threads answer."""
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--workers", type=int, default=settings.WEB_WORKERS)
        parser.add_argument("--threads", type=int, default=8)

    def handle(self, *args: object, host: str, port: int, workers: int, threads: int, **options: object) -> None:
        """Run until TERM or INT."""
        Server(
            "pult.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            respawn_failed_workers=True,
            log_access=False,
        ).serve()
