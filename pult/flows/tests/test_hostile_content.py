"""What a stranger sends is shown, and runs nowhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels.queries import InboxRecord
from pult.conversations.content import clean_html
from pult.flows import inbound
from pult.flows.tests.conftest import MAILBOX, mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = """<html><head><script>alert(1)</script><meta http-equiv=refresh content="0;url=//evil.example">
<base href="//evil.example/"><link rel=stylesheet href="//evil.example/x.css"></head>
<body onload="alert(2)"><img src=x onerror="alert(3)"><a href="javascript:alert(4)">a</a>
<form action="//evil.example"><input name=card></form><iframe src="//evil.example"></iframe>
<svg><script>alert(5)</script></svg><p style="background:url(javascript:alert(6))">Dober dan</p>
<img src="https://tracker.example/pixel.gif"><img src="cid:logo"><object data="x.swf"></object></body></html>"""


def html_mail(html: str = HOSTILE) -> bytes:
    """Return a mail with this HTML, a picture for `cid:logo` and an attachment."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "x@customers.example", MAILBOX, "<script>alert(0)</script>"
    message["Message-ID"] = "<h@x>"
    message.set_content("Dober dan")
    message.add_alternative(html, subtype="html")
    body = message.get_payload()[1]  # type: ignore[index]
    body.add_related(PNG, "image", "png", cid="<logo>")  # type: ignore[union-attr]
    message.add_attachment(b"<svg onload=alert(1)>", "image", "svg+xml", filename="../../logo.svg")
    return message.as_bytes()


@pytest.fixture
def shown(arrive: Call, api: Call) -> dict[str, Any]:
    arrive(html_mail())
    item = api("GET", "/conversations").json()["items"][0]
    return dict(api("GET", f"/conversations/{item['id']}").json()["messages"][0])


def test_a_mail_of_which_only_the_beginning_was_fetched_says_so(inbox: InboxRecord, api: Call) -> None:
    channels.receive(inbox.id, "imap:1", {"recipients": [MAILBOX], "truncated": True, "size": 80_000_000}, mail())
    inbound.run_batch(10)
    item = api("GET", "/conversations").json()["items"][0]
    assert api("GET", f"/conversations/{item['id']}").json()["messages"][0]["warnings"] == ["truncated"]


def test_a_mails_page_runs_nothing(shown: dict[str, Any], api: Call) -> None:
    page = api("GET", f"/messages/{shown['id']}/html")
    text = page.content.decode().lower()
    for bad in (
        "<script",
        "onerror",
        "onload",
        "javascript:",
        "<form",
        "<iframe",
        "<meta http-equiv",
        "<base",
        "<object",
    ):
        assert bad not in text, bad
        assert bad not in shown["html"].lower(), bad
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "https:" not in policy
    assert "dober dan" in text


@pytest.mark.parametrize(
    ("typed", "leads"),
    [
        ("www.shop.si", "https://www.shop.si"),
        (" WWW.Shop.si/akcija?a=1#b", "https://WWW.Shop.si/akcija?a=1#b"),
        ("www.shop.example:8080/x", None),
        ("www.html", None),
        ("www.shop.si@evil.example", None),
        ("/www.shop.si", None),
        ("orders/12", None),
    ],
)
def test_a_link_typed_as_into_a_browser_leads_there_and_none_leads_into_pult(typed: str, leads: str | None) -> None:
    found = clean_html(f'<a href="{typed}">here</a><img src="{typed}">')
    assert f'href="{leads}"' in found if leads else "href" not in found
    assert "src" not in found


def test_pictures_from_elsewhere_come_only_when_asked_for(shown: dict[str, Any], api: Call) -> None:
    assert shown["has_remote_images"] is True
    asked = api("GET", f"/messages/{shown['id']}/html?remote=1")
    assert "data: https: http:;" in asked["Content-Security-Policy"]


