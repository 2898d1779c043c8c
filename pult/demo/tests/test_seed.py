"""Seeding an empty Pult."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from pult.accounts.models import Staff, Store, Team
from pult.channels.models import Inbox
from pult.conversations.models import Conversation, Message, ReadMark, Tag
from pult.customers.models import Customer
from pult.demo import seed
from pult.platform.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.program]

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
PASSWORD = "a long and dull password"


def test_the_whole_shop_is_seeded_in_good_time() -> None:
    assert seed.is_empty()
    began = time.process_time()
    made = seed.seed(PASSWORD, now=NOW)
    took = time.process_time() - began

    assert not seed.is_empty()
    assert made.conversations == Conversation.objects.count() == 1_200
    assert made.messages == Message.objects.count()
    assert Customer.objects.count() == 300
    assert (Store.objects.count(), Inbox.objects.count(), Staff.objects.count(), Team.objects.count()) == (2, 10, 8, 3)
    assert Tag.objects.count() == 20
    assert took < 15

    unread = Conversation.objects.filter(status="closed", last_direction="in").count()
    assert ReadMark.objects.count() == unread * 8
    assert not Job.objects.exists()


def test_mailboxes_send_through_the_catch_all_server() -> None:
    seed.set_up_desk(PASSWORD)
    seed.post_through(2662)
    seed.post_through(2663)

    for inbox in Inbox.objects.filter(channel="email"):
        assert inbox.settings == {"smtp_host": "127.0.0.1", "smtp_port": 2663, "smtp_tls": "none"}
