"""A customer's rights on the screen: what they agreed to, a copy by a link, who saw their data, and their erasure."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import httpx2
from playwright.sync_api import Page, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

Desks = Callable[..., Desk]


def picture(page: Page, name: str, *, narrow: bool = True) -> None:
    """Take pictures of a screen where PULT_PICTURES names a folder for them."""
    if folder := os.environ.get("PULT_PICTURES"):
        for width, height in ((1440, 900), (390, 844))[: 1 + narrow]:
            for scheme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": height})
                page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                page.wait_for_timeout(250)
                page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="light")


def boss(new_desk: Desks, pult: Pult) -> Desk:
    desk = new_desk()
    desk.page.context.clear_cookies()
    desk.sign_in(pult.demo["people"]["Cvetka"]["email"])
    return desk


def copy_link(page: Page, customer_id: int) -> str:
    """Return the link of the newest copy, asked for as whoever is signed in."""
    answer = page.request.get(f"/api/v1/customers/{customer_id}/copies").json()
    return str(answer["items"][0]["link"])


def test_a_customer_agrees_has_a_copy_and_is_forgotten(new_desk: Desks, pult: Pult) -> None:
    sender = {"name": "Rozalija Jelen", "address": "rozalija@kupci.example"}
    made = pult.begin("Please send me offers", "I would like offers by e-mail.", sender=sender)
    desk = boss(new_desk, pult)
    page = desk.page
    page.goto("/settings/consents")
    form = page.locator("form").filter(has_text="Offers by e-mail")
    form.get_by_label("English").fill("I would like offers by e-mail.")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("wording")).to_be_visible()
    assert desk.accessibility() == []
    picture(page, "consents")

    page.goto(f"/c/{made['id']}")
    consents = page.get_by_test_id("consents")
    consents.get_by_role("button", name="Offers by e-mail").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Proof").fill("Call at 10:30")
    assert desk.accessibility() == []
    picture(page, "consent", narrow=False)
    dialog.get_by_role("button", name="Agrees", exact=True).click()
    expect(consents.get_by_text("Agreed")).to_be_visible()

    page.get_by_role("button", name="More about this customer").click()
    page.get_by_role("menuitem", name="Personal data").click()
    dialog.get_by_role("button", name="Make a copy").click()
    expect(dialog.get_by_role("button", name="Copy the link")).to_be_visible(timeout=20_000)
    number = int(pult.api("GET", f"/conversations/{made['id']}")["customer"]["id"])
    link = copy_link(page, number)
    archive = ZipFile(io.BytesIO(httpx2.get(f"{pult.url}/copies/{link.partition('/copies/')[2]}").content))
    assert {"data.json", "index.html"} <= set(archive.namelist())

    dialog.get_by_role("button", name="See what would go").click()
    expect(dialog.get_by_test_id("erasure").get_by_text("Consents: 1")).to_be_visible()
    assert desk.accessibility() == []
    picture(page, "erasure", narrow=False)
    do = dialog.get_by_role("button", name="Erase for good")
    expect(do).to_be_disabled()
    dialog.get_by_label("Type the customer's number").fill(str(number))
    do.click()
    expect(page.get_by_text("The customer was erased")).to_be_visible()
    page.reload()
    expect(page.locator("[data-composer]")).to_be_visible()
    expect(page.get_by_text("Rozalija Jelen")).to_have_count(0)

    page.goto(f"/settings/access-log?customer={number}")
    expect(page.get_by_text(f"Customer {number}", exact=True)).to_be_visible()
    expect(page.locator("li").filter(has_text="Erased").first).to_be_visible()
    assert desk.accessibility() == []
    picture(page, "access-log")
    page.get_by_role("button", name="Anybody's data").click()
    page.get_by_label("By any door").click()
    page.get_by_role("option", name="by a link").click()
    expect(page.locator("li").filter(has_text="Exported").first).to_be_visible()
    assert desk.problems == []


def test_a_rule_is_tried_and_switched_on(new_desk: Desks, pult: Pult) -> None:
    desk = boss(new_desk, pult)
    page = desk.page
    page.goto("/settings/retention")
    rule = page.get_by_label("Files of closed conversations")
    rule.get_by_label("Days").fill("36500")
    rule.get_by_role("button", name="Try it").click()
    expect(rule.get_by_text("Today 0 records would go.")).to_be_visible()
    assert desk.accessibility() == []
    picture(page, "retention")
    rule.get_by_role("button", name="Switch on").press("Enter")
    expect(rule.get_by_text("36,500 days")).to_be_visible()
    expect(rule.get_by_text("Version 1")).to_be_visible()
    rule.get_by_role("button", name="Switch off").click()
    expect(rule.get_by_text("Version 2")).to_be_visible()
    assert desk.problems == []
