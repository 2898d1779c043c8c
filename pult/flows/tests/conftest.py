"""A small shop with one mailbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from pult.accounts import access
from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.channels import registry
from pult.channels.base import InboundMessage, Raw
from pult.channels.queries import InboxRecord
from pult.flows import inbound
from pult.flows.tests.mails import MAILBOX as MAILBOX
from pult.flows.tests.mails import mail as mail
from pult.flows.tests.spam_mail import HAM, SPAM, numbered
from pult.spam import actions as spam_actions
from pult.spam import queries as spam_queries


@pytest.fixture(autouse=True)
def _forgetful(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    access.forget()
    spam_queries.forget()
    yield
    access.forget()
    spam_queries.forget()


@pytest.fixture
def store(db: None) -> accounts_queries.StoreInfo:
    cache.clear()
    return accounts.create_store(SYSTEM, name="Trgovina", language="sl")


@pytest.fixture
def inbox(store: accounts_queries.StoreInfo) -> InboxRecord:
    inbox_id = channels.create_inbox(store_id=store.id, channel="email", name="Pomoč", address=MAILBOX)
    return channels_queries.inbox(inbox_id)


@pytest.fixture
def agent(store: accounts_queries.StoreInfo) -> accounts_queries.StaffInfo:
    return accounts.create_staff(SYSTEM, email="ana@shop.example", name="Ana Novak", store_ids=[store.id])


Api = Callable[..., Any]


def asking(secret: str) -> Api:
    """Return how one asks the API with a token: call(method, path, body, Header=value) -> the answer."""
    client = Client()

    def call(method: str, path: str, body: object = None, **headers: str) -> Any:
        return client.generic(
            method,
            f"/api/v1{path}",
            data="" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", **headers},
        )

    return call


@pytest.fixture
def api(agent: accounts_queries.StaffInfo) -> Api:
    """api(method, path, body) -> the answer, asked with the agent's token."""
    return asking(accounts.issue_token(SYSTEM, staff_id=agent.id, name="t", scopes=["read", "write"]).secret)


@pytest.fixture
def person(store: accounts_queries.StoreInfo) -> Callable[..., tuple[int, Api]]:
    """person(name, role) -> somebody else of the same store (or of `store_id`), and how that one asks the API."""

    def make(name: str, role: str = "agent", store_id: int | None = None) -> tuple[int, Api]:
        made = accounts.create_staff(
            SYSTEM, email=f"{name.lower()}@shop.example", name=name, role=role, store_ids=[store_id or store.id]
        )
        scopes = ["read", "write", *(["admin"] if role == "admin" else [])]
        return made.id, asking(accounts.issue_token(SYSTEM, staff_id=made.id, name="t", scopes=scopes).secret)

    return make


@pytest.fixture
def arrive(inbox: InboxRecord) -> Callable[..., None]:
    """arrive(mail bytes): take in and work through it."""

    def take(*bodies: bytes) -> None:
        for body in bodies:
            channels.receive(inbox.id, "", {"sender": "maja@customers.example"}, body)
        inbound.run_batch(100)

    return take


@pytest.fixture
def opened(arrive: Callable[..., None], api: Api) -> int:
    """A conversation with one mail in it."""
    arrive(mail())
    return int(api("GET", "/conversations").json()["items"][0]["id"])


@pytest.fixture
def trained(inbox: InboxRecord) -> None:
    """The filter has learned as much as it needs."""
    adapter = registry.adapter(inbox.channel)
    for index in range(2 * spam_queries.ENOUGH):
        bad = index % 2 == 0
        body = numbered(SPAM if bad else HAM, index // 2)
        (message,) = adapter.parse(inbox.info(), Raw(body, {}, timezone.now()))
        assert isinstance(message, InboundMessage)
        assert spam_actions.learn(message_id=1_000_000 + index, message=message, spam=bad)
    known = spam_queries.learned()
    assert (known.spam, known.ham) == (spam_queries.ENOUGH, spam_queries.ENOUGH)
