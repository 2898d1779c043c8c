"""A shop of one's own is connected: where it sends its notices, and the secret that signs them, which is shown once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx2
from playwright.sync_api import expect

from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import an_order
from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

Desks = Callable[..., Desk]


def test_a_shops_secret_is_shown_once_and_its_notices_are_taken(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk()
    page = desk.page
    page.context.clear_cookies()
    desk.sign_in(pult.demo["people"]["Cvetka"]["email"])
    page.goto("/settings/shops")
    page.get_by_role("button", name="Connect a shop").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Kind of shop").click()
    page.get_by_role("option", name="A shop of your own (HTTP)").click()
    form.get_by_label("Name").fill("Own shop")
    form.get_by_label("Address at which the shop answers").fill("https://shop.invalid/pult")
    form.get_by_role("button", name="Save").click()
    row = page.locator("li, tr, article").filter(has_text="Own shop").last
    expect(row.get_by_text("No notice yet")).to_be_visible()
    row.get_by_role("button", name="Edit").click()
    url = form.get_by_label("Address for webhooks").input_value()
    form.get_by_role("button", name="New secret").click()
    own = Shop()
    own.secret = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    assert own.secret not in json.dumps(pult.api("GET", "/shops"))

    at = f"{pult.url}/hooks/{url.partition('/hooks/')[2]}"
    headers, body = own.notice(an_order(8_001), "n1")
    assert httpx2.post(at, headers=headers, content=body).status_code == 200
    assert httpx2.post(at, headers=headers, content=body + b" ").status_code == 401
    headers, body = own.notice(an_order(8_002), "n2", content=b'{"kind": "order"}')
    assert httpx2.post(at, headers=headers, content=body).status_code == 200
    page.reload()
    expect(page.get_by_text("Last notice")).to_be_visible()
    expect(page.get_by_text("a notice has either an item or what is gone")).to_be_visible()
    assert desk.accessibility() == []
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / "shops.png")
        row.get_by_role("button", name="Edit").click()
        expect(form.get_by_label("Address for webhooks")).to_be_visible()
        page.screenshot(path=Path(folder) / "shops-form.png")
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=Path(folder) / "shops-form-390.png")
        page.keyboard.press("Escape")
        page.screenshot(path=Path(folder) / "shops-390.png")
