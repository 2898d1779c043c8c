"""pult token list | new | rotate | revoke"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pult.accounts import actions, queries
from pult.accounts.access import SCOPES, SYSTEM
from pult.accounts.errors import AccountsError


class Command(BaseCommand):
    """Show, make, rotate and revoke the tokens of programs."""

    help = "Show, make, rotate and revoke the tokens of programs."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="show all tokens, without their secrets")
        new = verbs.add_parser("new", help="make a token; its secret is printed once")
        new.add_argument("email", help="for whom the program acts")
        new.add_argument("--name", required=True)
        new.add_argument("--scope", action="append", choices=SCOPES, help="may be given again; read by default")
        new.add_argument("--days", type=int, help="how long it is valid; without end by default")
        rotate = verbs.add_parser("rotate", help="make a new token like this one and end this one")
        rotate.add_argument("prefix")
        rotate.add_argument("--overlap-hours", type=int, default=0, help="how long the old one lives on")
        verbs.add_parser("revoke", help="end a token").add_argument("prefix")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except AccountsError as error:
            raise CommandError(error.detail) from error

    def _list(self, options: dict[str, Any]) -> None:
        emails = {person.id: person.email for person in queries.staff()}
        for token in queries.tokens():
            if token.revoked_at is None:
                ends = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "without end"
                used = f"used {token.last_used_at:%Y-%m-%d}" if token.last_used_at else "never used"
                scopes = "+".join(token.scopes)
                self.stdout.write(f"{token.prefix}  {token.name}  {emails[token.staff_id]}  {scopes}  {ends}  {used}")

    def _new(self, options: dict[str, Any]) -> None:
        staff_id = queries.staff_id_by_email(options["email"])
        if staff_id is None:
            raise CommandError(f"There is nobody with the address {options['email']}.")
        made = actions.issue_token(
            SYSTEM,
            staff_id=staff_id,
            name=options["name"],
            scopes=options["scope"] or ["read"],
            expires_at=timezone.now() + timedelta(days=options["days"]) if options["days"] else None,
        )
        self.stdout.write(made.secret)

    def _rotate(self, options: dict[str, Any]) -> None:
        overlap = timedelta(hours=options["overlap_hours"])
        self.stdout.write(actions.rotate_token(SYSTEM, _id(options["prefix"]), overlap=overlap).secret)

    def _revoke(self, options: dict[str, Any]) -> None:
        actions.revoke_token(SYSTEM, _id(options["prefix"]))
        self.stdout.write("Revoked.")


def _id(prefix: str) -> int:
    found = [token.id for token in queries.tokens() if token.prefix == prefix]
    if not found:
        raise CommandError(f"There is no token {prefix}.")
    return found[0]
