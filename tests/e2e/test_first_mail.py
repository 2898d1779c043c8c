"""The main job: a mail comes in, is seen live, is answered from the keyboard, and the answer is threaded."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult


def test_a_mail_appears_live_is_answered_by_keyboard_and_leaves_threaded(desk: Desk, pult: Pult) -> None:
    sent = pult.send_mail("Where is my parcel 4711?", "Hello,\n\nit should have come on Monday.\n\nMaja Novak\n")

    # The list does not move under the cursor: what is new is announced, or shown where nobody points.
    announcement = desk.page.get_by_role("button", name="1 new")
    row = desk.row("Where is my parcel 4711?")
    expect(announcement.or_(row).first).to_be_visible(timeout=10_000)
    if announcement.is_visible():
        announcement.click()
    row.click()
    expect(desk.page.get_by_text("it should have come on Monday.").last).to_be_visible()

    desk.write("r", "Good day, it is at the pick-up point since this morning.")
    desk.page.keyboard.press("Control+Enter")

    answer = pult.mail_out("Where is my parcel 4711?", seconds=40)
    assert answer["In-Reply-To"] == sent["Message-ID"]
    assert sent["Message-ID"] in answer["References"]
    assert "maja.novak@example.com" in answer["To"]
    body = answer.get_body(("plain",))
    assert body is not None
    assert "at the pick-up point since this morning" in body.get_content()
    assert desk.problems == []
