"""A store's logo goes inside every mail, is counted where files are kept, and is gone when nobody holds it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pult.accounts import actions as accounts
from pult.accounts import logos
from pult.accounts.access import SYSTEM
from pult.channels.adapters.email.compose import compose
from pult.channels.adapters.email.settings import read
from pult.conversations import actions as conversations
from pult.platform import db, events, pictures

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int = 480, height: int = 80, shade: int = 0) -> bytes:
    rows = (b"\x00" + bytes([shade]) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return pictures.PNG + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


GIF = b"GIF89a" + struct.pack("<HH", 20, 10) + b"\x00\x00\x00,\x00\x00\x00\x00\x14\x00\x0a\x00\x00\x02\x00;"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc2\x00\x11\x08\x00\x0a\x00\x14\x03"
    + bytes(9)
    + b"\xff\xd9"
)
WEBP = {
    "lossy": b"VP8 " + struct.pack("<I", 10) + b"\x00\x00\x00\x9d\x01\x2a\x14\x00\x0a\x00",
    "lossless": b"VP8L" + struct.pack("<I", 5) + b"\x2f" + struct.pack("<I", 19 | 9 << 14),
    "extended": b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\x13\x00\x00\x09\x00\x00",
}


def riff(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


@pytest.fixture
def admin(person: Call, client: Any, store: Any) -> Call:
    """admin(bytes) puts a logo there; without bytes takes it away."""
    staff_id, call = person("Cvetka", "admin")
    secret = accounts.issue_token(SYSTEM, staff_id=staff_id, name="u", scopes=["read", "write", "admin"]).secret

    def put(content: bytes | None) -> Any:
        if content is None:
            return call("DELETE", f"/stores/{store.id}/logo")
        file = SimpleUploadedFile("logo.svg", content, content_type="image/svg+xml")
        headers = {"Authorization": f"Bearer {secret}"}
        return client.post(f"/api/v1/stores/{store.id}/logo", {"file": file}, headers=headers)

    put.call = call  # type: ignore[attr-defined]
    return put


def counts() -> list[int]:
    return [int(row[0]) for row in db.rows("SELECT refs FROM platform_blob ORDER BY id")]


def departing(api: Call, conversation_id: int, **body: Any) -> Any:
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Paket je na poti.", **body})
    departure = conversations.prepare(made.json()["id"])
    assert departure is not None
    return departure.message


@pytest.mark.parametrize("content", [png(20, 10), GIF, JPEG, *map(riff, WEBP.values())])
def test_pictures_are_known_by_their_bytes(content: bytes) -> None:
    found = pictures.measure(content)
    assert found is not None
    assert (found.width, found.height) == (20, 10)
    for end in range(0, len(content) - 1, 3):
        pictures.measure(content[:end])
    assert pictures.measure(content[: len(content) // 2]) is None
    assert pictures.measure(b"x" + content) is None


@pytest.mark.parametrize(
    "content",
    [riff(b"VP8X"), riff(WEBP["extended"][:-1]), png(20, 10)[:45] + chunk(b"IEND", b""), pictures.PNG],
    ids=["no head", "half a head", "a piece is missing", "nothing behind the sign"],
)
def test_a_picture_of_which_a_part_is_missing_is_none(content: bytes) -> None:
    assert pictures.measure(content) is None


def test_a_mail_carries_it_inside_with_its_size_and_words(admin: Call, api: Call, inbox: Any, opened: int) -> None:
    saved = admin(png())
    shown = {"media_type": "image/png", "size": len(png()), "width": 240, "height": 40}
    assert {name: value for name, value in saved.json().items() if name != "content_id"} == shown
    message = departing(api, opened)
    mail = message_from_bytes(compose(inbox.info(), read(inbox.settings), message), policy=default)
    assert mail.get_content_type() == "multipart/alternative"
    text, related = mail.iter_parts()
    assert (text.get_content_type(), related.get_content_type()) == ("text/plain", "multipart/related")
    page, picture = related.iter_parts()
    assert picture.get_content_type() == "image/png"
    assert picture["Content-Disposition"] == 'inline; filename="logo.png"'
    assert picture.get_content() == png()
    html = page.get_content()
    name = picture["Content-ID"].strip("<>")
    assert f'<img src="cid:{name}" width="240" height="40" alt="Trgovina"' in html
    assert html.count("<img") == 1
    assert html.index("<img") < html.index("na poti")
    assert "logo" not in text.get_content()


def test_a_mail_without_files_has_no_more_parts_than_it_needs(admin: Call, api: Call, inbox: Any, opened: int) -> None:
    admin(png())
    message = departing(api, opened)
    kinds = [part.get_content_type() for part in message_from_bytes(compose(inbox.info(), read({}), message)).walk()]
    assert kinds == ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"]


def test_it_is_in_the_preview_and_among_the_letterheads(admin: Call, store: Any) -> None:
    call = admin.call  # type: ignore[attr-defined]
    assert call("GET", f"/stores/{store.id}/letterheads").json()["logo"] is None
    admin(png())
    assert call("GET", f"/stores/{store.id}/letterheads").json()["logo"]["width"] == 240
    shown = call("POST", f"/stores/{store.id}/letterheads/sl/preview", {}).json()["html"]
    assert '<img src="data:image/png;base64,iVBOR' in shown
    assert "cid:" not in shown


def test_replaced_and_removed_it_is_held_by_nobody(admin: Call, api: Call, opened: int) -> None:
    before = counts()
    admin(png())
    assert counts() == [*before, 1]
    admin(png())
    assert counts() == [*before, 1]
    admin(png(shade=9))
    assert counts() == [*before, 0, 1]
    assert departing(api, opened).logo.file.content == png(shade=9)
    assert admin(None).status_code == 204
    assert admin(None).status_code == 204
    assert counts() == [*before, 0, 0]
    assert departing(api, opened).logo is None


def test_two_stores_with_one_picture_hold_it_twice(admin: Call, store: Any) -> None:
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    admin(png())
    logos.save_logo(SYSTEM, other.id, png())
    assert counts() == [2]
    admin(None)
    assert counts() == [1]
    assert logos.logo(other.id) is not None


def test_an_answer_to_a_mail_with_it_quotes_words_alone(
    admin: Call, api: Call, inbox: Any, opened: int, arrive: Call
) -> None:
    admin(png())
    sent = departing(api, opened)
    raw = compose(inbox.info(), read(inbox.settings), sent)
    back = raw.replace(b"pomoc@shop.example", b"x@customers.example").replace(b"Message-ID: <", b"Message-ID: <b", 1)
    head = f"In-Reply-To: <{sent.external_id}>\r\nReply-To: maja@customers.example\r\n".encode()
    arrive(head + back)
    answer = departing(api, opened)
    assert compose(inbox.info(), read(inbox.settings), answer).count(b"Content-ID:") == 1


@pytest.mark.parametrize("wrong", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"GIF89a", png(4001, 1)])
def test_what_is_no_picture_is_refused_in_words(admin: Call, wrong: bytes) -> None:
    refused = admin(wrong)
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (422, "file", "logo")
    assert "WebP" in error["reason"]


def test_what_is_too_large_is_refused(admin: Call) -> None:
    refused = admin(png() + bytes(logos.LARGEST))
    assert refused.json()["errors"][0]["code"] == "logo-size"


def test_who_may_not_change_settings_changes_no_logo(api: Call, store: Any, client: Any) -> None:
    assert api("DELETE", f"/stores/{store.id}/logo").status_code == 403
    assert client.post(f"/api/v1/stores/{store.id}/logo").status_code == 401
    assert counts() == []


def test_the_change_is_on_record(admin: Call) -> None:
    admin(png())
    events.sequence()
    assert [row.data for row in events.read(0) if row.kind == "store.changed"][-1] == {"fields": ["logo"]}
