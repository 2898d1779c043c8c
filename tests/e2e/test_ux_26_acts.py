"""What is done in a shop confirms its amount (ux.md, agents, 26), waits above a limit for a second person, and stands
in the conversation; products and baskets go into the answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from pult.commerce.base import Buyer, Payment, Product, Promotion, Stock, Variant
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.testing import PLACE, an_order
from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for

Desks = Callable[..., Desk]
NOW = datetime.now(UTC)


@pytest.fixture
def own() -> Iterator[Shop]:
    with Shop() as shop:
        stock = [Stock("Ljubljana", 9), Stock("Maribor", 2, {"DOT": "2325"})]
        lamp = Variant("v7", "White", 2_495, "EUR", "LAMP-7", before=2_995, attributes={"colour": "white"}, stock=stock)
        shop.keep(
            Product("p7", "Desk lamp", NOW, [lamp], url="https://shop.example/lamp", category="Lights"),
            Promotion("s1", "Autumn sale", NOW, percent=10, ends_at=NOW + timedelta(days=9), categories=["Lights"]),
            msgspec.structs.replace(
                an_order(26, ship_to=PLACE, payment="paid", total=50_390),
                number="A-26",
                buyer=Buyer(email="zala@kupci.example", name="Zala Lah"),
                payments=[Payment("pay1", "card", "paid", 50_390, NOW)],
            ),
        )
        yield shop


def picture(page: Page, name: str) -> None:
    """Keep what is on the screen, light and dark, wide and narrow, where somebody wants to look at it."""
    if not (folder := os.environ.get("PICTURES")):
        return
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.screenshot(path=Path(folder) / f"{name}-{theme}.png")
    page.emulate_media(color_scheme="light")


def test_a_refund_is_confirmed_approved_done_and_told(new_desk: Desks, pult: Pult, own: Shop) -> None:
    sender = {"name": "Zala Lah", "address": "zala@kupci.example"}
    made = pult.begin("My lamp is broken", "Hello, it came broken.", sender=sender)
    store = next(one for one in pult.api("GET", "/directory")["stores"] if one["name"] == "Trgovina Lipa")
    wanted = {"store_id": store["id"], "connector": "http", "name": "Acting shop", "settings": own.settings}
    shop = pult.api("POST", "/shops", wanted)
    wait_for(lambda: pult.api("GET", "/orders?q=A-26")["items"], what="the order to be read")

    desk = new_desk()
    page = desk.page
    page.goto(f"/c/{made['id']}")
    order = page.locator("[data-order='A-26']")
    order.get_by_role("button", name="In the shop: order A-26").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Refund")).to_be_visible()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Refund")
    expect(dialog.get_by_label("Amount (EUR)")).to_have_value("49.90")
    dialog.get_by_label("Amount (EUR)").fill("600")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("more than can be given back")
    dialog.get_by_label("Amount (EUR)").fill("24.95")
    picture(page, "act-form")
    page.keyboard.press("Enter")
    confirm = dialog.get_by_role("button", name="Refund · €24.95")
    expect(confirm).to_be_focused()
    expect(dialog.get_by_text("The shop itself writes to the customer about it.")).to_be_visible()
    assert own.done == []
    assert desk.accessibility() == []
    picture(page, "act-plan")
    page.keyboard.press("Enter")
    expect(order.locator("[data-act]")).to_contain_text("Done")
    assert own.done == [("refund", "o26")]
    expect(page.get_by_text("done in the shop: Refund · A-26 · €24.95")).to_be_visible()
    expect(order.get_by_text("-€24.95")).to_be_visible()

    # Above the limit a second person decides.
    order.get_by_role("button", name="In the shop: order A-26").click()
    page.get_by_role("menuitem", name="Refund").click()
    dialog.get_by_label("Amount (EUR)").fill("300")
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("above your limit")).to_be_visible()
    page.keyboard.press("Enter")
    expect(order.locator("[data-act]").first).to_contain_text("Waits for approval")
    lead = new_desk()
    lead.page.context.clear_cookies()
    lead.sign_in(pult.demo["people"]["Cvetka"]["email"])
    lead.page.goto("/inbox")
    lead.page.locator("[data-approvals]").click()
    waiting = lead.page.locator("[data-waiting]").filter(has_text="A-26")
    expect(waiting).to_contain_text("Ana Zupan asks for it")
    assert lead.accessibility() == []
    picture(lead.page, "act-approvals")
    waiting.get_by_role("button", name="Approve · €300.00").click()
    expect(order.locator("[data-act][data-state=done]")).to_have_count(2)
    expect(lead.page.get_by_text("Nothing waits for approval.")).to_be_visible()
    assert own.done == [("refund", "o26")] * 2
    assert desk.accessibility() == []
    picture(page, "act-order")
    pult.api("PATCH", f"/shops/{shop['id']}", {"active": False})


def test_products_and_baskets_go_into_the_answer(new_desk: Desks, pult: Pult, own: Shop) -> None:
    sender = {"name": "Zala Lah", "address": "zala@kupci.example"}
    made = pult.begin("Which lamp?", "Hello, which lamp do you have?", sender=sender)
    store = next(one for one in pult.api("GET", "/directory")["stores"] if one["name"] == "Trgovina Lipa")
    wanted = {"store_id": store["id"], "connector": "http", "name": "Selling shop", "settings": own.settings}
    shop = pult.api("POST", "/shops", wanted)
    wait_for(lambda: pult.api("GET", "/products?q=lamp")["items"], what="the product to be read")
    own.keep(own_lamp(1_995))

    desk = new_desk()
    page = desk.page
    page.goto(f"/c/{made['id']}")
    expect(page.get_by_role("button", name="Reply")).to_be_visible()
    expect(page.locator("[data-order='A-26']").first).to_be_visible()
    page.keyboard.press("p")
    dialog = page.get_by_role("dialog", name="Products")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("lamp")
    expect(dialog.locator("[data-goods]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("As of")).to_be_visible()
    expect(dialog.locator("[data-variant]")).to_contain_text("€19.95")
    expect(dialog.get_by_text("DOT 2325")).to_be_visible()
    assert desk.accessibility() == []
    picture(page, "goods")
    dialog.get_by_role("button", name="Insert as card").click()
    expect(desk.editor.locator("table")).to_contain_text("Desk lamp")
    expect(desk.editor.locator("table")).to_contain_text("€19.95")

    page.get_by_role("button", name="Buy for the customer").click()
    basket = page.get_by_role("dialog", name="Buy for the customer")
    basket.get_by_role("searchbox").fill("lamp")
    basket.locator("[data-goods] button").first.click()
    basket.get_by_role("button", name="Into the basket").click()
    expect(basket.get_by_label("E-mail")).to_have_value("zala@kupci.example")
    basket.get_by_role("button", name="Show what happens").click()
    expect(basket.get_by_test_id("plan-sum")).to_have_text("€23.95")
    assert desk.accessibility() == []
    picture(page, "basket")
    basket.get_by_role("button", name="Basket with payment link · €23.95").click()
    link = basket.get_by_test_id("pay-link")
    expect(link).to_contain_text("/pay/")
    reference = link.inner_text().rpartition("/")[2]
    basket.get_by_role("button", name="Insert payment link").click()
    expect(desk.editor).to_contain_text(f"/pay/{reference}")
    picture(page, "answer")

    page.keyboard.press("Control+Enter")
    mails_with_the_card(pult, reference)

    own.own.pay(reference)
    pult.api("POST", f"/shops/{shop['id']}/read", {})
    expect(page.get_by_text("paid by the customer: Basket with payment link")).to_be_visible()
    pult.api("PATCH", f"/shops/{shop['id']}", {"active": False})


def mails_with_the_card(pult: Pult, reference: str) -> None:
    """Wait for the mail with this payment link; the lamp is in it, as a page and as text."""
    sent = wait_for(lambda: [one for one in pult.catch_all.mails if f"/pay/{reference}" in str(one)], what="the mail")
    html, plain = (sent[-1].get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert plain is not None
    assert "<table" in html.get_content()
    assert "https://shop.example/lamp" in html.get_content()
    assert "€19.95" in plain.get_content()


def own_lamp(price: int) -> Product:
    """The lamp as it is now."""
    stock = [Stock("Ljubljana", 9), Stock("Maribor", 2, {"DOT": "2325"})]
    variant = Variant("v7", "White", price, "EUR", "LAMP-7", before=2_995, attributes={"colour": "white"}, stock=stock)
    later = datetime.now(UTC)
    return Product("p7", "Desk lamp", later, [variant], url="https://shop.example/lamp", category="Lights")
