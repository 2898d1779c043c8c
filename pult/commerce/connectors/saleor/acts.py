"""What can be done in a shop of Saleor: which verb is whose."""

from __future__ import annotations

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    DraftOrder,
    GiveBack,
    Plan,
    Refused,
    Register,
    ShopInfo,
)
from pult.commerce.connectors.saleor import ordering, selling


def plan(shop: ShopInfo, act: Act) -> Plan:
    """Say what an act would do. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return ordering.plan_cancel(shop, act)
        case ChangeAddress():
            return ordering.plan_address(shop, act)
        case GiveBack():
            return ordering.plan_refund(shop, act)
        case AddNote():
            return ordering.plan_note(shop, act)
        case Discount():
            return selling.plan_discount(shop, act)
        case DraftOrder():
            return selling.plan_draft(shop, act)
        case Register():
            return selling.plan_register(shop, act)
        case _:
            raise Refused("not_possible")


def perform(shop: ShopInfo, act: Act, *, key: str) -> Done:
    """Do it once for a key. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return ordering.cancel(shop, act, key)
        case ChangeAddress():
            return ordering.change_address(shop, act)
        case GiveBack():
            return ordering.refund(shop, act, key)
        case AddNote():
            return ordering.note(shop, act, key)
        case Discount():
            return selling.discount(shop, act, key)
        case DraftOrder():
            return selling.draft(shop, act, key)
        case Register():
            return selling.register(shop, act, key)
        case _:
            raise Refused("not_possible")


def undo(shop: ShopInfo, act: Act, done: Done) -> Done:
    """Take it back. Raises Refused, ShopError."""
    if not done.undo:
        raise Refused("not_possible")
    match act:
        case ChangeAddress():
            return ordering.restore_address(shop, act, done.undo)
        case Discount():
            return selling.drop_discount(shop, done.undo)
        case _:
            raise Refused("not_possible")
