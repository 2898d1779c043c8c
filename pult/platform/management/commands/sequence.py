"""`pult sequence`: only the sequencer of the event log, where workers are too busy to be asked."""

from __future__ import annotations

import signal
import threading

from django.core.management.base import BaseCommand

from pult.platform.worker import sequence_forever


class Command(BaseCommand):
    """Give events their positions."""

    help = "Give positions to new events. Every worker and stream does so too; more than one does no harm."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Run until TERM or INT."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        sequence_forever(stop)
