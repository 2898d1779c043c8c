"""What the customer bought stands beside the conversation, and stays true while one looks (ux.md, agents, 25)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

Desks = Callable[..., Desk]
HEAD = "id,number,buyer,email,name,placed_at,status,sent_at,parcel,carrier,currency,promised_at\n"
BEFORE = "1,S-1001,7,mojca@kupci.example,Mojca Lah,2026-10-01T10:00:00,done,2026-10-02,RR1SI,Pošta Slovenije,EUR,\n"
LATER = "2,S-1002,7,mojca@kupci.example,Mojca Lah,2026-11-20T10:00:00,sent,2026-11-21,RR2SI,GLS,EUR,2026-11-24\n"
LINES = "order,title,sku,quantity,price\n1,Desk lamp Lumen 3,LAMP-3,1,49.90\n2,Bulb E27,BULB,3,4.50\n"
STATES = '[states]\ndone = { state = "completed", payment = "paid", fulfilment = "delivered" }\n'


def test_ux_25_the_newest_order_and_its_parcel_are_there_without_a_click(
    new_desk: Desks, pult: Pult, tmp_path: Path
) -> None:
    (tmp_path / "mapping.toml").write_text(STATES + 'sent = { payment = "paid", fulfilment = "sent" }\n')
    (tmp_path / "orders.csv").write_text(HEAD + BEFORE)
    (tmp_path / "order_lines.csv").write_text(LINES)
    sender = {"name": "Mojca Lah", "address": "mojca@kupci.example"}
    made = pult.begin("Where is my lamp, please?", "Hello, it has not come.", sender=sender)
    desk = new_desk()
    page = desk.page
    page.context.clear_cookies()
    desk.sign_in(pult.demo["people"]["Cvetka"]["email"])

    page.goto("/settings/shops")
    page.get_by_role("button", name="Connect a shop").click()
    page.get_by_label("Name").fill("Lipa")
    page.get_by_label("Folder with the files").fill(str(tmp_path))
    page.get_by_role("dialog").get_by_label("Store").click()
    page.get_by_role("option", name="Trgovina Lipa").click()
    page.get_by_role("button", name="Save").click()
    row = page.locator("li, tr, article").filter(has_text="Lipa").filter(has_text="1 order,")
    expect(row.first).to_be_visible()
    assert desk.accessibility() == []

    page.goto(f"/c/{made['id']}")
    orders = page.get_by_test_id("orders")
    expect(orders.get_by_text("Desk lamp Lumen 3")).to_be_visible()
    expect(orders.get_by_text("RR1SI")).to_be_visible()
    expect(orders.locator("[data-order='S-1001']").get_by_text("Delivered", exact=True)).to_be_visible()

    (tmp_path / "orders.csv").write_text(HEAD + BEFORE + LATER)
    shop = next(one for one in pult.api("GET", "/shops")["items"] if one["name"] == "Lipa")
    pult.api("POST", f"/shops/{shop['id']}/read", {})
    newest = orders.locator("[data-order='S-1002']")
    expect(newest.get_by_text("RR2SI")).to_be_visible()
    expect(newest.get_by_text("promised by 24 Nov 2026")).to_be_visible()
    expect(orders.get_by_text("Bulb E27")).to_be_visible()
    expect(orders.get_by_text("Desk lamp Lumen 3")).to_have_count(0)
    orders.get_by_role("button", name="S-1001").press("Enter")
    expect(orders.get_by_text("Desk lamp Lumen 3")).to_be_visible()
    assert desk.accessibility() == []

    page.keyboard.press("Escape")
    page.goto("/inbox")
    expect(desk.rows.first).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("RR2SI")
    found = page.get_by_role("option", name="S-1002")
    expect(found).to_contain_text("Bulb E27")
    found.click()
    expect(newest.get_by_text("RR2SI")).to_be_visible()
