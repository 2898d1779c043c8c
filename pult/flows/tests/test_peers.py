"""What users of other help desks report about mail, line by line, and how Pult does it.

The other lines: mail older than a day after an outage of IMAP is
channels/tests/test_mailservers.py::test_after_an_outage_everything_since_is_read_however_old (Chatwoot 10429); mail
parked because of its encoding (Zammad 795, 2200, 2227) is channels/tests/test_corpus.py and test_hostile_mail.py; an
import that mails everybody (Frappe Helpdesk 2433) is
flows/tests/test_history.py::test_an_import_is_announced_to_nobody_but_a_new_tag_to_the_open_screens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pult.channels import actions as channels
from pult.channels.adapters.email import tokens
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows.tests.conftest import MAILBOX, mail

pytestmark = pytest.mark.django_db(databases="__all__")
Call = Callable[..., Any]


def conversations(api: Call) -> list[dict[str, Any]]:
    """Return the list, newest first."""
    items: list[dict[str, Any]] = api("GET", "/conversations").json()["items"]
    return items


def reply_to(api: Call, conversation_id: int) -> tuple[set[str], set[str]]:
    found = api("GET", f"/conversations/{conversation_id}").json()["reply_to"]
    return {a["address"] for a in found["to"]}, {a["address"] for a in found["cc"]}


def answered(api: Call, conversation_id: int) -> dict[str, Any]:
    """Answer and return the answer."""
    message: dict[str, Any] = api("POST", f"/conversations/{conversation_id}/replies", {"text": "Na poti."}).json()
    return message


def our_address(conversation_id: int, message_id: int) -> str:
    """Return the signed address of one of our messages."""
    local, _, domain = MAILBOX.partition("@")
    return f"{local}+{tokens.make(conversation_id, message_id)}@{domain}"


@pytest.mark.parametrize("header", ["To", "Cc", "Bcc", "Delivered_To", "X_Original_To", "Envelope_To"])
def test_a_reply_with_our_reply_address_anywhere_is_kept_and_joins(
    opened: int, api: Call, arrive: Call, header: str
) -> None:
    """Chatwoot 15365: a reply is silently thrown away when the reply address is in Cc."""
    sent = answered(api, opened)
    there = our_address(opened, sent["id"])
    reply = mail(subject="Nova zadeva", message_id="<2@customers.example>").replace(
        f"To: {MAILBOX}".encode(), b"To: nekdo@elsewhere.example"
    )
    # As a mailbox read by IMAP has it: nobody knows the recipients of the envelope.
    arrive(f"{header.replace('_', '-')}: {there}\n".encode() + reply)
    (item,) = conversations(api)
    assert (item["id"], item["message_count"]) == (opened, 3)
    to, cc = reply_to(api, opened)
    assert there not in to | cc, "nobody writes to himself"


def test_a_note_keeps_the_cc(arrive: Call, api: Call) -> None:
    """Chatwoot 15193: a reply goes to the latest message's recipients and a private note wipes the Cc."""
    arrive(mail(Cc="sosed@customers.example"))
    (item,) = conversations(api)
    before = reply_to(api, item["id"])
    assert before == ({"maja@customers.example"}, {"sosed@customers.example"})
    api("POST", f"/conversations/{item['id']}/notes", {"text": "Kličem dostavo."})
    assert reply_to(api, item["id"]) == before
    assert [a["address"] for a in answered(api, item["id"])["cc"]] == ["sosed@customers.example"]
    assert reply_to(api, item["id"]) == before


def test_further_recipients_are_kept(arrive: Call, api: Call) -> None:
    """Chatwoot 15394: extra To recipients are dropped."""
    arrive(
        mail().replace(f"To: {MAILBOX}".encode(), f"To: {MAILBOX}, Sin <sin@customers.example>, b@x.example".encode())
    )
    (item,) = conversations(api)
    message = answered(api, item["id"])
    assert {a["address"] for a in [*message["to"], *message["cc"]]} == {
        "maja@customers.example",
        "sin@customers.example",
        "b@x.example",
    }


def test_nobody_is_added_by_himself(opened: int, arrive: Call, api: Call) -> None:
    """Chatwoot utils 69: a third person is put in Cc by itself. Who is not on the last mail stays out."""
    arrive(
        mail(
            sender="Tretji <tretji@elsewhere.example>",
            message_id="<2@x>",
            In_Reply_To="<1@customers.example>",
            text="Jaz",
        )
    )
    arrive(mail(message_id="<3@customers.example>", In_Reply_To="<1@customers.example>", text="Spet jaz"))
    assert conversations(api)[0]["message_count"] == 3
    assert reply_to(api, opened) == ({"maja@customers.example"}, set())
    message = answered(api, opened)
    assert (message["cc"], message["bcc"]) == ([], [])


