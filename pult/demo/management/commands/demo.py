"""`pult demo`: Pult with its demo shop, ready to be tried."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pult.demo import environment, start
from pult.demo.outbox import server
from pult.demo.shopfront import server as shopfront
from pult.platform.supervisor import Child, apart, run_pult


class Command(BaseCommand):
    """Start the demo."""

    help = "Run Pult with a demo shop on 127.0.0.1; PORT and SMTP_PORT change the ports."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        """Make everything ready, say where it is, and run until TERM or INT."""
        if not settings.DEMO:
            raise CommandError("Start the demo by the command 'pult demo'.")
        for name, port in (("PORT", settings.PORT), ("SMTP_PORT", settings.SMTP_PORT)):
            if not environment.is_free(port):
                raise CommandError(
                    f"Port {port} is in use on this computer, perhaps by a Pult that runs already."
                    f" Choose another one: {name}={port + 100} make run"
                )
        try:
            listener = server.listen(settings.OUTBOX_PORT)
            shops = server.listen(settings.DEMO_SHOP_PORT)
            children = [Child("outbox", partial(server.run, listener)), Child("shop", partial(shopfront.run, shops))]
            run_pult(children, first=self._ready)
        except (RuntimeError, OSError) as error:
            raise CommandError(str(error)) from error

    def _ready(self) -> None:
        apart(start.prepare, "the demo could not be made ready")
        self.stdout.write(start.told(start.read_demo_file()))
        self.stdout.flush()
