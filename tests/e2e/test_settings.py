"""What is set in the settings takes effect; and a first message to a customer, which needs none."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
from playwright.sync_api import Route, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for

Desks = Callable[..., Desk]


def test_a_token_is_shown_once_works_and_is_revoked(desk: Desk, pult: Pult) -> None:
    page = desk.page
    page.goto("/settings/tokens")
    page.get_by_role("button", name="New token").click()
    page.locator("input[name=token]").fill("Stock program")
    page.get_by_role("button", name="Create token").click()
    secret = page.locator("[data-secret]").inner_text()
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text(secret)).to_have_count(0)

    def status() -> int:
        return httpx2.get(f"{pult.url}/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code

    assert status() == 200
    page.get_by_role("button", name="More for Stock program").click()
    page.get_by_role("menuitem", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Stock program")).to_have_count(0)
    wait_for(lambda: status() == 401, seconds=15, what="the token to end")


def test_single_keys_can_be_switched_off_and_stay_off(desk: Desk, new_desk: Desks) -> None:
    page = desk.page
    page.goto("/settings/profile")
    switch = page.get_by_role("switch", name="Single-key shortcuts")
    with desk.change(singleKeys=False):
        switch.click()
    other = new_desk()
    made = other.pult.begin("No single keys", "Please answer.")
    other.page.goto(f"/c/{made['id']}")
    expect(other.page.locator("[data-composer]")).to_be_visible()
    other.page.keyboard.press("r")
    expect(other.editor).to_have_count(0)


def test_what_is_set_last_is_kept_although_the_tab_is_closed_at_once(new_desk: Desks) -> None:
    desk, other = new_desk(), new_desk()
    for each in (desk, other):
        each.page.goto("/settings/profile")
    switch = desk.page.get_by_role("switch", name="Single-key shortcuts")
    expect(switch).to_be_checked()
    with other.change(density="compact"):
        other.page.get_by_role("radio", name="Compact rows").check(force=True)
    # The second change has to wait for its turn, and its tab does not wait.
    held: list[Route] = []
    desk.page.route("**/api/v1/me", lambda route: held.append(route), times=1)
    desk.page.get_by_role("radio", name="Dark").check(force=True)
    wait_for(lambda: held, what="the first change")
    switch.click()
    desk.page.close(run_before_unload=True)

    def kept() -> dict[str, object]:
        found: dict[str, object] = other.page.request.get("/api/v1/me").json()["preferences"]
        return found

    wait_for(lambda: kept()["singleKeys"] is False, what="the change of the closed tab")
    assert kept()["density"] == "compact"


def test_c_writes_to_a_customer_first(desk: Desk, pult: Pult) -> None:
    page = desk.page
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New message")
    dialog.get_by_label("To").fill("Nika Kos <nika.kos@example.com>,")
    dialog.locator("input[name=subject]").fill("Your parcel will be a day late")
    dialog.locator("[contenteditable=true]").click()
    page.keyboard.type("We are sorry, it comes on Tuesday.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/c/*")
    mail = pult.mail_out("Your parcel will be a day late", seconds=40)
    assert "nika.kos@example.com" in mail["To"]


def test_a_permission_that_is_taken_away_takes_its_pages_along(new_desk: Desks, pult: Pult) -> None:
    desk = new_desk()
    desk.page.context.clear_cookies()
    desk.sign_in(pult.demo["people"]["Cvetka"]["email"])
    desk.page.goto("/settings/teams")
    entries = desk.page.get_by_role("navigation", name="Settings")
    expect(entries.get_by_role("link", name="Stores")).to_be_visible()
    desk.page.get_by_role("button", name="Edit").first.click()

    # Each process of the server knows of a change within seconds: here they all know it at once.
    me = desk.page.request.get("/api/v1/me").json()
    refusal = {"type": "urn:pult:problem:forbidden", "title": "You may not.", "status": 403}
    desk.page.route("**/api/v1/me", lambda route: route.fulfill(json=me | {"permissions": []}))
    desk.page.route(
        "**/api/v1/teams/*",
        lambda route: route.fulfill(status=403, content_type="application/problem+json", body=json.dumps(refusal)),
    )
    desk.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(desk.page.get_by_role("dialog").get_by_role("alert")).to_have_text("You may not.")
    desk.page.keyboard.press("Escape")
    expect(entries.get_by_role("link", name="Profile")).to_be_visible()
    expect(entries.get_by_role("link", name="Stores")).to_have_count(0)
