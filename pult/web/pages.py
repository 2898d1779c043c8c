"""The staff app's shell: one page that loads the built app, whatever the address."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

STATIC = Path(__file__).resolve().parent / "static" / "staff"


@lru_cache(maxsize=1)
def _manifest() -> dict[str, dict[str, Any]]:
    path = STATIC / "manifest.json"
    return msgspec.json.decode(path.read_bytes()) if path.exists() else {}


def _entry() -> dict[str, list[str] | str] | None:
    """Return the files of the first page: the entry, what it imports, and the sheets of all of them."""
    manifest = _manifest()
    first = next((key for key, chunk in manifest.items() if chunk.get("isEntry")), None)
    if first is None:
        return None
    keys = [first]
    sheets: list[str] = []
    for key in keys:
        keys.extend(wanted for wanted in manifest[key].get("imports", []) if wanted not in keys)
    for key in reversed(keys):
        sheets.extend(sheet for sheet in manifest[key].get("css", []) if sheet not in sheets)
    return {"file": manifest[first]["file"], "imports": [manifest[key]["file"] for key in keys[1:]], "css": sheets}


@ensure_csrf_cookie
def staff_app(request: HttpRequest) -> HttpResponse:
    """The staff app."""
    entry = _entry()
    if entry is None:
        return HttpResponse("The staff app has not been built: run `make build`.", status=503)
    response = render(request, "staff.html", {"entry": entry})
    response["Cache-Control"] = "no-cache"
    return response
