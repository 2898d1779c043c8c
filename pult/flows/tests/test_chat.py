"""Chat from the visitor's page to the agent and back: the doors, the thread, what each may see."""

from __future__ import annotations

import io
import json
import time
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from pult.accounts import queries as accounts_queries
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels.queries import InboxRecord
from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.conversations.models import Conversation
from pult.conversations.views import Item
from pult.customers import queries as customers
from pult.flows import inbound, outbound
from pult.platform import events
from pult.web import stream as web_stream
from pult.web.chat import limits
from pult.web.chat.listening import authorize

pytestmark = pytest.mark.django_db(databases="__all__")
SHOP = "https://www.trgovina.example"
SECRET = "a-secret-of-thirty-two-letters-at-least"


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    for limit in (limits.MESSAGES, limits.SESSIONS, limits.FROM_ADDRESS, limits.SMALL):
        limit._levels.clear()


@pytest.fixture
def chat(store: accounts_queries.StoreInfo) -> InboxRecord:
    settings = {"origins": f"{SHOP} https://m.trgovina.example", "identity_secret": SECRET}
    made = channels.create_inbox(store_id=store.id, channel="chat", name="Klepet", address="polhec", settings=settings)
    return channels_queries.inbox(made)


class Page:
    """A visitor's page, as the widget asks from it."""

    def __init__(self, inbox: InboxRecord, origin: str = SHOP) -> None:
        self.inbox, self.origin, self.client, self.token, self.count = inbox, origin, Client(), "", 0

    def ask(self, method: str, door: str, body: Any = None, **headers: str) -> Any:
        token = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        content = b"" if body is None else json.dumps(body)
        kind = "application/json"
        sent = {"Origin": self.origin, **token, **headers}
        return self.client.generic(method, f"/chat/{self.inbox.id}/{door}", content, kind, headers=sent)

    def begin(self, **said: str) -> Any:
        answer = self.ask("POST", "begin", {"token": self.token, **said})
        if answer.status_code == 201:
            self.token = answer.json()["token"]
        return answer

    def write(self, text: str, name: str = "", **more: Any) -> Any:
        self.count += 1
        answer = self.ask("POST", "messages", {"id": name or f"message-{self.count}", "text": text, **more})
        inbound.run_batch()
        return answer

    def read(self, **query: int) -> list[dict[str, Any]]:
        return list(self.ask("GET", f"messages?{urlencode(query)}").json()["items"])

    @property
    def texts(self) -> list[str]:
        return [one["text"] for one in self.read()]


@pytest.fixture
def page(chat: InboxRecord) -> Page:
    page = Page(chat)
    assert page.begin().status_code == 201
    return page


def reply(chat: InboxRecord, conversation_id: int, text: str) -> int:
    """Answer as an agent."""
    return conversations.reply(
        conversation_id=conversation_id,
        inbox=chat.info(),
        writer=conversations.Writer("system", None, "Ana Novak"),
        written=conversations.Written(text=text),
        own_addresses=frozenset({chat.address}),
    )


def all_conversations() -> list[Item]:
    return queries.items(sorted(Conversation.objects.values_list("id", flat=True)), staff_id=None)


def only_conversation() -> Item:
    (item,) = all_conversations()
    return item


def test_what_a_visitor_writes_is_one_conversation_and_the_answer_is_on_his_page(chat: InboxRecord, page: Page) -> None:
    assert page.write("Dober dan, kje je moje naročilo?").status_code == 202
    page.write("Številka je 1001.")
    item = only_conversation()
    assert (item.channel, item.message_count, item.subject) == ("chat", 2, "Dober dan, kje je moje naročilo?")
    message_id = reply(chat, item.id, "Na poti je.")
    assert page.texts == ["Dober dan, kje je moje naročilo?", "Številka je 1001.", "Na poti je."]
    (answer,) = page.read(after=page.read()[1]["id"])
    assert (answer["mine"], answer["author"], answer["state"]) == (False, "Ana Novak", "queued")
    outbound.send(message_id=message_id)
    assert page.read()[-1]["state"] == "sent"


def test_a_message_that_is_sent_again_is_one(chat: InboxRecord, page: Page) -> None:
    assert page.write("Hello", name="the-same-one").json() == {"id": "the-same-one", "new": True}
    assert page.write("Hello", name="the-same-one").json() == {"id": "the-same-one", "new": False}
    assert page.texts == ["Hello"]
    assert page.read()[0]["name"].endswith("/the-same-one")


def test_a_visitor_reads_his_own_conversation_and_nobody_elses(chat: InboxRecord, page: Page) -> None:
    page.write("Mine")
    other = Page(chat)
    other.begin()
    other.write("Theirs")
    assert (page.texts, other.texts) == (["Mine"], ["Theirs"])
    item = next(i for i in all_conversations() if i.snippet == "Mine")
    conversations.note(conversation_id=item.id, writer=conversations.Writer("system", None, "Ana"), text="Secret")
    assert page.texts == ["Mine"]


