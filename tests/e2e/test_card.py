"""What stands beside a conversation: in one request, each figure with its source, remarks with their author."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

SENDER = {"name": "Jelka Brin", "address": "jelka@kupci.example"}


def test_the_card_is_one_request_and_its_figures_open_what_they_count(desk: Desk, pult: Pult) -> None:
    made = [pult.begin(f"Jelka asks {number}", "Hello, a question.", sender=SENDER) for number in range(5)]
    page = desk.page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/api/v1/customers/" in one.url else None)
    page.goto(f"/c/{made[0]['id']}")
    contact = page.get_by_test_id("contact")
    expect(contact.get_by_text("5 of 5 messages").first).to_be_visible()
    expect(contact.get_by_role("link", name="E-mail")).to_be_visible()
    own = [url for url in asked if "prefetch" not in url]
    assert len(set(own)) == 1, own

    page.get_by_role("button", name="Add a dislike").press("Enter")
    page.keyboard.type("No calls before noon")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("dislikes").get_by_text("No calls before noon")).to_be_visible()
    page.get_by_role("button", name="Add a note").press("Enter")
    page.keyboard.type("The bell is broken.")
    page.keyboard.press("Control+Enter")
    notes = page.get_by_test_id("remarks")
    expect(notes.get_by_text("The bell is broken.")).to_be_visible()
    expect(notes.get_by_text("Ana Zupan")).to_be_visible()
    assert desk.accessibility() == []

    notes.get_by_role("button", name="Remove: The bell is broken.").press("Enter")
    expect(notes).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(notes.get_by_text("The bell is broken.")).to_be_visible()

    contact.get_by_role("link", name="5", exact=True).first.click()
    expect(desk.rows).to_have_count(5)
    chip = page.get_by_role("button", name="Remove Jelka Brin")
    expect(chip).to_be_visible()
    chip.click()
    expect(desk.rows).not_to_have_count(5)
    assert desk.problems == []
