"""`pult shop`: connect a shop, read it, see how far it is."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pult.accounts import queries as accounts
from pult.commerce import actions, queries, reading, registry
from pult.commerce.base import ShopError
from pult.commerce.errors import BeingRead, ShopNotFound
from pult.platform import forms, plugins


class Command(BaseCommand):
    """Shops."""

    help = "Connect shops and read them (docs/shops.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do with which shop."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="the connected shops")
        add = verbs.add_parser("add", help="connect a shop to a store")
        add.add_argument("name")
        add.add_argument("--store", required=True, help="the store's name or number")
        add.add_argument("--connector", required=True, choices=sorted(registry.SHOPS.manifests))
        add.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the connector")
        read = verbs.add_parser("read", help="read what has changed, here and now")
        read.add_argument("name")
        read.add_argument("--all", action="store_true", help="read all of it again, not only what has changed")

    def handle(self, *args: object, **options: Any) -> None:
        """Do it."""
        {"list": self._list, "add": self._add, "read": self._read}[options["verb"]](options)

    def _list(self, options: dict[str, Any]) -> None:
        for shop in queries.shops():
            self.stdout.write(f"{shop.id}  {shop.name}  {shop.connector}{'' if shop.active else '  (off)'}")

    def _add(self, options: dict[str, Any]) -> None:
        wanted = options["store"]
        store = next((s for s in accounts.stores() if wanted in {s.name, str(s.id)}), None)
        if store is None:
            raise CommandError(f"There is no store {wanted!r}.")
        given = dict(pair.partition("=")[::2] for pair in options["set"])
        try:
            settings = forms.validated(registry.settings(options["connector"]), given)
        except (forms.BadSettings, plugins.Unknown) as error:
            raise CommandError(str(error)) from error
        shop_id = actions.connect(
            store_id=store.id, connector=options["connector"], name=options["name"], settings=settings
        )
        self.stdout.write(
            f"Connected {options['name']} as shop {shop_id}. Read it with: pult shop read {options['name']}"
        )

    def _read(self, options: dict[str, Any]) -> None:
        shop = next((s for s in queries.shops() if options["name"] in {s.name, str(s.id)}), None)
        if shop is None:
            raise CommandError(f"There is no shop {options['name']!r}.")
        try:
            reading.read(shop.id, told=self._tell, everything=options["all"])
        except BeingRead:
            raise CommandError(f"{shop.name} is being read at this moment.") from None
        except ShopNotFound:
            raise CommandError(f"{shop.name} is switched off.") from None
        except ShopError as error:
            raise CommandError(str(error)) from error

    def _tell(self, progress: reading.Progress) -> None:
        line = f"{progress.kind}s: {progress.done}{f' of {progress.of}' if progress.of is not None else ''}"
        if progress.finished:
            taken = progress.taken
            self.stdout.write(f"{line}; {taken.made} new, {taken.changed} changed, {taken.known} as they were")
        elif self.stdout.isatty():
            self.stdout.write(line, ending="\r")
            self.stdout.flush()
