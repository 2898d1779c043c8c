"""What a mail's page asks for in a real browser: its own files, and what its reader lets in from elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Frame, Response, expect

from tests.e2e.desk import Desk
from tests.e2e.installation import Pult

ASKED = "/api/v1/directory"
"""What the hostile mail asks for; nothing else asks for it with a query."""


@pytest.fixture
def elsewhere(pult: Pult) -> Iterator[str]:
    """A server of pictures that sends whoever asks on to Pult."""

    class Onward(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{pult.url}{ASKED}?redirected")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Onward) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def hostile(pult: Pult, elsewhere: str) -> str:
    host = urlsplit(pult.url).netloc
    addresses = [
        f"{ASKED}?relative",
        f"//{host}{ASKED}?network",
        f"\\\\{host}{ASKED}?backslashes",
        f"http:{ASKED}?scheme",
        f"ht\ntp://{host}{ASKED}?newline",
        f"{pult.url}{ASKED}?absolute",
        f"http://127.1:{pult.port}{ASKED}?short",
        f"{elsewhere}/picture.png",
    ]
    pictures = "".join(f'<img src="{address}" alt="">' for address in addresses)
    styles = [
        f"url({ASKED}?style)",
        f"\\75rl({ASKED}?escaped)",
        f"image-set('{ASKED}?set' 1x)",
        f"url({pult.url}{ASKED}?own)",
    ]
    boxes = "".join(f'<p style="background-image:{style}">box</p>' for style in styles)
    return f"<p>Pictures of the fault</p>{pictures}{boxes}"


def mail_frame(desk: Desk, *, remote: bool) -> Frame:
    """Return the frame of the mail on the screen."""
    return next(frame for frame in desk.page.frames if f"/html?remote={int(remote)}" in frame.url)


def test_a_mails_page_asks_nothing_of_pult(desk: Desk, pult: Pult, elsewhere: str) -> None:
    pult.send_mail("A parcel with pictures", "See the pictures.", html=hostile(pult, elsewhere))
    conversation = pult.conversation("A parcel with pictures")
    answered: list[tuple[str, int]] = []
    outside: list[str] = []

    def note(response: Response) -> None:
        if f"{ASKED}?" in response.url:
            answered.append((response.url.partition("?")[2], response.status))
        if response.url.startswith(elsewhere):
            outside.append(response.url)

    desk.page.on("response", note)
    desk.page.goto(f"/c/{conversation['id']}")
    expect(desk.page.frame_locator("iframe").first.get_by_text("Pictures of the fault")).to_be_visible()
    mail_frame(desk, remote=False).wait_for_load_state("load")
    assert (answered, outside) == ([], [])

    with desk.page.expect_response(lambda response: "redirected" in response.url):
        desk.page.get_by_role("button", name="Show pictures").click()
    mail_frame(desk, remote=True).wait_for_load_state("load")
    assert outside
    # Where another server leads, and what a browser makes of 127.1, shows only on the way: the API answers no page that
    # wants a picture of it.
    assert set(answered) <= {("redirected", 403), ("short", 403)}