def test_an_inline_picture_is_shown_from_the_mails_own_files(shown: dict[str, Any], api: Call) -> None:
    picture = next(a for a in shown["attachments"] if a["content_id"])
    assert (
        f"/api/v1/attachments/{picture['id']}/content?inline=1"
        in api("GET", f"/messages/{shown['id']}/html").content.decode()
    )
    answer = api("GET", f"/attachments/{picture['id']}/content?inline=1")
    assert answer.getvalue() == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline")


def test_svg_is_never_shown_inline_and_no_name_leaves_its_folder(shown: dict[str, Any], api: Call) -> None:
    svg = next(a for a in shown["attachments"] if "svg" in a["type"])
    answer = api("GET", f"/attachments/{svg['id']}/content?inline=1")
    assert answer.getvalue().startswith(b"<svg")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/octet-stream"
    assert "/" not in answer["Content-Disposition"]


def test_an_upload_is_its_owners_until_it_is_sent(arrive: Call, api: Call, store: Any, agent: Any) -> None:
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    token = accounts.issue_token(SYSTEM, staff_id=agent.id, name="u", scopes=["read", "write"]).secret
    client = Client(headers={"Authorization": f"Bearer {token}"})
    file = client.post("/api/v1/attachments", {"file": SimpleUploadedFile("račun.pdf", b"%PDF-1.4")}).json()
    other = accounts.create_staff(SYSTEM, email="b@shop.example", name="Bor", store_ids=[store.id])
    others = Client(
        headers={
            "Authorization": "Bearer "
            + accounts.issue_token(SYSTEM, staff_id=other.id, name="u", scopes=["read", "write"]).secret
        }
    )
    assert others.get(f"/api/v1/attachments/{file['id']}/content").status_code == 404
    stolen = others.post(
        f"/api/v1/conversations/{item['id']}/replies",
        json.dumps({"text": "x", "attachment_ids": [file["id"]]}),
        content_type="application/json",
    )
    assert stolen.status_code == 422
    sent = api("POST", f"/conversations/{item['id']}/replies", {"text": "Račun.", "attachment_ids": [file["id"]]})
    assert sent.json()["attachments"][0]["name"] == "račun.pdf"


def test_another_stores_conversation_does_not_exist_for_an_agent(arrive: Call, api: Call) -> None:
    arrive(mail())
    item = api("GET", "/conversations").json()["items"][0]
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    stranger = accounts.create_staff(SYSTEM, email="c@shop.example", name="Cene", store_ids=[other.id])
    token = accounts.issue_token(SYSTEM, staff_id=stranger.id, name="s", scopes=["read", "write"]).secret
    client = Client(headers={"Authorization": f"Bearer {token}"})
    message = api("GET", f"/conversations/{item['id']}").json()["messages"][0]["id"]
    assert client.get("/api/v1/conversations").json()["items"] == []
    assert client.get("/api/v1/conversations?q=paket").json()["items"] == []
    for method, path, body in [
        ("GET", f"/conversations/{item['id']}", None),
        ("GET", f"/conversations/{item['id']}/messages", None),
        ("PATCH", f"/conversations/{item['id']}", {"status": "closed"}),
        ("POST", f"/conversations/{item['id']}/replies", {"text": "x"}),
        ("POST", f"/conversations/{item['id']}/notes", {"text": "x"}),
        ("POST", f"/conversations/{item['id']}/read", {"message_id": message}),
        ("POST", f"/conversations/{item['id']}/presence", {"state": "viewing"}),
        ("PUT", f"/conversations/{item['id']}/draft", {"text": "x"}),
        ("GET", f"/messages/{message}/html", None),
        ("POST", f"/messages/{message}/undo", {}),
        ("POST", f"/messages/{message}/retry", {}),
    ]:
        answer = client.generic(
            method, f"/api/v1{path}", data="" if body is None else json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == 404, (method, path, answer.status_code)
