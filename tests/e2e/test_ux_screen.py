"""UX line 30: light and dark, stillness, helpful empty states, skeletons, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for
from tests.e2e.test_ux_inbox import timeline

Desks = Callable[..., Desk]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ux_30_light_and_dark_are_readable(new_desk: Desks, scheme: str) -> None:
    desk = new_desk(color_scheme=scheme)
    desk.open_inbox()
    desk.page.keyboard.press("j")
    expect(timeline(desk.page).locator("[data-message]").first).to_be_visible()
    lightness = desk.page.evaluate(
        "() => { const c = document.createElement('canvas').getContext('2d');"
        " c.fillStyle = getComputedStyle(document.body).backgroundColor; c.fillRect(0, 0, 1, 1);"
        " return c.getImageData(0, 0, 1, 1).data[0] }"
    )
    assert lightness < 60 if scheme == "dark" else lightness > 200
    assert desk.accessibility() == []


def test_ux_30_reduced_motion_moves_nothing(new_desk: Desks) -> None:
    desk = new_desk(reduced_motion="reduce")
    desk.open_inbox()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    longest = desk.page.evaluate(
        "() => Math.max(...document.getAnimations({ subtree: true })"
        ".map((one) => Number(one.effect.getComputedTiming().duration)), 0)"
    )
    assert longest < 1


def test_ux_30_an_empty_list_says_why_and_what_to_do(desk: Desk) -> None:
    desk.page.goto("/inbox?view=snoozed")
    expect(desk.page.get_by_text("Nothing is snoozed")).to_be_visible()
    desk.page.goto("/inbox?view=open&q=xyzzyplugh")
    expect(desk.page.get_by_text("Nothing found for “xyzzyplugh”")).to_be_visible()
    desk.page.get_by_role("button", name="Clear filters").click()
    expect(desk.rows.first).to_be_visible()


def test_ux_30_skeletons_show_only_after_200_ms(desk: Desk, pult: Pult) -> None:
    made = pult.begin("Slow to come", "Hello")
    release: list[Route] = []
    desk.page.route(re.compile(rf"/api/v1/conversations/{made['id']}(\?|$)"), lambda route: release.append(route))
    desk.page.evaluate(
        """() => {
          window.first = 0;
          const began = performance.now();
          const look = () => {
            const bar = document.querySelector('main [aria-busy=true] *');
            const seen = bar && bar.checkVisibility({ opacityProperty: true, visibilityProperty: true });
            if (bar && !window.mounted) window.mounted = performance.now();
            if (seen && !window.first) window.first = performance.now() - window.mounted;
            if (performance.now() - began < 20000) requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }"""
    )
    desk.page.get_by_test_id("pill").click()
    desk.row("Slow to come").click()
    wait_for(lambda: desk.page.evaluate("window.first"), what="the skeleton")
    assert desk.page.evaluate("window.first") >= 150
    for route in release:
        route.continue_()
    expect(timeline(desk.page).get_by_text("Hello")).to_be_visible()


def test_a_new_version_is_announced_and_pages_of_the_old_one_are_left_behind(desk: Desk) -> None:
    """The screens were built anew: parts of the version that is open are gone."""
    gone = "**/assets/KeysSheet-*.js"
    desk.page.route(gone, lambda route: route.fulfill(status=404))
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    expect(desk.page.get_by_text("A new version of Pult is here.", exact=True)).to_have_count(0)

    desk.page.route(
        f"{desk.pult.url}/", lambda route: route.fulfill(body='<script src="/static/staff/assets/main-new.js">')
    )
    desk.page.reload()
    expect(desk.rows.first).to_be_visible()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_text("A new version of Pult is here.", exact=True)).to_be_visible()
    desk.page.unroute(gone)
    desk.page.get_by_role("button", name="Reload").click()
    expect(desk.page.get_by_text("A new version of Pult is here.", exact=True)).to_have_count(0)
    expect(desk.rows.first).to_be_visible()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()

    # On the way to a page whose part is gone, one arrives there in the new version.
    desk.page.keyboard.press("Escape")
    asked: list[Route] = []

    def gone_once(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=404)
        else:
            route.continue_()

    desk.page.route("**/assets/ProfilePage-*.js", gone_once)
    desk.page.evaluate("window.sameDocument = true")
    desk.page.get_by_role("button", name="Ana Zupan").click()
    desk.page.get_by_role("menuitem", name="Settings").click()
    expect(desk.page.get_by_role("heading", name="Profile", exact=True)).to_be_visible()
    assert desk.page.evaluate("window.sameDocument") is None


def test_ux_30_a_phone_shows_one_pane_with_a_way_back(new_desk: Desks) -> None:
    desk = new_desk(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    desk.open_inbox()
    desk.rows.nth(1).tap()
    expect(timeline(desk.page)).to_be_visible()
    expect(desk.rows.first).to_be_hidden()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.page.get_by_role("button", name="Back to the list").tap()
    expect(desk.rows.first).to_be_visible()
    expect(timeline(desk.page)).to_be_hidden()


def test_ux_30_a_tablet_keeps_the_list_beside_the_conversation_and_the_views_in_a_drawer(new_desk: Desks) -> None:
    desk = new_desk(viewport={"width": 800, "height": 1000})
    desk.open_inbox()
    views = desk.page.get_by_role("navigation", name="Views")
    expect(views).to_be_hidden()
    desk.rows.nth(1).click()
    expect(timeline(desk.page)).to_be_visible()
    expect(desk.rows.first).to_be_visible()
    box = timeline(desk.page).bounding_box()
    assert box is not None
    assert box["width"] > 480
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 800
    desk.page.get_by_role("button", name="Views").click()
    views.get_by_role("link", name="Closed").click()
    expect(views).to_be_hidden()
    expect(desk.page.get_by_role("heading", name="Closed")).to_be_visible()
