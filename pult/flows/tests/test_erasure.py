"""A person is forgotten everywhere: every table and every stored file of the installation is read for what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from pult.accounts.queries import StoreInfo
from pult.channels import actions as channels
from pult.channels.queries import InboxRecord
from pult.commerce import actions as commerce
from pult.commerce import base, notices
from pult.commerce.connectors.http.standin import Shop
from pult.commerce.models import Notice, Order, Reading, ShopAct
from pult.commerce.tests.conftest import ordered
from pult.customers import actions as customers
from pult.customers import proofs, remarks
from pult.flows import copies, privacy
from pult.flows.tests.conftest import mail
from pult.flows.tests.mails import MAILBOX
from pult.platform import erasures, queue, storage
from pult.platform.filestore import store as files
from pult.platform.secrets import unseal

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
EMAIL = "klavdija.brezovnik@customers.example"
PHONE = "+38641555123"
WORDS = ("klavdija", "brezovnik", "38641555123", "gosposvetska 7", "malinovec")
"""Her name, address, number, where she lives, and what she wrote of."""


def of_hers(number: str = "1", **headers: str) -> bytes:
    """A mail of hers with a file."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = f"Klavdija Brezovnik <{EMAIL}>", MAILBOX, "Malinovec"
    message["Message-ID"] = f"<klavdija.brezovnik.{number}@customers.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(f"Kje je moj malinovec? Kličite {PHONE}. Klavdija Brezovnik, Gosposvetska 7")
    message.add_attachment(b"Racun: Klavdija Brezovnik", "application", "octet-stream", filename="brezovnik.pdf")
    return message.as_bytes()


def _readable(value: object) -> str:
    """Return a column's value as text, unsealed where it is sealed."""
    if isinstance(value, bytes | memoryview):
        plain = bytes(value)
        try:
            plain = unseal(plain)
        except Exception:
            return plain.decode("latin-1")
        return plain.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def everything() -> Iterator[tuple[str, str]]:
    """Yield every row of every table of every database, the shadow tables of the search too, and every stored file."""
    for alias in connections:
        connection = connections[alias]
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    yield f"{alias}.{table}", " ".join(_readable(value) for value in row)
    for name in files().older_than(datetime.now(UTC) + timedelta(days=1)):
        with files().open(name) as file:
            yield f"file {name}", _readable(file.read())
    for path in Path(settings.DATA_DIR).glob("*.log"):
        yield path.name, path.read_text()


def left() -> dict[str, str]:
    """Return where something of her is left, with what it is."""
    return {f"{place}: {word}": text[:300] for place, text in everything() for word in WORDS if word in text.casefold()}


def bought(store_id: int) -> None:
    """What she bought, and what a shop said of her that could not be read."""
    buyer = base.Buyer(id="b7", email=EMAIL, phone=PHONE, name="Klavdija Brezovnik", birthday=timezone.now().date())
    place = base.Place(name="Klavdija Brezovnik", lines=["Gosposvetska 7"], city="Maribor", phone=PHONE)
    line = base.Line(id="1", title="Skodelica", quantity=1, price=900, total=900, options={"Napis": "Klavdija"})
    told: dict[str, Any] = {
        "buyer": buyer,
        "ship_to": place,
        "bill_to": place,
        "note": "Za Klavdijo",
        "lines": [line],
        "total": 900,
    }
    own = Shop()
    shop_settings = {"base_url": "http://shop.example", "webhook_secret": own.secret}
    shop_id = commerce.connect(store_id=store_id, connector="http", name="Trgovina", settings=shop_settings)
    commerce.take(shop_id, [ordered("77", **told)], live=True)
    odd = json.dumps({"kind": "order", "item": {"id": "x", "email": EMAIL}}).encode()
    notices.receive(shop_id, *own.notice(ordered("78"), "n1", content=odd))
    notices.run_batch()
    row = Order.objects.get(external_id="o77")
    ShopAct.objects.create(
        shop_id=shop_id,
        order=row,
        customer_id=row.customer_id,
        verb="address",
        act={"lines": ["Gosposvetska 7"]},
        result={"email": EMAIL},
        words=f"{EMAIL} is unknown",
        key="k1",
        asked_by="staff:1",
        created_at=timezone.now(),
    )
    Notice.objects.update(state=Notice.State.FAILED, error=f"what is {EMAIL}?")
    Reading.objects.create(shop_id=shop_id, kind="order", error=f"bad: {EMAIL}", misfits={"o1": f"no {EMAIL}"})


