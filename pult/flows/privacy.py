"""A person's data through every room: a copy of all of it, and the end of all of it (GDPR, articles 15, 17, 20)."""

from __future__ import annotations

from collections.abc import Collection

from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.channels import actions as channels
from pult.commerce import act_queries
from pult.commerce import actions as commerce
from pult.commerce import queries as commerce_queries
from pult.conversations import actions as conversations
from pult.customers import actions as customers
from pult.customers import queries as customers_queries
from pult.customers.errors import CustomerNotFound
from pult.platform import erasures


def export(customer_id: int, *, store_ids: Collection[int] | None = None) -> dict[str, object]:
    """Return everything Pult holds of a person as plain data; with `store_ids`, the conversations of these only.

    Raises CustomerNotFound.
    """
    person = customers_queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    return {
        "customer": customers_queries.export(person.id),
        "conversations": conversations.export(person.all_ids, store_ids=store_ids),
        "orders": commerce_queries.export(person.all_ids, store_ids=store_ids),
        "done_in_shops": act_queries.export(person.all_ids, store_ids=store_ids),
        "read_by": [line for row in person.all_ids for line in accounts_queries.export(row)],
    }


def erase(customer_id: int, *, actor: str = "system") -> None:
    """Forget a person everywhere, and write down that it was done, so that a restored backup forgets again.

    Raises CustomerNotFound.
    """
    person = customers_queries.customer(customer_id)
    if person is None:
        raise CustomerNotFound
    erasures.record("customer", person.id)
    _erase(person.id, actor)


def _erase(customer_id: int, actor: str = "system") -> None:
    person = customers_queries.customer(customer_id)
    if person is None:
        return
    commerce.erase(person.all_ids)
    channels.erase(conversations.erase(person.all_ids))
    for row in person.all_ids:
        accounts.erase(row)
    customers.erase(person.id, actor=actor)


erasures.register("customer", _erase)
