"""Making a demo ready: databases, the shop, passwords, and demo.json for programs that build on it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from pult.accounts import access
from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.demo import seed
from pult.demo.environment import HOST
from pult.demo.shop import AGENTS, inbox_address
from pult.platform import supervisor

OWNER = AGENTS[0]
MAILBOX = inbox_address("en")


class NotTheDemo(Exception):
    """There is a shop in this data folder that the demo did not make."""


def demo_file() -> Path:
    """Return where demo.json lies."""
    return Path(settings.DATA_DIR) / "demo.json"


def read_demo_file() -> dict[str, Any]:
    """Return what an earlier start wrote, empty where there is nothing readable."""
    try:
        found = json.loads(demo_file().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def prepare() -> None:
    """Migrate, seed an empty Pult, keep or make password and token, and write demo.json. Raises NotTheDemo."""
    supervisor.migrate_here()
    known = read_demo_file()
    password, token = str(known.get("password", "")), str(known.get("api_token", ""))
    if seed.is_empty():
        print("Filling the demo shop, this takes a moment ...", flush=True)
        password, token = secrets.token_urlsafe(12), ""
        with transaction.atomic():
            made = seed.seed(password)
        print(f"The demo shop has {made.conversations} conversations with {made.messages} messages.", flush=True)
    owner = accounts_queries.staff_id_by_email(OWNER.email)
    if owner is None:
        raise NotTheDemo(
            f"{settings.DATA_DIR} holds a shop that is not the demo's: start it with 'pult run',"
            " or give the demo another place with PULT_DATA_DIR."
        )
    if not password:
        password = secrets.token_urlsafe(12)
        accounts.set_password(SYSTEM, owner, password)
    if not token or access.authenticate_token(f"Bearer {token}") is None:
        token = accounts.issue_token(SYSTEM, staff_id=owner, name="demo.json", scopes=access.SCOPES).secret
    seed.post_through(settings.OUTBOX_PORT)
    seed.meet_shops(settings.DEMO_SHOP_PORT)
    write_demo_file(
        {
            "url": settings.PUBLIC_URL,
            "smtp": {"host": HOST, "port": settings.SMTP_PORT},
            "email": OWNER.email,
            "password": password,
            "api_token": token,
            "mailbox": MAILBOX,
            "outbox_url": f"{settings.PUBLIC_URL}/demo/outbox",
        }
    )
    connections.close_all()


def write_demo_file(content: Mapping[str, object]) -> None:
    """Write demo.json at once and for the owner's eyes only."""
    fresh = demo_file().with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    fresh.replace(demo_file())


def told(content: Mapping[str, Any]) -> str:
    """Return what a person is told when the demo starts."""
    smtp = content["smtp"]
    return (
        "\n"
        f"  Pult with its demo shop   {content['url']}\n"
        f"  Sign in as                {content['email']}\n"
        f"  Password                  {content['password']}\n"
        f"  Write a mail to           {content['mailbox']}  (SMTP {smtp['host']}:{smtp['port']})\n"
        f"  Read what Pult sent       {content['outbox_url']}\n"
        f"  Chat as a shopper         {content['url']}/demo-shop\n"
        f"  For programs              {demo_file()}\n"
        "\n"
        "  All data is invented, nothing leaves this computer. Ctrl-C ends it.\n"
    )
