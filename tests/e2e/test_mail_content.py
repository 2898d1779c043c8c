"""What stands in a mail besides its words: pictures in their place, an invitation, and the mail as it came."""

from __future__ import annotations

import base64
import smtplib
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
EVENT = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
UID:1
SUMMARY:Collecting the fridge
LOCATION:Main street 4
DTSTART;TZID=Europe/Ljubljana:20261224T100000
DTEND;TZID=Europe/Ljubljana:20261224T113000
RRULE:FREQ=WEEKLY
END:VEVENT
END:VCALENDAR
"""


def mail(pult: Pult) -> EmailMessage:
    """Return a mail as Outlook nests it, with an invitation beside."""
    message = EmailMessage()
    message["From"], message["To"] = "Maja Novak <maja.novak@example.com>", pult.demo["mailbox"]
    message["Subject"], message["Message-ID"] = "A picture and a date", "<picture-and-date@example.com>"
    message["Auto-Submitted"] = "auto-replied"
    message.set_content("See the picture.")
    message.add_alternative('<p>See the picture: <img src="cid:one%20two@x" alt="of it"></p>', subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(PICTURE, "image", "png", cid="<one two@x>")  # type: ignore[union-attr]
    message.add_attachment(EVENT.encode(), maintype="text", subtype="calendar", filename="invite.ics")
    return message


def test_a_mail_shows_its_pictures_its_event_and_its_original(desk: Desk, pult: Pult, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", pult.smtp_port, timeout=20) as client:
        client.send_message(mail(pult))
    conversation = pult.conversation("A picture and a date")
    desk.page.goto(f"/c/{conversation['id']}")
    message = desk.page.locator("[data-message]")
    picture = desk.page.frame_locator("iframe").first.get_by_role("img", name="of it")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    # The picture stands in the mail and is not offered again below; the invitation is.
    expect(message.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(1)
    expect(message.locator("[data-kind=auto_reply]")).to_have_text("Automatic reply")

    event = message.get_by_role("region", name="Event").or_(message.get_by_role("region", name="Invitation"))
    expect(event).to_contain_text("Collecting the fridge")
    expect(event).to_contain_text("09:00")
    expect(event).to_contain_text("repeats every week")
    expect(event).to_contain_text("Main street 4")
    assert desk.accessibility("document.querySelector('[data-message]')") == []

    message.hover()
    message.get_by_role("button", name="More about this message").click()
    desk.page.get_by_role("menuitem", name="Show original").click()
    dialog = desk.page.get_by_role("dialog", name="The message as it came")
    expect(dialog).to_contain_text("Message-ID: <picture-and-date@example.com>")
    desk.page.screenshot(path=tmp_path / "original.png")
    with desk.page.expect_download() as saved:
        dialog.get_by_role("link", name="Download").click()
    whole = Path(saved.value.path()).read_bytes()
    assert b"BEGIN:VCALENDAR" in whole or base64.b64encode(b"BEGIN:VCALENDAR")[:12] in whole
    assert saved.value.suggested_filename.endswith(".eml")
