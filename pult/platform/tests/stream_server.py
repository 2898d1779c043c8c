"""A front with simple rules of its own, run by test_stream.py and bench/stream.py as a process."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module

import django
from django.conf import settings

HERE = "pult.platform.tests.stream_server"
changed: list[datetime] = []
presence: list[tuple[str, bytes, int | None, str]] = [("presence", b'{"state":"typing"}', 2, "")]


def authorize(headers: dict[str, str], cookies: dict[str, str], query: dict[str, str]) -> object:
    """`who` is all, a scope, brief (for a second, once) or anything else: nobody."""
    hub = sys.modules["pult.platform.hub"]
    who = query.get("who", "") or cookies.get("who", "")
    if who == "brief":
        soon = datetime.now(UTC) + timedelta(seconds=1)
        return hub.Subscriber("staff:1", None, soon) if os.environ.pop("BRIEF", "") else None
    if who == "all":
        return hub.Subscriber("staff:1", None, None)
    return hub.Subscriber("staff:2", frozenset([int(who)]), None) if who.isdigit() else None


def opened(subscriber: object, headers: dict[str, str], peer: str) -> None:
    """Write who listens from where into the file that NOTES names."""
    if notes := os.environ.get("NOTES"):
        with open(notes, "a") as file:
            print(subscriber[0], peer, file=file)  # type: ignore[index]


def render(rows: list[tuple[object, ...]]) -> list[tuple[object, str, bytes, frozenset[int] | None, str]]:
    """Show the position only."""
    shown: list[tuple[object, str, bytes, frozenset[int] | None, str]] = []
    for row in rows:
        scopes = None if row[3] is None else frozenset([int(str(row[3]))])
        shown.append((row, str(row[2]), b'{"position":%d}' % int(str(row[0])), scopes, ""))
    return shown


def ephemeral(since: datetime) -> list[tuple[str, bytes, int | None, str]]:
    """Show one person typing in scope 2, from when the first look was; committed two seconds later if `late`."""
    how = os.environ.get("PRESENCE")
    if not how:
        return []
    now = datetime.now(UTC)
    changed.append(now)
    committed = now - changed[0] > timedelta(seconds=2 if how == "late" else 0)
    return presence if committed and since < changed[0] else []


def main() -> None:
    """Serve on the port given."""
    django.setup()
    settings.STREAM_AUTHORIZE = f"{HERE}.authorize"
    settings.STREAM_OPENED = f"{HERE}.opened"
    settings.STREAM_RENDER = f"{HERE}.render"
    settings.STREAM_EPHEMERAL = f"{HERE}.ephemeral"
    # It can be imported only after the settings above are in place.
    import_module("pult.platform.serve").make_server(port=int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
