"""The agents' lines of ux.md about writing: 7 to 11, 13, 14, 21."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Route, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.test_ux_inbox import order

Desks = Callable[..., Desk]

SHOWN_WITHIN_MS = 50
# Notes in the page when the key is pressed and when the screen first says 'sending'.
STOPWATCH = """() => {
  window.pressed = window.shown = 0;
  addEventListener('keydown', (event) => { if (event.key === 'Enter') window.pressed = performance.now() }, true);
  new MutationObserver(() => {
    if (!window.shown && document.querySelector('[data-composer] [data-state=sending]')) {
      window.shown = performance.now();
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def opened(desk: Desk, subject: str, text: str = "Where is it?", sender: dict[str, str] | None = None) -> int:
    """Begin a conversation of a customer, open it and return its id."""
    made = desk.pult.begin(subject, text, sender=sender)
    desk.page.goto(f"/c/{made['id']}")
    expect(composer(desk)).to_be_visible()
    conversation_id: int = made["id"]
    return conversation_id


def composer(desk: Desk) -> Locator:
    """The place where one writes."""
    return desk.page.locator("[data-composer]")


def messages(pult: Pult, conversation_id: int) -> list[dict[str, Any]]:
    """What was said, oldest first."""
    found: list[dict[str, Any]] = pult.api("GET", f"/conversations/{conversation_id}")["messages"]
    return found


def saved(desk: Desk) -> None:
    """Wait until the draft is kept."""
    expect(composer(desk).get_by_text("Draft saved")).to_be_visible()


def test_ux_07_r_replies_and_n_writes_a_note_that_looks_unmistakably_different(desk: Desk) -> None:
    opened(desk, "Reply or note")
    desk.write("r", "An answer. ")
    frame = composer(desk).locator("[data-mode]")
    expect(frame).to_have_attribute("data-mode", "reply")
    look = "(e) => { const s = getComputedStyle(e); return [s.backgroundColor, s.borderStyle].join() }"
    answer_look = frame.evaluate(look)

    desk.page.keyboard.press("Escape")
    desk.write("n", "A note. ")
    expect(frame).to_have_attribute("data-mode", "note")
    expect(composer(desk).get_by_text("Only your team sees this")).to_be_visible()
    expect(composer(desk).get_by_role("button", name="Add note")).to_be_visible()
    note_look = frame.evaluate(look)
    assert note_look.split(",")[0] != answer_look.split(",")[0]
    assert note_look.endswith("dashed")
    assert answer_look.endswith("solid")

    # Neither text has gone over into the other.
    expect(desk.editor).to_have_text("A note.")
    composer(desk).get_by_role("button", name="Reply", exact=True).click()
    expect(desk.editor).to_have_text("An answer.")


def test_ux_07_what_is_being_answered_stays_in_sight(desk: Desk, pult: Pult) -> None:
    first = pult.send_mail("Answered in sight", "\n".join(f"Line {number}" for number in range(60)))
    pult.conversation("Answered in sight")
    pult.send_mail("Re: Answered in sight", "The last word.", headers={"In-Reply-To": str(first["Message-ID"])})
    conversation_id = pult.conversation("Answered in sight")["id"]
    wait_for(lambda: len(messages(pult, conversation_id)) == 2, what="the second message")
    desk.page.goto(f"/c/{conversation_id}")
    last = desk.page.get_by_test_id("timeline").get_by_text("The last word.")
    expect(last).to_be_in_viewport(ratio=1)
    desk.write("r", "An answer.")
    expect(last).to_be_in_viewport(ratio=1)


def test_ux_07_what_is_typed_while_the_editor_loads_is_in_the_message(desk: Desk, pult: Pult) -> None:
    held = desk.hold("**/assets/Editor-*.js")
    conversation_id = opened(desk, "Typed at once")
    desk.page.keyboard.press("r")
    desk.page.keyboard.type("Just kindly ask again.")
    saved(desk)
    # What can be written can be sent: the keys do not wait for the editor either.
    expect(desk.page.locator(":focus")).to_have_value("Just kindly ask again.")
    wait_for(lambda: held.routes, what="the request for the editor")
    held.release()
    expect(desk.editor).to_be_focused()
    desk.page.keyboard.type(" Thank you.")
    expect(desk.editor).to_have_text("Just kindly ask again. Thank you.")
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: len(messages(pult, conversation_id)) == 2, what="the answer")
    assert messages(pult, conversation_id)[-1]["text"].startswith("Just kindly ask again. Thank you.")


def test_ux_07_n_straight_after_sending_writes_a_note(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "Answered and noted")
    desk.write("r", "An answer.")
    desk.page.keyboard.press("Control+Enter")
    desk.page.keyboard.press("n")
    desk.page.keyboard.type("jot this down")
    expect(desk.editor).to_have_text("jot this down")
    expect(desk.editor).to_be_focused()
    wait_for(lambda: len(messages(pult, conversation_id)) == 2, what="the answer")
    desk.page.wait_for_timeout(500)
    expect(desk.editor).to_be_focused()
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "note", what="the note")


def test_ux_07_a_note_leaves_the_recipients_of_the_answer_alone(desk: Desk, pult: Pult) -> None:
    pult.send_mail(
        "Keep the copies",
        "Please keep my colleague in copy.",
        sender="Maja Novak <maja.novak@example.com>",
        headers={"Cc": "Miha Kos <miha.kos@example.com>"},
    )
    conversation_id = pult.conversation("Keep the copies")["id"]
    desk.page.goto(f"/c/{conversation_id}")
    expect(composer(desk)).to_be_visible()
    desk.write("n", "Only for us.")
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "note", what="the note")

    desk.write("r", "Of course.")
    desk.page.keyboard.press("Control+Enter")
    answer = pult.mail_out("Keep the copies", seconds=40)
    assert "maja.novak@example.com" in answer["To"]
    assert "miha.kos@example.com" in answer["Cc"]


def test_ux_08_control_enter_shows_sending_at_once(desk: Desk) -> None:
    opened(desk, "Shown at once")
    desk.slow()
    desk.write("r", "It is on its way.")
    saved(desk)
    desk.page.evaluate(STOPWATCH)
    share = desk.share()
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_function("window.shown > 0")
    took = desk.page.evaluate("window.shown - window.pressed") * share
    assert took < SHOWN_WITHIN_MS, f"{took:.0f} ms"


def test_ux_09_undo_send_brings_the_text_back_and_nothing_leaves(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "Undo me")
    desk.write("r", "Too early.")
    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_role("button", name="Undo")).to_be_visible()
    assert messages(pult, conversation_id)[-1]["state"] == "queued"

    desk.page.keyboard.press("z")
    expect(desk.editor).to_have_text("Too early.")
    assert [one["direction"] for one in messages(pult, conversation_id)] == ["in"]
    # Sent once more, it leaves; what was taken back would have left before it.
    desk.page.keyboard.type(" Now it is right.")
    desk.page.keyboard.press("Control+Enter")
    pult.mail_out("Undo me")
    assert [b"Now it is right." in bytes(mail) for mail in pult.outbox() if "Undo me" in str(mail["Subject"])] == [True]


