"""The agents' lines of ux.md as they are for somebody who uses the keyboard alone: 2 and 4."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.test_ux_inbox import chosen, timeline


def test_ux_02_after_enter_the_keys_that_scroll_a_page_scroll_the_messages(desk: Desk, pult: Pult) -> None:
    made = pult.begin("Long to read", "\n".join(f"Line {number}" for number in range(120)))
    desk.open_inbox()
    desk.page.keyboard.press("j")
    expect(chosen(desk.page)).to_have_attribute("data-conversation", str(made["id"]))
    desk.page.keyboard.press("Enter")
    expect(timeline(desk.page)).to_be_focused()

    def top() -> float:
        found: float = timeline(desk.page).evaluate("(pane) => pane.scrollTop")
        return found

    # A long message is read from its beginning.
    wait_for(lambda: top() < 100, what="the beginning")
    desk.page.keyboard.press("PageDown")
    wait_for(lambda: top() > 200, what="the next page")
    desk.page.keyboard.press("Home")
    wait_for(lambda: top() == 0, what="the top")


def test_ux_02_what_a_key_opens_gives_the_focus_back_to_the_row(desk: Desk) -> None:
    desk.page.keyboard.press("j")
    expect(timeline(desk.page)).to_be_visible()
    expect(chosen(desk.page)).to_be_focused()
    for key, field in (("a", "Assign to …"), ("t", "Find or create a tag"), ("s", "Snooze until …")):
        desk.page.keyboard.press(key)
        expect(desk.page.get_by_role("combobox", name=field)).to_be_focused()
        desk.page.keyboard.press("Escape")
        expect(chosen(desk.page)).to_be_focused()
    for key in ("?", "Control+k"):
        desk.page.keyboard.press(key)
        expect(desk.page.get_by_role("dialog")).to_be_visible()
        desk.page.keyboard.press("Escape")
        expect(chosen(desk.page)).to_be_focused()

    # Enter on a button above the list presses the button and opens no conversation.
    desk.open_inbox()
    filters = desk.page.get_by_role("button", name="Filters")
    filters.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("switch", name="Unread only")).to_be_visible()
    expect(chosen(desk.page)).to_have_count(0)
    desk.page.keyboard.press("Escape")
    expect(filters).to_be_focused()


def test_ux_04_question_mark_shows_the_keys_and_single_keys_can_be_switched_off(desk: Desk) -> None:
    sheet = desk.page.get_by_role("dialog", name="Keyboard shortcuts")
    # All of them, also those for which a conversation has to be open.
    desk.page.keyboard.press("?")
    for words in ("Next conversation", "Reply", "Send and close", "Commands and search", "Snooze"):
        expect(sheet.get_by_text(words, exact=True)).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    search = desk.page.get_by_role("searchbox", name="Search")
    search.focus()
    desk.page.keyboard.type("?jk")
    expect(sheet).to_be_hidden()
    expect(chosen(desk.page)).to_have_count(0)
    search.fill("")
    expect(desk.rows.first).to_be_visible()
    desk.rows.first.click()
    expect(timeline(desk.page)).to_be_visible()
    row = chosen(desk.page).get_attribute("data-conversation")

    desk.page.keyboard.press("?")
    expect(sheet).to_be_visible()
    switch = sheet.get_by_role("switch", name="Single keys")
    with desk.change(singleKeys=False):
        switch.click()
    expect(switch).not_to_be_checked()
    desk.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()

    desk.page.keyboard.press("j")
    desk.page.wait_for_timeout(300)
    expect(chosen(desk.page)).to_have_attribute("data-conversation", row or "")
    desk.page.keyboard.press("Control+k")
    expect(desk.page.get_by_role("dialog", name="Commands and search")).to_be_visible()
    desk.page.keyboard.type("keyboard")
    desk.page.keyboard.press("Enter")
    with desk.change(singleKeys=True):
        switch.click()
    expect(switch).to_be_checked()
