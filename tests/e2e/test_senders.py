"""Who really sent a mail, as an agent sees it: from our own SMTP receiver to the mark on the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

SERVER = "mx.shop.example"


@pytest.fixture(autouse=True)
def _trusting(pult: Pult) -> Iterator[None]:
    """The shop's inbox trusts a server's findings."""
    inbox = f"/inboxes/{pult.demo['inbox_id']}"
    pult.api("PATCH", inbox, {"settings": {"authserv_id": SERVER}})
    yield
    pult.api("PATCH", inbox, {"settings": {"authserv_id": ""}})


def sent(pult: Pult, subject: str, findings: str, name: str, **headers: str) -> int:
    """Send a mail under the findings of the server; return its conversation's id."""
    above = {"Authentication-Results": f"{SERVER}; {findings} header.from=example.com", **headers}
    pult.send_mail(subject, "Please send me my invoice.", sender=f"{name} <{name.lower()}@example.com>", headers=above)
    return int(pult.conversation(subject)["id"])


def test_a_forged_mail_is_marked_wherever_it_could_do_harm(desk: Desk, pult: Pult) -> None:
    number = sent(pult, "A forged wish", "dmarc=fail (p=reject)", "Forged", **{"Reply-To": "thief@elsewhere.example"})
    desk.page.goto(f"/c/{number}")
    expect(desk.page.get_by_test_id("forged")).to_contain_text("probably forged")
    expect(desk.page.get_by_test_id("forged-panel").first).to_be_visible()
    desk.write("r", "Hello")
    expect(desk.page.get_by_test_id("forged-answer")).to_be_visible()
    desk.page.keyboard.press("Control+Enter")
    assert pult.mail_out("A forged wish")["To"] == "Forged <forged@example.com>"
    assert desk.problems == []


def test_a_proven_sender_has_a_quiet_sign(desk: Desk, pult: Pult) -> None:
    number = sent(pult, "A true wish", "dmarc=pass (p=none)", "True")
    desk.page.goto(f"/c/{number}")
    expect(desk.page.get_by_test_id("sender-proven")).to_be_visible()
    expect(desk.page.get_by_test_id("proven-panel").first).to_be_visible()
    expect(desk.page.get_by_test_id("unverified")).to_have_count(0)
    desk.write("r", "Your account is SI56 1910 0000 0123 438.")
    expect(desk.editor).to_contain_text("0123 438")
    expect(desk.page.get_by_text("nobody has checked")).to_have_count(0)
    assert desk.problems == []
