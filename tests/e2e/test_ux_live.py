"""The agents' lines of ux.md about what happens elsewhere: 12, 29, and one line to the server for all tabs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.test_ux_inbox import timeline

Desks = Callable[..., Desk]


@pytest.fixture
def colleague(new_desk: Desks, pult: Pult) -> Desk:
    """Another person at another machine."""
    other = new_desk()
    other.page.context.clear_cookies()
    other.sign_in(pult.demo["people"]["Bor"]["email"])
    return other


def test_ux_12_who_is_viewing_or_typing_is_seen_within_two_seconds(desk: Desk, colleague: Desk, pult: Pult) -> None:
    made = pult.begin("Two at once", "Hello?")
    desk.page.goto(f"/c/{made['id']}")
    expect(timeline(desk.page).get_by_text("Hello?")).to_be_visible()
    seen = desk.page.get_by_test_id("presence")

    colleague.page.goto(f"/c/{made['id']}")
    expect(timeline(colleague.page).get_by_text("Hello?")).to_be_visible()
    expect(seen).to_contain_text("Bor Kralj is looking at this", timeout=desk.within(2.5))
    colleague.write("r", "I am answering")
    expect(seen).to_contain_text("Bor Kralj is writing", timeout=desk.within(2.5))
    colleague.page.goto("/inbox")
    expect(seen).to_be_hidden(timeout=desk.within(2.5))


def test_ux_12_who_was_there_first_is_seen_although_the_line_opens_late(
    desk: Desk, colleague: Desk, pult: Pult
) -> None:
    made = pult.begin("Both at the same moment", "Hello?")
    held = desk.hold("**/api/v1/stream*")
    for each in (desk, colleague):
        each.page.goto(f"/c/{made['id']}")
    expect(timeline(colleague.page).get_by_text("Hello?")).to_be_visible()
    wait_for(lambda: held.routes, what="the line")
    # By now both have said that they look, and one of them could not hear it.
    desk.page.wait_for_timeout(2_000)
    held.release()
    expect(desk.page.get_by_test_id("presence")).to_contain_text("Bor Kralj is looking at this", timeout=5_000)
    expect(colleague.page.get_by_test_id("presence")).to_contain_text("Ana Zupan is looking at this")


def test_ux_29_offline_says_so_queues_actions_and_catches_up_without_reload(desk: Desk, pult: Pult) -> None:
    made = pult.begin("Closed without a line", "Hello")
    desk.open_inbox(f"/c/{made['id']}")
    expect(timeline(desk.page).get_by_text("Hello")).to_be_visible()
    desk.page.evaluate("window.sameDocument = true")
    banner = desk.page.get_by_test_id("offline-banner")

    desk.page.context.set_offline(True)
    expect(banner).to_be_visible()
    desk.page.locator("header").get_by_role("button", name="Close", exact=True).click()
    expect(banner).to_contain_text("1 action waits")
    missed = pult.begin("Came meanwhile", "Anybody there?")

    desk.page.context.set_offline(False)
    expect(banner).to_be_hidden(timeout=15_000)
    wait_for(
        lambda: pult.api("GET", f"/conversations/{made['id']}")["status"] == "closed",
        seconds=15,
        what="the queued action",
    )
    # Behind the pill; at once where the list was empty.
    pill = desk.page.get_by_test_id("pill")
    row = desk.page.locator(f'[data-list] [data-conversation="{missed["id"]}"]')
    expect(pill.or_(row).first).to_be_visible(timeout=15_000)
    if pill.is_visible():
        pill.click()
    expect(row).to_be_visible()
    assert desk.page.evaluate("window.sameDocument") is True


def test_ux_29_what_was_done_offline_survives_a_closed_tab(desk: Desk, new_desk: Desks, pult: Pult) -> None:
    made = pult.begin("Taken without a line", "Hello")
    desk.open_inbox(f"/c/{made['id']}")
    expect(timeline(desk.page).get_by_text("Hello")).to_be_visible()
    desk.page.context.set_offline(True)
    desk.page.keyboard.press("i")
    expect(desk.page.get_by_test_id("offline-banner")).to_contain_text("1 action waits")
    context = desk.page.context
    desk.page.close()
    context.set_offline(False)
    again = Desk(context.new_page(), pult)
    again.open_inbox()
    wait_for(
        lambda: (pult.api("GET", f"/conversations/{made['id']}")["assignee"] or {}).get("name") == "Ana Zupan",
        seconds=15,
        what="the queued action",
    )


def test_one_tab_of_a_browser_listens_for_all(desk: Desk, pult: Pult) -> None:
    pult.begin("Heard by the first", "Hello")
    expect(desk.page.get_by_test_id("pill")).to_be_visible()
    streams: list[str] = []
    context = desk.page.context
    context.on("request", lambda request: streams.append(request.url) if "/api/v1/stream" in request.url else None)
    second = Desk(context.new_page(), pult)
    second.open_inbox()
    pult.begin("Heard by both", "Hello")
    for each in (desk, second):
        expect(each.page.get_by_test_id("pill")).to_be_visible()
    assert streams == []

    # The one that listened goes: the other takes over and misses nothing.
    desk.page.close()
    pult.begin("Heard by the heir", "Hello")
    expect(second.page.get_by_test_id("pill")).to_contain_text("2 new", timeout=15_000)
    assert len(streams) == 1


def test_what_happened_before_the_line_was_open_is_seen(new_desk: Desks, pult: Pult) -> None:
    closed, read = (pult.begin(subject, "Hello?") for subject in ("Closed in the gap", "Read in the gap"))
    desk = new_desk()
    held = desk.hold("**/api/v1/stream*")
    desk.open_inbox()
    row = desk.page.locator(f'[data-list] [data-conversation="{closed["id"]}"]')
    count = desk.page.locator('[data-view="unassigned"] .count')
    expect(row).to_be_visible()
    expect(count).to_be_visible()
    wait_for(lambda: held.routes, what="the line")
    before = int(count.inner_text())

    # Fetched ahead, and so looked at without asking again.
    desk.page.locator(f'[data-list] [data-conversation="{read["id"]}"]').hover()
    desk.page.wait_for_timeout(500)
    pult.api("PATCH", f"/conversations/{closed['id']}", {"status": "closed"})
    pult.api("POST", f"/conversations/{read['id']}/notes", {"text": "He has called meanwhile"})
    held.release()
    expect(row.get_by_role("img", name="Closed").or_(row.get_by_label("Closed"))).to_be_visible()
    expect(count).to_have_text(str(before - 1))
    desk.page.locator(f'[data-list] [data-conversation="{read["id"]}"]').click()
    expect(timeline(desk.page).get_by_text("He has called meanwhile")).to_be_visible()
