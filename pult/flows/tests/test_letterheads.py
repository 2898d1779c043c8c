"""What a store puts above and below its mails: written by admins, in each language, and in nothing that is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pult.accounts import actions as accounts
from pult.accounts import letterheads
from pult.accounts.access import SYSTEM
from pult.accounts.errors import Invalid
from pult.channels import registry
from pult.conversations import actions as conversations
from pult.flows.tests.conftest import mail
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
HEADER = "<p><b>{{store.name}}</b></p>"
FOOTER = (
    '<p>{{ agent.name }} · <a href="https://shop.example/c/{{conversation.number}}">Pogovor</a> · Čebela d.o.o.</p>'
)


@pytest.fixture
def admin(person: Call) -> Call:
    _, call = person("Cvetka", "admin")
    return call  # type: ignore[no-any-return]


def put(call: Call, store: Any, language: str = "sl", **values: Any) -> Any:
    headers = values.pop("headers", {})
    body = {"header": HEADER, "footer": FOOTER, **values}
    return call("PUT", f"/stores/{store.id}/letterheads/{language}", body, **headers)


def departing(api: Call, conversation_id: int) -> Any:
    made = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Paket je na poti."})
    departure = conversations.prepare(made.json()["id"])
    assert departure is not None
    return departure.message


def test_there_is_none_until_somebody_writes_one(admin: Call, api: Call, store: Any, opened: int) -> None:
    items = admin("GET", f"/stores/{store.id}/letterheads").json()["items"]
    assert items == [{"language": "sl", "header": "", "footer": "", "version": 0}]
    message = departing(api, opened)
    assert (message.header, message.footer) == ("", "")


def test_a_mail_leaves_between_them_and_what_is_kept_is_the_answer(
    admin: Call, api: Call, store: Any, inbox: Any, opened: int
) -> None:
    saved = put(admin, store)
    assert (saved.status_code, saved["ETag"]) == (200, '"1"')
    message = departing(api, opened)
    assert message.header == "<p><b>Trgovina</b></p>"
    previewer = registry.previewer()
    assert previewer is not None
    page = previewer.preview(inbox.info(), message)
    foot = f"Ana Novak · Pogovor (https://shop.example/c/{opened}) · Čebela d.o.o."
    assert page.text.startswith(f"Trgovina\n\nPaket je na poti.\n\n{foot}\n\nDne ")
    assert "> Pozdravljeni, paketa" in page.text
    assert page.html.index("<b>Trgovina</b>") < page.html.index("na poti") < page.html.index("d.o.o.")
    assert page.html.index("d.o.o.") < page.html.index("<blockquote")
    kept = api("GET", f"/conversations/{opened}").json()["messages"][-1]
    assert (kept["text"], "d.o.o." in str(kept)) == ("Paket je na poti.", False)
    assert api("GET", "/conversations?q=d.o.o.").json()["items"] == []


def test_it_is_that_of_the_conversations_language_else_of_the_stores(admin: Call, store: Any) -> None:
    accounts.update_store(SYSTEM, store.id, {"languages": ["en", "hr"]})
    for language in ("sl", "en"):
        assert put(admin, store, language, header=f"<p>{language}</p>").status_code == 200
    found = {one: letterheads.for_mail(store.id, one) for one in ("sl", "en", "hr", "de", "")}
    assert {one: head and head.header for one, head in found.items()} == {
        "sl": "<p>sl</p>",
        "en": "<p>en</p>",
        **dict.fromkeys(("hr", "de", ""), "<p>sl</p>"),
    }
    assert put(admin, store, "sl", header="<p> </p>", footer="").json()["header"] == ""
    assert letterheads.for_mail(store.id, "hr") is None


def test_nobody_writes_over_what_he_has_not_seen(admin: Call, store: Any) -> None:
    assert put(admin, store, headers={"If-Match": '"0"'}).status_code == 200
    late = put(admin, store, header="<p>x</p>", headers={"If-Match": '"0"'})
    assert (late.status_code, late["Content-Type"]) == (412, "application/problem+json")
    assert (late.json()["type"], late.json()["version"]) == ("urn:pult:problem:version-conflict", 1)
    one = admin("GET", f"/stores/{store.id}/letterheads/sl")
    assert (one["ETag"], one.json()["header"]) == ('"1"', HEADER)
    assert put(admin, store, headers={"If-Match": "x"}).status_code == 422
    events.sequence()
    assert [row.data for row in events.read(0) if row.kind == "store.changed"][-1] == {"fields": ["letterheads"]}


def test_who_may_not_change_settings_sees_and_writes_none(api: Call, person: Call, store: Any) -> None:
    _, lead = person("Lea", "lead")
    for call in (api, lead):
        assert call("GET", f"/stores/{store.id}/letterheads").status_code == 403
        assert call("GET", f"/stores/{store.id}/letterheads/sl").status_code == 403
        assert put(call, store).status_code == 403
        assert call("POST", f"/stores/{store.id}/letterheads/sl/preview", {"header": "x"}).status_code == 403


def test_a_language_or_a_store_that_is_none_is_not_found(admin: Call, store: Any) -> None:
    assert put(admin, store, "pl").status_code == 404
    assert admin("GET", f"/stores/{store.id + 9}/letterheads").status_code == 404
    assert admin("POST", f"/stores/{store.id}/letterheads/xx/preview", {}).status_code == 404


@pytest.mark.parametrize("wrong", ["{{agent.password}}", "{{ }}", "{{agent.name", "agent.name}}", "{{store.name|x}}"])
def test_an_unknown_variable_is_refused_in_the_readers_language(admin: Call, store: Any, wrong: str) -> None:
    refused = put(admin, store, footer=f"<p>{wrong}</p>", headers={"Accept-Language": "sl"})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (422, "footer", "variable")
    assert "{{agent.name}}" in error["reason"]
    assert admin("GET", f"/stores/{store.id}/letterheads/sl").json()["version"] == 0


def test_html_is_cleaned_and_values_are_words(admin: Call, api: Call, arrive: Call, store: Any, inbox: Any) -> None:
    evil = '<script>x()</script><img src=//evil.example/x><a href="javascript:x()" onclick=x()>a</a>{{customer.name}}'
    saved = put(admin, store, header=evil, footer='<a href="{{customer.name}}">b</a>').json()
    assert saved["header"] == "<a>a</a>{{customer.name}}"
    arrive(mail(sender='"javascript:x()//<b>" <maja@customers.example>'))
    message = departing(api, api("GET", "/conversations").json()["items"][0]["id"])
    assert message.header == "<a>a</a>javascript:x()//&lt;b&gt;"
    previewer = registry.previewer()
    assert previewer is not None
    page = previewer.preview(inbox.info(), message).html
    assert '<a style="text-decoration:underline">b</a>' in page
    assert "href" not in page


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_value_becomes_html_or_another_variable(name: str, shop: str) -> None:
    filled = letterheads.filled("<p>{{customer.name}}|{{store.name}}</p>", {"customer.name": name, "store.name": shop})
    assert filled.count("<") == filled.count(">") == 2
    assert filled.count("{{") <= name.count("{{") + shop.count("{{")


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(Invalid):
        letterheads.checked("header", "x" * (letterheads.LONGEST + 1))


def test_a_preview_is_an_example_as_it_would_leave(admin: Call, store: Any) -> None:
    shown = admin("POST", f"/stores/{store.id}/letterheads/sl/preview", {"header": HEADER, "footer": FOOTER}).json()
    assert shown["text"].startswith("Trgovina\n\nPozdravljeni,")
    assert shown["text"].endswith("Cvetka · Pogovor (https://shop.example/c/1234) · Čebela d.o.o.")
    assert shown["html"].startswith("<!DOCTYPE html>")
    refused = admin("POST", f"/stores/{store.id}/letterheads/sl/preview", {"header": "{{x}}"})
    assert refused.status_code == 422
    assert admin("GET", f"/stores/{store.id}/letterheads/sl").json()["version"] == 0
