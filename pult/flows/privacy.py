"""A person's data through every room: a copy of all of it, and the end of all of it (GDPR, articles 15, 17, 20)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from contextlib import ExitStack
from typing import Any

import msgspec
from django.core import signing
from django.db import connections, transaction

from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.channels import actions as channels
from pult.commerce import act_queries
from pult.commerce import erasing as commerce
from pult.commerce import queries as commerce_queries
from pult.conversations import actions as conversations
from pult.customers import actions as customers
from pult.customers import proofs
from pult.customers import queries as customers_queries
from pult.customers.errors import CustomerNotFound, NotConfirmed
from pult.platform import erasures, forgetting, queue
from pult.spam import actions as spam

CONFIRM_WITHIN = 900
"""Seconds between seeing what would go and saying that it shall."""
_SALT = "pult.flows.privacy.erase"
Counts = dict[str, int]


class Preview(msgspec.Struct, frozen=True):
    """What an erasure would take, by kind, and what it would leave: what was sold for how much. `confirm` is what has
    to be said to do it, within CONFIRM_WITHIN and by the same person."""

    counts: Counts
    kept: list[commerce_queries.Worth]
    confirm: str


class _Only(Exception):
    """It was only to be seen what would be done."""


def export(customer_id: int, *, store_ids: Collection[int] | None = None) -> dict[str, object]:
    """Return everything Pult holds of a person as plain data; with `store_ids`, the conversations of these only.

    Raises CustomerNotFound.
    """
    person = customers_queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return {
        "customer": customers_queries.export(person.id),
        "consents": proofs.export(person.all_ids, store_ids=store_ids),
        "conversations": conversations.export(person.all_ids, store_ids=store_ids),
        "orders": commerce_queries.export(person.all_ids, store_ids=store_ids),
        "done_in_shops": act_queries.export(person.all_ids, store_ids=store_ids),
        "accounts": commerce_queries.accounts(person.all_ids, store_ids=store_ids),
        "read_by": [line for row in person.all_ids for line in accounts_queries.export(row)],
    }


def preview(customer_id: int, *, actor: str) -> Preview:
    """Return what erasing a person would take and leave. It is found by doing it and taking it back, so that nothing
    else is shown than what happens. Raises CustomerNotFound."""
    person = _person(customer_id)
    counts: Counts = {}
    kept = _kept(person.all_ids)
    try:
        with _whole():
            counts = _forget(person)
            raise _Only
    except _Only:
        pass
    return Preview(counts, kept, _signed(person.id, actor))


def confirmed(customer_id: int, *, actor: str, confirm: str) -> None:
    """Raise NotConfirmed unless this person was shown what goes, a moment ago."""
    try:
        said = signing.loads(confirm, salt=_SALT, max_age=CONFIRM_WITHIN)
    except signing.BadSignature as error:
        raise NotConfirmed from error
    if said != _said(customer_id, actor):
        raise NotConfirmed


def _signed(customer_id: int, actor: str) -> str:
    return signing.dumps(_said(customer_id, actor), salt=_SALT)


def _said(customer_id: int, actor: str) -> str:
    return hashlib.sha256(f"{customer_id} {actor}".encode()).hexdigest()[:24]


def erase(customer_id: int, *, actor: str = "system", cause: str = "request") -> Counts:
    """Forget a person everywhere, and write down that it was done, so that a restored backup forgets again.

    All of it or nothing is done. Returns how many of what went. Raises CustomerNotFound.
    """
    person = _person(customer_id)
    erasures.record("customer", person.id)
    return _erase(person, actor, cause)


def _person(customer_id: int) -> customers_queries.CustomerView:
    person = customers_queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return person


def _kept(customer_ids: Collection[int]) -> list[commerce_queries.Worth]:
    every = [store.id for store in accounts_queries.stores()]
    return commerce_queries.card(customer_ids, store_ids=every).worth


def _whole() -> ExitStack:
    """Return one transaction of every database there is: on SQLite the access log has one of its own."""
    stack = ExitStack()
    for alias in connections:
        stack.enter_context(transaction.atomic(using=alias))
    return stack


def _erase(person: customers_queries.CustomerView, actor: str, cause: str) -> Counts:
    kept = _kept(person.all_ids)
    with _whole():
        counts = _forget(person, actor)
        proofs.note_erasure(
            customer_id=person.id, actor=actor, cause=cause, counts=counts, kept=msgspec.to_builtins(kept)
        )
        queue.enqueue("search.settle", {}, key="search.settle", priority=-2)
    return counts


def _forget(person: customers_queries.CustomerView, actor: str = "system") -> Counts:
    """Do what every room does to forget, from the top down; return how many of what went."""
    told = customers_queries.addresses(person.all_ids) | commerce.addresses(person.all_ids)
    names = {person.name} if len(person.name) > 3 else set()
    said = conversations.erase(person.all_ids, told)
    spam.forget_messages(said.message_ids)
    bought = commerce.erase(person.all_ids, told)
    payloads = channels.erase(said.payload_ids) + channels.erase_holding(told)
    lines = sum(accounts.erase(row) for row in person.all_ids)
    errors = forgetting.forget_words(told, names)
    counts = proofs.erase(person.all_ids)
    customers.erase(person.id, actor=actor)
    return {
        **said.counts,
        "orders": bought.orders,
        "accounts": bought.accounts,
        "notices": bought.notices,
        "acts": bought.acts,
        "payloads": payloads,
        "log_lines": lines,
        "errors": errors,
        "identities": len(person.identities),
        **counts,
    }


def _again(customer_id: int) -> None:
    """Forget somebody once more whom a restored backup has brought back."""
    person = customers_queries.customer(customer_id)
    if person is not None:
        _erase(person, "system", "restore")


erasures.register("customer", _again)


def plain(value: Any) -> Any:
    """Return structs as plain data."""
    return msgspec.to_builtins(value)