def test_a_token_is_genuine_of_this_chat_and_ends(chat: InboxRecord, page: Page) -> None:
    page.write("Hello")
    good = page.token
    body, _, signature = good.partition(".")
    forged = [
        "",
        "x",
        f"{body}.",
        f".{signature}",
        f"{body}A.{signature}",
        f"{body}.{signature[:-2]}",
        "é.é",
        "a" * 5_000,
    ]
    for token in forged:
        page.token = token
        assert page.ask("GET", "messages").status_code == 401
    settings = {"origins": SHOP}
    other = channels.create_inbox(
        store_id=chat.store_id, channel="chat", name="Other", address="other", settings=settings
    )
    page.token, page.inbox = good, channels_queries.inbox(other)
    assert page.ask("GET", "messages").status_code == 401
    page.inbox = chat
    with time_machine.travel(time.time() + 31 * 86_400):
        assert page.ask("GET", "messages").status_code == 401


def test_a_page_that_comes_back_gets_another_token_and_what_was_said(chat: InboxRecord, page: Page) -> None:
    page.write("Hello")
    first = page.token
    with time_machine.travel(time.time() + 20 * 86_400):
        said = page.begin().json()
        assert said["known"]
        assert [one["text"] for one in said["items"]] == ["Hello"]
    assert page.token != first


def test_only_pages_of_the_shop_may_ask(chat: InboxRecord, page: Page) -> None:
    assert page.ask("GET", "messages")["Access-Control-Allow-Origin"] == SHOP
    for origin in ("https://evil.example", "null", f"{SHOP}.evil.example", "http://www.trgovina.example"):
        page.origin = origin
        refused = page.ask("GET", "messages")
        assert (refused.status_code, refused.json()["title"]) == (403, "origin")
        assert "Access-Control-Allow-Origin" not in refused
    page.origin = "https://m.trgovina.example"
    before = page.ask("OPTIONS", "messages")
    assert (before.status_code, before["Access-Control-Allow-Origin"]) == (204, page.origin)
    assert "authorization" in before["Access-Control-Allow-Headers"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": "a"},
        {"id": "message-1", "text": 5},
        {"id": "message-1", "text": "x" * 4_001},
        {"id": "message/../1", "text": "x"},
        {"id": "message-1", "text": " "},
        {"id": "message-1", "text": "x", "language": "xx-YY"},
        [],
        "text",
    ],
)
def test_what_makes_no_sense_is_refused_in_words_the_page_knows(page: Page, body: Any) -> None:
    refused = page.ask("POST", "messages", body)
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["title"] in {"unreadable", "empty"}


def test_who_writes_too_much_is_asked_to_wait(page: Page) -> None:
    answers = [page.ask("POST", "messages", {"id": f"message-{n}", "text": "x"}) for n in range(12)]
    refused = answers[-1]
    assert (answers[0].status_code, refused.status_code) == (202, 429)
    assert int(refused["Retry-After"]) == refused.json()["after"] > 0


def identity(chat: InboxRecord, secret: str = SECRET, **claims: Any) -> str:
    said = {
        "aud": f"pult-chat:{chat.id}",
        "exp": time.time() + 300,
        "jti": "once-1",
        "email": "maja@example.com",
        "name": "Maja Kos",
        **claims,
    }
    return jwt.encode({name: value for name, value in said.items() if value is not None}, secret, algorithm="HS256")


def test_whom_the_shop_vouches_for_is_the_customer_of_that_address(chat: InboxRecord, page: Page) -> None:
    said = page.begin(identity=identity(chat)).json()
    assert (said["proven"], said["name"]) == (True, "Maja Kos")
    page.write("It is me")
    person = customers.customer(only_conversation().customer.id)
    assert person is not None
    assert person.name == "Maja Kos"
    assert ("email", "maja@example.com") in {(one.kind, one.value) for one in person.identities}


@pytest.mark.parametrize(
    "claims",
    [
        {"secret": "another-secret-of-thirty-two-letters"},
        {"aud": "pult-chat:99999"},
        {"aud": None},
        {"exp": time.time() - 3_600},
        {"exp": time.time() + 86_400 * 365 * 20},
        {"exp": None},
        {"jti": None},
        {"email": "nobody"},
        {"email": None},
    ],
)
def test_a_bad_word_of_the_shop_is_refused(chat: InboxRecord, page: Page, claims: dict[str, Any]) -> None:
    refused = page.begin(identity=identity(chat, **claims))
    assert (refused.status_code, refused.json()["title"]) == (401, "identity")


def test_a_word_of_the_shop_is_good_once(chat: InboxRecord, page: Page) -> None:
    word = identity(chat)
    assert page.begin(identity=word).status_code == 201
    assert Page(chat).begin(identity=word).status_code == 401


def test_another_person_at_the_same_browser_sees_nothing_of_the_one_before(chat: InboxRecord, page: Page) -> None:
    page.begin(identity=identity(chat))
    page.write("Mine")
    assert page.begin(identity=identity(chat, jti="2", email="other@example.com")).json()["items"] == []