def test_ux_09_the_first_message_of_a_conversation_can_be_taken_back_too(desk: Desk, pult: Pult) -> None:
    desk.page.keyboard.press("c")
    dialog = desk.page.get_by_role("dialog", name="New message")
    dialog.get_by_label("To").fill("Nika Kos <nika.kos@example.com>,")
    dialog.locator("input[name=subject]").fill("Written too early")
    desk.editor.click()
    desk.page.keyboard.type("We have news.")
    desk.page.keyboard.press("Control+Enter")
    desk.page.wait_for_url("**/c/*")
    expect(composer(desk).get_by_role("button", name="Undo")).to_be_visible()
    desk.page.keyboard.press("z")
    expect(desk.editor).to_have_text("We have news.")

    # It is a draft now, and leaves to the same person when it is sent again: once, as the first has not left.
    desk.page.keyboard.press("Control+Enter")
    assert "nika.kos@example.com" in pult.mail_out("Written too early")["To"]
    assert len([mail for mail in pult.outbox() if "Written too early" in str(mail["Subject"])]) == 1


def test_ux_10_a_failed_send_keeps_the_text_and_one_key_retries(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "It fails first")
    desk.page.route(
        "**/replies",
        lambda route: route.fulfill(
            status=500, content_type="application/problem+json", body='{"title":"Broken.","status":500}'
        ),
    )
    desk.write("r", "Keep these words.")
    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_text("Your text is kept")).to_be_visible()
    expect(desk.editor).to_have_text("Keep these words.")

    expect(composer(desk).get_by_role("button", name="Try again")).to_be_focused()
    # Off before the key: whoever waits for the answer below would not let a held request go on.
    desk.page.unroute("**/replies")
    desk.page.keyboard.press("Enter")
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "out", what="the answer")
    assert "Keep these words." in messages(pult, conversation_id)[-1]["text"]
    assert len(messages(pult, conversation_id)) == 2


