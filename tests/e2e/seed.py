"""Fills an empty installation for the browser tests and prints, as JSON, what they need to know of it.

Run in the installation's environment: `python -m tests.e2e.seed PORT_OF_THE_CATCH_ALL`.
"""

from __future__ import annotations

import json
import secrets
import sys

import django

django.setup()

from pult.accounts import actions  # noqa: E402
from pult.accounts.access import SYSTEM  # noqa: E402
from pult.channels import actions as channels  # noqa: E402

MAILBOX = "info@trgovina.example"
SECOND_MAILBOX = "info@ducan.example"


def mailbox(store_id: int, address: str, team_id: int, port: int) -> int:
    """Open a mailbox whose answers go to the catch-all."""
    settings = {"receive": "smtp", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
    return channels.create_inbox(
        store_id=store_id, channel="email", name=address, address=address, team_id=team_id, settings=settings
    )


def main(port: int) -> dict[str, object]:
    """Make two stores, three people, two mailboxes and a token."""
    password = secrets.token_urlsafe(12)
    first = actions.create_store(SYSTEM, name="Trgovina Lipa", language="sl", languages=["en"])
    second = actions.create_store(SYSTEM, name="Dućan Lipa", language="hr")
    team = actions.create_team(SYSTEM, name="Podpora")
    people = [("Ana Zupan", "agent"), ("Bor Kralj", "agent"), ("Cvetka Vidmar", "admin")]
    staff = [
        actions.create_staff(
            SYSTEM,
            email=f"{name.split()[0].lower()}@lipa.example",
            name=name,
            role=role,
            language="en",
            store_ids=[first.id, second.id],
            team_ids=[team.id],
            password=password,
        )
        for name, role in people
    ]
    token = actions.issue_token(SYSTEM, staff_id=staff[2].id, name="tests", scopes=["read", "write", "admin"])
    return {
        "email": staff[0].email,
        "password": password,
        "people": {person.name.split()[0]: {"id": person.id, "email": person.email} for person in staff},
        "api_token": token.secret,
        "mailbox": MAILBOX,
        "store_id": first.id,
        "inbox_id": mailbox(first.id, MAILBOX, team.id, port),
        "second_mailbox": SECOND_MAILBOX,
        "second_inbox_id": mailbox(second.id, SECOND_MAILBOX, team.id, port),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
