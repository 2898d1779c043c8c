"""What is refused is refused by one rule everywhere, and said in the reader's words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from pult.accounts import actions, queries
from pult.accounts.access import SYSTEM
from pult.conversations import actions as conversations
from pult.flows.tests.conftest import _forgetful, agent, api, arrive, inbox, opened, person, store
from pult.platform import queue
from pult.web.api import reasons
from pult.web.tests.test_api_accounts import Api

__all__ = ["_forgetful", "agent", "api", "arrive", "inbox", "opened", "person", "store"]
pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture
def boss(store: queries.StoreInfo) -> Api:
    made = actions.create_staff(SYSTEM, email="boss@shop.example", name="Boss", role="admin", store_ids=[store.id])
    return Api(made.id, "read", "write", "admin")


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_a_field_is_named_as_the_api_calls_it_wherever_it_stands(opened: int, api: Call) -> None:
    place = f"/conversations/{opened}"
    assert errors(api("PATCH", place, {"status": "odprt"})) == [("status", "choice")]
    assert errors(api("POST", f"{place}/replies", {"text": "a", "to": [{"address": "x"}]})) == [
        ("to.0.address", "shape")
    ]
    assert errors(api("POST", "/conversations", {"from": {"address": 3}, "text": "a"})) == [("from.address", "shape")]
    assert errors(api("GET", "/conversations?limit=1000")) == [("limit", "too_large")]
    assert errors(api("GET", f"{place}?prefetch=perhaps")) == [("prefetch", "shape")]
    assert errors(api("POST", f"{place}/read", {})) == [("message_id", "required")]
    assert errors(api("POST", f"{place}/notes", {"text": " "})) == [("text", "empty")]
    assert errors(api("PATCH", place, {"snoozed_until": "2026-01-01T10:00:00"})) == [("snoozed_until", "time")]


def test_a_parameter_that_a_door_does_not_have_is_refused_by_its_name(opened: int, api: Call) -> None:
    assert errors(api("GET", "/conversations?stauts=open&limit=5")) == [("stauts", "unknown_parameter")]
    assert errors(api("GET", "/conversations?b=1&a=")) == [("a", "unknown_parameter"), ("b", "unknown_parameter")]
    assert errors(api("GET", f"/conversations/{opened}?conversation_id=1")) == [
        ("conversation_id", "unknown_parameter")
    ]
    assert errors(api("GET", "/conversations?x=%00%ff")) == [("x", "unknown_parameter")]
    assert api("GET", "/me?_=1").status_code == 200, "where there is none nothing can be misspelt"
    assert Client().get("/api/v1/conversations?stauts=open").status_code == 401, "first who asks, then what"
    assert Client().get("/api/v1/health?at=now").status_code == 200
    many = api("GET", "/conversations?" + "&".join(f"p{n}={n}" for n in range(1_500)))
    assert (many.status_code, many["Content-Type"]) == (400, "application/problem+json")


def test_a_view_keeps_only_filters_that_there_are(api: Call) -> None:
    for name in ("q", "view", "after", "limit", "stauts"):
        refused = api("POST", "/views", {"name": "A", "filters": {"status": "open", name: "1"}})
        assert errors(refused) == [(f"filters.{name}", "unknown_parameter")]
    assert api("POST", "/views", {"name": "A", "filters": {"status": "open", "priority": "1"}}).status_code == 201


def test_a_change_holds_to_any_version_to_one_or_to_one_of_some(opened: int, api: Call) -> None:
    place = f"/conversations/{opened}"

    def change(match: str) -> Any:
        version = api("GET", place).json()["version"]
        subject = {"subject": f"Zadeva {version}"}
        return api("PATCH", place, subject, **{"If-Match": match.replace("V", str(version))})

    for match in ("*", ' "V" ', 'W/"V"', "V", '"99999", "V"'):
        assert change(match).status_code == 200, match
    assert change('"99999"').status_code == 412
    for match in ("now", '"V', '"', "-1", "V,"):
        assert errors(change(match)) == [("If-Match", "not_a_version")], match


def test_a_text_that_is_too_large_is_refused_as_such(opened: int, api: Call) -> None:
    answer = api("POST", f"/conversations/{opened}/notes", {"text": "a" * 6_000_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:pult:problem:too-large")


def test_only_ones_own_file_that_was_not_sent_can_be_thrown_away(api: Call, boss: Api, person: Call) -> None:
    other = actions.create_store(SYSTEM, name="Druga", language="hr")
    stranger_id, stranger = person("Iva", store_id=other.id)
    theirs = conversations.upload(name="a.txt", content_type="text/plain", content=b"abc", staff_id=stranger_id)
    for ask in (api, boss):
        refused = ask("DELETE", f"/attachments/{theirs}")
        assert (refused.status_code, refused.json()["type"]) == (404, "urn:pult:problem:not-found")
    assert [stranger("DELETE", f"/attachments/{theirs}").status_code for _ in range(2)] == [204, 404]


def test_it_is_said_in_the_language_of_the_person(opened: int, api: Call) -> None:
    said = {}
    for language in ("sl", "hr", "el", "pl", "en"):
        api("PATCH", "/me", {"language": language})
        answer = api("PATCH", f"/conversations/{opened}", {"status": "odprt"})
        said[language] = answer.json()["errors"][0]["reason"]
    assert len(set(said.values())) == 5
    assert said["sl"] == "To mora biti eno od: open, waiting_customer, waiting_colleague, snoozed, closed."


def test_every_reason_has_its_words_in_five_languages() -> None:
    for words in reasons.REASONS.values():
        assert set(words) == {"sl", "hr", "el", "pl", "en"}


def test_a_persons_answer_is_in_the_language_just_chosen(api: Call) -> None:
    for language in ("hr", "pl"):
        assert api("PATCH", "/me", {"language": language}).json()["language"] == language


def test_a_customers_language_is_a_language(opened: int, api: Call) -> None:
    customer = api("GET", f"/conversations/{opened}").json()["customer"]["id"]
    assert errors(api("PATCH", f"/customers/{customer}", {"language": "klingon"})) == [("language", "language")]
    for good in ("de", "sl", ""):
        assert api("PATCH", f"/customers/{customer}", {"language": good}).json()["language"] == good


NUL = "a\x00b\ud800c"


def test_what_no_database_keeps_is_left_out_of_every_text(opened: int, api: Call, boss: Api) -> None:
    place = f"/conversations/{opened}"
    customer = api("GET", place).json()["customer"]["id"]
    assert api("POST", f"{place}/notes", {"text": NUL}).json()["text"] == "ab?c"
    assert api("POST", f"{place}/replies", {"text": NUL, "undo_seconds": 30}).json()["text"] == "ab?c"
    assert api("PUT", f"{place}/draft", {"text": NUL}).json()["text"] == "ab?c"
    assert api("PATCH", place, {"subject": NUL}).json()["subject"] in {"ab?c", "a b?c"}
    assert api("PATCH", f"/customers/{customer}", {"notes": NUL}).json()["notes"] == "ab?c"
    assert api("POST", "/tags", {"name": NUL}).json()["name"] == "ab?c"
    assert api("PATCH", "/me", {"preferences": {NUL: {"x": [NUL]}}}).json()["preferences"] == {"ab?c": {"x": ["ab?c"]}}
    assert api("POST", "/views", {"name": NUL, "filters": {"status": "open"}}).json()["name"] == "ab?c"
    assert api("GET", "/conversations?q=a%00b").status_code == 200
    assert api("GET", "/customers?q=a%00b").status_code == 200
    assert api("GET", "/conversations?channel=%00").status_code == 200
    shop = boss("POST", "/stores", {"name": NUL, "language": "sl", "address": {"city": NUL}})
    assert (shop.status_code, shop.json()["address"]) == (201, {"city": "ab?c"})


def test_what_is_no_json_is_said_to_be_none(opened: int, boss: Api) -> None:
    for body in (b"{", b"[" * 100_000, b'"\xff"'):
        headers = {"Authorization": f"Bearer {boss.issued.secret}"}
        place = f"/api/v1/conversations/{opened}/notes"
        answer = boss.client.post(place, body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:pult:problem:unreadable")


def test_a_cursor_that_was_not_made_here_is_a_bad_one_in_every_list(api: Call, boss: Api) -> None:
    hook = boss("POST", "/webhooks", {"url": "https://example.com/x"})
    lists = ["/conversations?after=x", "/conversations?q=paket&after=x", "/access-log?after=x", "/jobs/dead?after=x"]
    if hook.status_code == 201:
        lists.append(f"/webhooks/{hook.json()['id']}/deliveries?after=x")
    for path in lists:
        for bad in ("x", "9" * 20, "-1"):
            answer = boss("GET", path.removesuffix("x") + bad)
            kind = json.loads(answer.content)["type"]
            assert (path, answer.status_code, kind) == (path, 400, "urn:pult:problem:bad-cursor")


def test_failed_jobs_come_page_by_page(boss: Api) -> None:
    job_ids = [queue.enqueue("test.none", {"n": n}) for n in range(5)]
    for job in queue.claim(5):
        queue.bury(job, "broken")
    first = boss("GET", "/jobs/dead?limit=3").json()
    second = boss("GET", f"/jobs/dead?limit=3&after={first['next']}").json()
    assert [job["id"] for job in first["items"] + second["items"]] == job_ids[::-1]
    assert second["next"] is None


def test_a_webhook_to_an_inner_network_is_refused_when_it_is_saved(boss: Api, settings: Any) -> None:
    inner = (
        "http://127.0.0.1/x",
        "http://169.254.169.254/latest",
        "http://10.1.2.3/",
        "http://[::1]/",
        "http://localhost/",
    )
    for url in inner:
        refused = boss("POST", "/webhooks", {"url": url})
        assert errors(refused) == [("url", "url-inner")], url
    assert "HTTP_ALLOW_NETWORKS" in refused.json()["errors"][0]["reason"]
    made = boss("POST", "/webhooks", {"url": "http://93.184.215.14/"}).json()
    assert errors(boss("PATCH", f"/webhooks/{made['id']}", {"url": inner[0]})) == [("url", "url-inner")]
    assert boss("POST", "/webhooks", {"url": "https://name-that-is-nowhere.invalid/"}).status_code == 201
    settings.HTTP_ALLOW_NETWORKS = ["10.0.0.0/8"]
    assert boss("POST", "/webhooks", {"url": inner[2]}).status_code == 201
    settings.HTTP_ALLOW_HOSTS = ["localhost"]
    assert boss("POST", "/webhooks", {"url": inner[4]}).status_code == 201


def test_a_method_that_a_door_does_not_have_is_a_problem_too(api: Call) -> None:
    for method, path in (("DELETE", "/health"), ("PUT", "/conversations")):
        refused = api(method, path, {})
        assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
        assert "GET" in refused["Allow"]
        assert refused.json()["title"]


def test_a_number_finds_the_conversation_that_has_it(opened: int, api: Call) -> None:
    for query in (str(opened), f"%23{opened}"):
        assert [item["id"] for item in api("GET", f"/conversations?q={query}").json()["items"]] == [opened]
    assert api("GET", f"/conversations?q={opened}&status=closed").json()["items"] == []
    assert api("GET", f"/conversations?q={opened}&store=32000").json()["items"] == [], "nor in another store"
    assert api("GET", "/conversations?q=%23999999999999999").json()["items"] == []


@pytest.mark.parametrize("body", [[], [{"ibans": False}], "text", 7, None])
def test_a_body_that_is_no_object_is_refused_and_changes_nothing(
    boss: Api, store: queries.StoreInfo, body: Any
) -> None:
    place = f"/stores/{store.id}/masking"
    before = boss("GET", place).json()
    assert boss("PUT", place, body).status_code in {400, 422}
    assert boss("GET", place).json() == before


def test_a_name_of_nothing_but_spaces_is_refused(boss: Api, store: queries.StoreInfo) -> None:
    shop = {"store_id": store.id, "connector": "csv", "name": "   ", "settings": {"folder": "/x"}}
    assert errors(boss("POST", "/shops", shop)) == [("name", "shape")]
