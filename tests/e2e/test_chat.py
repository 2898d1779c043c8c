"""A shopper on the shop's own page and an agent at the desk, each in a browser of his own."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.e2e.conftest import new_context
from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.shop_page import ShopPages

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def shop(pult: Pult) -> Iterator[ShopPages]:
    """A shop's pages with a chat of the first store."""
    with ShopPages(pult.url) as pages:
        place = {"store_id": pult.demo["store_id"], "channel": "chat", "name": "Klepet", "address": "lipa"}
        made = pult.api("POST", "/inboxes", {**place, "settings": {"origins": pages.address, "watch_page": True}})
        pages.inbox = int(made["id"])
        yield pages


class Shopper:
    """Somebody at the shop's page."""

    def __init__(self, page: Page, shop: ShopPages) -> None:
        self.page, self.shop = page, shop
        self.problems: list[str] = []
        self.asked: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._told)
        page.on("request", lambda request: self.asked.append(request.url))

    def _told(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def visit(self, path: str = "/sl/") -> None:
        self.page.goto(f"{self.shop.address}{path}")

    def open(self, path: str = "/sl/") -> None:
        """Visit a page and open the chat with the mouse."""
        self.visit(path)
        self.button.click()
        expect(self.field).to_be_focused()

    @property
    def button(self):  # type: ignore[no-untyped-def]
        return self.page.locator("#pult-chat .open")

    @property
    def field(self):  # type: ignore[no-untyped-def]
        return self.page.locator("#pult-chat textarea")

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.page.keyboard.press("Enter")

    def said(self, text: str):  # type: ignore[no-untyped-def]
        """A message that Pult has."""
        return self.page.locator("#pult-chat [data-said]").filter(has_text=text)


@pytest.fixture
def new_shopper(pult: Pult, chromium: Browser, shop: ShopPages) -> Iterator[Callable[..., Shopper]]:
    contexts: list[BrowserContext] = []

    def make(**options: object) -> Shopper:
        contexts.append(new_context(chromium, pult, **options))
        return Shopper(contexts[-1].new_page(), shop)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def shopper(new_shopper: Callable[..., Shopper]) -> Shopper:
    return new_shopper()


def subject() -> str:
    return f"Kje je naročilo {next(NUMBERS)}?"


def answer(pult: Pult, about: str, text: str) -> None:
    pult.api("POST", f"/conversations/{pult.conversation(about)['id']}/replies", {"text": text})


def test_one_request_is_made_and_nothing_kept_before_somebody_touches_it(shopper: Shopper, pult: Pult) -> None:
    shopper.visit()
    expect(shopper.button).to_be_visible()
    shopper.page.wait_for_timeout(300)
    assert [url for url in shopper.asked if url.startswith(pult.url)] == [f"{pult.url}/static/widget/loader.js"]
    assert shopper.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert shopper.problems == []


def test_shopper_and_agent_talk_and_each_sees_the_other_at_once(shopper: Shopper, desk: Desk, pult: Pult) -> None:
    about = subject()
    shopper.open()
    shopper.write(about)
    expect(shopper.said(about)).to_be_visible()
    number = pult.conversation(about)["id"]
    desk.page.goto(f"/c/{number}")
    expect(desk.page.locator("[data-pane] h2").first).to_have_text(about)
    desk.write("r", "Na poti je, pride jutri.")
    expect(shopper.page.locator("#pult-chat .typing")).to_contain_text("piše")
    desk.page.keyboard.press("Control+Enter")
    expect(shopper.said("Na poti je, pride jutri.")).to_be_visible()
    expect(shopper.page.locator("#pult-chat .typing")).to_be_empty()
    # What he has before his eyes was read.
    expect(desk.page.locator("[data-state=read]").filter(has_text="Na poti je")).to_be_visible()
    shopper.write("Hvala!")
    expect(desk.page.locator("[data-direction=in]").filter(has_text="Hvala!")).to_be_visible()
    assert (shopper.problems, desk.problems) == ([], [])


def test_what_was_said_and_what_was_begun_is_there_on_the_next_page_and_after_a_reload(shopper: Shopper) -> None:
    about = subject()
    shopper.open()
    shopper.write(about)
    expect(shopper.said(about)).to_be_visible()
    shopper.field.fill("Half a sent")
    shopper.page.locator("a", has_text="A table").click()
    expect(shopper.said(about)).to_be_visible()
    expect(shopper.field).to_have_value("Half a sent")
    shopper.page.reload()
    expect(shopper.said(about)).to_be_visible()
    assert shopper.problems == []


def test_what_was_written_offline_is_sent_once_when_the_line_is_back(shopper: Shopper, pult: Pult) -> None:
    about = subject()
    shopper.open()
    shopper.write(about)
    expect(shopper.said(about)).to_be_visible()
    shopper.page.context.set_offline(True)
    shopper.write("Written in a tunnel")
    expect(shopper.page.locator("#pult-chat .bar")).to_be_visible()
    expect(shopper.page.locator("#pult-chat [data-waiting]")).to_contain_text("Written in a tunnel")
    answer(pult, about, "Answered meanwhile")
    shopper.page.context.set_offline(False)
    expect(shopper.said("Answered meanwhile")).to_be_visible(timeout=20_000)
    expect(shopper.said("Written in a tunnel")).to_have_count(1)
    expect(shopper.page.locator("#pult-chat [data-waiting]")).to_have_count(0)
    expect(shopper.page.locator("#pult-chat .bar")).to_be_hidden()
    messages = pult.api("GET", f"/conversations/{pult.conversation(about)['id']}")["messages"]
    assert [one["text"] for one in messages].count("Written in a tunnel") == 1


def test_a_picture_goes_to_the_desk_and_is_shown_to_both(shopper: Shopper, desk: Desk, pult: Pult) -> None:
    about = subject()
    shopper.open()
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, "JPEG")
    file = {"name": "poškodba.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    shopper.page.locator("#pult-chat input[type=file]").set_input_files([file])  # type: ignore[list-item]
    shopper.write(about)
    expect(shopper.said(about).locator("img")).to_be_visible()
    desk.page.goto(f"/c/{pult.conversation(about)['id']}")
    expect(desk.page.get_by_role("img", name="poškodba.jpg")).to_be_visible()
    assert shopper.problems == []


def test_by_keyboard_alone_and_focus_goes_back_to_the_button(shopper: Shopper) -> None:
    shopper.visit("/en/")
    expect(shopper.button).to_be_visible()
    for _ in range(6):
        shopper.page.keyboard.press("Tab")
        if shopper.page.evaluate("document.activeElement?.id") == "pult-chat":
            break
    shopper.page.keyboard.press("Enter")
    expect(shopper.field).to_be_focused()
    shopper.page.keyboard.press("Escape")
    expect(shopper.page.locator("#pult-chat .panel")).to_be_hidden()
    expect(shopper.button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(new_shopper: Callable[..., Shopper], pult: Pult, scheme: str) -> None:
    # axe itself would be refused by the page's policy.
    shopper = new_shopper(color_scheme=scheme, bypass_csp=True, viewport={"width": 390, "height": 844})
    about = subject()
    shopper.open("/el/")
    shopper.write(about)
    expect(shopper.said(about)).to_be_visible()
    answer(pult, about, "Απάντηση")
    expect(shopper.said("Απάντηση")).to_be_visible()
    assert Desk(shopper.page, pult).accessibility() == []


def test_a_page_of_another_shop_is_not_let_in(new_shopper: Callable[..., Shopper], pult: Pult, shop: ShopPages) -> None:
    with ShopPages(pult.url) as other:
        other.inbox = shop.inbox
        shopper = new_shopper()
        shopper.shop = other
        shopper.open()
        shopper.write("Hello")
        expect(shopper.page.locator("#pult-chat [data-waiting]")).to_be_visible()
        wait_for(lambda: any("/begin" in url for url in shopper.asked), what="the attempt")
        expect(shopper.page.locator("#pult-chat [data-said]")).to_have_count(0)
