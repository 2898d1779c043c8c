"""pult staff list | add | password | deactivate"""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pult.accounts import actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.errors import AccountsError


class Command(BaseCommand):
    """Show and change the people of the company."""

    help = "Show and change the people of the company."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="show everybody")
        add = verbs.add_parser("add", help="add a person; the password is asked for, or read from a pipe")
        add.add_argument("email")
        add.add_argument("--name", required=True)
        add.add_argument("--role", choices=["colleague", "agent", "lead", "admin"], default="agent")
        add.add_argument("--language", choices=["sl", "hr", "el", "pl", "en"], default="en")
        add.add_argument("--store", action="append", default=[], metavar="NAME", help="may be given again")
        add.add_argument("--invite", action="store_true", help="mail a link for the first password instead")
        for verb, words in (("password", "set a password"), ("deactivate", "end sessions and tokens")):
            verbs.add_parser(verb, help=words).add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except AccountsError as error:
            raise CommandError(error.detail) from error

    def _list(self, options: dict[str, Any]) -> None:
        shops = {shop.id: shop.name for shop in queries.stores()}
        for person in queries.staff():
            where = ", ".join(shops[store_id] for store_id in person.store_ids)
            gone = "" if person.active else "  deactivated"
            self.stdout.write(f"{person.email}  {person.name}  {person.role}  {where}{gone}")

    def _add(self, options: dict[str, Any]) -> None:
        shops = {shop.name: shop.id for shop in queries.stores()}
        unknown = [name for name in options["store"] if name not in shops]
        if unknown:
            raise CommandError(f"There is no store {unknown[0]!r}; there are {', '.join(shops) or 'none'}.")
        made = actions.create_staff(
            SYSTEM,
            email=options["email"],
            name=options["name"],
            role=options["role"],
            language=options["language"],
            store_ids=[shops[name] for name in options["store"]],
            password=None if options["invite"] else _password(),
        )
        if options["invite"]:
            actions.invite(SYSTEM, made.id)
        self.stdout.write(f"{made.email} is {made.role} now.")

    def _password(self, options: dict[str, Any]) -> None:
        actions.set_password(SYSTEM, _id(options["email"]), _password())
        self.stdout.write("The password is changed and all sessions are ended.")

    def _deactivate(self, options: dict[str, Any]) -> None:
        actions.update_staff(SYSTEM, _id(options["email"]), {"active": False})
        self.stdout.write("Deactivated.")


def _id(email: str) -> int:
    found = queries.staff_id_by_email(email)
    if found is None:
        raise CommandError(f"There is nobody with the address {email}.")
    return found


def _password() -> str:
    """Ask at the terminal, or read the first line of a pipe: never from the arguments, which others can see."""
    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
