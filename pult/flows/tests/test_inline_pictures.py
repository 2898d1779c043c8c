"""Pictures inside a mail are shown where they stand, however its program named and nested them."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
MAILS = Path(os.environ.get("PULT_DATA", "/nowhere")) / "mail"
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()


def part(kind: str, *inside: str, headers: str = "", boundary: str = "") -> str:
    """Return a part: of other parts where there is a boundary, else a leaf."""
    if not boundary:
        return f"Content-Type: {kind}\n{headers}\n{inside[0]}"
    held = "".join(f"--{boundary}\n{one}\n" for one in inside)
    return f'Content-Type: {kind}; boundary="{boundary}"\n\n{held}--{boundary}--\n'


def picture(headers: str) -> str:
    return part("image/png", PICTURE, headers=f"Content-Transfer-Encoding: base64\n{headers}")


def page(src: str) -> str:
    return part("text/html; charset=utf-8", f'<p>Slika: <img src="{src}" alt="x"></p>')


PLAIN = part("text/plain", "Slika")
NESTED = {
    "related in alternative": lambda html, image: part(
        "multipart/alternative", PLAIN, part("multipart/related", html, image, boundary="r"), boundary="a"
    ),
    "alternative in related": lambda html, image: part(
        "multipart/related", part("multipart/alternative", PLAIN, html, boundary="a"), image, boundary="r"
    ),
    "all in mixed": lambda html, image: part("multipart/mixed", html, image, boundary="m"),
    "related in alternative in mixed": lambda html, image: part(
        "multipart/mixed",
        part("multipart/alternative", PLAIN, part("multipart/related", html, image, boundary="r"), boundary="a"),
        boundary="m",
    ),
}
NAMED = {
    "plainly": ("cid:slika@x.example", "Content-ID: <slika@x.example>\n"),
    "without brackets": ("cid:slika@x.example", "Content-ID: slika@x.example\n"),
    "escaped": ("cid:slika%201%25@x.example", "Content-ID: <slika 1%25@x.example>\n"),
    "in another case": ("CID:Slika@X.example", "Content-ID: <slika@x.example>\n"),
    "with a sign of HTML": ("cid:a&amp;b@x", "Content-ID: <a&b@x>\n"),
    "folded": ("cid:slika@x.example", "Content-ID:\n <slika@x.example>\n"),
    "as an attachment": ("cid:slika@x.example", "Content-ID: <slika@x.example>\nContent-Disposition: attachment\n"),
    "by its place": ("slike/ena%20a.png", "Content-Location: slike/ena%20a.png\n"),
    "by an address": ("http://x.example/a.png?b=1&amp;c=2", "Content-Location: http://x.example/a.png?b=1&c=2\n"),
    "by place beside an id": ("a.png", "Content-ID: <1@x>\nContent-Location: a.png\n"),
}


def shown(api: Call) -> tuple[dict[str, Any], str]:
    """Return the newest message and the page of its HTML."""
    found = api("GET", "/conversations").json()["items"][0]["id"]
    message = api("GET", f"/conversations/{found}").json()["messages"][-1]
    return message, api("GET", f"/messages/{message['id']}/html").content.decode()


@pytest.mark.parametrize("nested", NESTED)
@pytest.mark.parametrize("named", NAMED)
def test_a_picture_stands_where_the_mail_shows_it(arrive: Call, api: Call, nested: str, named: str) -> None:
    src, headers = NAMED[named]
    whole = f"From: maja@customers.example\nMIME-Version: 1.0\n{NESTED[nested](page(src), picture(headers))}"
    arrive(whole.replace("\n", "\r\n").encode())
    message, html = shown(api)
    (file,) = message["attachments"]
    assert f'src="/api/v1/attachments/{file["id"]}/content?inline=1"' in html
    assert file["name"].endswith(".png") or "@" not in file["name"]


def test_a_place_that_is_no_part_of_the_mail_is_not_asked_for(arrive: Call, api: Call) -> None:
    whole = NESTED["all in mixed"](page("b.png"), picture("Content-Location: a.png\n"))
    arrive(f"From: maja@customers.example\nMIME-Version: 1.0\n{whole}".encode())
    _, html = shown(api)
    assert "b.png" not in html


@pytest.mark.corpus
@pytest.mark.skipif(not MAILS.is_dir(), reason="no public test data (PULT_DATA)")
@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("libredesk/nameless-inline-image", 1),
        ("libredesk/outlook-inline-images", 1),
        ("otobo/PostMaster-Test20", 3),
        ("otobo/Disposition2", 1),
        ("zammad/mail009", 1),
        ("zammad/mail010", 1),
        ("zammad/mail062", 2),
        ("zammad/mail079", 1),
        ("zammad/mail083", 1),
    ],
)
def test_the_pictures_of_real_mails_are_shown(arrive: Call, api: Call, name: str, pictures: int) -> None:
    """Outlook, Apple Mail, Thunderbird and others, as help desks collected them."""
    arrive((MAILS / f"{name}.eml").read_bytes())
    _, html = shown(api)
    assert len(re.findall(r'src="/api/v1/attachments/\d+/content\?inline=1"', html)) == pictures
    assert 'src="data:,"' not in html
