"""Writing when two things cross: an undo and the request that sends, one person's draft and another tab."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.test_ux_compose import composer, messages, opened, saved


def draft_of(desk: Desk, conversation_id: int) -> str:
    """The text of the answer that the server keeps for this person."""
    found = desk.page.request.get(f"/api/v1/conversations/{conversation_id}/drafts").json()["items"]
    return "".join(str(one["text"]) for one in found if one["kind"] == "reply")


def beside(desk: Desk, conversation_id: int) -> Desk:
    """The same conversation in another tab of the same browser."""
    other = Desk(desk.page.context.new_page(), desk.pult)
    other.page.goto(f"/c/{conversation_id}")
    expect(composer(other)).to_be_visible()
    return other


def test_ux_09_undo_pressed_while_the_answer_is_on_its_way_to_the_server_takes_it_back(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "Undone on its way")
    held = desk.hold("**/replies")
    desk.write("r", "Much too early.")
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: held.routes, what="the request that sends")
    desk.page.keyboard.press("z")
    expect(composer(desk).locator("[data-state=undoing]")).to_be_visible()
    held.release()

    expect(desk.editor).to_have_text("Much too early.")
    expect(desk.editor).to_be_focused()
    assert [one["direction"] for one in messages(pult, conversation_id)] == ["in"]
    # Sent once more, it leaves; what was taken back would have left before it.
    desk.page.keyboard.type(" Now it is right.")
    desk.page.keyboard.press("Control+Enter")
    pult.mail_out("Undone on its way", seconds=40)
    sent = [mail for mail in pult.outbox() if "Undone on its way" in str(mail["Subject"])]
    assert [b"Now it is right." in bytes(mail) for mail in sent] == [True]


def test_ux_11_r_opens_what_was_written_in_another_tab(desk: Desk) -> None:
    conversation_id = opened(desk, "Opened in two tabs")
    other = beside(desk, conversation_id)
    desk.write("r", "Begun in the first tab.")
    saved(desk)
    other.page.keyboard.press("r")
    expect(other.editor).to_have_text("Begun in the first tab.")
    expect(other.editor).to_be_focused()
    other.page.keyboard.type(" Ended in the second.")
    expect(other.editor).to_have_text("Begun in the first tab. Ended in the second.")
    wait_for(lambda: "Ended" in draft_of(other, conversation_id), what="the draft of the second tab")
    expect(composer(other).get_by_test_id("other-draft")).to_have_count(0)


def test_ux_11_texts_of_two_tabs_are_both_kept_and_the_composer_says_so(desk: Desk) -> None:
    conversation_id = opened(desk, "Written in two tabs")
    other = beside(desk, conversation_id)
    # Both are open and empty before either is typed into.
    other.page.keyboard.press("r")
    expect(other.editor).to_be_focused()
    desk.write("r", "From the first tab.")
    saved(desk)
    other.page.keyboard.type("From the second tab.")

    notice = composer(other).get_by_test_id("other-draft")
    expect(notice).to_be_visible()
    expect(other.editor).to_contain_text("From the first tab.")
    expect(other.editor).to_contain_text("From the second tab.")
    wait_for(lambda: "From the second tab." in draft_of(other, conversation_id), what="the joined draft")
    assert "From the first tab." in draft_of(other, conversation_id)
    # What is typed next follows one's own words.
    other.page.keyboard.type(" And more.")
    expect(other.editor).to_contain_text("From the second tab. And more.")
    notice.get_by_role("button").click()
    expect(notice).to_have_count(0)


def test_ux_11_a_tab_that_is_closed_at_once_puts_its_words_beside_those_of_the_other(desk: Desk) -> None:
    conversation_id = opened(desk, "Closed at once")
    other = beside(desk, conversation_id)
    other.page.keyboard.press("r")
    expect(other.editor).to_be_focused()
    desk.write("r", "From the first tab.")
    saved(desk)
    other.page.keyboard.type("Typed and closed.")
    other.page.close(run_before_unload=True)
    wait_for(lambda: "Typed and closed." in draft_of(desk, conversation_id), what="the words of the closed tab")
    assert "From the first tab." in draft_of(desk, conversation_id)
