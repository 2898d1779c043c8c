"""Acting in a shop of Shopify.

The key of an act stays in the shop: in the staff note of a cancellation, in the note of a refund (which carries it as
idempotency key as well), in the title of a discount, as a tag of a draft order or customer, and for changes of an order
in its metafield `pult.acts`. It is looked for before anything is done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pult.commerce.base import (
    Act,
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    DraftOrder,
    GiveBack,
    Refused,
    Register,
    Resend,
    ShopError,
    ShopInfo,
)
from pult.commerce.base.things import Place
from pult.commerce.connectors.shopify import plans, queries, things
from pult.commerce.connectors.shopify.asking import do
from pult.commerce.connectors.shopify.drafts import draft, forget_draft, resend
from pult.commerce.connectors.shopify.plans import Held, address, held
from pult.commerce.connectors.shopify.refunds import give_back
from pult.platform.money import major

_REASONS = {"customer": "CUSTOMER", "stock": "INVENTORY", "fraud": "FRAUD"}
_KEYS_KEPT = 40
_SOON = 5.0
"""Seconds after which a cancellation that Shopify works on is looked at again."""


def perform(shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
    """Do it, once for a key. Raises Refused, ShopError."""
    match act:
        case Cancel():
            return _cancel(shop, act, key)
        case ChangeAddress():
            return _change_address(shop, act, key)
        case GiveBack():
            reference = give_back(shop, act, key)
            return Done(reference, order=held(shop, act.order_id).order)
        case Resend():
            return resend(shop, act, key, at)
        case Discount():
            return _discount(shop, act, key)
        case AddNote():
            return _note(shop, act, key)
        case DraftOrder():
            return draft(shop, act, key, at)
        case Register():
            return _register(shop, act, key)


def undo(shop: ShopInfo, act: Act, done: Done, *, key: str) -> Done:
    """Take it back, once for a key. Raises Refused, ShopError."""
    match act:
        case ChangeAddress():
            return _change_address(shop, ChangeAddress(act.order_id, msgspec.json.decode(done.undo, type=Place)), key)
        case AddNote():
            return _change(shop, act.order_id, key, lambda found: {"note": _without(found, act.text)})
        case Discount():
            if plans.code(shop, act.code):
                do(shop, queries.FORGET_DISCOUNT, {"id": things.gid("DiscountCodeNode", done.reference)})
            return Done(done.reference)
        case DraftOrder():
            return forget_draft(shop, done)
        case Resend():
            if held(shop, done.reference).order.state == "cancelled":
                return Done(done.reference)
            return _cancel(shop, Cancel(done.reference, "other", refund=False), key)
        case _:
            raise Refused("not_possible")


def _cancel(shop: ShopInfo, act: Cancel, key: str) -> Done:
    """Shopify cancels in a job of its own; what it is not done with is asked for again."""
    found = held(shop, act.order_id)
    if found.order.state != "cancelled":
        plans.cancelling(act, found)
        said = do(
            shop,
            queries.CANCEL,
            {
                "orderId": things.gid("Order", act.order_id),
                "reason": _REASONS.get(act.reason, "OTHER"),
                "restock": act.restock,
                "refundMethod": {"originalPaymentMethodsRefund": act.refund},
                "staffNote": key,
            },
        )
        job = said.get("job") or {}
        if not job.get("done"):
            job = do(shop, queries.JOB, {"id": job.get("id")})
        found = held(shop, act.order_id)
        if found.order.state != "cancelled":
            raise ShopError("Shopify is not done with the cancellation yet", after=_SOON)
    elif key not in things.text((found.said.get("cancellation") or {}).get("staffNote")):
        raise Refused("already_cancelled", f"order {found.order.number} is cancelled")
    return Done(act.order_id, order=found.order)


def _keys(found: Held) -> list[str]:
    """Return the keys of acts that have changed an order, newest last."""
    value = (found.said.get("metafield") or {}).get("value")
    try:
        keys = json.loads(str(value)) if value else []
    except ValueError:
        return []
    return [str(one) for one in keys] if isinstance(keys, list) else []


def _change(shop: ShopInfo, order_id: str, key: str, change: Callable[[Held], Mapping[str, Any]]) -> Done:
    """Change an order and leave the key there in one stroke. Raises Refused, ShopError."""
    found = held(shop, order_id)
    keys = _keys(found)
    if key in keys:
        return Done(order_id, order=found.order)
    mark = {
        "namespace": "pult",
        "key": "acts",
        "type": "json",
        "value": json.dumps([*keys, key][-_KEYS_KEPT:]),
    }
    given = {"id": things.gid("Order", order_id), **change(found), "metafields": [mark]}
    do(shop, queries.UPDATE, {"input": given})
    return Done(order_id, order=held(shop, order_id).order)


def _change_address(shop: ShopInfo, act: ChangeAddress, key: str) -> Done:
    if not (act.ship_to.country and act.ship_to.city):
        raise Refused("bad_address", "an address needs a city and a country")
    old = b""

    def change(found: Held) -> Mapping[str, Any]:
        nonlocal old
        old = msgspec.json.encode(plans.unsent(found.order).ship_to)
        return {"shippingAddress": address(act.ship_to)}

    done = _change(shop, act.order_id, key, change)
    return msgspec.structs.replace(done, undo=old.decode())


def _note(shop: ShopInfo, act: AddNote, key: str) -> Done:
    """An order has one note; what stands there stays above."""

    def change(found: Held) -> Mapping[str, Any]:
        return {"note": f"{found.order.note}\n{act.text}".strip()}

    return msgspec.structs.replace(_change(shop, act.order_id, key, change), undo="note")


def _without(found: Held, text: str) -> str:
    before, there, after = found.order.note.rpartition(text)
    return f"{before}{after}".strip() if there else found.order.note


def _discount(shop: ShopInfo, act: Discount, key: str) -> Done:
    """The title, which only the shop's people see beside the code, carries the key."""
    title = f"{act.code} · {key}"
    found = plans.code(shop, act.code)
    if found and (found.get("codeDiscount") or {}).get("title") == title:
        return Done(things.short(found["id"]), code=act.code, undo="delete")
    plans.discounting(shop, act)
    value: dict[str, Any] = (
        {"percentage": act.percent / 100}
        if act.percent is not None
        else {"discountAmount": {"amount": major(act.amount or 0, shop.currency), "appliesOnEachItem": False}}
    )
    given: dict[str, Any] = {
        "title": title,
        "code": act.code,
        "startsAt": _stamp(datetime.now(UTC) - timedelta(minutes=5)),
        "usageLimit": act.uses,
        "context": plans.for_whom(shop, act),
        "customerGets": {"value": value, "items": {"all": True}},
    }
    if act.until is not None:
        given["endsAt"] = _stamp(act.until)
    if act.minimum is not None:
        least = {"greaterThanOrEqualToSubtotal": major(act.minimum, shop.currency)}
        given["minimumRequirement"] = {"subtotal": least}
    made = do(shop, queries.DISCOUNT, {"input": given})["codeDiscountNode"]
    return Done(things.short(made["id"]), code=act.code, undo="delete")


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _register(shop: ShopInfo, act: Register, key: str) -> Done:
    """Make an account, and have Shopify invite him, where accounts have passwords there."""
    tag = f"{things.MARK}{key}"
    found = plans.customer(shop, act.buyer.email) if act.buyer.email else {}
    if tag not in (found.get("tags") or []):
        plans.registering(shop, act)
        first, _, last = act.buyer.name.rpartition(" ")
        given: dict[str, Any] = {"email": act.buyer.email, "firstName": first, "lastName": last, "tags": [tag]}
        for name, value in (("phone", act.buyer.phone), ("locale", act.buyer.language)):
            if value:
                given[name] = value
        found = do(shop, queries.REGISTER, {"input": given})["customer"]
    if (place := address(act.ship_to)) and not found.get("defaultAddress"):
        do(shop, queries.ADDRESS, {"customerId": found["id"], "address": place})
    if found.get("state") == "DISABLED":
        try:
            do(shop, queries.INVITE, {"customerId": found["id"]})
        except Refused as error:
            if error.code == "not_allowed":
                raise
            # Shops whose accounts have no passwords invite nobody: who enters his address there is let in by a code.
    return Done(things.short(found["id"]))
