"""What a message names: numbers, parcels, other shops; and above all what it does not name."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pult.channels.adapters.email import parse
from pult.channels.base import InboundMessage, InboxInfo, Raw
from pult.commerce import base
from pult.commerce.mentions import numbers, parcels, questions
from pult.commerce.mentions.merchants import Merchant, known, shipped
from pult.commerce.mentions.reading import Named, read
from pult.demo import generate

DATA = Path(os.environ.get("PULT_DATA", Path(__file__).resolve().parents[3] / ".." / "shared" / "data"))
OTHERS = known((), ("Trgovina",))
OURS = ("D-#####", "######")


def named(text: str) -> Named:
    return read(text, shapes=OURS, merchants=OTHERS)


@pytest.mark.parametrize(
    ("given", "shapes"),
    [
        ([f"D-{number}" for number in range(10_000, 10_100)], ["D-#####"]),
        ([f"#{number}" for number in range(1_000, 1_100)], ["####"]),
        ([f"{year}/{number:05}" for year in (2025, 2026) for number in range(60)], ["####/#####"]),
        ([f"W{random.Random(n).choice('XYZ')}{n:06}" for n in range(90)], ["WX######", "WY######", "WZ######"]),
        ([random.Random(n).randbytes(4).hex() for n in range(100)], ["????????"]),
        ([f"D-{number}" for number in range(5)], []),
        (["ena", "dve", "tri" * 9] * 10, []),
    ],
)
def test_the_shapes_of_a_shops_numbers_are_learned(given: list[str], shapes: list[str]) -> None:
    assert sorted(numbers.learn(given)) == sorted(shapes)


def test_numbers_grow() -> None:
    assert [numbers.fits(number, ["D-#####"]) for number in ("D-12345", "#d-123456", "D-1234", "D-12", "X-12345")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("text", "carrier", "number"),
    [
        ("paket RR123456785SI", "S10", "RR123456785SI"),
        ("przesyłka CP 123 456 785 PL", "S10", "CP123456785PL"),
        ("It is 1Z5R89390357567127.", "UPS", "1Z5R89390357567127"),
        ("numer 520000011395200025754311 w paczkomacie", "InPost", "520000011395200025754311"),
        ("zásilka Z 123 4567 890", "Packeta", "Z1234567890"),
        ("nr 00359007738913296426?", "SSCC", "00359007738913296426"),
        ("DHL 1234567891 has it", "DHL", "1234567891"),
        ("GLS: 12345678903", "GLS", "12345678903"),
        ("DPD paczka 13999999999999", "DPD", "13999999999999"),
        ("στο box now 1234567890", "BoxNow", "1234567890"),
        ("με ACS 7401234567", "ACS", "7401234567"),
    ],
)
def test_a_parcel_is_known_by_its_number(text: str, carrier: str, number: str) -> None:
    assert [(one.carrier, one.number) for one in parcels.find(text)] == [(carrier, number)]


@pytest.mark.parametrize(
    "text",
    [
        "RR123456789SI",  # a wrong check digit
        "1Z5R89390357567128",
        "00359007738913296427",
        "moj telefon je 040123456 ali +386 40 123 456",
        "DHL je zvonil, moja številka je 0401234567",
        "SI56 0203 6025 3863 406, HR1210010051863000160, PL61109010140000071219812874",
        "12345678903",
        "1234567891",
        "EAN 3830012345678, 59012345678901",
        "2026-11-12 12:30, 12.11.2026",
    ],
)
def test_what_is_no_parcel_is_none(text: str) -> None:
    assert parcels.find(text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Kje je naročilo št. 4005-1234567?", "4005-1234567"),
        ("narudžba broj 88123", "88123"),
        ("zamówienie nr 123/2026/A", "123/2026/A"),
        ("numer zamówienia: 88123AX", "88123AX"),
        ("Παραγγελία #88123", "88123"),
        ("αρ. παραγγελίας 4567890", "4567890"),
        ("my order number is not here, order: 304-1234567-1234567", "304-1234567-1234567"),
        ("Pišem glede D-10001, še ni prišlo.", "D-10001"),
    ],
)
def test_an_orders_number_is_found(text: str, number: str) -> None:
    assert [one.text for one in named(text).numbers] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "naročil sem 12.11.2026, naročilo 2026-11-12",
        "naročilo 1234 kos, naročilo za 1500 EUR",
        "moje naročilo, tel. 040 123 456",
        "order of 1200 pieces, order 5000 pcs",
        "naročilo plačano na SI56020360253863406",
        "zamówienie 48 500 123 456",
        "order SI56020360253863406",
        "Rad bi naročil 205/55 R16 91H",
        "Narudžba je stigla 15:30",
        "παραγγελία των 25,90 €",
    ],
)
def test_what_is_no_number_of_an_order_is_none(text: str) -> None:
    assert named(text).numbers == []


@pytest.mark.parametrize(
    ("text", "name", "rule"),
    [
        ("I ordered it on Amazon last week.", "Amazon", "bought_there"),
        ("Kupil sem pri mimovrste in paketa ni.", "mimovrste=)", "bought_there"),
        ("Naručila sam preko eKupija.", "eKupi", "bought_there"),
        ("Zamówiłem na Allegro i nic.", "Allegro", "bought_there"),
        ("Το αγόρασα από το Skroutz.", "Skroutz", "bought_there"),
        ("Potrditev naročila je prišla z noreply@mail.zalando.si", "Zalando", "mail_domain"),
    ],
)
def test_another_shop_is_named(text: str, name: str, rule: str) -> None:
    assert [(one.name, one.rule) for one in named(text).others] == [(name, rule)]


@pytest.mark.parametrize(
    "text",
    [
        "Na Amazonu je ceneje, kupil bi pri vas.",
        "Czy dorównacie cenie z Allegro, jeśli kupię u was?",
        "Prodajate tudi na Amazonu?",
        "Kupil sem sprej proti bolham in bolhe so še tu.",
        "Wracając do tematu: kupiłem to dwa lata temu.",
        "Kupiłam morele i jabłka.",
        "I have heard about you and ordered.",
        "Αγόρασα ένα πλαίσιο από εσάς.",
        "See https://www.amazon.de/dp/B01 for a picture of what I ordered from you.",
    ],
)
def test_who_only_speaks_of_another_shop_bought_nothing_there(text: str) -> None:
    assert named(text).others == []


def test_an_admin_adds_shops_and_says_where_we_sell() -> None:
    kept = (Merchant("Lipa", ("lipa", "lipi"), ("lipa.example",)), Merchant("Allegro", ours=True))
    mine = known(kept, ("Amazon",))
    found = read("Kupil na Lipi, na Allegro in na Amazon.", shapes=(), merchants=mine)
    assert [one.name for one in found.others] == ["Lipa"]
    assert len(shipped()) > 45


def test_no_customer_of_the_demo_is_taken_for_another_shops() -> None:
    wrong = []
    for conversation in generate.conversations(datetime(2026, 11, 21, 20, tzinfo=UTC), count=600):
        for message in conversation.messages:
            if message.direction == "in" and "other shop" not in conversation.tags:
                found = named(f"{conversation.subject}\n{message.text}")
                strange = [one.text for one in found.numbers if not numbers.fits(one.text, OURS)]
                wrong += [(message.text, strange, found)] if strange or found.parcels or found.others else []
    assert wrong == []


@pytest.mark.corpus
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no public test data at {DATA} (PULT_DATA)")
def test_no_real_mail_names_an_order_a_parcel_or_a_shop_by_mistake() -> None:
    inbox = InboxInfo(1, "desk@shop.example", "Desk", "Shop", "en", {})
    count = 0
    for path in sorted((DATA / "mail").rglob("*.eml")):
        event = parse.events(inbox, Raw(path.read_bytes(), {}, datetime(2026, 11, 21, tzinfo=UTC)))[-1]
        if isinstance(event, InboundMessage):
            count += 1
            found = named(f"{event.subject}\n{event.text}")
            assert (found.parcels, found.others) == ([], []), path
            assert all(numbers.fits(one.text, OURS) for one in found.numbers), path
    assert count > 90


TYRE = base.Product(
    id="t",
    title="Zimska pnevmatika Burja 205/55",
    changed_at=datetime(2026, 11, 1, tzinfo=UTC),
    attributes={"Material": "guma"},
    variants=[
        base.Variant(
            id="t1",
            title="R16",
            price=7990,
            currency="EUR",
            sku="BURJA-16",
            attributes={"Baterija": "CR2032"},
            stock=[
                base.Stock("Celje", 8, {"DOT": "2326"}),
                base.Stock("Kranj", 4, {"DOT": "2326"}),
                base.Stock("Koper", 2, {"DOT": "0126"}),
            ],
        )
    ],
)


@pytest.mark.parametrize(
    ("language", "text", "attribute"),
    [
        ("sl", "Kakšen DOT imajo pnevmatike?", "DOT"),
        ("sl", "Kateri je datum proizvodnje teh gum?", "DOT"),
        ("sl", "Zanima me leto izdelave.", "DOT"),
        ("hr", "Koji je datum proizvodnje guma?", "DOT"),
        ("hr", "Koja je godina proizvodnje?", "DOT"),
        ("pl", "Jaka jest data produkcji tych opon?", "DOT"),
        ("pl", "Proszę o rok produkcji, czy są z tego roku?", "DOT"),
        ("el", "Ποια είναι η ημερομηνία παραγωγής των ελαστικών;", "DOT"),
        ("en", "What is the production date of the tyres?", "DOT"),
        ("en", "How old are these tyres?", "DOT"),
        ("sl", "Katero baterijo potrebuje?", "Baterija"),
        ("hr", "Kakva baterija ide unutra?", "Baterija"),
        ("pl", "Jakiej baterii potrzebuje?", "Baterija"),
        ("el", "Τι μπαταρία χρειάζεται;", "Baterija"),
        ("en", "Which batteries does it need?", "Baterija"),
        ("sl", "Iz kakšnega materiala je?", "Material"),
    ],
)
def test_an_attribute_answers_in_five_languages(language: str, text: str, attribute: str) -> None:
    found = questions.answers(questions.asked(text, language), [TYRE])
    assert {one.attribute for one in found} == {attribute}
    assert all(one.words for one in found)


def test_lots_of_one_date_are_one_answer_with_their_places() -> None:
    found = questions.answers(questions.asked("Kakšen DOT imajo?", "sl"), [TYRE])
    assert [(one.value, one.lots) for one in found] == [("2326", ["Celje: 8", "Kranj: 4"]), ("0126", ["Koper: 2"])]
    assert found[0].text == "Zimska pnevmatika Burja 205/55: DOT 2326"


@pytest.mark.parametrize("text", ["Baterija je crknila.", "Hvala, vse je v redu!", "Kdaj pride paket?", ""])
def test_who_asks_nothing_of_a_product_is_answered_nothing(text: str) -> None:
    assert questions.answers(questions.asked(text, "sl"), [TYRE]) == []