def test_ux_11_a_draft_is_kept_within_a_second_and_follows_to_another_device(desk: Desk, new_desk: Desks) -> None:
    conversation_id = opened(desk, "A draft")
    desk.write("r", "Half a sentence")
    desk.page.wait_for_timeout(1_000)

    other = new_desk()
    other.page.goto(f"/c/{conversation_id}")
    expect(other.editor).to_have_text("Half a sentence")

    desk.page.reload()
    expect(desk.editor).to_have_text("Half a sentence")


def test_ux_11_a_sent_draft_does_not_come_back(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "Sent and gone")
    desk.write("r", "Sent quickly.")
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: len(messages(pult, conversation_id)) == 2, what="the answer")
    desk.page.wait_for_timeout(1_500)
    desk.page.reload()
    expect(composer(desk)).to_be_visible()
    expect(composer(desk).locator("[data-mode]")).to_have_count(0)


def test_ux_13_a_newer_message_warns_before_sending(desk: Desk, pult: Pult) -> None:
    first = pult.send_mail("It crosses", "First.")
    conversation_id = pult.conversation("It crosses")["id"]
    # The screen hears nothing of what comes, as on a slow line: then the server refuses.
    desk.page.route("**/api/v1/stream*", lambda route: route.abort())
    desk.page.goto(f"/c/{conversation_id}")
    expect(composer(desk)).to_be_visible()
    desk.write("r", "An answer to the first.")
    pult.send_mail("Re: It crosses", "Wait, something else!", headers={"In-Reply-To": str(first["Message-ID"])})
    wait_for(lambda: len(messages(pult, conversation_id)) == 2, what="the second message")

    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_text("has written again")).to_be_visible()
    expect(desk.editor).to_have_text("An answer to the first.")
    assert [one["direction"] for one in messages(pult, conversation_id)] == ["in", "in"]

    composer(desk).get_by_role("button", name="Send anyway").click()
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "out", what="the answer")


def test_ux_13_a_newer_message_that_arrives_live_warns_while_writing(desk: Desk, pult: Pult) -> None:
    first = pult.send_mail("It crosses live", "First.")
    conversation_id = pult.conversation("It crosses live")["id"]
    desk.page.goto(f"/c/{conversation_id}")
    expect(composer(desk)).to_be_visible()
    desk.write("r", "An answer to the first.")
    pult.send_mail("Re: It crosses live", "One more thing.", headers={"In-Reply-To": str(first["Message-ID"])})
    expect(composer(desk).get_by_text("has written again")).to_be_visible(timeout=15_000)

    composer(desk).get_by_role("button", name="Read first").click()
    expect(composer(desk).get_by_text("has written again")).to_have_count(0)
    desk.editor.click()
    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "out", what="the answer")


def test_ux_14_send_and_close_opens_the_next(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "Close me and go on")
    desk.open_inbox()
    desk.row("Close me and go on").click()
    expect(composer(desk)).to_be_visible()
    following = order(desk)[order(desk).index(str(conversation_id)) + 1]
    desk.write("r", "Done.")
    desk.page.keyboard.press("Control+Shift+Enter")
    desk.page.wait_for_url(lambda url: url.split("?")[0].endswith(f"/c/{following}"))
    expect(composer(desk)).to_be_visible()
    wait_for(
        lambda: pult.api("GET", f"/conversations/{conversation_id}")["status"] == "closed", what="the closed status"
    )


