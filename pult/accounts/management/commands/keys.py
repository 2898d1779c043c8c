"""pult keys list | rotate | reseal"""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pult.accounts import keys
from pult.platform.keyring import new_key
from pult.platform.secrets import keyring


class Command(BaseCommand):
    """Show, add to, or change over to the newest of the keys that seal secrets."""

    help = "Show the keys that seal secrets; rotate: add a new one; reseal: seal everything with the newest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["list", "rotate", "reseal"])

    def handle(self, *args: Any, **options: Any) -> None:
        if options["what"] == "list":
            for key_id, count in keys.in_use().items():
                self.stdout.write(f"{key_id}  {count} sealed values in the database")
        elif options["what"] == "reseal":
            self.stdout.write(f"{keys.reseal()} values sealed anew")
        elif os.environ.get("PULT_SECRET_KEYS"):
            key_id, value = new_key(keyring())
            raise CommandError(
                f"The keys come from PULT_SECRET_KEYS: put {key_id}:{value} before the others there, restart "
                "Pult, then run `pult keys reseal`."
            )
        else:
            made = keys.rotate()
            self.stdout.write(f"{made} is the newest key now. Restart Pult, then run `pult keys reseal`.")
