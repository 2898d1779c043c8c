"""Makes the shop a measurement runs in: three stores with a mailbox each, a team, thirteen people, a token.

Run with the environment of the installation: `python -m bench.shop`; prints what the generator needs as JSON.
"""

from __future__ import annotations

import json
import os

import django

STORES = (("Trgovina", "sl", "help@shop.example"), ("Butik", "hr", "help@butik.example"),
          ("Sklep", "pl", "help@sklep.example"))  # fmt: skip
STAFF = 13


def make() -> dict[str, object]:
    """Make the shop in an empty, migrated database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pult.settings")
    django.setup()
    from pult.accounts import actions as accounts  # noqa: PLC0415  after django.setup
    from pult.accounts.access import SYSTEM  # noqa: PLC0415
    from pult.channels import actions as channels  # noqa: PLC0415

    sink = os.environ.get("BENCH_SINK", "")
    outgoing = {"smtp_host": "127.0.0.1", "smtp_port": int(sink), "smtp_tls": "none"} if sink else {}
    stores = [accounts.create_store(SYSTEM, name=name, language=language).id for name, language, _ in STORES]
    team = accounts.create_team(SYSTEM, name="Desk").id
    inboxes = [
        channels.create_inbox(
            store_id=store, channel="email", name="Help", address=address, team_id=team, settings=outgoing
        )
        for store, (_, _, address) in zip(stores, STORES, strict=True)
    ]
    staff = [
        accounts.create_staff(
            SYSTEM, email=f"agent{n}@shop.example", name=f"Agent {n}", store_ids=stores, team_ids=[team]
        ).id
        for n in range(1, STAFF + 1)
    ]
    token = accounts.issue_token(SYSTEM, staff_id=staff[0], name="bench", scopes=["read", "write"]).secret
    return {
        "stores": stores,
        "inboxes": inboxes,
        "addresses": [address for _, _, address in STORES],
        "team": team,
        "staff": staff,
        "token": token,
    }


if __name__ == "__main__":
    print(json.dumps(make()))
