"""Contracts that connectors inherit, and a stand-in for their shops to begin with."""

from pult.commerce.testing.acting import ELSEWHERE, PLACE, ActingShopContract
from pult.commerce.testing.contract import (
    AT,
    MANY,
    ODD_TEXT,
    AskedShopContract,
    ListeningShopContract,
    ShopContract,
    StandIn,
    an_order,
    kept,
)
from pult.commerce.testing.local import WAIT, Answer, Asked, LocalShop

__all__ = [
    "AT",
    "ELSEWHERE",
    "MANY",
    "ODD_TEXT",
    "PLACE",
    "WAIT",
    "ActingShopContract",
    "Answer",
    "Asked",
    "AskedShopContract",
    "ListeningShopContract",
    "LocalShop",
    "ShopContract",
    "StandIn",
    "an_order",
    "kept",
]