def test_ux_21_files_come_by_drag_and_paste_with_progress_and_cancel(desk: Desk, pult: Pult) -> None:
    conversation_id = opened(desk, "With files")
    desk.write("r", "See the files.")
    give = """(how) => {
      const data = new DataTransfer();
      data.items.add(new File(['x'.repeat(2000)], how + '.txt', { type: 'text/plain' }));
      const target = document.querySelector('[contenteditable=true]');
      target.dispatchEvent(how === 'pasted'
        ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
        : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }"""
    files = composer(desk).get_by_role("list", name="Attached files")
    desk.page.evaluate(give, "dropped")
    expect(files.get_by_text("dropped.txt")).to_be_visible()
    desk.page.evaluate(give, "pasted")
    expect(files.get_by_role("listitem")).to_have_count(2)
    expect(files.get_by_role("progressbar")).to_have_count(0)

    # A slow line: how far it is can be seen, and it can be called off.
    held: list[Route] = []
    desk.page.route("**/api/v1/attachments", lambda route: held.append(route))
    desk.page.evaluate(give, "slow")
    expect(files.get_by_role("progressbar")).to_be_visible()
    files.get_by_role("button", name="Cancel slow.txt").click()
    expect(files.get_by_role("listitem")).to_have_count(2)
    desk.page.unroute("**/api/v1/attachments")

    desk.page.keyboard.press("Control+Enter")
    wait_for(lambda: messages(pult, conversation_id)[-1]["direction"] == "out", what="the answer")
    assert [one["name"] for one in messages(pult, conversation_id)[-1]["attachments"]] == ["dropped.txt", "pasted.txt"]


def test_ux_10_what_is_taken_back_has_the_cursor_and_sent_again_leaves_the_composer_empty(desk: Desk) -> None:
    conversation_id = opened(desk, "Back and forth")
    desk.write("r", "It is on its way.")
    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_role("button", name="Undo")).to_be_visible()
    desk.page.keyboard.press("z")
    expect(desk.editor).to_be_focused()
    expect(desk.editor).to_have_text("It is on its way.")
    saved(desk)
    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_role("button", name="Undo")).to_be_visible()
    desk.page.wait_for_timeout(1500)
    expect(desk.editor).to_have_count(0)
    assert [m["direction"] for m in messages(desk.pult, conversation_id)] == ["in", "out"]
    desk.page.keyboard.press("r")
    expect(desk.editor).to_have_text("")


def test_a_draft_found_again_and_sent_does_not_come_back(desk: Desk) -> None:
    conversation_id = opened(desk, "Written yesterday")
    desk.write("r", "Half an answer.")
    saved(desk)
    desk.page.reload()
    expect(desk.editor).to_have_text("Half an answer.")
    desk.page.keyboard.press("r")
    expect(desk.editor).to_be_focused()
    desk.page.keyboard.press("Control+Enter")
    expect(composer(desk).get_by_role("button", name="Undo")).to_be_visible()
    desk.page.wait_for_timeout(1500)
    expect(desk.editor).to_have_count(0)
    assert [m["direction"] for m in messages(desk.pult, conversation_id)] == ["in", "out"]


def test_a_long_recipient_leaves_no_empty_line_on_a_phone(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(viewport={"width": 390, "height": 844})
    address = "customer.with.a.very.long.name.indeed.and.more@department.of.letters.example.com"
    opened(desk, "A long address", sender={"name": "", "address": address})
    desk.page.keyboard.press("r")
    expect(desk.editor).to_be_focused()
    composer(desk).get_by_role("button", expanded=False).filter(has_text="To").click()
    field = desk.page.get_by_role("combobox", name="To")
    line = field.locator("xpath=ancestor::ul")
    expect(line).to_contain_text(address)

    def height() -> float:
        box = line.bounding_box()
        assert box is not None
        return box["height"]

    desk.editor.focus()
    quiet = height()
    field.focus()
    wait_for(lambda: height() > quiet, what="room to type")
    assert quiet < 40, "one line"
