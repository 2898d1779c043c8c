"""One person's draft in several tabs: no text is written over unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
NONE_YET = {"If-Match": '"0"'}


@pytest.fixture
def place(arrive: Call, api: Call) -> str:
    """The address of a conversation with one mail."""
    arrive(mail())
    return f"/conversations/{api('GET', '/conversations').json()['items'][0]['id']}"


def kept(api: Call, place: str) -> list[str]:
    return [draft["text"] for draft in api("GET", f"{place}/drafts").json()["items"]]


def test_a_draft_that_was_not_seen_is_not_written_over(place: str, api: Call) -> None:
    first = api("PUT", f"{place}/draft", {"text": "first"}, **NONE_YET)
    late = api("PUT", f"{place}/draft", {"text": "second"}, **NONE_YET)
    assert (late.status_code, late.json()["version"]) == (412, first.json()["version"])
    assert kept(api, place) == ["first"]
    seen = {"If-Match": f'"{first.json()["version"]}"'}
    assert api("PUT", f"{place}/draft", {"text": "third"}, **seen).status_code == 200
    assert kept(api, place) == ["third"]


def test_a_draft_that_was_not_seen_is_not_thrown_away(place: str, api: Call) -> None:
    made = api("PUT", f"{place}/draft", {"text": "first"}).json()
    assert api("DELETE", f"{place}/draft", **NONE_YET).status_code == 412
    assert kept(api, place) == ["first"]
    assert api("DELETE", f"{place}/draft", **{"If-Match": f'"{made["version"]}"'}).status_code == 204
    assert kept(api, place) == []


def test_texts_that_cross_may_be_joined_and_each_stands_once(place: str, api: Call) -> None:
    api("PUT", f"{place}/draft", {"text": "first"})
    api("PUT", f"{place}/draft?join=true", {"text": "second"}, **NONE_YET)
    assert kept(api, place) == ["first\n\nsecond"]
    api("PUT", f"{place}/draft?join=true", {"text": "second"}, **NONE_YET)
    assert kept(api, place) == ["first\n\nsecond"]
    api("PUT", f"{place}/draft?join=true", {"text": "first\n\nsecond, and more"}, **NONE_YET)
    assert kept(api, place) == ["first\n\nsecond, and more"]
