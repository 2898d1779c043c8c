"""Which conversation a mail belongs to."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from pult.accounts import actions as accounts
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels.base import Address, InboundMessage
from pult.channels.queries import InboxRecord
from pult.conversations import actions as conversations
from pult.conversations import queries
from pult.conversations.actions import threading as threads
from pult.conversations.filters import Filters
from pult.flows import inbound
from pult.flows.tests.conftest import mail

pytestmark = pytest.mark.django_db(databases="__all__")


racing = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has one writer, and in memory no second one; its gate is tried by processes in platform",
)


def take(inbox: InboxRecord, *messages: InboundMessage) -> list[int]:
    return inbound.take_messages([(inbox, message, False) for message in messages])


def said(external_id: str = "", *references: str, text: str = "Dober dan", sender: str = "a@customers.example") -> Any:
    return InboundMessage(
        sender=Address(sender), external_id=external_id, references=references, text=text, reply=text, subject="Paket"
    )


def test_a_reply_and_its_parent_in_one_batch_are_one_conversation(inbox: InboxRecord) -> None:
    first, second = take(inbox, said("1@x"), said("2@x", "1@x", text="Še kaj?"))
    assert first == second


def test_a_reply_that_arrives_before_its_parent_waits_for_it_in_one_conversation(inbox: InboxRecord) -> None:
    (reply,) = take(inbox, said("2@x", "1@x", text="Še kaj?"))
    (parent,) = take(inbox, said("1@x"))
    assert reply == parent


def test_mails_without_an_id_join_nothing(inbox: InboxRecord) -> None:
    one, two = take(inbox, said(""), said("", text="Nekaj drugega"))
    (three,) = take(inbox, said("", text="Tretje"))
    assert len({one, two, three}) == 3


def test_an_id_used_again_for_something_else_loses_nothing_and_joins_nothing(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x", text="Prvo"))
    (second,) = take(inbox, said("1@x", text="Drugo", sender="b@customers.example"))
    assert first != second
    assert [m.text for m in queries.messages_before(second, before=None)] == ["Drugo"]


def test_the_same_mail_again_is_one_message(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    again, twin = take(inbox, said("1@x"), said("1@x"))
    assert first == again == twin
    assert len(queries.messages_before(first, before=None)) == 1


def test_the_same_mail_twice_in_one_batch_is_one_message(inbox: InboxRecord) -> None:
    first, second = take(inbox, said("1@x"), said("1@x"))
    assert first == second
    assert len(queries.messages_before(first, before=None)) == 1


def test_a_number_in_the_subject_joins_only_who_takes_part(inbox: InboxRecord) -> None:
    def writes(sender: str, number: int, **changes: Any) -> int:
        (taken,) = take(inbox, dataclasses.replace(said("", sender=sender), subject_number=number, **changes))
        return taken

    (first,) = take(
        inbox,
        dataclasses.replace(said("1@x"), cc=[Address("Sister@customers.example")]),
        said("2@x", sender="c@c.example"),
    )[:1]
    assert writes("a@customers.example", first) == first, "whose matter it is"
    assert writes("sister@customers.example", first, text="Še jaz") == first, "who was written to in it"
    assert writes("stranger@elsewhere.example", first, text="Kaj pa jaz") != first, "anybody can write a number"
    assert writes("", first, text="Brez pošiljatelja") != first
    assert writes("a@customers.example", 999_999, text="Ni takega") != first
    other = take(inbox, said("3@x", sender="b@customers.example"))[0]
    (answer,) = take(inbox, dataclasses.replace(said("4@x", "1@x", text="Torej"), subject_number=other))
    assert answer == first, "what it refers to counts before a number"


def test_a_number_joins_nothing_in_another_store_nor_long_after_closing(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    again = dataclasses.replace(said("2@x", text="Po dolgem času"), subject_number=first)
    conversations.change(conversation_id=first, changes=conversations.Changes(status="closed"), actor="system")
    with connection.cursor() as cursor:
        old = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=40))
        cursor.execute("UPDATE conversations_conversation SET closed_at = %s", [old])
    assert take(inbox, again) != [first]
    store = accounts.create_store(SYSTEM, name="Druga", language="hr")
    made = channels.create_inbox(store_id=store.id, channel="email", name="Drugi", address="x@other.example")
    (there,) = take(channels_queries.inbox(made), dataclasses.replace(again, external_id="3@x"))
    assert there != first


def test_a_message_id_of_another_store_joins_nothing_there(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    other = accounts.create_store(SYSTEM, name="Druga", language="hr")
    other_inbox = channels_queries.inbox(
        channels.create_inbox(store_id=other.id, channel="email", name="Drugi", address="x@other.example")
    )
    (second,) = take(other_inbox, said("2@x", "1@x"))
    assert first != second


def test_a_reply_to_a_closed_conversation_reopens_it(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    conversations.change(conversation_id=first, changes=conversations.Changes(status="closed"), actor="system")
    (second,) = take(inbox, said("2@x", "1@x", text="Še vedno ni nič"))
    assert first == second
    assert queries.items([first], staff_id=None)[0].status == "open"


def test_an_automatic_answer_does_not_reopen(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    conversations.change(conversation_id=first, changes=conversations.Changes(status="closed"), actor="system")
    absent = InboundMessage(
        sender=Address("a@customers.example"), external_id="2@x", references=["1@x"], text="Odsoten", kind="auto_reply"
    )
    take(inbox, absent)
    assert queries.items([first], staff_id=None)[0].status == "closed"


def test_a_reply_long_after_closing_begins_a_new_conversation(inbox: InboxRecord) -> None:
    (first,) = take(inbox, said("1@x"))
    conversations.change(conversation_id=first, changes=conversations.Changes(status="closed"), actor="system")
    with connection.cursor() as cursor:
        old = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=40))
        cursor.execute("UPDATE conversations_conversation SET closed_at = %s", [old])
    (second,) = take(inbox, said("2@x", "1@x", text="Po dolgem času"))
    assert first != second
    (third,) = take(inbox, said("3@x", "1@x", "2@x", text="In še"))
    assert third == second


def test_a_payload_taken_twice_is_written_once(inbox: InboxRecord) -> None:
    channels.receive(inbox.id, "x", {}, mail())
    (payload,) = channels.claim(1)
    inbound._write([inbound._read(inbox, payload)])  # type: ignore[list-item]
    with pytest.raises(inbound.Overtaken):
        inbound._write([inbound._read(inbox, payload)])  # type: ignore[list-item]
    (item,) = queries.conversations(Filters(), store_ids=[inbox.store_id], staff_id=None, reader=None).items
    assert item.message_count == 1


def test_a_card_number_reaches_no_table(inbox: InboxRecord, arrive: Any) -> None:
    arrive(mail(text="Moja kartica je 4111 1111 1111 1111, hvala."))
    (hit,) = queries.search(
        "kartica",
        Filters(),
        store_ids=frozenset({inbox.store_id}),
        staff_id=None,
        all_stores=True,
    ).items
    (message,) = queries.messages_before(hit.id, before=None)
    assert "4111" not in message.text
    assert message.masked
    payload = channels_queries.payload(1) or channels_queries.payload(2)
    assert payload is None or b"4111 1111 1111 1111" not in payload.body


@racing
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_two_first_mails_of_one_thread_at_once_make_one_conversation(inbox: InboxRecord) -> None:
    ready = threading.Barrier(4)
    found: list[int] = []

    def race(number: int) -> None:
        try:
            ready.wait(timeout=20)
            found.extend(
                take(inbox, said(f"{number}@x", "root@x", text=f"Odgovor {number}", sender=f"{number}@c.example"))
            )
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(queries.messages_before(found[0], before=None)) == 4


@racing
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_one_new_sender_in_four_mails_at_once_is_one_customer(inbox: InboxRecord) -> None:
    ready = threading.Barrier(4)
    found: list[int] = []

    def race(number: int) -> None:
        try:
            ready.wait(timeout=20)
            (conversation_id,) = take(inbox, said(f"{number}@x", text=f"Mail {number}"))
            found.append(queries.items([conversation_id], staff_id=None)[0].customer.id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_message_twice_in_a_batch_that_lost_a_race_is_taken_once(
    inbox: InboxRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    (standing,) = take(inbox, said("2@x", "1@x"))
    # The other batch commits between the look and the claim of the thread's key.
    monkeypatch.setattr(threads, "_look", lambda *_: threads._Known({}, {}, {}))
    reply = said("3@x", "1@x", text="Hm")
    assert take(inbox, reply, said("4@x", "3@x", text="Pa še to"), reply) == [standing] * 3
    assert len(queries.messages_before(standing, before=None)) == 3


@racing
@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.parametrize("again", range(5))
def test_one_mail_to_two_inboxes_at_once_is_one_message(inbox: InboxRecord, store: Any, again: int) -> None:
    other = channels.create_inbox(store_id=store.id, channel="email", name="Prodaja", address="prodaja@shop.example")
    ready = threading.Barrier(2)
    found: list[int] = []

    def race(to: InboxRecord) -> None:
        try:
            ready.wait(timeout=20)
            with transaction.atomic():
                found.extend(take(to, said(f"{again}@x")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=race, args=(to,)) for to in (inbox, channels_queries.inbox(other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 2
    assert len(set(found)) == 1
    assert len(queries.messages_before(found[0], before=None)) == 1
