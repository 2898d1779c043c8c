"""Who really sent a mail: what the trusted server says is kept, a forger gets nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pult.channels import actions as channels
from pult.channels import queries
from pult.channels.adapters.email import lookups
from pult.channels.models import Inbox
from pult.channels.queries import InboxRecord
from pult.channels.tests.names import Names, serving
from pult.customers.models import Customer, Identity
from pult.flows import inbound
from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]
MAJA = "maja@customers.example"
PASS = "mx.shop.example; dkim=pass header.d=customers.example; dmarc=pass (p=reject) header.from=customers.example"
FAIL = (
    "mx.shop.example; spf=pass smtp.mailfrom=thief.example; dmarc=fail (p=none dis=none) header.from=customers.example"
)
DATE = "Sun, 1 Nov 2026 10:00:00 +0000"
NONE = "mx.shop.example; spf=none smtp.mailfrom=customers.example; dmarc=none header.from=customers.example"


def headed(results: str, **parts: str) -> bytes:
    """Return a mail under the findings of a server, with its Received line below them."""
    trace = f"Authentication-Results: {results}\nReceived: from somewhere by mx.shop.example; {DATE}\n"
    return trace.encode() + mail(**parts)


@pytest.fixture(autouse=True)
def _trusting(inbox: InboxRecord) -> None:
    channels.change_inbox(inbox.id, settings={"authserv_id": "MX.shop.example"})


def shown(api: Call, number: int = 0) -> Any:
    """Return a conversation as the API shows it, the newest being number 0."""
    found = api("GET", "/conversations").json()["items"][number]
    return api("GET", f"/conversations/{found['id']}").json()


def test_a_proven_sender_is_shown_as_such(arrive: Call, api: Call) -> None:
    arrive(headed(PASS))
    opened = shown(api)
    message = opened["messages"][0]
    assert message["auth"] == {
        "verdict": "pass",
        "by": "mx.shop.example",
        "spf": "",
        "dkim": "pass",
        "dmarc": "pass",
        "arc": "",
        "policy": "reject",
        "unusual": False,
    }
    assert message["warnings"] == []
    identity = opened["customer_card"]["identities"][0]
    assert (identity["proven"], identity["verified"]) == (True, False)


def test_a_server_that_is_named_while_mail_comes_is_trusted_from_the_next_mail_on(
    inbox: InboxRecord, arrive: Call, api: Call
) -> None:
    channels.change_inbox(inbox.id, settings={"authserv_id": ""})
    arrive(headed(FAIL))
    assert shown(api)["messages"][0]["warnings"] == []
    # Said in another process: nothing here hears of it.
    queries.kept_inboxes()
    Inbox.objects.filter(id=inbox.id).update(settings={**inbox.settings, "authserv_id": "mx.shop.example"})
    arrive(headed(FAIL, message_id="<2@customers.example>", subject="Another"))
    assert shown(api)["messages"][0]["warnings"] == ["forged_sender"]


def test_a_forged_sender_is_marked_and_the_answer_goes_to_the_address_he_took(arrive: Call, api: Call) -> None:
    arrive(headed(FAIL, Reply_To="t@thief.example", Cc="c@thief.example"))
    opened = shown(api)
    message = opened["messages"][0]
    assert (message["warnings"], message["auth"]["verdict"], message["auth"]["policy"]) == (
        ["forged_sender"],
        "fail",
        "none",
    )
    assert [one["address"] for one in opened["reply_to"]["to"]] == [MAJA]
    assert opened["reply_to"]["cc"] == []
    answer = api("POST", f"/conversations/{opened['id']}/replies", {"text": "Hvala."})
    assert [one["address"] for one in answer.json()["to"]] == [MAJA]
    assert opened["customer_card"]["identities"][0]["proven"] is False


def test_an_honest_reply_to_is_answered(arrive: Call, api: Call) -> None:
    arrive(headed(PASS, Reply_To="home@customers.example"))
    assert [one["address"] for one in shown(api)["reply_to"]["to"]] == ["home@customers.example"]


def test_a_forger_changes_nothing_of_whom_he_names(arrive: Call, api: Call) -> None:
    arrive(headed(PASS, sender=MAJA))
    at = timezone.now() - timedelta(days=9)
    Customer.objects.update(last_contact_at=at)
    Identity.objects.update(undeliverable_kind="soft", undeliverable="full", proven_at=at, proofs=1)
    arrive(headed(FAIL, message_id="<2@customers.example>", sender=f"Mojca <{MAJA}>"))
    customer, identity = Customer.objects.get(), Identity.objects.get()
    assert (customer.name, customer.last_contact_at) == ("", at)
    assert (identity.undeliverable_kind, identity.proven_at, identity.proofs) == ("soft", at, 1)
    arrive(headed(PASS, message_id="<3@customers.example>"))
    customer, identity = Customer.objects.get(), Identity.objects.get()
    assert customer.name == "Maja Kos"
    assert customer.last_contact_at != at
    assert (identity.undeliverable_kind, identity.proofs) == ("", 2)


def test_the_name_in_a_forged_mail_names_nobody(arrive: Call, api: Call) -> None:
    arrive(headed(FAIL))
    assert Customer.objects.get().name == ""
    assert shown(api)["messages"][0]["author"]["name"] == "Maja Kos"


def test_a_batch_with_a_forged_and_a_true_mail_of_one_address(arrive: Call) -> None:
    arrive(headed(FAIL, sender=f"Eve <{MAJA}>"), headed(PASS, message_id="<2@customers.example>"))
    assert Customer.objects.get().name == "Maja Kos"
    assert Identity.objects.get().proofs == 1


def test_a_forged_mail_joins_a_thread_of_whom_it_names(arrive: Call, api: Call) -> None:
    """A forwarder that breaks signatures is the usual reason, and the answer goes to the true address anyway."""
    arrive(headed(PASS))
    arrive(headed(FAIL, message_id="<2@customers.example>", In_Reply_To="<1@customers.example>"))
    assert [len(shown(api)["messages"]), len(api("GET", "/conversations").json()["items"])] == [2, 1]


def test_a_forged_mail_joins_no_thread_of_somebody_else(arrive: Call, api: Call) -> None:
    arrive(headed(PASS))
    forged = headed(
        FAIL, sender="eva@customers.example", message_id="<2@x.example>", In_Reply_To="<1@customers.example>"
    )
    arrive(forged)
    assert len(api("GET", "/conversations").json()["items"]) == 2
    arrive(headed(PASS, message_id="<3@customers.example>", In_Reply_To="<1@customers.example>"))
    counts = sorted(one["message_count"] for one in api("GET", "/conversations").json()["items"])
    assert counts == [1, 2]


def test_a_forged_mail_joins_nothing_by_a_number_in_its_subject(arrive: Call, api: Call) -> None:
    arrive(headed(PASS))
    number = shown(api)["id"]
    arrive(headed(FAIL, message_id="<2@customers.example>", subject=f"Re: [#{number}] Kje je moj paket?"))
    assert [one["message_count"] for one in api("GET", "/conversations").json()["items"]] == [1, 1]
    arrive(headed(PASS, message_id="<3@customers.example>", subject=f"Re: [#{number}] Kje je moj paket?"))
    assert sorted(one["message_count"] for one in api("GET", "/conversations").json()["items"]) == [1, 2]


def test_a_forged_mail_of_the_same_batch_joins_nobody_else(arrive: Call, api: Call) -> None:
    arrive(
        headed(PASS),
        headed(FAIL, sender="eva@customers.example", message_id="<2@x.example>", In_Reply_To="<1@customers.example>"),
        headed(PASS, message_id="<3@customers.example>", In_Reply_To="<1@customers.example>"),
    )
    counts = sorted(one["message_count"] for one in api("GET", "/conversations").json()["items"])
    assert counts == [1, 2]


def test_an_address_that_is_usually_proven_and_suddenly_is_not_counts_as_forged(arrive: Call, api: Call) -> None:
    arrive(headed(PASS))
    Identity.objects.update(proofs=3, proven_at=timezone.now() - timedelta(days=5))
    arrive(headed(NONE, message_id="<2@customers.example>"))
    message = shown(api)["messages"][-1]
    assert (message["warnings"], message["auth"]["unusual"]) == (["forged_sender"], True)
    Identity.objects.update(proven_at=timezone.now() - timedelta(days=100))
    arrive(headed(NONE, message_id="<3@customers.example>"))
    assert shown(api)["messages"][-1]["warnings"] == []


def test_somebody_who_never_had_a_proof_is_no_forger_without_one(arrive: Call, api: Call) -> None:
    arrive(headed(NONE))
    opened = shown(api)
    assert (opened["messages"][0]["warnings"], opened["messages"][0]["auth"]["verdict"]) == ([], "none")
    assert opened["customer"]["name"] == "Maja Kos"


def test_what_cannot_be_found_out_is_neither(arrive: Call, api: Call) -> None:
    Identity.objects.update(proofs=9, proven_at=timezone.now())
    arrive(mail())
    opened = shown(api)
    assert (opened["messages"][0]["warnings"], opened["messages"][0]["auth"]["verdict"]) == ([], "unknown")


def test_proofs_are_counted_once_an_hour(arrive: Call) -> None:
    arrive(headed(PASS))
    arrive(headed(PASS, message_id="<2@customers.example>"))
    assert Identity.objects.get().proofs == 1
    Identity.objects.update(proven_at=timezone.now() - timedelta(hours=2))
    arrive(headed(PASS, message_id="<3@customers.example>"))
    assert Identity.objects.get().proofs == 2


def test_without_a_trusted_server_nobody_is_believed(arrive: Call, api: Call, inbox: InboxRecord) -> None:
    channels.change_inbox(inbox.id, settings={})
    arrive(headed(PASS), headed(FAIL, message_id="<2@customers.example>", sender="eva@customers.example"))
    for number in (0, 1):
        message = shown(api, number)["messages"][0]
        assert (message["auth"], message["warnings"]) == (None, [])


@pytest.fixture
def names(inbox: InboxRecord, monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """The inbox trusts no server, and whoever is asked about senders is here."""
    channels.change_inbox(inbox.id, settings={})
    known = Names()
    known.txt("_dmarc.customers.example", "v=DMARC1; p=quarantine")
    known.txt("customers.example", "v=spf1 ip4:5.9.7.7 -all")
    lookups.forget()
    with serving(known) as resolver:
        monkeypatch.setattr(lookups, "resolver", lambda: resolver)
        yield known
    lookups.forget()


def test_a_mail_right_from_the_internet_is_checked_by_ourselves(api: Call, inbox: InboxRecord, names: Names) -> None:
    envelope = {"transport": "smtp", "peer": "5.9.7.7", "helo": "x.example", "sender": MAJA}
    channels.receive(inbox.id, "", envelope, mail(subject="true"))
    claiming = headed(PASS, message_id="<2@customers.example>", subject="forged")
    channels.receive(inbox.id, "", {**envelope, "peer": "5.9.8.8"}, claiming)
    relayed = mail(message_id="<3@customers.example>", subject="relayed")
    channels.receive(inbox.id, "", {**envelope, "peer": "10.1.1.1"}, relayed)
    inbound.run_batch()
    messages = {one["subject"]: one for one in (shown(api, number)["messages"][0] for number in range(3))}
    assert {subject: (one["auth"] or {}).get("verdict") for subject, one in messages.items()} == {
        "true": "pass",
        "forged": "fail",
        "relayed": None,
    }
    forged = messages["forged"]
    assert (forged["warnings"], forged["auth"]["by"], forged["auth"]["policy"]) == (
        ["forged_sender"],
        "Pult",
        "quarantine",
    )


def test_mails_are_written_however_slow_the_names_are(
    api: Call, inbox: InboxRecord, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "CHECK_SECONDS", 0.2)
    names.deaf = True
    for number in range(20):
        sender = f"a@d{number}.example"
        body = mail(message_id=f"<{number}@x.example>", sender=sender)
        channels.receive(inbox.id, "", {"transport": "smtp", "peer": "5.9.7.7", "sender": sender}, body)
    assert inbound.run_batch() == 20
    assert len(api("GET", "/conversations").json()["items"]) == 20
    message = shown(api)["messages"][0]
    assert (message["auth"]["verdict"], message["warnings"]) == ("unknown", [])
