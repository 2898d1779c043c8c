"""What stands beside a conversation: in one request, each figure with its source, remarks with their author."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for

SENDER = {"name": "Jelka Brin", "address": "jelka@kupci.example"}


def test_the_card_is_one_request_and_its_figures_open_what_they_count(desk: Desk, pult: Pult) -> None:
    made = [pult.begin(f"Jelka asks {number}", "Hello, a question.", sender=SENDER) for number in range(5)]
    page = desk.page
    asked: list[str] = []
    # What somebody has agreed to is asked for later and by itself.
    page.on("request", lambda one: asked.append(one.url) if "/card?" in one.url else None)
    page.goto(f"/c/{made[0]['id']}")
    contact = page.get_by_test_id("contact")
    expect(contact.get_by_text("5 of 5 messages").first).to_be_visible()
    expect(contact.get_by_role("link", name="E-mail")).to_be_visible()
    own = [url for url in asked if "prefetch" not in url]
    assert len(set(own)) == 1, own

    page.get_by_role("button", name="Add a dislike").press("Enter")
    page.keyboard.type("No calls before noon")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("dislikes").get_by_text("No calls before noon")).to_be_visible()
    page.get_by_role("button", name="Add a note").press("Enter")
    page.keyboard.type("The bell is broken.")
    page.keyboard.press("Control+Enter")
    notes = page.get_by_test_id("remarks")
    expect(notes.get_by_text("The bell is broken.")).to_be_visible()
    expect(notes.get_by_text("Ana Zupan")).to_be_visible()
    assert desk.accessibility() == []

    notes.get_by_role("button", name="Remove: The bell is broken.").press("Enter")
    expect(notes).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(notes.get_by_text("The bell is broken.")).to_be_visible()

    contact.get_by_role("link", name="5", exact=True).first.click()
    expect(desk.rows).to_have_count(5)
    chip = page.get_by_role("button", name="Remove Jelka Brin")
    expect(chip).to_be_visible()
    chip.click()
    expect(desk.rows).not_to_have_count(5)
    assert desk.problems == []


def test_an_order_of_another_shop_is_seen_and_a_question_answered(desk: Desk, pult: Pult, tmp_path: Path) -> None:
    orders = "".join(f"{n},S-{n},z{n}@kupci.example,2026-10-01T10:00:00,EUR\n" for n in range(2001, 2030))
    (tmp_path / "orders.csv").write_text("id,number,email,placed_at,currency\n" + orders)
    (tmp_path / "products.csv").write_text("id,title,sku,price,stock,DOT\nt,Winter tyre Burja,BURJA-16,79.90,4,2326\n")
    store = pult.api("GET", "/stores")["items"][0]["id"]
    wanted = {"store_id": store, "connector": "csv", "name": "Burja", "settings": {"folder": str(tmp_path)}}
    shop = pult.api("POST", "/shops", wanted)["id"]
    wait_for(
        lambda: next(one["learned"] for one in pult.api("GET", "/recognition")["numbers"] if one["shop_id"] == shop)
    )
    sender = {"name": "Emma Jones", "address": "emma@kupci.example"}
    said = "I ordered shoes on Zalando, order no. 4005-1234567. Where are they?"
    strange = pult.begin("My shoes", said, sender=sender)
    asks = pult.begin("Tyres", "Hello, what is the production date of BURJA-16? My order was S-2003.", sender=sender)
    page = desk.page

    page.goto(f"/c/{strange['id']}")
    banner = page.get_by_test_id("not-ours")
    expect(banner).to_contain_text("another shop")
    expect(banner).to_contain_text("4005-1234567")
    assert desk.accessibility() == []
    page.keyboard.press("o")
    expect(desk.editor).to_contain_text("Dear Emma Jones,")
    expect(desk.editor).to_contain_text("(Zalando)")
    assert [one["direction"] for one in pult.api("GET", f"/conversations/{strange['id']}")["messages"]] == ["in"]

    page.goto(f"/c/{asks['id']}")
    section = page.get_by_test_id("in-message")
    expect(section).to_contain_text("2326")
    section.get_by_role("button", name="Order S-2003").click()
    expect(section.locator("[data-order='S-2003']")).to_be_visible()
    expect(section.get_by_text("somebody else")).to_be_visible()
    page.get_by_test_id("contact").click()
    page.keyboard.press("g")
    expect(desk.editor).to_contain_text("Dear Emma Jones,")
    section.get_by_role("button", name="Insert: Winter tyre Burja: DOT 2326").click()
    expect(desk.editor).to_contain_text("DOT 2326")
    assert desk.accessibility() == []
    assert desk.problems == []
