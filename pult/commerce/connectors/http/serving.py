"""The contract's answers, given from a shop in memory (ownshop.py), whoever serves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import unquote

import msgspec

from pult.commerce.base import Act, Kind, Refused
from pult.commerce.connectors.http.ownshop import VERBS, OwnShop
from pult.commerce.connectors.http.wire import Undo

Said: TypeAlias = tuple[int, object, dict[str, str]]
KINDS: Mapping[str, Kind] = {"/orders": "order", "/products": "product", "/promotions": "promotion"}
PAGE = 100
_PROBLEM = {"Content-Type": "application/problem+json"}
_STATUS = {"unknown": 404, "already_done": 409, "already_sent": 409, "already_cancelled": 409}


def listed(own: OwnShop, path: str, query: Mapping[str, str], gone: Sequence[dict[str, Any]] = ()) -> Said:
    """Answer for a page of things that changed, in the order in which they were made."""
    since = datetime.fromisoformat(query["changed_since"]) if "changed_since" in query else None
    changed = [one for one in own.things[KINDS[path]].values() if _is_later(one, since)]
    begin = int(query.get("cursor", "at-0").removeprefix("at-"))
    items, more = changed[begin : begin + PAGE], begin + PAGE < len(changed)
    said = {"items": items, "next": f"at-{begin + PAGE}" if more else None, "total": len(changed)}
    away = [one for one in gone if since is None or datetime.fromisoformat(one["at"]) >= since]
    return 200, said if more else said | {"gone": away}, {}


def single(own: OwnShop, path: str) -> Said:
    """Answer for one thing as it is now."""
    folder, _, name = path.rpartition("/")
    found = own.things[KINDS[folder]].get(unquote(name)) if folder in KINDS else None
    return (200, found, {}) if found is not None else refused(404, "unknown")


def acted(own: OwnShop, path: str, body: bytes, key: str, verbs: Sequence[str] = tuple(VERBS)) -> Said:
    """Answer for /plans, /acts and /undos."""
    try:
        if path == "/undos":
            undo = msgspec.json.decode(body, type=Undo)
            return 200, msgspec.to_builtins(own.undo(undo.undo, key)), {}
        act: Act = msgspec.json.decode(body, type=Act)
        if str(type(act).__struct_config__.tag) not in verbs:
            return refused(422, "not_possible")
        said: Any = own.plan(act) if path == "/plans" else own.perform(act, key)
        return 200, msgspec.to_builtins(said), {}
    except Refused as error:
        return refused(_STATUS.get(error.code, 422), error.code, str(error))
    except msgspec.DecodeError as error:
        return 400, {"title": str(error)[:300]}, _PROBLEM


def refused(status: int, code: str, title: str = "") -> Said:
    """Answer that something is not done, and why."""
    return status, {"code": code, "status": status, "title": title}, _PROBLEM


def _is_later(thing: Any, since: datetime | None) -> bool:
    if since is None:
        return True
    try:
        return datetime.fromisoformat(thing["changed_at"]) >= since
    except (TypeError, KeyError, ValueError):
        return True
