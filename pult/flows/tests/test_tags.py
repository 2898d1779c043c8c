"""Tags from end to end: renamed, merged, removed, with the history of every conversation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from pult.conversations import actions
from pult.conversations.actions import tags
from pult.flows import reactions  # its tasks are known to the queue
from pult.flows.tests.conftest import mail
from pult.platform import queue

__all__ = ["reactions"]
pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture
def lead(person: Call) -> Call:
    found: Call = person("Vodja", "lead")[1]
    return found


@pytest.fixture
def tagged(arrive: Call, api: Call, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], int, int]:
    """Three conversations, a tag on all of them and another one on the first."""
    monkeypatch.setattr(tags, "BATCH", 2)
    arrive(*(mail(message_id=f"<{n}@x>", subject=f"Paket {n}") for n in range(3)))
    ids = [item["id"] for item in api("GET", "/conversations").json()["items"]]
    old, new = (api("POST", "/tags", {"name": name}).json()["id"] for name in ("reklamacja", "reklamacija"))
    for conversation in ids:
        api("PATCH", f"/conversations/{conversation}", {"tags": [old, new] if conversation == ids[0] else [old]})
    return ids, old, new


def tags_of(api: Call, conversation_id: int) -> list[int]:
    return list(api("GET", f"/conversations/{conversation_id}").json()["tags"])


def names(api: Call) -> list[str]:
    return [tag["name"] for tag in api("GET", "/directory").json()["tags"]]


def history(api: Call, conversation_id: int) -> list[tuple[str, str, str]]:
    lines = api("GET", f"/conversations/{conversation_id}").json()["history"]
    return [(line["kind"], line["before"], line["after"]) for line in lines]


def test_a_renamed_tag_stays_where_it_is(tagged: tuple[list[int], int, int], api: Call, lead: Call) -> None:
    ids, old, _ = tagged
    changed = lead("PATCH", f"/tags/{old}", {"name": "  vračilo ", "hue": 20})
    assert changed.json() == {"id": old, "name": "vračilo", "hue": 20}
    assert tags_of(api, ids[1]) == [old]
    taken = lead("PATCH", f"/tags/{old}", {"name": "REKLAMACIJA"})
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (422, "taken")
    assert lead("PATCH", "/tags/9999", {"name": "x"}).status_code == 404


def test_a_merged_tag_is_the_other_one_everywhere(tagged: tuple[list[int], int, int], api: Call, lead: Call) -> None:
    ids, old, new = tagged
    view = api("POST", "/views", {"name": "R", "filters": {"tag": str(old)}}).json()
    assert lead("POST", f"/tags/{old}/merge", {"into_id": old}).status_code == 422
    assert lead("POST", f"/tags/{old}/merge", {"into_id": 9999}).status_code == 422
    assert lead("POST", f"/tags/{old}/merge", {"into_id": new}).status_code == 204
    assert names(api) == ["reklamacija"]
    queue.run_due()
    assert [tags_of(api, one) for one in ids] == [[new]] * 3
    assert history(api, ids[0])[-1] == ("untagged", "reklamacja", "")
    assert history(api, ids[1])[-2:] == [("untagged", "reklamacja", ""), ("tagged", "", "reklamacija")]
    assert len(api("GET", f"/conversations?tag={new}").json()["items"]) == 3
    assert len(api("GET", f"/conversations?view={view['id']}").json()["items"]) == 3


def test_a_removed_tag_is_gone_and_its_name_free(tagged: tuple[list[int], int, int], api: Call, lead: Call) -> None:
    ids, old, new = tagged
    assert lead("DELETE", f"/tags/{old}").status_code == 204
    again = api("POST", "/tags", {"name": "reklamacja"}).json()["id"]
    assert again != old
    assert api("PATCH", f"/conversations/{ids[1]}", {"tags": [old, again]}).status_code == 200
    queue.run_due()
    assert tags_of(api, ids[0]) == [new]
    assert tags_of(api, ids[1]) == [again]
    assert lead("DELETE", f"/tags/{old}").status_code == 404
    refused = api("PATCH", f"/conversations/{ids[2]}", {"tags": [old]})
    assert refused.status_code == 422


def test_a_removed_tag_leaves_the_saved_views(tagged: tuple[list[int], int, int], api: Call, lead: Call) -> None:
    _, old, new = tagged
    both = {"tag": str(old), "status": "open"}
    kept = api("POST", "/views", {"name": "Odprte", "shared": True, "filters": both}).json()["id"]
    api("POST", "/views", {"name": "Vse", "shared": True, "filters": {"tag": str(old)}})
    assert lead("DELETE", f"/tags/{old}").status_code == 204
    views = api("GET", "/views").json()["items"]
    assert [(view["id"], view["filters"]) for view in views] == [(kept, {"status": "open"})], "none shows everything"
    refused = api("POST", "/views", {"name": "Spet", "filters": both})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_tag")
    assert api("POST", "/views", {"name": "Spet", "filters": {"tag": str(new)}}).status_code == 201


def test_an_agent_makes_tags_and_changes_none(tagged: tuple[list[int], int, int], api: Call) -> None:
    _, old, new = tagged
    assert api("PATCH", f"/tags/{old}", {"name": "x"}).status_code == 403
    assert api("POST", f"/tags/{old}/merge", {"into_id": new}).status_code == 403
    assert api("DELETE", f"/tags/{old}").status_code == 403


def test_no_name_stands_in_the_way_of_removing_a_tag(tagged: tuple[list[int], int, int], api: Call, lead: Call) -> None:
    ids, old, new = tagged
    shaped_alike = [api("POST", "/tags", {"name": name}).json()["id"] for name in (f"#{old}", f" {old}")]
    assert lead("POST", f"/tags/{old}/merge", {"into_id": new}).status_code == 204
    queue.run_due()
    assert [tags_of(api, one) for one in ids] == [[new]] * 3
    assert {tag["id"] for tag in api("GET", "/directory").json()["tags"]} == {new, *shaped_alike}


def test_merged_twice_in_a_row_every_conversation_ends_at_the_last(
    tagged: tuple[list[int], int, int], api: Call, lead: Call
) -> None:
    ids, old, new = tagged
    last = api("POST", "/tags", {"name": "povračilo"}).json()["id"]
    assert lead("POST", f"/tags/{old}/merge", {"into_id": new}).status_code == 204
    assert lead("POST", f"/tags/{new}/merge", {"into_id": last}).status_code == 204
    queue.run_due()
    assert [tags_of(api, one) for one in ids] == [[last]] * 3


def test_a_merge_that_comes_last_still_finds_where_its_tag_went(
    tagged: tuple[list[int], int, int], api: Call, lead: Call
) -> None:
    ids, old, new = tagged
    last = api("POST", "/tags", {"name": "povračilo"}).json()["id"]
    assert lead("POST", f"/tags/{old}/merge", {"into_id": new}).status_code == 204
    assert lead("POST", f"/tags/{new}/merge", {"into_id": last}).status_code == 204
    for job in reversed(queue.claim()):
        assert queue.run_job(job)
    assert [tags_of(api, one) for one in ids] == [[last]] * 3


class Giving(threading.Thread):
    """A colleague who gives a tag and has not finished when it is removed."""

    def __init__(self, give: Callable[[], object]) -> None:
        super().__init__()
        self.give = give
        self.given, self.finish = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                self.give()
                self.given.set()
                self.finish.wait(30)
        finally:
            connections.close_all()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="on SQLite there is one writer at a time")
@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_tag_given_while_it_is_removed_does_not_stay_behind(
    tagged: tuple[list[int], int, int], api: Call, lead: Call
) -> None:
    ids, _, new = tagged
    changes = actions.Changes(tags=[new])
    giving = Giving(lambda: actions.change(conversation_id=ids[2], changes=changes, actor="staff:1"))
    giving.start()
    assert giving.given.wait(30)
    removing = threading.Thread(target=remove, args=(new,))
    removing.start()
    removing.join(0.5)
    assert removing.is_alive(), "who removes waits for who gives"
    giving.finish.set()
    giving.join(30)
    removing.join(30)
    queue.run_due()
    assert all(new not in tags_of(api, one) for one in ids)


def remove(tag_id: int) -> None:
    """Remove a tag and work through its conversations, as another process would."""
    try:
        actions.remove_tag(tag_id=tag_id, into_id=None, actor="system")
        queue.run_due()
    finally:
        connections.close_all()
