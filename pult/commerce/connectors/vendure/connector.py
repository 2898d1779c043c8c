"""Shops of Vendure, read and acted in by the Admin API, and told of by the plugin beside this."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    Gone,
    Id,
    Kind,
    Misfit,
    Moment,
    Page,
    Plan,
    Register,
    Resend,
    ShopInfo,
    Thing,
)
from pult.commerce.connectors.vendure import acts, baskets, orders, products, promotions
from pult.commerce.connectors.vendure.asking import Vendure, moment, written
from pult.commerce.connectors.vendure.walking import BEGINNING, Place, Walk, walk
from pult.platform import webhooks

SKEW = 300.0
"""Seconds by which the clock of a shop that signs a notice may be wrong."""
OFTEN = timedelta(hours=6)
"""How often what changed without saying so is looked for: money given back and stock leave an order or product as it
was, and only the plugin tells of them at once."""
LATELY = timedelta(days=60)
"""For how long an order is looked at like that after it was placed."""
_OVERLAP = timedelta(hours=1)
"""So much earlier than the last reading a reading asks, see commerce.reading."""
_PLACED = {"orderPlacedAt": {"isNull": False}}
_SENSELESS = (KeyError, TypeError, ValueError, AttributeError)


class Notice(msgspec.Struct, frozen=True):
    """What the plugin says: which thing is another than before, and when it was deleted."""

    kind: Kind
    id: Id
    gone: Moment | None = None


class Connector:
    """Reads a shop, looks at single things, takes the plugin's notices."""

    kinds: tuple[Kind, ...] = ("product", "promotion", "order")

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give pages: what changed, and a few times a day what may have changed without its moment being moved."""
        vendure = Vendure(shop)
        if cursor is None:
            names = _walks(kind, since, datetime.now(UTC))
            at = Place(_begin(names[0], since))
        else:
            names, at = _opened(cursor)
        while True:
            for found in walk(vendure, _walk(vendure, kind, names[0]), at):
                at = found.next or Place(_begin(names[1], since) if names[1:] else at.at, done=found.of)
                names = names if found.next else names[1:]
                things, misfits = _things(vendure, kind, found.items)
                yield Page(things, _closed(names, at) if names else None, at.done, found.of, misfits)
            if not names:
                return

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return these as they are now."""
        vendure = Vendure(shop)
        known = {"order": orders.ONE, "promotion": promotions.ONE}
        question = known.get(kind) or products.one(vendure)
        found: list[Thing] = []
        for thing_id in ids:
            raw = vendure.ask(question, id=thing_id)[kind]
            found.append(Gone(kind, thing_id) if raw is None else _MAKERS[kind](vendure, raw))
        return found

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the plugin has signed this a short while ago."""
        secret = str(shop.settings.get("webhook_secret", ""))
        return webhooks.is_genuine(secret, headers, body, now=time.time(), skew=SKEW)

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the signed name of the notice."""
        return headers["webhook-id"]

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice names, as it is now."""
        notice = msgspec.json.decode(body, type=Notice)
        if notice.gone is not None:
            return [Gone(notice.kind, notice.id, notice.gone)]
        return self.look(shop, notice.kind, [notice.id]) if notice.kind in self.kinds else []

    def plan(self, shop: ShopInfo, act: Act) -> Plan:
        """Say what would happen."""
        return _plan(Vendure(shop), act)

    def perform(self, shop: ShopInfo, act: Act, *, key: str, at: datetime) -> Done:
        """Do it, once for a key."""
        return _perform(Vendure(shop), act, key, at)


def _plan(vendure: Vendure, act: Act) -> Plan:
    match act:
        case Cancel():
            return acts.plan_cancel(vendure, act)
        case ChangeAddress():
            return acts.plan_address(vendure, act)
        case GiveBack():
            return acts.plan_refund(vendure, act)
        case Resend():
            return baskets.plan_resend(vendure, act)
        case Discount():
            return acts.plan_discount(vendure, act)
        case AddNote():
            acts.asked_order(vendure, act.order_id)
            return Plan()
        case DraftOrder():
            return baskets.plan_draft(vendure, act)
        case Register():
            return baskets.plan_register(vendure, act)


def _perform(vendure: Vendure, act: Act, key: str, at: datetime) -> Done:
    match act:
        case Cancel():
            return acts.cancel(vendure, act, key)
        case ChangeAddress():
            return acts.change_address(vendure, act, key)
        case GiveBack():
            return acts.refund(vendure, act, key)
        case Resend():
            return baskets.resend(vendure, act, key, at)
        case Discount():
            return acts.discount(vendure, act, key)
        case AddNote():
            return acts.add_note(vendure, act, key)
        case DraftOrder():
            return baskets.draft(vendure, act, key, at)
        case Register():
            return baskets.register(vendure, act, at)


_MAKERS: dict[str, Callable[[Vendure, Mapping[str, Any]], Thing]] = {
    "order": orders.order,
    "product": products.product,
    "promotion": promotions.promotion,
}


def _walks(kind: Kind, since: datetime | None, now: datetime) -> list[str]:
    """Return what has to be walked through: `all`, or what `changed` and from time to time what was there `lately`."""
    often = OFTEN.total_seconds()
    turned = since is not None and now.timestamp() // often > (since + _OVERLAP).timestamp() // often
    if since is None or (turned and kind == "product"):
        return ["all"]
    more = {"order": ["lately"] if turned else [], "product": ["variants"], "promotion": []}
    return ["changed", *more[kind]]


def _begin(name: str, since: datetime | None) -> datetime:
    if name == "lately":
        return datetime.now(UTC) - LATELY
    return since if since and name != "all" else BEGINNING


def _walk(vendure: Vendure, kind: Kind, name: str) -> Walk:
    if name == "lately":
        return Walk("orders", "orderPlacedAt", orders.ORDER, {})
    if kind == "order":
        return Walk("orders", "updatedAt", orders.ORDER, _PLACED)
    if kind == "promotion":
        return Walk("promotions", "updatedAt", promotions.PROMOTION, {})
    of_product = products.asked(vendure)
    if name == "variants":
        return Walk("productVariants", "updatedAt", f"product {{ {of_product} }}", {})
    return Walk("products", "updatedAt", of_product, {})


def _things(vendure: Vendure, kind: Kind, items: Sequence[Mapping[str, Any]]) -> tuple[list[Thing], list[Misfit]]:
    things: list[Thing] = []
    misfits: list[Misfit] = []
    for raw in items:
        try:
            things.append(_MAKERS[kind](vendure, raw.get("product", raw)))
        except _SENSELESS as error:
            misfits.append(Misfit(str(raw.get("id", "?")), f"{kind}: {type(error).__name__}: {error}"))
    return things, misfits


def _closed(names: Sequence[str], place: Place) -> str:
    """Return a cursor."""
    return json.dumps([list(names), written(place.at), *place[1:]])


def _opened(cursor: str) -> tuple[list[str], Place]:
    names, at, *rest = json.loads(cursor)
    return names, Place(moment(at), *rest)
