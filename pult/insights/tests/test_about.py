"""What the newest message is about: an order of ours, one of another shop, a question that a product answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.commerce import actions as commerce
from pult.commerce import base, recognition
from pult.commerce.mentions.queries import Reason
from pult.commerce.tests.conftest import ordered
from pult.commerce.tests.test_mentions import TYRE
from pult.flows.tests.conftest import _forgetful, agent, api, arrive, inbox, person, store
from pult.flows.tests.mails import mail
from pult.insights.not_ours import answer

__all__ = ["_forgetful", "agent", "api", "arrive", "inbox", "person", "store"]
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def shop(store: Any) -> int:
    """A shop whose orders are D-10001 and so on, of other people, with their parcels; and a tyre."""
    shop_id = commerce.connect(store_id=store.id, connector="csv", name="Spletna")
    buyer = base.Buyer(id="z", email="zala@customers.example", name="Zala Lah")
    sent = [base.Shipment(id="1", number="RR123456785SI", carrier="Pošta")]
    orders = [ordered(f"D-{10_000 + n}", buyer=buyer, shipments=sent) for n in range(1, 31)]
    commerce.take(shop_id, [*orders, TYRE], live=False)
    recognition.learn_numbers(shop_id)
    return shop_id


@pytest.fixture
def said(arrive: Callable[..., None], api: Any) -> Callable[..., dict[str, Any]]:
    """said(text) -> the card beside the conversation that a mail with this text begins."""
    seen: list[int] = []

    def take(text: str, **headers: str) -> dict[str, Any]:
        arrive(mail(subject="Vprašanje", text=text, message_id=f"<{len(seen)}@customers.example>", **headers))
        item = api("GET", "/conversations").json()["items"][0]
        seen.append(item["id"])
        card: dict[str, Any] = api("GET", f"/customers/{item['customer']['id']}/card?conversation={item['id']}").json()
        return card

    return take


def test_an_order_of_ours_is_linked_and_says_whose_it_is(shop: int, said: Callable[..., Any]) -> None:
    about = said("Pozdravljeni, kje je naročilo d-10003, prosim?")["about"]
    (found,) = about["orders"]
    assert (found["number"], found["by"], about["not_ours"]) == ("D-10003", "number", [])
    by_parcel = said("Paketa RR123456785SI še nisem dobila, naročilo 88-12345678.")["about"]
    assert [one["by"] for one in by_parcel["orders"]] == ["parcel"]
    assert by_parcel["not_ours"] == []


def test_a_number_like_ours_that_is_none_is_said_to_be_none(shop: int, said: Callable[..., Any]) -> None:
    about = said("Pozdravljeni, kje je naročilo D-99999, prosim?")["about"]
    assert [(one["rule"], one["text"]) for one in about["unknown"]] == [("unknown_own", "D-99999")]
    assert (about["not_ours"], about["answer"]) == ([], "")


def test_another_shops_order_is_seen_and_an_answer_proposed(shop: int, said: Callable[..., Any]) -> None:
    card = said("Pozdravljeni, na Zalandu sem naročila čevlje, naročilo št. 4005-1234567, paketa še ni. Lep pozdrav")
    about = card["about"]
    assert [(one["rule"], one["text"], one["name"]) for one in about["not_ours"]] == [
        ("unknown_number", "4005-1234567", ""),
        ("bought_there", "Zalandu", "Zalando"),
    ]
    assert (card["language"], card["greeting"]) == ("sl", "Spoštovana gospa Kos,")
    assert about["answer"].startswith("Spoštovana gospa Kos,\n\nhvala za sporočilo. Naročila 4005-1234567")
    assert "(Zalando)" in about["answer"]
    assert "(Trgovina)" in about["answer"]


def test_a_parcel_that_no_shop_has_sent(shop: int, said: Callable[..., Any], store: Any) -> None:
    assert [one["rule"] for one in said("Kje je paket 1Z5R89390357567127?")["about"]["not_ours"]] == ["unknown_parcel"]
    assert said("Vračam čevlje, poslala sem jih z 1Z5R89390357567127.")["about"]["not_ours"] == []
    mine = base.Buyer(id="m", email="maja@customers.example", name="Maja Kos")
    fresh = ordered("D-10100", buyer=mine, placed_at=timezone.now() - timedelta(days=3))
    commerce.take(shop, [fresh], live=False)
    assert said("Kje je paket 1Z5R89390357567127?")["about"]["not_ours"] == []


def test_where_nobody_knows_how_our_numbers_look_no_number_is_strange(store: Any, said: Callable[..., Any]) -> None:
    commerce.connect(store_id=store.id, connector="csv", name="Nova")
    assert said("Kje je naročilo št. 4005-1234567?")["about"]["not_ours"] == []


def test_an_admin_says_how_our_numbers_look_and_which_shops_are_others(
    shop: int, said: Callable[..., Any], person: Any, api: Any
) -> None:
    _, admin = person("Vera", role="admin")
    found = admin("GET", "/recognition").json()
    assert [(one["name"], one["learned"], one["told"]) for one in found["numbers"]] == [("Spletna", ["D-#####"], [])]
    assert "Zalando" in found["known"]
    wanted = {
        "numbers": [{"shop_id": shop, "told": ["####-#######"]}],
        "merchants": [
            {"name": "Breza", "words": ["breza", "brezi"], "domains": ["breza.example"], "ours": False},
            {"name": "Zalando", "words": [], "domains": [], "ours": True},
        ],
    }
    assert admin("PUT", "/recognition", wanted).json()["merchants"][0]["name"] == "Breza"
    assert api("PUT", "/recognition", wanted).status_code == 403
    about = said("Na Zalandu sem naročila, naročilo št. 4005-1234567. Kupila sem tudi pri Brezi.")["about"]
    assert [one["name"] for one in about["not_ours"]] == ["Breza"]
    bad = admin("PUT", "/recognition", wanted | {"numbers": [{"shop_id": shop, "told": ["D 1"]}]})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "numbers")


def test_a_question_is_answered_from_what_was_bought_or_named(shop: int, said: Callable[..., Any]) -> None:
    by_code = said("Pozdravljeni, kakšen DOT imajo BURJA-16, prosim?")["answers"]
    assert [(one["attribute"], one["value"], one["lots"]) for one in by_code] == [
        ("DOT", "2326", ["Celje: 8", "Kranj: 4"]),
        ("DOT", "0126", ["Koper: 2"]),
    ]
    by_name = said("Pozdravljeni, kateri je datum proizvodnje zimske pnevmatike Burja?")["answers"]
    assert [one["value"] for one in by_name] == ["2326", "0126"]
    line = base.Line(id="1", title="Pnevmatika", quantity=4, price=1, total=4, product_id="t")
    mine = base.Buyer(id="m", email="maja@customers.example", name="Maja Kos")
    commerce.take(shop, [ordered("D-10101", buyer=mine, lines=[line])], live=False)
    assert [one["value"] for one in said("Kako stare so gume, ki ste mi jih poslali?")["answers"]] == ["2326", "0126"]
    assert said("Hvala za gume!")["answers"] == []


def test_a_message_that_names_nothing_costs_no_further_statement(shop: int, said: Callable[..., Any], api: Any) -> None:
    card = said("Pozdravljeni, hvala lepa za vse.")
    conversation = card["recent"][0]["id"]
    path = f"/customers/{card['customer']['id']}/card"
    with CaptureQueriesContext(connection) as alone:
        api("GET", path)
    with CaptureQueriesContext(connection) as beside:
        api("GET", f"{path}?conversation={conversation}")
    assert len(beside) == len(alone)


def test_a_conversation_of_somebody_else_says_nothing(
    shop: int, said: Callable[..., Any], api: Any, person: Any
) -> None:
    card = said("Naročilo št. 4005-1234567 z Zalanda, kje je?")
    conversation = card["recent"][0]["id"]
    other = api("GET", f"/customers/{card['customer']['id']}/card?conversation={conversation + 99}").json()
    assert (other["about"]["not_ours"], other["about"]["orders"]) == ([], [])
    elsewhere = accounts.create_store(SYSTEM, name="Druga", language="hr")
    _, stranger = person("Ivo", store_id=elsewhere.id)
    hidden = stranger("GET", f"/customers/{card['customer']['id']}/card?conversation={conversation}").json()
    assert hidden["about"]["not_ours"] == []


@pytest.mark.parametrize(
    ("language", "name", "beginning", "inside"),
    [
        ("pl", "Tomasz Wójcik", "Szanowny Panie Tomaszu,", "Zamówienia, o którym Pan pisze, nie ma"),
        ("pl", "Anna Nowak", "Szanowna Pani Anno,", "o którym Pani pisze"),
        ("pl", "XY", "Szanowni Państwo,", "o którym Państwo piszą"),
        ("hr", "Ivan Horvat", "Poštovani gospodine Horvate,", "Narudžbu o kojoj pišete"),
        ("el", "Νίκος Βλάχος", "Αγαπητέ κύριε Βλάχο,", "Η παραγγελία για την οποία γράφετε"),
        ("en", "Emma Jones", "Dear Emma Jones,", "the order you are writing about"),
        ("sl", "Maja Kos", "Spoštovana gospa Kos,", "Naročila, o katerem pišete, pri nas ne najdemo"),
        ("de", "Jan", "Dear Jan,", "the order you are writing about"),
    ],
)
def test_the_answer_is_kind_in_each_language(language: str, name: str, beginning: str, inside: str) -> None:
    text = answer([Reason("bought_there", "x", "Temu")], name=name, language=language, store="Trgovina")
    assert text.startswith(beginning)
    assert inside in text
    assert "Temu" in text
    assert "{" not in text
