"""A mail's pictures and links lead away from Pult, or to the mail's own files, and never to anything else of Pult."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pult.conversations.content import clean_html
from pult.flows.tests.test_hostile_content import html_mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
FRAGMENTS = [
    ('<img src="/api/v1/me">', "<img>"),
    ('<img src="api/v1/me">', "<img>"),
    ('<img src="?x">', "<img>"),
    ('<img src="https:/api/v1/me">', "<img>"),
    ('<img src="https:api/v1/me">', "<img>"),
    ('<img src="https:\\\\testserver/api/v1/me">', "<img>"),
    ('<img src="h&#8203;ttps://testserver/api">', "<img>"),
    ('<img src="//cdn.example/a.png">', '<img src="https://cdn.example/a.png">'),
    ('<img src="\\\\cdn.example/a.png">', '<img src="https://cdn.example/a.png">'),
    ('<img src=" ht\ntps://cdn.example/a.png ">', '<img src="https://cdn.example/a.png">'),
    ('<img src="cid:logo">', '<img src="cid:logo">'),
    ('<p style="background:url(/api/v1/me)">a</p>', "<p>a</p>"),
    ('<p style="background:url(https:/api/v1/me)">a</p>', "<p>a</p>"),
    ('<p style="background:\\75rl(/api/v1/me)">a</p>', "<p>a</p>"),
    ("""<p style="background:image-set('/api/v1/me' 1x)">a</p>""", "<p>a</p>"),
    (
        """<p style="background:url('https://cdn.example/a.png')">a</p>""",
        """<p style="background:url('https://cdn.example/a.png')">a</p>""",
    ),
    ('<blockquote cite="/api/v1/me">a</blockquote>', "<blockquote>a</blockquote>"),
]


@pytest.mark.parametrize(("written", "kept"), FRAGMENTS)
def test_an_address_in_a_mail_never_means_one_of_pults_own(written: str, kept: str) -> None:
    assert clean_html(written) == kept


def test_a_link_leads_away_or_nowhere() -> None:
    links = {
        "/sign-out": "",
        "sign-out": "",
        "//shop.example/a": ' href="https://shop.example/a"',
        "https://shop.example/?a=1&b=2#c": ' href="https://shop.example/?a=1&amp;b=2#c"',
        "mailto:a@shop.example": ' href="mailto:a@shop.example"',
        "tel:+38612345": ' href="tel:+38612345"',
        "#top": ' href="#top"',
    }
    for written, kept in links.items():
        assert f"<a{kept} " in clean_html(f'<a href="{written}">x</a>'), written


def test_pictures_at_pults_own_address_are_not_asked_for_even_when_pictures_are_shown(
    arrive: Callable[..., None], api: Call
) -> None:
    own = [
        "http://testserver/api/v1/me",
        "http://TESTSERVER.:80/a",
        "http://a@test%73erver/api",
        "http://127.0.0.1:8000/a",
    ]
    html = "".join(f'<img src="{address}"><p style="background:url({address})">x</p>' for address in own)
    arrive(html_mail(html + '<img src="https://cdn.example/a.png">'))
    conversation = api("GET", "/conversations").json()["items"][0]["id"]
    (message,) = api("GET", f"/conversations/{conversation}").json()["messages"]
    page = api("GET", f"/messages/{message['id']}/html?remote=1").content.decode()
    assert re.findall(r"https?://[^\"')]+", page.partition("<body>")[2]) == ["https://cdn.example/a.png"]
