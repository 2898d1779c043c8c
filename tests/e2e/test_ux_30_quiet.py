"""Line 30 of ux.md where one writes, signs in and sets things: dark, still, helpful when empty, open to everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import PAGES, new_context
from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

PAGES_OF_ALL = ("profile", "security", "tokens")
PAGES_OF_ADMINS = ("stores", "inboxes", "staff", "teams", "tags", "webhooks", "access-log", "jobs")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def admin_state(pult: Pult, chromium: Browser) -> object:
    """The cookies of the administrator."""
    context = new_context(chromium, pult)
    Desk(context.new_page(), pult).sign_in(pult.demo["people"]["Cvetka"]["email"])
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(params=["light", "dark"])
def admin(request: pytest.FixtureRequest, pult: Pult, chromium: Browser, admin_state: object) -> Iterator[Desk]:
    """The administrator's desk, in both colour schemes."""
    context = new_context(chromium, pult, storage_state=admin_state, color_scheme=request.param)
    page = context.new_page()
    request.node.stash.setdefault(PAGES, []).append(page)
    yield Desk(page, pult)
    context.close()


def sideways(desk: Desk) -> int:
    """How many pixels the page is wider than the window."""
    wide: int = desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def test_ux_30_settings_are_open_to_everybody_in_both_schemes_and_on_a_phone(admin: Desk) -> None:
    found = []
    for name in (*PAGES_OF_ALL, *PAGES_OF_ADMINS):
        admin.page.set_viewport_size({"width": 1440, "height": 900})
        admin.page.goto(f"/settings/{name}")
        expect(admin.page.locator("main h2").first).to_be_visible()
        expect(admin.page.locator("main [aria-busy=true]")).to_have_count(0)
        found += [f"{name}: {line}" for line in admin.accessibility()]
        admin.page.set_viewport_size(PHONE)
        assert sideways(admin) <= 0, name
    assert found == []
    assert admin.problems == []


def test_ux_30_writing_is_open_to_everybody_in_both_schemes(admin: Desk) -> None:
    made = admin.pult.begin("Open to everybody", "Can everybody read this?")
    admin.page.goto(f"/c/{made['id']}")
    expect(admin.page.locator("[data-composer]")).to_be_visible()
    found = admin.accessibility("'[data-composer]'")
    for key in ("r", "n"):
        admin.write(key, "Words. ")
        found += [f"{key}: {line}" for line in admin.accessibility("'[data-composer]'")]
        admin.page.keyboard.press("Escape")
    admin.page.get_by_role("button", name="Discard").click()
    found += [f"dialog: {line}" for line in admin.accessibility("'[role=dialog]'")]
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ux_30_signing_in_is_open_to_everybody(pult: Pult, chromium: Browser, scheme: str) -> None:
    context = new_context(chromium, pult, color_scheme=scheme, viewport=PHONE)
    desk = Desk(context.new_page(), pult)
    found = []
    for path in ("/sign-in", "/sign-in/forgotten", "/sign-in/reset/x-y"):
        desk.page.goto(path)
        expect(desk.page.get_by_role("heading").first).to_be_visible()
        found += [f"{path}: {line}" for line in desk.accessibility()]
        assert sideways(desk) <= 0
    context.close()
    assert found == []


def test_ux_30_nothing_moves_where_stillness_is_asked_for(pult: Pult, chromium: Browser, admin_state: object) -> None:
    context = new_context(chromium, pult, storage_state=admin_state, reduced_motion="reduce")
    desk = Desk(context.new_page(), pult)
    desk.page.goto("/settings/stores")
    desk.page.get_by_role("button", name="Add a store").click()
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    lasting = desk.page.evaluate(
        "Math.max(...document.getAnimations().map((one) => one.effect.getComputedTiming().duration), 0)"
    )
    context.close()
    assert lasting < 1


@pytest.mark.parametrize("language", ["sl", "hr", "el", "pl"])
def test_the_language_is_changed_while_one_looks(
    pult: Pult, chromium: Browser, admin_state: object, language: str
) -> None:
    words = {"sl": "Nastavitve", "hr": "Postavke", "el": "Ρυθμίσεις", "pl": "Ustawienia"}
    names = {"sl": "Slovenščina", "hr": "Hrvatski", "el": "Ελληνικά", "pl": "Polski"}
    context = new_context(chromium, pult, storage_state=admin_state)
    desk = Desk(context.new_page(), pult)
    desk.page.goto("/settings/profile")
    try:
        desk.page.get_by_role("combobox", name="Language").click()
        # The account has it before the next change is sent: two on their way may arrive in any order.
        with desk.page.expect_response(lambda answer: answer.request.method == "PATCH" and "/me" in answer.url):
            desk.page.get_by_role("option", name=names[language]).click()
        expect(desk.page.get_by_role("heading", name=words[language])).to_be_visible()
        expect(desk.page.locator("html")).to_have_attribute("lang", language)
        expect(desk.page.get_by_role("combobox").first).to_have_text(names[language])
    finally:
        desk.patch_me({"language": "en"})
        context.close()
