"""No door of the API breaks on odd values, whoever asks: each refuses them, or finds nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.flows.tests.conftest import Api, _forgetful, agent, api, arrive, inbox, mail, opened, person, store
from pult.web.tests.test_api_doors import DOCUMENT, DOORS, sample

__all__ = ["_forgetful", "agent", "api", "arrive", "inbox", "mail", "opened", "person", "store"]
pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

NUMBERS: tuple[Any, ...] = (0, -1, 2**31, 2**63, 10**30, 1e308, "1e3", "²", "", None, True, [1], {"a": 1})
TEXTS: tuple[Any, ...] = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "a" * 70_000,
    "%s%(a)s{0}",
    "9999-12-31T23:59:59-23:59",
    7,
    None,
    ["a"],
    {},
)
ODD: dict[str, tuple[Any, ...]] = {
    "integer": NUMBERS,
    "string": TEXTS,
    "boolean": ("perhaps", 2, None),
    "array": (None, {}, [None], [[]], [10**30], ["a"] * 2_000),
    "object": (None, [], {"": ""}, {"a": {"b": [1]}}, {"a" * 300: "x"}),
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without references and alternatives."""
    while "$ref" in schema or "anyOf" in schema:
        named = schema.get("$ref", "").rsplit("/", 1)[-1]
        schema = DOCUMENT["components"]["schemas"][named] if named else schema["anyOf"][0]
    return schema


def bodies(described: dict[str, Any]) -> Iterator[Any]:
    """Yield bodies that fit but for one odd field each."""
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        yield None
        return
    schema = resolved(content["schema"])
    good = sample(schema)
    yield good
    for name, field in schema.get("properties", {}).items():
        for value in ODD.get(str(resolved(field).get("type")), TEXTS):
            yield {**good, name: value}


def queries(described: dict[str, Any]) -> Iterator[str]:
    """Yield queries with one odd parameter each."""
    yield ""
    for parameter in described.get("parameters", []):
        if parameter["in"] == "query":
            for value in ODD.get(str(resolved(parameter["schema"]).get("type")), TEXTS):
                text = json.dumps(value) if isinstance(value, dict | list) else str(value)
                yield f"?{parameter['name']}={quote(text[:2_000], errors='replace')}"


def broken(ask: Api, numbers: dict[str, int]) -> list[tuple[str, str, Any, int]]:
    """Go to every door with odd values; return those that answered what no door should."""
    found = []
    for method, path in DOORS:
        if method == "delete" and ("token" in path or "staff" in path):
            continue  # Whoever asks would end himself.
        described = DOCUMENT["paths"][path][method]
        for row in (next((str(n) for part, n in numbers.items() if part in path), "1"), str(2**63), "0"):
            place = path.removeprefix("/api/v1")
            while "{" in place:
                place = place[: place.index("{")] + row + place[place.index("}") + 1 :]
            for body in bodies(described) if row != "0" else [None]:
                found += _asked(ask, method, place, body)
            for query in queries(described):
                found += _asked(ask, method, f"{place}{query}", None)
    return found


def _asked(ask: Api, method: str, place: str, body: Any) -> list[tuple[str, str, Any, int]]:
    answer = ask(method.upper(), place, body)
    page = answer.status_code != 204 and "text/html" in answer.get("Content-Type", "")
    fine = answer.status_code < 500 and not page
    return [] if fine or place.endswith("/html") else [(method, place[:200], str(body)[:200], answer.status_code)]


@pytest.mark.program
@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", ["agent", "admin"])
def test_odd_values_break_no_door(opened: int, api: Api, person: Callable[..., tuple[int, Api]], role: str) -> None:
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    detail = api("GET", f"/conversations/{opened}").json()
    _, ask = person("Iva", role, store_id=other.id)
    numbers = {
        "/conversations": opened,
        "/messages": detail["messages"][0]["id"],
        "/customers": detail["customer"]["id"],
    }
    assert broken(ask, numbers) == []
    assert ask("GET", "/me").status_code == 200, "to the end as somebody who may ask"
    if role == "agent":
        assert broken(api, numbers) == []