def test_our_answers_were_delivered_and_read_when_his_page_says_so(chat: InboxRecord, page: Page) -> None:
    page.write("Hello")
    number = only_conversation().id
    message_id = reply(chat, number, "Good day")
    outbound.send(message_id=message_id)
    assert page.ask("POST", "seen", {"up_to": message_id, "state": "delivered"}).json() == {"told": 1}
    assert page.ask("POST", "seen", {"up_to": message_id, "state": "delivered"}).json() == {"told": 0}
    assert page.ask("POST", "seen", {"up_to": message_id, "state": "read"}).json() == {"told": 1}
    assert page.ask("POST", "seen", {"up_to": message_id, "state": "failed"}).status_code == 422
    found = queries.message(message_id)
    assert found is not None
    assert found[1].state == "read"
    outbound.send(message_id=message_id)
    assert queries.message(message_id)[1].state == "read"  # type: ignore[index]


def test_the_desk_sees_that_he_is_there_and_types_and_what_only_where_that_is_on(chat: InboxRecord, page: Page) -> None:
    assert page.ask("POST", "doing", {"state": "typing"}).status_code == 200, "before he wrote nobody is told"
    page.write("Hello")
    number = only_conversation().id
    looked = {"state": "typing", "text": "I want", "page": {"url": f"{SHOP}/lamp", "title": "Lamp"}}
    page.ask("POST", "doing", looked)
    there = queries.customer_presence(number)
    assert there is not None
    assert (there.state, there.text, there.page_url) == ("typing", "", "")
    channels.change_inbox(chat.id, settings={**chat.settings, "watch_page": True, "watch_typing": True})
    page.ask("POST", "doing", looked)
    there = queries.customer_presence(number)
    assert there is not None
    assert (there.text, there.page_url, there.page_title) == ("I want", f"{SHOP}/lamp", "Lamp")
    page.ask("POST", "doing", {"state": "away"})
    assert queries.customer_presence(number) is None
    assert page.ask("POST", "doing", {"state": "dancing"}).status_code == 422


def test_his_page_hears_of_his_conversation_and_of_nothing_else(chat: InboxRecord, page: Page) -> None:
    headers = {"authorization": f"Bearer {page.token}", "origin": SHOP}
    him = authorize(f"/chat/{chat.id}/stream", headers, {})
    assert him is not None
    assert him.scope_ids == frozenset()
    page.write("Hello")
    reply(chat, only_conversation().id, "Good day")
    events.sequence()
    told = web_stream.render(events.read(0))
    outside = [(name, data, audience) for _, name, data, _, audience in told if audience]
    assert outside == [("news", b"{}", him.audience)] * 2
    for change in ({"authorization": ""}, {"authorization": "Bearer x"}, {"origin": "https://evil.example"}):
        assert authorize(f"/chat/{chat.id}/stream", {**headers, **change}, {}) is None
    assert authorize("/chat/999999/stream", headers, {}) is None


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def send_files(page: Page, *files: tuple[str, bytes]) -> Any:
    sent = [SimpleUploadedFile(name, content) for name, content in files]
    answer = page.client.post(
        f"/chat/{page.inbox.id}/messages",
        {"message": json.dumps({"id": "with-files"}), "file": sent},
        headers={"Origin": SHOP, "Authorization": f"Bearer {page.token}"},
    )
    inbound.run_batch()
    return answer


def test_a_picture_is_made_anew_and_comes_back_to_be_saved(chat: InboxRecord, page: Page) -> None:
    place = Image.Exif()
    place[0x8825] = {1: "N"}
    place[0x010F] = "A phone with a name"
    content = picture(exif=place) + b"<script>alert(1)</script>"
    assert send_files(page, ("../../foto.jpeg", content)).status_code == 202
    (said,) = page.read()
    (file,) = said["files"]
    assert file["name"] == "foto.jpeg"
    answer = page.ask("GET", f"files/{file['id']}")
    kept = b"".join(answer.streaming_content)
    assert b"A phone" not in kept
    assert b"script" not in kept
    assert Image.open(io.BytesIO(kept)).size == (40, 30)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"
    other = Page(chat)
    other.begin()
    assert other.ask("GET", f"files/{file['id']}").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.html", b"<html><script>", "file_type"),
        ("a.jpg", b"MZ\x90\x00\x03", "file_type"),
        ("a.svg", b"<svg xmlns='x' onload='a()'/>", "file_type"),
        ("a.jpg", picture()[:200], "file_broken"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100, "file_broken"),
        ("a.txt", b"", "file_broken"),
    ],
)
def test_other_files_are_refused(page: Page, name: str, content: bytes, code: str) -> None:
    refused = send_files(page, (name, content))
    assert (refused.status_code, refused.json()["title"]) == (422, code)
    assert page.read() == []


def test_a_picture_that_grows_when_it_is_opened_is_refused(page: Page) -> None:
    bomb = picture("PNG", (12_000, 12_000))
    assert len(bomb) < 1_000_000
    assert send_files(page, ("a.png", bomb)).json()["title"] == "file_huge"
