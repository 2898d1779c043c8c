"""An admin writes what stands above and below a store's mails, sees it at once, and it leaves so."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

Desks = Callable[..., Desk]
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def test_a_header_is_written_seen_and_leaves_and_an_unknown_variable_is_refused(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk()
    page = as_admin(desk, pult)
    page.get_by_label("Store").click()
    page.get_by_role("option", name="Trgovina Lipa").click()
    made = pult.begin("Where is my lamp?", "Hello, where is it?")
    header, footer = page.get_by_role("textbox", name="Header"), page.get_by_role("textbox", name="Footer")
    frame = page.frame_locator("iframe[title=Preview]")
    try:
        header.click()
        page.keyboard.type("Answered by ")
        page.get_by_role("button", name="Insert").first.click()
        page.get_by_role("menuitem", name="Agent’s name").click()
        expect(header).to_contain_text("{{agent.name}}")
        expect(frame.get_by_text("Answered by Cvetka")).to_be_visible()
        footer.click()
        page.keyboard.type("{{agent.shoe}}")
        expect(page.get_by_role("alert")).to_contain_text("{{customer.name}}")
        for _ in range(len("{{agent.shoe}}")):
            page.keyboard.press("Backspace")
        page.keyboard.type("The Shop Ltd, Ljubljana")
        expect(frame.get_by_text("The Shop Ltd, Ljubljana")).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("tab", name="Text").click()
        expect(page.locator("[data-preview-text]")).to_contain_text("The Shop Ltd, Ljubljana")
        save(page)
        assert desk.accessibility() == []
        page.goto(f"/c/{made['id']}")
        expect(page.locator("[data-composer]")).to_be_visible()
        desk.write("r", "It comes tomorrow.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-message]").last).to_contain_text("It comes tomorrow.")
        mail = pult.mail_out("Re: Where is my lamp?", seconds=40)
        part = mail.get_body(("plain",))
        assert isinstance(part, EmailMessage)
        text = part.get_content().replace("\r\n", "\n")
        assert text.startswith("Answered by Cvetka")
        assert "It comes tomorrow." in text
        assert text.index("The Shop Ltd, Ljubljana") < text.index("> Hello, where is it?")
        expect(page.get_by_text("The Shop Ltd, Ljubljana")).to_have_count(0)
    finally:
        clear(pult)


def test_on_a_phone_nothing_is_cut_off(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page = as_admin(desk, pult)
    expect(page.frame_locator("iframe[title=Preview]").locator("p").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert desk.accessibility() == []


def test_a_logo_is_chosen_seen_and_taken_away_and_what_is_none_is_refused(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk()
    page = as_admin(desk, pult)
    frame = page.frame_locator("iframe[title=Preview]")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    expect(page.get_by_role("alert")).to_contain_text("PNG, JPEG, GIF or WebP")
    chooser.set_input_files({"name": "logo.gif", "mimeType": "image/gif", "buffer": GIF})
    expect(page.get_by_role("alert")).to_have_count(0)
    picture = frame.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("one => [one.complete, one.naturalWidth, one.alt.length > 0]") == [True, 1, True]
    assert desk.accessibility() == []
    page.get_by_role("button", name="Remove the logo").click()
    expect(picture).to_have_count(0)


def test_which_numbers_are_hidden_is_said_for_each_store(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk(viewport={"width": 390, "height": 800})
    page = as_admin(desk, pult)
    page.goto("/settings/masking")
    own = page.get_by_label("Your own accounts")
    try:
        own.fill("SI56 1910 0000 0123 439")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("“SI56 1910 0000 0123 439” is not an account number")).to_be_visible()
        own.fill("si56 191000000123438")
        save(page)
        page.reload()
        expect(own).to_have_value("SI56 1910 0000 0123 438")
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        assert desk.accessibility() == []
        page.get_by_role("switch", name="Account numbers (IBAN)").click()
        expect(own).to_have_count(0)
        page.get_by_role("switch", name="Account numbers (IBAN)").click()
        expect(own).to_have_value("SI56 1910 0000 0123 438")
    finally:
        for store in pult.api("GET", "/stores")["items"]:
            pult.api("PUT", f"/stores/{store['id']}/masking", {})


def as_admin(desk: Desk, pult: Pult) -> Page:
    """Open the page as an admin; what is tested in the preview is there."""
    page = desk.page
    page.context.clear_cookies()
    desk.sign_in(pult.demo["people"]["Cvetka"]["email"])
    page.goto("/settings/letterheads")
    expect(page.get_by_role("textbox", name="Footer")).to_be_visible()
    expect(page.frame_locator("iframe[title=Preview]").locator("p").first).to_be_visible()
    return page


def save(page: Page) -> None:
    """Press Save and wait for the answer."""
    with page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
        page.get_by_role("button", name="Save", exact=True).click(timeout=5_000)
    assert saved.value.status == 200


def clear(pult: Pult) -> None:
    """Leave no store with a header or a footer."""
    for store in pult.api("GET", "/stores")["items"]:
        for language in store["languages"]:
            pult.api("PUT", f"/stores/{store['id']}/letterheads/{language}", {})
