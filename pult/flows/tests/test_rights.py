"""What a person may ask for: a copy of their data by a link, and what they agreed to, with its proof."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from pult.accounts import queries as accounts_queries
from pult.accounts.queries import StoreInfo
from pult.commerce import actions as commerce
from pult.commerce.tests.conftest import ordered
from pult.customers import proofs
from pult.customers.models import DataCopy
from pult.flows import copies
from pult.flows.tests.test_erasure import of_hers
from pult.platform import events

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


@pytest.fixture
def customer_id(arrive: Call, api: Call, store: StoreInfo) -> int:
    arrive(of_hers())
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Trgovina")
    found = int(api("GET", "/conversations").json()["items"][0]["customer"]["id"])
    buyer = ordered("77").buyer
    hers = type(buyer)(id="b7", email="klavdija.brezovnik@customers.example", name="Klavdija Brezovnik")
    commerce.take(shop_id, [ordered("77", buyer=hers)], live=True)
    cache.clear()
    return found


def whole_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def path_of(link: str) -> str:
    return link.removeprefix(settings.PUBLIC_URL)


def test_a_copy_holds_everything_and_can_be_read_in_the_persons_language(customer_id: int, person: Call) -> None:
    _, lead = person("Lead", "lead")
    asked = lead("POST", f"/customers/{customer_id}/copies", {"language": "sl"})
    assert (asked.status_code, asked.json()["state"], asked.json()["link"]) == (202, "waiting", "")
    copies.make(asked.json()["id"])
    (copy,) = lead("GET", f"/customers/{customer_id}/copies").json()["items"]
    assert copy["state"] == "ready"
    fetched = Client().get(path_of(copy["link"]))
    assert fetched["Content-Disposition"] == 'attachment; filename="data.zip"'
    assert fetched["Cache-Control"] == "no-store"
    archive = ZipFile(io.BytesIO(whole_of(fetched)))
    whole = json.loads(archive.read("data.json"))
    (attachment,) = whole["conversations"][0]["messages"][0]["attachments"]
    assert archive.read(attachment["file"]) == b"Racun: Klavdija Brezovnik"
    assert whole["orders"][0]["number"] == "77"
    page = archive.read("index.html").decode()
    assert 'lang="sl"' in page
    for words in ("Vaši podatki", "Kje je moj malinovec?", "53.90 EUR", "brezovnik.pdf", "Namizna svetilka"):
        assert words in page
    lines = accounts_queries.access_log(customer_id=customer_id, kind="export").items
    assert [line.actor.partition(":")[0] for line in lines] == ["link", "token"]
    assert lead("GET", f"/customers/{customer_id}/copies").json()["items"][0]["fetched"] == 1


def test_what_a_person_wrote_is_no_markup_in_their_copy(arrive: Call, api: Call) -> None:
    arrive(of_hers(X_Nothing="x").replace(b"Kje je moj", b"<script>alert(1)</script> Kje je moj"))
    found = int(api("GET", "/conversations").json()["items"][0]["customer"]["id"])
    copies.make(copies.begin(customer_id=found, actor="system", language="en", store_ids=None))
    fetched = Client().get(path_of(proofs.copies([found])[0].link))
    page = ZipFile(io.BytesIO(whole_of(fetched))).read("index.html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_copys_link_opens_nothing_when_it_is_over_taken_back_or_forged(customer_id: int, person: Call) -> None:
    _, lead = person("Lead", "lead")
    links = []
    for _ in range(2):
        made = copies.begin(customer_id=customer_id, actor="system", language="en", store_ids=None)
        copies.make(made)
        links.append((made, path_of(proofs.copies([customer_id])[0].link)))
    (old, over), (taken, back) = links
    DataCopy.objects.filter(pk=old).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert lead("DELETE", f"/copies/{taken}").status_code == 204
    for path in (over, back, f"{over}x", "/copies/1"):
        answer = Client().get(path, headers={"Accept-Language": "pl"})
        assert answer.status_code == 410
        assert "Ten link wygasł" in answer.content.decode()
    copies.expire()
    assert proofs.copies([customer_id]) == []


def test_a_copy_is_for_who_may_export(customer_id: int, api: Call, person: Call) -> None:
    assert api("POST", f"/customers/{customer_id}/copies", {}).status_code == 403
    _, lead = person("Lead", "lead")
    assert lead("POST", "/customers/999999/copies", {}).status_code == 404


def test_a_consent_is_what_was_said_last_with_all_that_proves_it(
    customer_id: int, api: Call, person: Call, store: StoreInfo
) -> None:
    _, boss = person("Boss", "admin")
    assert api("GET", f"/customers/{customer_id}/consents").json()["items"] == []
    asked = boss("PUT", f"/stores/{store.id}/consents/email", {"texts": {"sl": "Želim ponudbe."}})
    assert asked.json()["version"] == 1
    assert boss("PUT", f"/stores/{store.id}/consents/email", {"texts": {"sl": "Želim ponudbe."}}).json()["version"] == 1
    body = {
        "store_id": store.id,
        "purpose": "email",
        "granted": True,
        "source": "call",
        "proof": "Potrdila po telefonu",
    }
    assert api("POST", f"/customers/{customer_id}/consents", body).status_code == 201
    assert proofs.may([customer_id], store_id=store.id, purpose="email")
    boss("PUT", f"/stores/{store.id}/consents/email", {"texts": {"sl": "Želim ponudbe in kupone."}})
    (state,) = api("GET", f"/customers/{customer_id}/consents").json()["items"]
    said = state["history"][0]
    assert (state["granted"], said["wording_version"], said["proof"]) == (True, 1, "Potrdila po telefonu")
    assert api("POST", f"/customers/{customer_id}/consents", {**body, "granted": False}).status_code == 201
    (state,) = api("GET", f"/customers/{customer_id}/consents").json()["items"]
    assert (state["granted"], state["withdraw_url"], len(state["history"])) == (False, "", 2)
    events.sequence()
    told = [row.kind for row in events.read(0, limit=1000) if row.kind in {"consent.granted", "consent.withdrawn"}]
    assert told == ["consent.granted", "consent.withdrawn"]
    assert not proofs.may([customer_id], store_id=store.id, purpose="sms"), "silence is no consent"


def test_nobody_says_what_another_store_s_customers_agreed_to(customer_id: int, api: Call) -> None:
    body = {"store_id": 999, "purpose": "email", "granted": True, "source": "call"}
    assert api("POST", f"/customers/{customer_id}/consents", body).status_code == 404
    for wrong in ({"purpose": "spam"}, {"source": "link"}, {"source": "rumour"}):
        assert api("POST", f"/customers/{customer_id}/consents", {**body, **wrong}).status_code == 422


@pytest.mark.parametrize("one_click", [False, True])
def test_a_link_takes_a_consent_back_without_signing_in(
    customer_id: int, api: Call, store: StoreInfo, one_click: bool
) -> None:
    said = proofs.Said("form")
    proofs.consent(customer_id=customer_id, store_id=store.id, purpose="email", granted=True, said=said, actor="system")
    (state,) = api("GET", f"/customers/{customer_id}/consents").json()["items"]
    path = path_of(state["withdraw_url"])
    shown = Client().get(path)
    assert "Želite preklicati privolitev?" in shown.content.decode()
    assert proofs.may([customer_id], store_id=store.id, purpose="email"), "looking at the page changes nothing"
    body = {"List-Unsubscribe": "One-Click"} if one_click else {}
    done = Client(enforce_csrf_checks=True).post(path, body, REMOTE_ADDR="203.0.113.9")
    assert "Vaša privolitev je preklicana" in done.content.decode()
    assert not proofs.may([customer_id], store_id=store.id, purpose="email")
    newest = proofs.consents([customer_id])[0]
    assert (newest.source, newest.proof, newest.granted) == ("link", "203.0.113.9", False)
    Client().post(path)
    assert len(proofs.consents([customer_id])) == 2, "taking back twice is taking back once"
    assert Client().get(f"{path}x").status_code == 410


def test_the_access_log_is_a_file_for_programs_for_tables(customer_id: int, api: Call, person: Call) -> None:
    api("GET", f"/customers/{customer_id}")
    _, lead = person("Lead", "lead")
    lead("GET", f"/customers/{customer_id}")
    assert api("GET", "/access-log.csv").status_code == 403
    answer = lead("GET", f"/access-log.csv?customer={customer_id}&kind=open")
    assert answer["Content-Disposition"] == 'attachment; filename="access-log.csv"'
    text = whole_of(answer).decode("utf-8-sig")
    head, *rows = list(csv.reader(io.StringIO(text)))
    assert head[:4] == ["time", "who", "name", "what"]
    assert [(row[2], row[3], row[6]) for row in rows] == [
        ("t", "open", str(customer_id)),
        ("t", "open", str(customer_id)),
    ]
    assert lead("GET", "/access-log?kind=export").json()["items"][0]["subject"] == "log"
