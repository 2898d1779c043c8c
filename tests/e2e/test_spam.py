"""Spam as an agent meets it: a mail by SMTP lies apart, says why, and comes back; by key, command and button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for

SERVER = "mx.shop.example"


@pytest.fixture(autouse=True)
def _trusting(pult: Pult) -> Iterator[None]:
    """The shop's inbox trusts a server's findings."""
    inbox = f"/inboxes/{pult.demo['inbox_id']}"
    pult.api("PATCH", inbox, {"settings": {"authserv_id": SERVER}})
    yield
    pult.api("PATCH", inbox, {"settings": {"authserv_id": ""}})


def status(pult: Pult, number: int) -> str:
    return str(pult.api("GET", f"/conversations/{number}")["status"])


def in_spam(pult: Pult, subject: str) -> int:
    def look() -> int:
        items = pult.api("GET", "/conversations?view=spam&limit=200")["items"]
        return next((int(item["id"]) for item in items if item["subject"] == subject), 0)

    return wait_for(look, what="the mail in Spam")


def test_a_mail_that_a_trusted_server_calls_spam_lies_apart_and_comes_back(desk: Desk, pult: Pult) -> None:
    page = desk.page
    above = {"X-Spam-Flag": "YES", "X-Spam-Status": "Yes, score=12.3 required=5.0"}
    pult.send_mail("Cheap pills", "Buy cheap pills.", sender="Pills <a@pills.example>", headers=above)
    number = in_spam(pult, "Cheap pills")
    view = page.locator("[data-view=spam]")
    expect(view).to_contain_text("1")
    expect(desk.row("Cheap pills")).to_have_count(0)
    expect(page.get_by_role("button", name="1 new")).to_have_count(0)

    view.click()
    desk.row("Cheap pills").click()
    banner = page.get_by_test_id("spam-banner")
    expect(banner).to_contain_text(f"{SERVER} took this for spam: score 12.3, limit 5.")
    banner.get_by_role("button", name="Not spam").click()
    expect(page.get_by_text("Taken out of Spam", exact=True)).to_be_visible()
    expect(desk.row("Cheap pills")).to_have_count(0)
    wait_for(lambda: status(pult, number) == "open", what="the server to know")
    page.locator("[data-view=open]").click()
    announcement = page.get_by_role("button", name="1 new")
    expect(announcement.or_(desk.row("Cheap pills")).first).to_be_visible()
    if announcement.is_visible():
        announcement.click()
    expect(desk.row("Cheap pills")).to_be_visible()
    assert desk.problems == []


def test_a_conversation_is_marked_by_key_and_taken_back(desk: Desk, pult: Pult) -> None:
    number = int(pult.begin("Win a prize", "You have won.")["id"])
    page = desk.page
    page.goto(f"/c/{number}")
    expect(page.locator("[data-pane] h2").first).to_have_text("Win a prize")
    page.keyboard.press("!")
    expect(page.get_by_text("Moved to Spam", exact=True)).to_be_visible()
    wait_for(lambda: status(pult, number) == "spam", what="the server to know")
    page.keyboard.press("z")
    wait_for(lambda: status(pult, number) == "open", what="the undoing")

    page.goto(f"/c/{number}")
    expect(page.locator("[data-pane] h2").first).to_have_text("Win a prize")
    page.keyboard.press("Control+k")
    page.keyboard.type("Mark as spam")
    expect(page.get_by_role("option", name="Mark as spam")).to_be_visible()
    page.keyboard.press("Enter")
    wait_for(lambda: status(pult, number) == "spam", what="the command")
    page.goto(f"/c/{number}")
    expect(page.get_by_test_id("spam-banner")).to_contain_text("Marked as spam by Ana Zupan.")
    expect(page.get_by_text("marked it as spam").first).to_be_visible()
    # Nothing else is done with it by accident.
    page.locator("[data-pane] h2").first.click()
    page.keyboard.press("e")
    expect(page.get_by_text("This conversation is in Spam.", exact=True)).to_be_visible()
    assert status(pult, number) == "spam"
    assert desk.problems == []
