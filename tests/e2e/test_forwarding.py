"""A message is forwarded to somebody outside from its menu; his answer stands aside, and a newcomer is seen."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

Desks = Callable[..., Desk]


def test_a_message_is_forwarded_and_the_answer_still_goes_to_the_customer(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk()
    page = desk.page
    made = pult.begin("A lamp that hums", "It hums, what now?")
    page.goto(f"/c/{made['id']}")
    message = page.locator("[data-message]").first
    expect(message).to_be_visible()
    message.hover()
    message.get_by_role("button", name="More about this message").click()
    page.get_by_role("menuitem", name="Forward").click()
    dialog = page.get_by_role("dialog", name="Forward a message")
    expect(dialog.get_by_text("It hums, what now?")).to_be_visible()
    page.keyboard.type("service@maker.example")
    page.keyboard.press("Enter")
    dialog.get_by_role("textbox", name="Message").click()
    page.keyboard.type("Can this be mended?")
    assert desk.accessibility() == []
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    page.keyboard.press("z")
    expect(dialog.get_by_role("textbox", name="Message")).to_have_text("Can this be mended?")
    expect(page.locator("[data-kind=forward]")).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_have_count(0)
    forwarded = page.locator("[data-message]").last
    expect(forwarded).to_contain_text("Can this be mended?")
    expect(forwarded.locator("[data-kind=forward]")).to_be_visible()
    mail = pult.mail_out("Fwd: A lamp that hums", seconds=40)
    assert mail["To"] == "service@maker.example"
    part = mail.get_body(("plain",))
    assert part is not None
    text = part.get_content().replace("\r\n", "\n")  # type: ignore[attr-defined]
    assert text.index("Can this be mended?") < text.index("It hums, what now?")
    page.keyboard.press("r")
    expect(page.locator("[data-composer]")).not_to_contain_text("service@maker.example")
