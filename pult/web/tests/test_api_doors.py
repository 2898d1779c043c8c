"""Every door of the API, walked by its own OpenAPI document: nobody passes who may not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from pult.accounts import actions, queries
from pult.accounts.access import SYSTEM
from pult.accounts.tests.conftest import Browser, _quick_and_forgetful, admin, agent, browser, store
from pult.web.api import api

__all__ = ["_quick_and_forgetful", "admin", "agent", "browser", "store"]
pytestmark = pytest.mark.django_db(databases="__all__")

DOCUMENT: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
DOORS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
PUBLIC = {("get", "/api/v1/health")}
# Reading about oneself needs no permission.
OWN = {("get", "/api/v1/me"), ("get", "/api/v1/tokens"), ("get", "/api/v1/sessions")}
# Changing oneself needs none either, but a token needs the scope `write`.
OWN_WRITES = {
    ("patch", "/api/v1/me"),
    ("post", "/api/v1/tokens"),
    ("post", "/api/v1/tokens/{token_id}/rotate"),
    ("delete", "/api/v1/tokens/{token_id}"),
    ("delete", "/api/v1/sessions/{session_id}"),
}
ADMIN = (
    "/staff", "/stores", "/teams", "/inboxes", "/channels", "/jobs", "/webhooks", "/shops", "/connectors",
    "/recognition",
)  # fmt: skip


def is_admin(door: tuple[str, str]) -> bool:
    return door[1].removeprefix("/api/v1").startswith(ADMIN)


def sample(schema: dict[str, Any]) -> Any:
    """Make a value that fits a JSON schema, so that a refusal is about who asks and not about what."""
    if "$ref" in schema:
        return sample(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if either := schema.get("anyOf") or schema.get("oneOf"):
        return sample(either[0])
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        needed = schema.get("required", [])
        return {name: sample(schema["properties"][name]) for name in needed}
    if kind == "string" and schema.get("pattern", "").startswith("^http"):
        return "https://example.com/"
    if kind == "string":
        return "2030-01-01T00:00:00Z" if schema.get("format") == "date-time" else "a@example.si"
    return {"array": [], "integer": max(1, schema.get("minimum", 1)), "number": 1, "boolean": True}.get(str(kind), "x")


def knock(door: tuple[str, str], headers: dict[str, str] | None = None, client: Client | None = None) -> int:
    """Go to a door with a body that fits; rows are named by an id that is none. Return the status."""
    method, path = door
    described = DOCUMENT["paths"][path][method]
    words = {p["name"]: sample(p["schema"]) for p in described.get("parameters", []) if "enum" in p["schema"]}
    path = re.sub(r"\{(\w+)\}", lambda name: str(words.get(name[1], "999999")), path)
    required = [p for p in described.get("parameters", []) if p["in"] == "query" and p.get("required")]
    query = "&".join(f"{p['name']}={sample(p['schema'])}" for p in required)
    content = described.get("requestBody", {}).get("content", {})
    data, kind = b"", "application/json"
    if "application/json" in content:
        data = json.dumps(sample(content["application/json"]["schema"])).encode()
    elif content:
        kind = "multipart/form-data; boundary=b"
        part = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain'
        data = f"--b\r\n{part}\r\n\r\nhello\r\n--b--\r\n".encode()
    answer = (client or Client()).generic(
        method.upper(),
        f"{path}?{query}",
        data,
        content_type=kind,
        headers={"Accept": "application/json", **(headers or {})},
    )
    if answer.status_code in {401, 403}:
        assert answer["Content-Type"] == "application/problem+json", door
    return int(answer.status_code)


def bearer(person: queries.StaffInfo, *scopes: str) -> dict[str, str]:
    made = actions.issue_token(SYSTEM, staff_id=person.id, name="test", scopes=scopes)
    return {"Authorization": f"Bearer {made.secret}"}


def person(role: str, store_id: int) -> queries.StaffInfo:
    return actions.create_staff(SYSTEM, email=f"{role}@example.hr", name=role, role=role, store_ids=[store_id])


def test_the_walk_finds_the_doors() -> None:
    assert len(DOORS) > 50
    assert set(DOORS) >= PUBLIC | OWN | OWN_WRITES
    assert {prefix for prefix in ADMIN if any(p.startswith(f"/api/v1{prefix}") for _, p in DOORS)} == set(ADMIN)


def test_nobody_passes_without_saying_who_he_is(db: None) -> None:
    assert [door for door in DOORS if door not in PUBLIC and knock(door) != 401] == []


def test_a_token_that_is_not_ours_opens_nothing(db: None) -> None:
    header = {"Authorization": "Bearer pult_0000000000_" + "0" * 64}
    assert [door for door in DOORS if door not in PUBLIC and knock(door, header) != 401] == []


def test_a_token_that_reads_writes_nowhere(agent: queries.StaffInfo, admin: queries.StaffInfo) -> None:
    for somebody in (agent, admin):
        header = bearer(somebody, "read")
        assert [door for door in DOORS if door[0] != "get" and knock(door, header) != 403] == []


def test_a_token_that_writes_reads_nothing(agent: queries.StaffInfo) -> None:
    header = bearer(agent, "write")
    reading = [door for door in DOORS if door[0] == "get" and door not in PUBLIC | OWN]
    assert [door for door in reading if knock(door, header) != 403] == []


def test_an_agent_administers_nothing(agent: queries.StaffInfo) -> None:
    header = bearer(agent, "read", "write", "admin")
    closed = [door for door in DOORS if is_admin(door) or door[1] == "/api/v1/access-log"]
    assert [door for door in closed if knock(door, header) != 403] == []


def test_a_lead_reads_the_log_and_administers_nothing(store: queries.StoreInfo) -> None:
    header = bearer(person("lead", store.id), "read", "write", "admin")
    assert knock(("get", "/api/v1/access-log"), header) == 200
    assert [door for door in DOORS if is_admin(door) and knock(door, header) != 403] == []


def test_an_admin_s_token_without_the_scope_administers_nothing(admin: queries.StaffInfo) -> None:
    header = bearer(admin, "read", "write")
    assert [door for door in DOORS if is_admin(door) and knock(door, header) != 403] == []


def test_a_colleague_without_a_seat_passes_no_door_but_his_own(store: queries.StoreInfo) -> None:
    header = bearer(person("colleague", store.id), "read", "write", "admin")
    others = [door for door in DOORS if door not in PUBLIC | OWN | OWN_WRITES]
    assert [door for door in others if knock(door, header) != 403] == []


def test_what_a_page_would_show_as_a_picture_is_no_answer(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    for use, status in {"image": 403, "style": 403, "script": 403, "empty": 200, "document": 200}.items():
        assert browser.call("GET", "/api/v1/me", **{"Sec-Fetch-Dest": use}).status_code == status, use
    file = browser.call("GET", "/api/v1/attachments/999999/content", **{"Sec-Fetch-Dest": "image"})
    assert file.status_code == 404


def test_a_session_writes_nowhere_without_the_csrf_header(browser: Browser, admin: queries.StaffInfo) -> None:
    browser.sign_in(admin.email)
    writes = [door for door in DOORS if door[0] != "get"]
    assert [door for door in writes if knock(door, client=browser.client) != 403] == []


def test_every_door_is_described(db: None) -> None:
    """Each has a sentence of its own and says how one proves who one is."""
    for method, path in DOORS:
        described = DOCUMENT["paths"][path][method]
        assert described.get("description"), (method, path)
        problem = described["responses"]["default"]["content"]
        assert problem["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem"
        assert (described.get("security") == []) is ((method, path) in PUBLIC), (method, path)
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"token", "session"}
