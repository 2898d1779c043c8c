"""Does a request or an answer fit Magento's published description (payloads/openapi.json)? For the stand-in."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_SIMPLE: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


class Unfit(Exception):
    """What is given is not what is described."""


@cache
def described() -> dict[str, Any]:
    """Return the operations and definitions that are asked for here."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "payloads" / "openapi.json").read_text())
    return found


def operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is described of a request, and the parts of its path. Raises KeyError."""
    for name, of in described()["operations"].items():
        verb, _, pattern = name.partition(" ")
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if verb == method and found:
            return of, found.groupdict()
    raise KeyError(f"{method} {path}")


def check(value: Any, kind: Any, at: str, *, whole: bool) -> None:
    """Refuse what does not fit; `whole`: what is required has to be there. Raises Unfit."""
    if value is None:
        return
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise Unfit(f'The "{at}" value\'s type is invalid. The "array" type was expected.')
        for one in value:
            check(one, kind[0], at, whole=whole)
        return
    if isinstance(kind, str) and kind in _SIMPLE:
        if not isinstance(value, _SIMPLE[kind]) or (isinstance(value, bool) and kind != "boolean"):
            raise Unfit(f'The "{value}" value\'s type is invalid. The "{kind}" type was expected at {at}.')
        return
    of = described()["definitions"].get(kind) if isinstance(kind, str) else kind
    if isinstance(of, list):
        check(value, of, at, whole=whole)
        return
    if not isinstance(of, dict):
        return
    if not isinstance(value, dict):
        raise Unfit(f'The "{at}" value\'s type is invalid. The "{kind}" type was expected.')
    for name, one in value.items():
        if name not in of["properties"]:
            raise Unfit(f'Property "{name}" does not have accessor method in class "{kind}" at {at}.')
        check(one, of["properties"][name], f"{at}.{name}", whole=whole)
    if whole and (missing := [name for name in of["required"] if value.get(name) is None]):
        raise Unfit(f'"{missing[0]}" is required. Enter and try again.')
