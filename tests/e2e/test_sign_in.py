"""Signing in as people do: password, second step, passkey, forgotten password; and ending it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import PAGES, new_context
from tests.e2e.desk import Desk
from tests.e2e.installation import Pult, wait_for

Newcomer = Callable[..., Desk]


@pytest.fixture
def newcomer(request: pytest.FixtureRequest, pult: Pult, chromium: Browser) -> Iterator[Newcomer]:
    """Open a browser in which nobody is signed in."""
    contexts = []
    pages = request.node.stash.setdefault(PAGES, [])

    def open_desk(**options: object) -> Desk:
        contexts.append(new_context(chromium, pult, **options))
        pages.append(contexts[-1].new_page())
        return Desk(pages[-1], pult)

    yield open_desk
    for context in contexts:
        context.close()


@pytest.fixture
def person(pult: Pult) -> dict[str, str]:
    """Somebody new with a password of his own, whom no other test knows."""
    number = len(pult.api("GET", "/staff")["items"])
    email, password = f"person{number}@lipa.example", "Counter-Sunday-1234"
    pult.api(
        "POST",
        "/staff",
        {"email": email, "name": f"Person {number}", "store_ids": [1, 2], "invite": True, "language": "en"},
    )
    link = reset_link(pult, email)
    return {"email": email, "password": password, "link": link}


def reset_link(pult: Pult, email: str) -> str:
    """Wait for the mail with the link for a new password; return the newest link's path."""

    def look() -> str | None:
        for mail in reversed(pult.outbox()):
            body = mail.get_body(("plain",))
            found = re.search(r"(/sign-in/reset/\S+)", body.get_content() if body else "")
            if email in str(mail["To"]) and found:
                return found.group(1)
        return None

    found = wait_for(look, seconds=40, what="the mail with the link")
    assert found is not None
    return found


def with_password(desk: Desk, person: dict[str, str]) -> None:
    """Set the first password by the link and sign in with it."""
    desk.page.goto(person["link"])
    desk.page.locator("input[name=new-password]").fill(person["password"])
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_text("Your new password is set")).to_be_visible()
    desk.sign_in(person["email"], person["password"])


def confirm_where_asked(page: Page, password: str, done: Locator) -> None:
    """Give the password again if the page wants it before it does what leads to `done`."""
    again = page.get_by_role("dialog", name="Please confirm").locator("input[name=password]")
    expect(again.or_(done).first).to_be_visible()
    if again.is_visible():
        again.fill(password)
        page.keyboard.press("Enter")
    expect(done).to_be_visible()


def test_an_invited_person_sets_a_password_and_signs_in(newcomer: Newcomer, person: dict[str, str]) -> None:
    desk = newcomer()
    with_password(desk, person)
    expect(desk.rows.first).to_be_visible()

    used = newcomer()
    used.page.goto(person["link"])
    used.page.locator("input[name=new-password]").fill("Another-Sunday-1234")
    used.page.keyboard.press("Enter")
    expect(used.page.get_by_text("expired or was used already")).to_be_visible()


def test_a_wrong_password_says_so_and_leaves_the_person_outside(newcomer: Newcomer) -> None:
    desk = newcomer()
    desk.page.goto("/settings/profile")
    expect(desk.page).to_have_url(re.compile(r"/sign-in\?next="))
    desk.page.locator("input[name=email]").fill("nobody@lipa.example")
    desk.page.locator("input[name=password]").fill("wrong")
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_text("do not match")).to_be_visible()
    assert desk.problems == []


def test_a_second_step_is_set_up_asked_for_and_replaced_by_a_recovery_code(
    newcomer: Newcomer, person: dict[str, str]
) -> None:
    desk = newcomer()
    with_password(desk, person)
    desk.page.goto("/settings/security")
    desk.page.get_by_role("button", name="Set up").click()
    dialog = desk.page.get_by_role("dialog", name="Authenticator app")
    confirm_where_asked(desk.page, person["password"], dialog)
    secret = dialog.locator("code").inner_text()
    expect(dialog.get_by_role("img", name="QR code")).to_be_visible()
    dialog.locator("input[name=totp]").fill(code_now(secret))
    desk.page.keyboard.press("Enter")
    codes = desk.page.get_by_role("dialog", name="Recovery codes").get_by_role("listitem")
    confirm_where_asked(desk.page, person["password"], codes.first)
    recovery = codes.first.inner_text()

    other = newcomer()
    begin(other, person)
    expect(other.page.get_by_role("heading", name="Second step")).to_be_visible()
    expect(other.page.locator("input[name=code]")).to_be_focused()
    other.page.locator("input[name=code]").fill("000000")
    expect(other.page.get_by_text("This code is not right")).to_be_visible()
    other.page.get_by_role("button", name="Use a recovery code").click()
    other.page.locator("input[name=code]").fill(recovery)
    other.page.keyboard.press("Enter")
    expect(other.rows.first).to_be_visible()

    again = newcomer()
    begin(again, person)
    again.page.get_by_role("button", name="Use a recovery code").click()
    again.page.locator("input[name=code]").fill(recovery)
    again.page.keyboard.press("Enter")
    expect(again.page.get_by_text("This code is not right")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_without_a_password(
    newcomer: Newcomer, pult: Pult, person: dict[str, str]
) -> None:
    # Passkeys belong to a name, not to an address of numbers.
    desk = newcomer(base_url=pult.url.replace("127.0.0.1", "localhost"))
    with_password(desk, person)
    keys = desk.page.context.new_cdp_session(desk.page)
    keys.send("WebAuthn.enable")
    keys.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    desk.page.goto("/settings/security")
    desk.page.get_by_role("button", name="Add a passkey").click()
    desk.page.locator("input[name=passkey]").fill("Laptop at the counter")
    desk.page.keyboard.press("Enter")
    confirm_where_asked(desk.page, person["password"], desk.page.get_by_text("Laptop at the counter").first)

    desk.page.goto("/sign-out")
    expect(desk.page.get_by_role("heading", name="Sign in")).to_be_visible()
    desk.page.get_by_role("button", name="Sign in with a passkey").click()
    expect(desk.rows.first).to_be_visible()


def test_sessions_are_listed_and_ended(newcomer: Newcomer, person: dict[str, str]) -> None:
    desk, other = newcomer(), newcomer()
    with_password(desk, person)
    other.sign_in(person["email"], person["password"])
    desk.page.goto("/settings/security")
    expect(desk.page.get_by_text("This device")).to_be_visible()
    desk.page.get_by_role("button", name="End all others").click()
    desk.page.get_by_role("dialog").get_by_role("button", name="End all others").click()
    expect(desk.page.get_by_role("button", name="End", exact=True)).to_have_count(0)
    other.page.goto("/inbox")
    expect(other.page).to_have_url(re.compile("/sign-in"))


def begin(desk: Desk, person: dict[str, str]) -> None:
    """Give the password."""
    desk.page.goto("/sign-in")
    desk.page.locator("input[name=email]").fill(person["email"])
    desk.page.locator("input[name=password]").fill(person["password"])
    desk.page.keyboard.press("Enter")


def code_now(secret: str) -> str:
    """Return the six digits that an app with this key shows now (RFC 6238)."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