@pytest.fixture
def known_everywhere(
    arrive: Call, api: Call, inbox: InboxRecord, store: StoreInfo, settings: Any, tmp_path: Path
) -> int:
    """Somebody of whom there is something in every room; returns the customer's id."""
    settings.DATA_DIR = tmp_path
    arrive(mail(message_id="<maja@x>"), of_hers())
    hers = next(one for one in api("GET", "/conversations").json()["items"] if "Klavdija" in one["customer"]["name"])
    majas = next(one for one in api("GET", "/conversations").json()["items"] if one["id"] != hers["id"])
    customer_id = int(hers["customer"]["id"])
    # Said in another's conversation, named in what another wrote, and put in copy.
    arrive(
        of_hers("2", In_Reply_To="<maja@x>"),
        mail(message_id="<3@x>", text=f"Pišite na {EMAIL}, prosim.", Cc=f"Klavdija Brezovnik <{EMAIL}>"),
    )
    # Answered, with a note, a draft here and a draft elsewhere, and a write whose answer is kept.
    body = {"text": "Draga Klavdija Brezovnik, malinovec je na poti.", "close": True}
    written = api("POST", f"/conversations/{hers['id']}/replies", body, **{"Idempotency-Key": "k1"})
    assert written.status_code == 201, written.content
    note = api("POST", f"/conversations/{hers['id']}/notes", {"text": "Klavdija kliče popoldne."})
    assert note.status_code == 201, note.content
    for conversation in (hers, majas):
        draft = {"text": f"Spoštovana, {EMAIL}", "html": f"<p>Spoštovana, {EMAIL}</p>"}
        assert api("PUT", f"/conversations/{conversation['id']}/draft", draft).status_code in {200, 201}
    # What could not be read, and what is waiting to be.
    broken = channels.receive(inbox.id, "broken", {"sender": EMAIL}, b"\x00")
    assert broken is not None
    channels.mark_failed(broken, f"no mail of {EMAIL}")
    channels.receive(inbox.id, "waiting", {"sender": "a@b.example"}, of_hers("9"))
    api("PATCH", f"/customers/{customer_id}", {"notes": "Rada ima malinovec.", "company": "Brezovnik d. o. o."})
    bought(store.id)
    # Two of her joined, a consent, a copy of her data, a job that died of her, and what the filter learned.
    twin = customers.identify(kind="phone", value=PHONE, name="Klavdija Brezovnik").id
    if twin != customer_id:
        customers.merge(kept_id=twin, absorbed_id=customer_id, staff_id=None, actor="system")
    remarks.add(customer_id=customer_id, kind="note", text="Klavdija je prijazna", staff_id=None, actor="system")
    said = proofs.Said("message", proof="Klavdija je rekla da")
    proofs.consent(
        customer_id=customer_id, store_id=store.id, purpose="email", granted=True, said=said, actor="staff:1"
    )
    copies.make(copies.begin(customer_id=customer_id, actor="system", language="sl", store_ids=None))
    job = queue.enqueue("no.such.task", {})
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE platform_job SET state = 'dead', last_error = %s WHERE id = %s", [f"550 <{EMAIL}>", job])
    return twin


def test_nothing_is_left_of_who_is_forgotten(known_everywhere: int, api: Call) -> None:
    assert {place.split(":")[0].partition(".")[2] for place in left()} >= {
        *("customers_customer", "customers_identity", "conversations_message", "conversations_draft"),
        *("commerce_order", "commerce_reading", "commerce_notice", "channels_rawpayload", "platform_idempotencykey"),
        *("platform_job", "customers_consent", "customers_remark", "commerce_shopact"),
    }
    seen = privacy.preview(known_everywhere, actor="staff:1")
    assert left(), "looking at it changes nothing"
    counts = privacy.erase(known_everywhere, actor="staff:1")
    assert counts == seen.counts
    assert (counts["conversations"], counts["orders"], counts["consents"], counts["copies"]) == (1, 1, 1, 1)
    copies.settle()
    storage.collect_batch(datetime.now(UTC) + timedelta(hours=2), limit=1000)
    assert not left(), "\n".join(f"{place}  {text}" for place, text in left().items())
    assert erasures.text().split()[1:] == ["customer", str(known_everywhere)]


def test_the_proof_says_how_much_went_and_what_was_sold(known_everywhere: int) -> None:
    privacy.erase(known_everywhere, actor="staff:1")
    (proof,) = proofs.erasures()
    assert (proof.customer_id, proof.actor, proof.cause) == (known_everywhere, "staff:1", "request")
    assert proof.kept == [{"currency": "EUR", "orders": 1, "paid": 900, "refunded": 0}]
    assert proof.counts["messages"] >= 4


def test_others_keep_what_they_said_without_her_address(known_everywhere: int, api: Call) -> None:
    privacy.erase(known_everywhere)
    found = api("GET", "/conversations?q=prosim").json()["items"]
    assert len(found) == 1
    whole = api("GET", f"/conversations/{found[0]['id']}").content.decode()
    assert "Pišite na …, prosim." in whole
    assert api("GET", f"/conversations?q={EMAIL}").json()["items"] == []


def test_what_was_sold_is_found_by_its_number_and_names_nobody(known_everywhere: int, api: Call) -> None:
    privacy.erase(known_everywhere)
    (item,) = api("GET", "/orders?q=77").json()["items"]
    order = api("GET", f"/orders/{item['id']}").json()
    assert (order["total"], order["erased"], order["buyer"]["name"]) == (900, True, "")
    assert order["lines"][0]["title"] == "Skodelica"


def test_an_erasure_half_done_is_not_done(known_everywhere: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = left().keys()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(customers, "erase", broken)
    with pytest.raises(RuntimeError):
        privacy.erase(known_everywhere)
    assert left().keys() == before


def test_a_restored_backup_forgets_again(known_everywhere: int) -> None:
    erasures.record("customer", known_everywhere)
    assert erasures.apply_all() == 1
    copies.settle()
    storage.collect_batch(datetime.now(UTC) + timedelta(hours=2), limit=1000)
    assert not left(), "\n".join(f"{place}  {text}" for place, text in left().items())
    assert proofs.erasures()[0].cause == "restore"


def test_an_erasure_is_looked_at_before_it_is_done(known_everywhere: int, person: Call) -> None:
    boss_id, boss = person("Boss", "admin")
    _, other = person("Other", "admin")
    path = f"/customers/{known_everywhere}"
    assert boss("DELETE", path).status_code == 409
    seen = boss("GET", f"{path}/erasure").json()
    assert seen["counts"]["orders"] == 1
    assert seen["kept"] == [{"currency": "EUR", "orders": 1, "paid": 900, "refunded": 0}]
    assert other("DELETE", f"{path}?confirm={seen['confirm']}").status_code == 409
    assert boss("DELETE", f"{path}?confirm={seen['confirm']}").status_code == 204
    (proof,) = boss("GET", "/erasures").json()["items"]
    assert proof["customer_id"] == known_everywhere
    assert boss_id > 0
