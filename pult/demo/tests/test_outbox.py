"""The catch-all mail server keeps every mail and sends none on; its page shows them and lets one answer."""

from __future__ import annotations

import asyncio
import json
import smtplib
import threading
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from pult.demo.outbox import server
from pult.demo.outbox.reading import readable
from pult.demo.outbox.store import Outbox
from pult.demo.outbox.texts import TEXTS

pytestmark = pytest.mark.urls("pult.demo.tests.urls")


class Running:
    """A catch-all server on a free port, in a thread."""

    def __init__(self, outbox: Outbox) -> None:
        self.listener = server.listen(0)
        self.port: int = self.listener.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.task = self.loop.create_task(server.serve(self.listener, outbox))
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.task)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(10)
        self.listener.close()


@pytest.fixture
def outbox(settings: Any, tmp_path: Path) -> Outbox:
    settings.DATA_DIR = tmp_path
    return server.default_outbox()


@pytest.fixture
def smtp(outbox: Outbox) -> Iterator[Running]:
    running = Running(outbox)
    yield running
    running.stop()


@pytest.fixture
def shop(settings: Any, tmp_path: Path) -> Iterator[Outbox]:
    """The other side: what the page sends into Pult arrives here."""
    kept = Outbox(tmp_path / "shop.sqlite3")
    running = Running(kept)
    settings.SMTP_PORT = running.port
    yield kept
    running.stop()


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": "Pomoč <pomoc@shop-sl.example>", "To": "maja@posta.example", "Subject": "Re: Kje je paket?"}
    for name, value in {**given, "Message-ID": "<out-1@shop-sl.example>", **headers}.items():
        message[name] = value
    message.set_content("Paket je na poti.\n")
    message.add_alternative(
        '<p>Paket je <b>na poti</b>.</p><script>top.x = 1</script><img src="cid:pic"><img src="https://x.example/p.png">',
        subtype="html",
    )
    return message


