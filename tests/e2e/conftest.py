"""A real Pult and a real Chromium, started once; a signed-in desk for every test; a picture of every failure."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, StorageState, expect, sync_playwright

from tests.e2e.desk import Desk
from tests.e2e.installation import ROOT, Pult

RESULTS = ROOT / "test-results"
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Who asks the page about itself must not be told that nothing moves; what moves is another test's business.
CONTEXT: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", "timezone_id": "UTC"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Keep pictures of all open pages when a test fails."""
    report = yield
    if call.when == "call" and call.excinfo is not None:
        pages: list[Page] = item.stash.setdefault(PAGES, [])
        for number, page in enumerate(pages):
            RESULTS.mkdir(exist_ok=True)
            name = re.sub(r"\W+", "-", item.nodeid).strip("-")
            page.screenshot(path=RESULTS / f"{name}-{number}.png")
    return report


# A machine that is busy is no failure; what has to be fast is measured, not waited for.
expect.set_options(timeout=15_000)

UNDO_SECONDS = 5
# What each test finds of the agent's own wishes, whatever the one before it has changed. The shortest time to take back
# what was sent: nobody has to wait longer for a mail to leave.
WISHES: dict[str, Any] = {
    "language": "en",
    "preferences": {
        "theme": "system",
        "density": "comfortable",
        "singleKeys": True,
        "panelOpen": True,
        "undoSeconds": UNDO_SECONDS,
    },
}

PAGES = pytest.StashKey[list[Page]]()


@pytest.fixture(scope="session")
def pult(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pult]:
    """A running Pult with a small demo shop."""
    running = Pult(tmp_path_factory.mktemp("pult"))
    own = tmp_path_factory.getbasetemp()
    try:
        running.start(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium where it is, best the one without windows, else Playwright's."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(pult: Pult, chromium: Browser) -> StorageState:
    """The cookies of an agent who signed in once, through the page."""
    context = new_context(chromium, pult)
    desk = Desk(context.new_page(), pult)
    desk.sign_in()
    desk.patch_me(WISHES)
    state = context.storage_state()
    context.close()
    return state


def new_context(chromium: Browser, pult: Pult, **options: Any) -> BrowserContext:
    """Open a browser of its own: other cookies, other storage."""
    context = chromium.new_context(**({"base_url": pult.url} | CONTEXT | options))
    context.set_default_timeout(10_000)
    return context


@pytest.fixture
def new_desk(
    request: pytest.FixtureRequest, pult: Pult, chromium: Browser, signed_in: StorageState
) -> Iterator[Callable[..., Desk]]:
    """Open signed-in desks, each in a browser of its own: `new_desk()`, `new_desk(viewport=...)`."""
    contexts: list[BrowserContext] = []
    pages = request.node.stash.setdefault(PAGES, [])
    changes: list[Request] = []

    def note(sent: Request) -> None:
        if sent.method == "PATCH" and sent.url.endswith("/api/v1/me"):
            changes.append(sent)

    def open_desk(**options: Any) -> Desk:
        contexts.append(new_context(chromium, pult, storage_state=signed_in, **options))
        contexts[-1].on("request", note)
        pages.append(contexts[-1].new_page())
        return Desk(pages[-1], pult)

    yield open_desk
    for context in contexts:
        context.close()
    if changes:
        as_before(chromium, pult, signed_in)


def as_before(chromium: Browser, pult: Pult, signed_in: StorageState) -> None:
    """Give the agent the wishes again that every test begins with."""
    context = new_context(chromium, pult, storage_state=signed_in)
    Desk(context.new_page(), pult).patch_me(WISHES)
    context.close()


@pytest.fixture
def desk(new_desk: Callable[..., Desk]) -> Desk:
    """A signed-in agent's desk with the inbox open."""
    desk = new_desk()
    desk.open_inbox()
    return desk
