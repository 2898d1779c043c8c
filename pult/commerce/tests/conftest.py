"""A store with a connected shop, and orders as a connector gives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pult.accounts import queries as accounts
from pult.commerce import actions, base
from pult.flows.tests.conftest import _forgetful, agent, api, inbox, person, store

__all__ = ["_forgetful", "agent", "api", "inbox", "person", "store"]
AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)

Ordered = Callable[..., base.Order]


@pytest.fixture
def shop_id(store: accounts.StoreInfo) -> int:
    return actions.connect(store_id=store.id, connector="csv", name="Trgovina")


def ordered(number: str = "1001", *, hours: int = 0, **changes: Any) -> base.Order:
    """An order of one lamp for 49.90 and 4.00 postage, placed at AT and changed so many hours later."""
    lamp = base.Line(id="1", title="Namizna svetilka", quantity=1, price=4990, total=4990, sku="LAMP-7", product_id="7")
    fields: dict[str, Any] = {
        "id": f"o{number}",
        "number": number,
        "placed_at": AT,
        "changed_at": AT + timedelta(hours=hours),
        "currency": "EUR",
        "total": 5390,
        "shipping": 400,
        "payment": "paid",
        "fulfilment": "none",
        "buyer": base.Buyer(id="b1", email="maja@customers.example", phone="+386 40 123 456", name="Maja Kos"),
        "ship_to": base.Place(name="Maja Kos", lines=["Trubarjeva 1"], postcode="1000", city="Ljubljana", country="SI"),
        "lines": [lamp],
        **changes,
    }
    return base.Order(**fields)