def post(port: int, message: EmailMessage, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as connection:
        connection.send_message(message, to_addrs=recipients or None)


def test_every_mail_is_kept_as_it_came(smtp: Running, outbox: Outbox) -> None:
    post(smtp.port, letter(), "maja@posta.example", "bcc@posta.example")

    (kept,) = outbox.mails()
    assert kept.recipients == ["maja@posta.example", "bcc@posta.example"]
    assert kept.sender == "pomoc@shop-sl.example"
    assert message_from_bytes(kept.raw, policy=policy.default)["Subject"] == "Re: Kje je paket?"


def test_it_listens_on_this_computer_only(smtp: Running) -> None:
    assert smtp.listener.getsockname()[0] == "127.0.0.1"


def test_mails_are_listed_by_recipient_and_from_a_place_on(outbox: Outbox) -> None:
    ids = [outbox.add("a@x.example", [to], b"x") for to in ("Maja@p.example", "ana_b@p.example", "anaxb@p.example")]

    assert [mail.id for mail in outbox.mails()] == ids
    assert [mail.id for mail in outbox.mails(to="maja@P.example")] == ids[:1]
    assert [mail.id for mail in outbox.mails(to="ana_b@p.example")] == ids[1:2]
    assert outbox.mails(to="aja@p.example") == []
    assert [mail.id for mail in outbox.mails(after=ids[0])] == ids[1:]
    assert [mail.id for mail in outbox.mails(limit=1)] == ids[2:]
    assert [mail.id for mail in outbox.mails(after=ids[0], limit=1)] == ids[1:2]


def test_it_is_bounded_and_the_oldest_leave_first(tmp_path: Path) -> None:
    few = Outbox(tmp_path / "few.sqlite3", most_mails=3, clean_every=1)
    small = Outbox(tmp_path / "small.sqlite3", most_bytes=250, clean_every=1)
    for number in range(5):
        few.add("a@x.example", ["b@x.example"], b"x")
        small.add("a@x.example", [f"{number}@x.example"], b"x" * 100)

    assert [mail.id for mail in few.mails()] == [3, 4, 5]
    assert [mail.recipients for mail in small.mails()] == [["3@x.example"], ["4@x.example"]]


def test_nobody_else_on_the_computer_reads_the_file(outbox: Outbox) -> None:
    outbox.add("a@x.example", ["b@x.example"], b"x")

    assert outbox.path.stat().st_mode & 0o077 == 0


def test_programs_get_the_raw_mails_as_json(outbox: Outbox, client: Client) -> None:
    outbox.add("pomoc@shop-sl.example", ["maja@posta.example"], letter().as_bytes())
    outbox.add("pomoc@shop-sl.example", ["ana@posta.example"], b"Subject: \xe8\r\n\r\nlatin")

    both = json.loads(client.get("/demo/outbox").content)
    assert [set(one) for one in both] == [{"id", "from", "to", "received_at", "raw", "raw_encoding"}] * 2
    assert "Paket je na poti." in both[0]["raw"]
    assert both[1]["raw"].encode(both[1]["raw_encoding"]) == b"Subject: \xe8\r\n\r\nlatin"
    only = json.loads(client.get("/demo/outbox", {"to": "ana@posta.example", "after": "0"}).content)
    assert [one["to"] for one in only] == [["ana@posta.example"]]


def test_people_get_a_page_in_their_language(outbox: Outbox, client: Client) -> None:
    number = outbox.add("pomoc@shop-sl.example", ["maja@posta.example"], letter().as_bytes())

    for language, texts in TEXTS.items():
        page = client.get("/demo/outbox", headers={"Accept": "text/html", "Accept-Language": language}).content.decode()
        assert texts["explained"] in page
        assert "Re: Kje je paket?" in page
    shown = client.get(f"/demo/outbox/{number}", headers={"Accept": "text/html", "Accept-Language": "sl"})
    assert "Paket je na poti." in shown.content.decode()
    assert client.get("/demo/outbox/999").status_code == 404
    assert client.get("/demo/outbox/style.css").headers["Content-Type"].startswith("text/css")
    assert b"Message-ID: <out-1@shop-sl.example>" in client.get(f"/demo/outbox/{number}/raw").content


def test_a_mails_html_can_do_nothing(outbox: Outbox, client: Client) -> None:
    number = outbox.add("pomoc@shop-sl.example", ["maja@posta.example"], letter().as_bytes())

    answer = client.get(f"/demo/outbox/{number}/html")
    rules = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in rules
    assert "sandbox;" in rules
    assert "script" not in rules
    assert '<iframe sandbox=""' in client.get(f"/demo/outbox/{number}").content.decode()


def test_pictures_of_the_mail_are_shown_and_none_from_elsewhere() -> None:
    message = letter()
    page = message.get_payload()[1]  # type: ignore[index]
    assert isinstance(page, EmailMessage)
    page.add_related(b"\x89PNG", "image", "png", cid="<pic>")

    shown = readable(message.as_bytes(), ["maja@posta.example"])

    assert 'src="data:image/png;base64,iVBORw==' in shown.html
    assert "cid:pic" not in shown.html


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: =?x-none?q?a?=\r\nContent-Type: text/plain; charset=x-none\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/related; boundary=a\r\n\r\n--a\r\n\r\n",
        b"From: <<>>@@\r\nTo: \x00\r\nContent-Type: /;;;\r\n\r\nx",
    ],
)
def test_a_broken_mail_does_not_break_the_page(outbox: Outbox, client: Client, raw: bytes) -> None:
    number = outbox.add("", ["maja@posta.example"], raw)

    assert client.get("/demo/outbox", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/demo/outbox").status_code == 200
    for page in ("", "/html", "/raw"):
        assert client.get(f"/demo/outbox/{number}{page}").status_code == 200


def test_an_answer_of_the_customer_goes_into_pult_as_a_real_mail(outbox: Outbox, shop: Outbox, client: Client) -> None:
    raw = letter(**{"References": "<in-1@posta.example>", "In-Reply-To": "<in-1@posta.example>"}).as_bytes()
    number = outbox.add("bounce@shop-sl.example", ["maja@posta.example"], raw)

    answer = client.post(f"/demo/outbox/{number}", {"text": "Hvala, je že tukaj!"})

    assert answer.status_code == 302
    (kept,) = shop.mails()
    arrived = message_from_bytes(kept.raw, policy=policy.default)
    assert kept.recipients == ["pomoc@shop-sl.example"]
    assert arrived["From"] == "maja@posta.example"
    assert arrived["Subject"] == "Re: Kje je paket?"
    assert arrived["In-Reply-To"] == "<out-1@shop-sl.example>"
    assert arrived["References"] == "<in-1@posta.example> <out-1@shop-sl.example>"
    body = arrived.get_content()
    assert "Hvala, je že tukaj!" in body
    assert "> Paket je na poti." in body


def test_a_new_mail_of_a_customer_goes_into_pult(outbox: Outbox, shop: Outbox, client: Client) -> None:
    form = {"from": "nova@posta.example", "to": "pomoc@shop-sl.example", "subject": "Vprašanje", "text": "Živjo"}

    assert client.post("/demo/outbox", form).status_code == 302
    (kept,) = shop.mails()
    assert message_from_bytes(kept.raw, policy=policy.default)["Subject"] == "Vprašanje"

    for wrong in ({"from": "nobody"}, {"text": " "}, {"from": "a@x.example\nBcc: b@x.example"}):
        assert client.post("/demo/outbox", {**form, **wrong}).status_code == 400
    assert len(shop.mails()) == 1


def test_a_long_subject_keeps_its_spaces_on_the_way(outbox: Outbox, shop: Outbox, client: Client) -> None:
    form = {"from": "nova@posta.example", "to": "pomoc@shop-sl.example", "text": "Živjo"}
    subjects = [
        "gume čevljev in čelada čelada vračilo plašč",
        "nujno naročilo gume ščitniki številka plašč",
        "Zamenjava čevljev: večja velikost, vračilo kupnine, številka naročila 4711, plašč in čelada",
        "Plain words that are long enough to be folded over two lines of a header, and then some more",
    ]
    for subject in subjects:
        assert client.post("/demo/outbox", {**form, "subject": subject}).status_code == 302
    arrived = [message_from_bytes(kept.raw, policy=policy.default)["Subject"] for kept in shop.mails()]
    assert sorted(arrived) == sorted(subjects)


def test_a_receiver_that_is_down_is_told(outbox: Outbox, settings: Any, client: Client) -> None:
    number = outbox.add("pomoc@shop-sl.example", ["maja@posta.example"], letter().as_bytes())
    listener = server.listen(0)
    settings.SMTP_PORT = listener.getsockname()[1]
    listener.close()

    answer = client.post(f"/demo/outbox/{number}", {"text": "Hvala"}, headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    assert "It could not be sent" in answer.content.decode()
    assert ">Hvala</textarea>" in answer.content.decode()


def test_writing_needs_the_pages_own_token(outbox: Outbox, shop: Outbox) -> None:
    strict = Client(enforce_csrf_checks=True)
    form = {"from": "a@x.example", "to": "pomoc@shop-sl.example", "subject": "x", "text": "x"}

    assert strict.post("/demo/outbox", form).status_code == 403
    assert shop.mails() == []


def test_all_languages_say_the_same_things() -> None:
    assert len({frozenset(texts) for texts in TEXTS.values()}) == 1
    assert set(TEXTS) == {"sl", "hr", "el", "pl", "en"}
