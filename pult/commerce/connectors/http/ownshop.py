"""A shop in memory that does what the contract says: the tests' stand-in and the demo's shop are made of it.

Whoever writes such a shop may read it as an example: what is refused and why, what a key is for, what can be undone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from pult.commerce.base import (
    Act,
    AddNote,
    Buyer,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    DraftOrder,
    GiveBack,
    Kind,
    Line,
    Option,
    Order,
    Payment,
    Place,
    Plan,
    Product,
    Promotion,
    Refund,
    Refused,
    Register,
    Resend,
    Variant,
    Verb,
    Warned,
)
from pult.platform import money

VERBS: list[Verb] = ["cancel", "change_address", "refund", "resend", "discount", "note", "draft_order", "register"]
POST = "post"
_TYPES: dict[Kind, Any] = {"order": Order, "product": Product, "promotion": Promotion}
_UNSENT = ("", "none")
_Performed: TypeAlias = tuple[bytes, Done]


def _nobody(verb: str, what: str) -> None:
    """Tell nobody."""


class OwnShop:
    """Keeps orders, products and promotions as JSON; `told` hears of everything that is done, `address` is where
    buyers pay."""

    def __init__(self, *, address: str = "", told: Callable[[str, str], None] = _nobody, postage: int = 400) -> None:
        self.things: dict[Kind, dict[str, Any]] = {"order": {}, "product": {}, "promotion": {}}
        self.accounts: dict[str, Buyer] = {}
        self.address = address
        self._told = told
        self._postage = postage
        self._done: dict[str, _Performed] = {}

    def keep(self, thing: Order | Product | Promotion) -> None:
        """Have a thing from now on, in place of one with its id."""
        kind: Kind = "order" if isinstance(thing, Order) else "product" if isinstance(thing, Product) else "promotion"
        self.things[kind][thing.id] = msgspec.to_builtins(thing)

    def order(self, order_id: str) -> Order:
        """Return an order. Raises Refused."""
        found = self.things["order"].get(order_id)
        if found is None:
            raise Refused("unknown", f"There is no order {order_id}.")
        return msgspec.convert(found, Order)

    def change(self, order: Order, **changes: Any) -> Order:
        """Write an order anew, changed just now."""
        fresh = msgspec.structs.replace(order, changed_at=datetime.now(UTC), **changes)
        self.keep(fresh)
        return fresh

    # --- the three questions -------------------------------------------------------------------------

    def plan(self, act: Act) -> Plan:
        """Say what would happen. Raises Refused."""
        match act:
            case Cancel():
                order = self._unsent(act.order_id)
                return Plan(_left(order) if act.refund else 0, order.currency, warnings=["shop_writes"])
            case ChangeAddress():
                order = self._unsent(act.order_id)
                if not (act.ship_to.lines and act.ship_to.city and act.ship_to.country):
                    raise Refused("bad_address", "Street, town and country are needed.")
                return Plan(currency=order.currency, undo=True)
            case GiveBack():
                return self._plan_refund(act)
            case Resend():
                order = self.order(act.order_id)
                _pieces(order, {part.line_id: part.quantity for part in act.parts})
                return Plan(currency=order.currency, undo=True)
            case Discount():
                return self._plan_discount(act)
            case AddNote():
                return Plan(currency=self.order(act.order_id).currency, undo=True)
            case DraftOrder():
                return self._plan_basket(act)
            case Register():
                if act.buyer.email.casefold() in self.accounts:
                    raise Refused("already_done", "There is such an account.")
                return Plan(warnings=["shop_writes"])

    def perform(self, act: Act, key: str) -> Done:
        """Do it, once for a key. Raises Refused."""
        asked = msgspec.json.encode(act)
        if known := self._done.get(key):
            if known[0] != asked:
                raise Refused("not_possible", "This key belongs to something else.")
            return known[1]
        self.plan(act)
        done = self._perform(act)
        self._done[key] = asked, done
        self._told(_verb(act), getattr(act, "order_id", "") or done.reference)
        return done

    def undo(self, token: str, key: str) -> Done:
        """Take back what was done, as long as nothing came of it. Raises Refused."""
        if known := self._done.get(key):
            return known[1]
        what, _, rest = token.partition(" ")
        match what:
            case "address":
                order_id, _, place = rest.partition(" ")
                order = self._unsent(order_id)
                self.change(order, ship_to=msgspec.json.decode(place, type=Place))
                done = Done(order.id, self.order(order_id))
            case "note":
                order_id, _, note = rest.partition(" ")
                done = Done(order_id, self.change(self.order(order_id), note=note))
            case "order":
                done = self._cancelled(rest)
            case "code" if rest in self.things["promotion"]:
                del self.things["promotion"][rest]
                done = Done(rest)
            case _:
                raise Refused("unknown", "There is nothing to take back.")
        self._done[key] = token.encode(), done
        self._told("undo", rest.partition(" ")[0])
        return done

    # --- what each needs -----------------------------------------------------------------------------

    def _unsent(self, order_id: str) -> Order:
        order = self.order(order_id)
        if order.state == "cancelled":
            raise Refused("already_cancelled", f"{order.number} was cancelled.")
        if order.fulfilment not in _UNSENT:
            raise Refused("already_sent", f"{order.number} has left.")
        return order

    def _plan_refund(self, act: GiveBack) -> Plan:
        order = self.order(act.order_id)
        most = _left(order)
        if not _paid(order):
            raise Refused("not_paid", f"{order.number} was not paid.")
        _pieces(order, {part.line_id: part.quantity for part in act.parts})
        if act.amount > most:
            raise Refused("too_much", f"{order.number}: {_written(most, order.currency)} at most.")
        warnings: list[Warned] = ["shop_writes"]
        return Plan(act.amount, order.currency, most, warnings=warnings)

    def _plan_discount(self, act: Discount) -> Plan:
        if any(one.get("code") == act.code for one in self.things["promotion"].values()):
            raise Refused("bad_code", f"{act.code} is in use.")
        if (act.percent is None) == (act.amount is None):
            raise Refused("not_possible", "Either a percentage or an amount.")
        return Plan(act.amount or 0, act.currency, undo=True)

    def _plan_basket(self, act: DraftOrder) -> Plan:
        goods, short = 0, False
        for wanted in act.wanted:
            variant, _ = self._variant(wanted.variant_id)
            lies = [stock.quantity for stock in variant.stock]
            if lies and sum(lies) < wanted.quantity:
                raise Refused("no_stock", f"{variant.sku}: {sum(lies)} are left.")
            short = short or (bool(lies) and sum(lies) - wanted.quantity < 3)
            goods += (variant.price if wanted.price is None else wanted.price) * wanted.quantity
        off = self._off(act.code, goods)
        postage = 0 if act.delivery == "pickup" else self._postage
        return Plan(
            currency=act.currency,
            undo=True,
            warnings=["low_stock"] if short else [],
            total=goods - off + postage,
            shipping=postage,
            discount=off,
            options=[Option(POST, "Post", self._postage), Option("pickup", "Pick up in the shop", 0)],
        )

    def _off(self, code: str, goods: int) -> int:
        if not code:
            return 0
        found = next((one for one in self.things["promotion"].values() if one.get("code") == code), None)
        if found is None:
            raise Refused("bad_code", f"There is no code {code}.")
        one = msgspec.convert(found, Promotion)
        now = datetime.now(UTC)
        if not one.active or (one.ends_at and one.ends_at < now) or (one.minimum and goods < one.minimum):
            raise Refused("bad_code", f"{code} does not hold now.")
        return min(goods, one.amount or 0) if one.percent is None else round(goods * one.percent / 100)

    def _variant(self, variant_id: str) -> tuple[Variant, Product]:
        for thing in self.things["product"].values():
            for variant in thing.get("variants", ()):
                if variant["id"] == variant_id:
                    return msgspec.convert(variant, Variant), msgspec.convert(thing, Product)
        raise Refused("unknown", f"There is no variant {variant_id}.")

    # --- doing it ------------------------------------------------------------------------------------

    def _perform(self, act: Act) -> Done:
        now = datetime.now(UTC)
        match act:
            case Cancel():
                return self._cancelled(act.order_id, refund=act.refund, reason=act.reason)
            case ChangeAddress():
                order = self.order(act.order_id)
                token = f"address {order.id} {msgspec.json.encode(order.ship_to).decode()}"
                return Done(order.id, self.change(order, ship_to=act.ship_to), undo=token)
            case GiveBack():
                order = self.order(act.order_id)
                refund = Refund(_fresh("r"), act.amount, now, act.reason)
                refunds = [*order.refunds, refund]
                all_of_it = _left(order) == act.amount
                payment = "refunded" if all_of_it else "part_refunded"
                return Done(refund.id, self.change(order, refunds=refunds, payment=payment))
            case Resend():
                made = self._resent(self.order(act.order_id), act, now)
                return Done(made.id, self.order(act.order_id), undo=f"order {made.id}")
            case Discount():
                self.keep(_promotion(act, now))
                return Done(act.code, code=act.code, undo=f"code {act.code}")
            case AddNote():
                order = self.order(act.order_id)
                note = f"{order.note}\n{act.text}".strip()
                return Done(order.id, self.change(order, note=note), undo=f"note {order.id} {order.note}")
            case DraftOrder():
                made = self._drafted(act, now)
                return Done(made.id, made, f"{self.address}/pay/{made.id}", undo=f"order {made.id}")
            case Register():
                account = msgspec.structs.replace(act.buyer, id=_fresh("b"))
                self.accounts[act.buyer.email.casefold()] = account
                return Done(account.id, url=f"{self.address}/password/{account.id}")

    def _cancelled(self, order_id: str, *, refund: bool = True, reason: str = "") -> Done:
        order, now = self._unsent(order_id), datetime.now(UTC)
        back = _left(order) if refund else 0
        refunds = [*order.refunds, Refund(_fresh("r"), back, now, reason)] if back else order.refunds
        payment = "refunded" if back else order.payment if _paid(order) else "voided"
        changes = {"state": "cancelled", "cancelled_at": now, "refunds": refunds, "payment": payment}
        return Done(order_id, self.change(order, **changes))

    def _resent(self, order: Order, act: Resend, now: datetime) -> Order:
        wanted = {part.line_id: part.quantity for part in act.parts}
        lines = [
            msgspec.structs.replace(line, quantity=wanted[line.id], price=0, total=0)
            for line in order.lines
            if line.id in wanted
        ]
        name = _fresh("o")
        again = msgspec.structs.replace(
            order,
            id=name,
            number=f"{order.number}-{name[-4:].upper()}",
            placed_at=now,
            changed_at=now,
            total=0,
            shipping=0,
            tax=0,
            discount=0,
            payment="paid",
            fulfilment="none",
            state="open",
            ship_to=act.ship_to or order.ship_to,
            lines=lines,
            payments=[],
            refunds=[],
            shipments=[],
            cancelled_at=None,
        )
        self.keep(again)
        return again

    def _drafted(self, act: DraftOrder, now: datetime) -> Order:
        plan, lines = self._plan_basket(act), []
        for number, wanted in enumerate(act.wanted, 1):
            variant, product = self._variant(wanted.variant_id)
            price = variant.price if wanted.price is None else wanted.price
            title = " ".join(dict.fromkeys(text for text in (product.title, variant.title) if text))
            lines.append(
                Line(
                    str(number),
                    title,
                    wanted.quantity,
                    price,
                    price * wanted.quantity,
                    variant.sku,
                    product.id,
                    variant.id,
                )
            )
        name = _fresh("o")
        made = Order(
            id=name,
            number=name[-6:].upper(),
            placed_at=now,
            changed_at=now,
            currency=act.currency,
            total=plan.total or 0,
            payment="pending",
            fulfilment="none",
            shipping=plan.shipping or 0,
            discount=plan.discount or 0,
            buyer=self.accounts.get(act.buyer.email.casefold(), act.buyer),
            ship_to=act.ship_to,
            bill_to=act.bill_to,
            lines=lines,
            note=act.note,
        )
        self.keep(made)
        return made

    def pay(self, order_id: str, *, failed: bool = False) -> Order:
        """Have an order paid by its buyer, or his attempt fail. Raises Refused."""
        order, now = self.order(order_id), datetime.now(UTC)
        if order.state == "cancelled":
            raise Refused("already_cancelled")
        if _paid(order):
            raise Refused("already_done")
        state = "failed" if failed else "paid"
        payment = Payment(_fresh("t"), "card", "failed" if failed else "paid", order.total, now)
        return self.change(order, payment=state, payments=[*order.payments, payment])


def _written(amount: int, currency: str) -> str:
    size = money.digits(currency)
    return f"{amount / 10**size:.{size}f} {currency}"


def _fresh(letter: str) -> str:
    return f"{letter}{secrets.token_hex(6)}"


def _verb(act: Act) -> str:
    return str(type(act).__struct_config__.tag)


def _paid(order: Order) -> int:
    told = sum(payment.amount for payment in order.payments if payment.state == "paid")
    return told or (order.total if order.payment in ("paid", "part_refunded", "refunded") else 0)


def _left(order: Order) -> int:
    return _paid(order) - sum(refund.amount for refund in order.refunds)


def _pieces(order: Order, wanted: dict[str, int]) -> None:
    bought = {line.id: line.quantity for line in order.lines}
    for line_id, quantity in wanted.items():
        if quantity > bought.get(line_id, 0):
            raise Refused("unknown_line", f"{order.number} has no {quantity} pieces of line {line_id}.")


def _promotion(act: Discount, now: datetime) -> Promotion:
    return Promotion(
        id=act.code,
        title=act.code,
        changed_at=now,
        code=act.code,
        percent=act.percent,
        amount=act.amount,
        currency=act.currency,
        minimum=act.minimum,
        starts_at=now,
        ends_at=act.until,
    )
