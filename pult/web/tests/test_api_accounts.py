"""The doors of accounts and administration, over real HTTP: what they answer, and whom they let in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from pult.accounts import access, access_log, actions, error_texts, queries
from pult.accounts.access import SYSTEM
from pult.accounts.tests.conftest import Browser, _quick_and_forgetful, admin, agent, browser, store
from pult.channels import actions as channels
from pult.platform import events, queue, webhooks

__all__ = ["_quick_and_forgetful", "admin", "agent", "browser", "store"]
pytestmark = pytest.mark.django_db(databases="__all__")


class Api:
    """A program with a token."""

    def __init__(self, staff_id: int, *scopes: str) -> None:
        self.issued = actions.issue_token(SYSTEM, staff_id=staff_id, name="test", scopes=scopes)
        self.client = Client()

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.issued.secret}", **headers},
        )


@pytest.fixture
def boss(admin: queries.StaffInfo) -> Api:
    return Api(admin.id, "read", "write", "admin")


@pytest.fixture
def worker(agent: queries.StaffInfo) -> Api:
    return Api(agent.id, "read", "write")


def test_me_is_the_person_with_what_he_may_do(browser: Browser, agent: queries.StaffInfo, store: Any) -> None:
    browser.sign_in(agent.email)
    body = browser.call("GET", "/api/v1/me").json()
    assert (body["id"], body["name"], body["email"], body["role"]) == (agent.id, "Ana Novak", agent.email, "agent")
    assert body["stores"] == [
        {
            "id": store.id,
            "name": "Trgovina",
            "language": "sl",
            "currency": "EUR",
            "time_zone": "Europe/Ljubljana",
            "signature": "",
        }
    ]
    assert "conversations.write" in body["permissions"]
    assert "staff.write" not in body["permissions"]


def test_one_changes_oneself_by_session_with_the_csrf_header(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    answer = browser.call("PATCH", "/api/v1/me", {"language": "hr", "preferences": {"density": "compact"}})
    assert answer.status_code == 200
    assert (answer.json()["language"], answer.json()["preferences"]) == ("hr", {"density": "compact"})
    # Another process has changed it: what this one remembers of the person is some seconds old.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_staff SET language = 'el' WHERE id = %s", [agent.id])
    assert browser.call("GET", "/api/v1/me").json()["language"] == "el"
    again = browser.call("PATCH", "/api/v1/me", {"preferences": {"density": None, "theme": "dark"}})
    assert again.json()["preferences"] == {"theme": "dark"}
    forged = browser.call("PATCH", "/api/v1/me", {"name": "Eve"}, **{"X-CSRFToken": "wrong"})
    assert forged.status_code == 403
    assert forged["Content-Type"] == "application/problem+json"
    assert queries.staff_member(agent.id).name == "Ana Novak"


def test_the_store_signs_for_those_who_have_no_signature(worker: Api, store: Any) -> None:
    actions.update_store(SYSTEM, store.id, {"signature": "{name}, {store}"})
    assert worker("GET", "/directory").json()["stores"][0]["signature"] == "Ana Novak, Trgovina"
    worker("PATCH", "/me", {"signature": "Lep pozdrav, {name}"})
    assert worker("GET", "/directory").json()["stores"][0]["signature"] == "Lep pozdrav, Ana Novak"


def test_nobody_raises_his_own_role(worker: Api, agent: queries.StaffInfo) -> None:
    worker("PATCH", "/me", {"role": "admin", "email": "x@example.si"})
    kept = queries.staff_member(agent.id)
    assert (kept.role, kept.email) == ("agent", "ana@example.si")


def test_the_directory_shows_what_the_actor_sees(worker: Api, boss: Api, store: Any) -> None:
    hidden = actions.create_store(SYSTEM, name="Trgovina HR", language="hr")
    actions.create_team(SYSTEM, name="Reklamacije", store_id=hidden.id)
    actions.create_team(SYSTEM, name="Vsi")
    mine = worker("GET", "/directory").json()
    assert [shop["id"] for shop in mine["stores"]] == [store.id]
    assert [team["name"] for team in mine["teams"]] == ["Vsi"]
    assert {person["name"] for person in mine["staff"]} == {"Ana Novak", "Maja Kralj"}
    assert "email" not in mine["staff"][0]
    assert {shop["id"] for shop in boss("GET", "/directory").json()["stores"]} == {store.id, hidden.id}
    assert "email" in [channel["name"] for channel in mine["channels"]]
    answer = worker("GET", "/directory")
    assert worker("GET", "/directory", **{"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_token_is_shown_once_rotated_and_revoked(browser: Browser, agent: queries.StaffInfo) -> None:
    browser.sign_in(agent.email)
    made = browser.call("POST", "/api/v1/tokens", {"name": "ERP", "scopes": ["read"]})
    assert made.status_code == 201
    secret = made.json()["secret"]
    listed = browser.call("GET", "/api/v1/tokens")
    assert secret not in listed.content.decode()
    assert [t["prefix"] for t in listed.json()["items"]] == [made.json()["prefix"]]
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me", headers=bearer).json()["kind"] == "token"
    fresh = browser.call("POST", f"/api/v1/tokens/{made.json()['id']}/rotate", {"overlap_hours": 1}).json()
    assert Client().get("/api/v1/me", headers=bearer).status_code == 200
    assert browser.call("DELETE", f"/api/v1/tokens/{made.json()['id']}").status_code == 204
    assert Client().get("/api/v1/me", headers=bearer).status_code == 401
    assert Client().get("/api/v1/me", headers={"Authorization": f"Bearer {fresh['secret']}"}).status_code == 200


def test_nobody_touches_somebody_else_s_tokens_or_sessions(
    browser: Browser, agent: queries.StaffInfo, admin: queries.StaffInfo
) -> None:
    other = Browser()
    other.sign_in(admin.email)
    theirs = actions.issue_token(SYSTEM, staff_id=admin.id, name="his", scopes=["admin"]).token.id
    their_session = other.call("GET", "/api/v1/sessions").json()["items"][0]["id"]
    browser.sign_in(agent.email)
    assert browser.call("DELETE", f"/api/v1/tokens/{theirs}").status_code == 403
    assert browser.call("POST", f"/api/v1/tokens/{theirs}/rotate", {}).status_code == 403
    assert browser.call("DELETE", f"/api/v1/sessions/{their_session}").status_code == 404
    assert browser.call("GET", "/api/v1/tokens?all=true").status_code == 403
    assert browser.call("GET", "/api/v1/sessions?all=true").status_code == 403
    assert other.signed_in
    mine = browser.call("GET", "/api/v1/sessions").json()["items"]
    assert [row["current"] for row in mine] == [True]
    assert other.call("DELETE", f"/api/v1/sessions/{mine[0]['id']}").status_code == 204
    assert not browser.signed_in


def test_an_admin_adds_changes_and_deactivates_people(boss: Api, store: Any) -> None:
    body = {
        "email": "Petra@example.hr",
        "name": "Petra Horvat",
        "language": "hr",
        "store_ids": [store.id],
        "skills": [{"kind": "language", "value": "hr", "level": 5}],
        "invite": True,
    }
    made = boss("POST", "/staff", body)
    assert made.status_code == 201
    person = made.json()
    assert (person["email"], person["store_ids"], person["active"]) == ("petra@example.hr", [store.id], True)
    assert boss("POST", "/staff", body).status_code == 409
    token = Api(person["id"], "read")
    assert token("GET", "/me").status_code == 200
    changed = boss("PATCH", f"/staff/{person['id']}", {"role": "lead", "active": False}).json()
    assert (changed["role"], changed["active"], changed["skills"]) == ("lead", False, body["skills"])
    assert token("GET", "/me").status_code == 401
    assert person["id"] in [p["id"] for p in boss("GET", "/staff").json()["items"]]
    skills = boss("PUT", f"/staff/{person['id']}/skills", {"skills": []}).json()
    assert skills["skills"] == []


def test_wrong_values_are_told_by_field(boss: Api) -> None:
    answer = boss("POST", "/stores", {"name": "X", "language": "sl", "time_zone": "Europe/Nowhere"})
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [e["field"] for e in answer.json()["errors"]] == ["time_zone"]
    unknown = boss("POST", "/staff", {"email": "a@example.si", "name": "A", "store_ids": [999]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "store_ids")
    assert boss("GET", "/staff/999").status_code == 404


def test_what_is_wrong_is_said_in_the_language_of_the_person(admin: queries.StaffInfo, browser: Browser) -> None:
    said = {}
    for language in ("sl", "hr", "el", "pl", "en"):
        actions.update_staff(SYSTEM, admin.id, {"language": language})
        body = {"name": "X", "language": "sl", "time_zone": "Europe/Nowhere"}
        problem = Api(admin.id, "admin")("POST", "/stores", body, **{"Accept-Language": "en"}).json()
        said[language] = (problem["title"], problem["errors"][0]["reason"])
    assert len(set(said.values())) == 5
    assert said["sl"][1] == "Ta časovni pas ni znan; primer je Europe/Ljubljana."


def test_every_error_has_its_words_in_five_languages() -> None:
    for kind, words in error_texts.TEXTS.items():
        assert set(words) == {"sl", "hr", "el", "pl", "en"}, kind
        fields = {language: sorted(re.findall(r"{(\w+)}", text)) for language, text in words.items()}
        assert len({tuple(names) for names in fields.values()}) == 1, kind


def test_a_write_that_is_repeated_with_its_key_is_done_once(boss: Api) -> None:
    body = {"name": "Reklamacije"}
    first = boss("POST", "/teams", body, **{"Idempotency-Key": "k1"})
    again = boss("POST", "/teams", body, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(queries.teams()) == 1


def test_stores_and_teams_are_changed(boss: Api, store: Any) -> None:
    assert boss("PATCH", f"/stores/{store.id}", {"signature": "Ekipa {store}"}).json()["signature"] == "Ekipa {store}"
    team = boss("POST", "/teams", {"name": "Ena", "store_id": store.id}).json()
    assert boss("PATCH", f"/teams/{team['id']}", {"store_id": None}).json()["store_id"] is None
    assert boss("DELETE", f"/teams/{team['id']}").status_code == 204
    assert boss("GET", "/teams").json()["items"] == []


def test_an_inbox_keeps_its_secrets_to_itself(boss: Api, store: Any) -> None:
    body = {
        "store_id": store.id,
        "channel": "email",
        "name": "Podpora",
        "address": "Podpora@example.si",
        "settings": {"receive": "imap", "imap_host": "127.0.0.1", "imap_password": "hush hush"},
    }
    made = boss("POST", "/inboxes", body)
    assert made.status_code == 201, made.content
    inbox = made.json()
    assert (inbox["address"], inbox["settings"]["imap_password"]) == ("podpora@example.si", True)
    assert "hush" not in boss("GET", "/inboxes").content.decode()
    changed = boss("PATCH", f"/inboxes/{inbox['id']}", {"settings": {"imap_port": 9}, "active": False}).json()
    assert (changed["settings"]["imap_password"], changed["settings"]["imap_port"]) == (True, 9)
    assert changed["active"] is False
    assert boss("POST", "/inboxes", body).status_code == 409
    wrong = boss("PATCH", f"/inboxes/{inbox['id']}", {"settings": {"imap_port": "many"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "settings")
    tried = boss("POST", f"/inboxes/{inbox['id']}/test").json()
    assert (tried["ok"], {check["name"] for check in tried["checks"]}, tried["hints"]) == (False, {"imap", "smtp"}, [])
    for number in range(3):
        channels.receive(inbox["id"], str(number), {}, b"Authentication-Results: mx.example.si; dmarc=pass\n\nhi")
    (hint,) = boss("POST", f"/inboxes/{inbox['id']}/test").json()["hints"]
    assert hint == {"kind": "name", "server": "mx.example.si", "hops": 0, "count": 3, "of": 3}
    fields = boss("GET", "/channels/email/form").json()["fields"]
    assert "IMAP server" in [field["label"] for field in fields]


def test_dead_jobs_are_listed_tried_again_and_dropped(boss: Api) -> None:
    queue.task("test.always_fails", max_attempts=1)(_fail)
    for _ in range(2):
        queue.enqueue("test.always_fails", {})
    queue.run_due()
    listed = boss("GET", "/jobs/dead").json()["items"]
    assert [(job["task"], "out of paper" in job["error"]) for job in listed] == [("test.always_fails", True)] * 2
    assert boss("POST", f"/jobs/dead/{listed[0]['id']}/retry").status_code == 204
    assert boss("DELETE", f"/jobs/dead/{listed[1]['id']}").status_code == 204
    assert boss("GET", "/jobs/dead").json()["items"] == []
    assert boss("DELETE", f"/jobs/dead/{listed[1]['id']}").status_code == 404


def _fail() -> None:
    raise RuntimeError("out of paper")


def test_a_lead_reads_the_access_log_page_by_page(admin: queries.StaffInfo, store: Any) -> None:
    lead = actions.create_staff(SYSTEM, email="l@example.si", name="L", role="lead", store_ids=[store.id])
    actor = access.actor_of_staff(lead.id)
    assert actor is not None
    for number in range(3):
        access_log.record(actor.ref, "open", subject_ids=[number], customer_id=7)
    api = Api(lead.id, "read")
    first = api("GET", "/access-log?customer=7&limit=2").json()
    assert [line["subject_ids"] for line in first["items"]] == [[2], [1]]
    assert first["items"][0]["name"] == "L"
    second = api("GET", f"/access-log?customer=7&limit=2&after={first['next']}").json()
    assert ([line["subject_ids"] for line in second["items"]], second["next"]) == ([[0]], None)
    assert api("GET", f"/access-log?actor=staff:{lead.id}&kind=search").json()["items"] == []
    assert api("GET", "/access-log?after=x").status_code == 400


def test_a_webhook_is_made_changed_watched_and_forgotten(boss: Api, store: Any) -> None:
    refused = boss("POST", "/webhooks", {"url": "https://x.y:port/"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "url")
    made = boss("POST", "/webhooks", {"url": "https://example.com/hook", "kinds": ["team.*"], "scope_ids": []})
    assert made.status_code == 201, made.content
    webhook = made.json()["id"]
    assert made.json()["secret"].startswith("whsec_")
    assert made.json()["secret"] not in boss("GET", "/webhooks").content.decode()
    for number in range(3):
        boss("POST", "/teams", {"name": f"Team {number}"})
    events.sequence()
    while webhooks.run_batch():
        pass
    first = boss("GET", f"/webhooks/{webhook}/deliveries?limit=2").json()
    second = boss("GET", f"/webhooks/{webhook}/deliveries?limit=2&after={first['next']}").json()
    assert ([len(page["items"]) for page in (first, second)], second["next"]) == ([2, 1], None)
    assert {row["status"] for row in first["items"]} == {"queued"}
    assert boss("POST", f"/webhooks/deliveries/{first['items'][0]['id']}/redeliver").status_code == 204
    off = boss("PATCH", f"/webhooks/{webhook}", {"active": False}).json()
    assert (off["active"], off["kinds"]) == (False, ["team.*"])
    fresh = boss("POST", f"/webhooks/{webhook}/secret").json()["secret"]
    assert fresh != made.json()["secret"]
    assert boss("DELETE", f"/webhooks/{webhook}").status_code == 204
    assert boss("GET", f"/webhooks/{webhook}").status_code == 404