@pytest.mark.parametrize("message_id", ["", "<>", "< >"])
def test_an_empty_message_id_joins_nothing(arrive: Call, api: Call, message_id: str) -> None:
    """Libredesk 122: an empty Message-ID funnels all mail into one conversation."""
    for number in range(3):
        body = mail(text=f"Sporočilo {number}", sender=f"{number}@customers.example")
        arrive(body.replace(b"Message-ID: <1@customers.example>", f"Message-ID: {message_id}".encode()))
    assert [item["message_count"] for item in conversations(api)] == [1, 1, 1]


def test_replies_of_apple_mail_stay_together(opened: int, arrive: Call, api: Call) -> None:
    """Libredesk 176: Apple Mail replies split. It names every message before, folded, and its own of another domain."""
    arrive(
        mail(
            subject="Re: Kje je moj paket?",
            message_id="<5EF92182-3261-44C7-9835-E8A922AB4976@icloud.example>",
            In_Reply_To="<1@customers.example>",
            References="<0@elsewhere.example>\t<1@customers.example>",
            X_Mailer="Apple Mail (2.3731.700.6)",
        ),
        mail(
            subject="Fwd: nekaj drugega",
            message_id="<485376C9-2486-4351-B932-E2010998F579@icloud.example>",
            In_Reply_To="<5EF92182-3261-44C7-9835-E8A922AB4976@icloud.example>",
        ),
    )
    assert [(item["id"], item["message_count"]) for item in conversations(api)] == [(opened, 3)]


def test_in_reply_to_alone_joins(opened: int, arrive: Call, api: Call) -> None:
    """django-helpdesk 756: In-Reply-To ignored."""
    arrive(mail(subject="Druga zadeva", message_id="<2@customers.example>", In_Reply_To="<1@customers.example>"))
    assert [(item["id"], item["message_count"]) for item in conversations(api)] == [(opened, 2)]


def test_who_quotes_a_number_does_not_join_anothers_conversation(opened: int, arrive: Call, api: Call) -> None:
    """Zammad 5064: anyone who quotes a ticket number joins another customer's ticket."""
    arrive(
        mail(
            subject=f"Re: [#{opened}] Kje je moj paket?",
            text=f"Gre za [#{opened}].",
            sender="tujec@elsewhere.example",
            message_id="<2@elsewhere.example>",
        )
    )
    assert len(conversations(api)) == 2


def test_two_inboxes_copied_is_one_message(inbox: InboxRecord, store: Any, api: Call) -> None:
    """Zammad 4485: two inboxes copied, twice in the list."""
    other = channels.create_inbox(store_id=store.id, channel="email", name="Prodaja", address="prodaja@shop.example")
    body = mail(Cc="prodaja@shop.example")
    for inbox_id in (inbox.id, other):
        channels.receive(inbox_id, f"{inbox_id}", {"sender": "maja@customers.example"}, body)
        inbound.run_batch(10)
    (item,) = conversations(api)
    assert item["message_count"] == 1
    assert reply_to(api, item["id"]) == ({"maja@customers.example"}, set())


def test_unrelated_mail_is_never_one(arrive: Call, api: Call) -> None:
    """FreeScout 4958: unrelated mail merged or dropped as duplicate. The same words, subject and id are no reason."""
    arrive(
        mail(subject="Naročilo", text="Pozdravljeni", message_id="<1@x>"),
        mail(subject="Naročilo", text="Pozdravljeni", message_id="<2@x>", sender="drugi@customers.example"),
        mail(subject="Naročilo", text="Pozdravljeni", message_id="<3@x>"),
        mail(subject="Naročilo", text="Nekaj drugega", message_id="<1@x>", sender="tretji@customers.example"),
    )
    assert [item["message_count"] for item in conversations(api)] == [1, 1, 1, 1]


def test_automatic_replies_end_with_themselves(opened: int, arrive: Call, api: Call) -> None:
    """FreeScout 3670: auto-reply loops. A machine's mail reopens nothing, and none of ours leaves because of it; see
    also channels/adapters/email/test_loops.py."""
    api("PATCH", f"/conversations/{opened}", {"status": "closed"})
    for number in range(20):
        arrive(
            mail(
                subject="Re: Odsoten sem",
                message_id=f"<odsoten-{number}@customers.example>",
                In_Reply_To="<1@customers.example>",
                Auto_Submitted="auto-replied",
            )
        )
    (item,) = conversations(api)
    assert item["status"] == "closed"
    messages = api("GET", f"/conversations/{opened}").json()["messages"]
    assert {(one["direction"], one["kind"]) for one in messages} == {("in", "person"), ("in", "auto_reply")}


def test_addresses_in_letters_are_shown_and_answered(arrive: Call, api: Call) -> None:
    """A domain that travels as xn-- is read in letters, and an answer goes where it was."""
    wire = "čevlji.si".encode("idna").decode()
    arrive(mail(sender=f"Žana <zana@{wire}>", Cc=f"Sosed <sosed@{wire}>"))
    (item,) = conversations(api)
    message = answered(api, item["id"])
    assert [a["address"] for a in message["to"]] == ["zana@čevlji.si"]
    assert [a["address"] for a in message["cc"]] == ["sosed@čevlji.si"]
