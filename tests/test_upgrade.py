"""An upgrade: a database of every room's first migration, with data in it, is brought to the newest and works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from pult.accounts import queries as accounts
from pult.conversations import queries as conversations
from pult.customers import queries as customers
from pult.platform import events

ROOMS = ("platform", "accounts", "channels", "customers", "conversations")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True, databases="__all__")


@pytest.fixture
def at_first() -> Iterator[Any]:
    """The program's models as of every room's first migration, with the database in that state."""
    executor = MigrationExecutor(connection)
    executor.migrate([(room, "0001_initial") for room in ROOMS])
    yield executor.loader.project_state([(room, "0001_initial") for room in ROOMS]).apps
    call_command("migrate", verbosity=0, interactive=False)


def fill(apps: Any) -> int:
    """Write a shop with one conversation in the old tables; return the conversation's id."""
    store = apps.get_model("accounts", "Store").objects.create(name="Stara", language="sl")
    inbox = apps.get_model("channels", "Inbox").objects.create(
        store_id=store.id, channel="email", name="Info", address="info@example.com", settings={"password": "geslo"}
    )
    customer = apps.get_model("customers", "Customer").objects.create(name="Živa Čeh", created_at=NOW)
    apps.get_model("customers", "Identity").objects.create(
        customer_id=customer.id, kind="email", value="ziva@example.com", created_at=NOW
    )
    conversation = apps.get_model("conversations", "Conversation").objects.create(
        store_id=store.id,
        inbox_id=inbox.id,
        channel="email",
        customer_id=customer.id,
        customer_name="Živa Čeh",
        subject="Zamenjava čevljev",
        last_message_at=NOW,
        message_count=1,
        created_at=NOW,
    )
    message = apps.get_model("conversations", "Message").objects.create(
        conversation_id=conversation.id,
        inbox_id=inbox.id,
        direction="in",
        text="Čevlji so premajhni.",
        customer_id=customer.id,
        created_at=NOW,
    )
    conversation.last_message_id = message.id
    conversation.save()
    return int(conversation.id)


def test_what_was_written_before_an_upgrade_is_there_after_it_and_life_goes_on(at_first: Any) -> None:
    conversation_id = fill(at_first)

    call_command("migrate", verbosity=0, interactive=False)

    stores = [store.id for store in accounts.stores()]
    detail = conversations.detail(
        conversation_id, store_ids=stores, staff_id=None, own_addresses=frozenset(), reader=None
    )
    assert detail is not None
    assert [message.text for message in detail.messages] == ["Čevlji so premajhni."]
    found = customers.customer(detail.item.customer.id)
    assert found is not None
    assert (found.name, [identity.value for identity in found.identities]) == ("Živa Čeh", ["ziva@example.com"])
    with transaction.atomic():
        events.append("conversation.changed", scope_id=detail.item.store_id, entity_id=conversation_id)
    events.sequence()
    assert [row.entity_id for row in events.read(0)] == [conversation_id]


def test_an_upgrade_of_an_up_to_date_database_changes_nothing() -> None:
    assert MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()) == []
