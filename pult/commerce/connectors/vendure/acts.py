"""What is done to orders and for the shop: https://docs.vendure.io/reference/graphql-api/admin/mutations

The key of an act is left where the shop keeps a reason or a note: "(Pult KEY)". What bears it was done already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pult.commerce.base import (
    AddNote,
    Cancel,
    ChangeAddress,
    Discount,
    Done,
    GiveBack,
    Place,
    Plan,
    Refused,
    ShopError,
    Warned,
)
from pult.commerce.connectors.vendure import orders
from pult.commerce.connectors.vendure.asking import Vendure, written

_ERROR = "... on ErrorResult { errorCode message }"
_FULL = f"query Order($id: ID!) {{ order(id: $id) {{ {orders.ORDER} modifications {{ note }} }} }}"
_HISTORY = """
query History($id: ID!, $kind: String!) {
  order(id: $id) { history(options: {
    take: 1000, sort: { createdAt: DESC }, filter: { type: { eq: $kind } }
  }) { items { id data } } }
}
"""
CANCEL = f"""
mutation CancelOrder($input: CancelOrderInput!) {{
  cancelOrder(input: $input) {{ __typename {_ERROR} ... on OrderStateTransitionError {{ transitionError }} }}
}}
"""
_RETURN = CANCEL.replace("CancelOrder(", "ReturnPieces(", 1)
_VOID = f"mutation VoidPayment($id: ID!) {{ cancelPayment(id: $id) {{ __typename {_ERROR} }} }}"
_REFUND = f"""
mutation RefundOrder($input: RefundOrderInput!) {{ refundOrder(input: $input) {{
  __typename {_ERROR} ... on RefundStateTransitionError {{ transitionError }} ... on Refund {{ id state }}
}} }}
"""
_REFUND_CANCELLED = _REFUND.replace("RefundOrder(", "RefundCancelled(", 1)
TURN = f"""
mutation TurnOrder($id: ID!, $state: String!) {{
  transitionOrderToState(id: $id, state: $state) {{
    __typename {_ERROR} ... on OrderStateTransitionError {{ transitionError }}
  }}
}}
"""
_MODIFY = f"""
mutation ModifyOrder($input: ModifyOrderInput!) {{
  modifyOrder(input: $input) {{ __typename {_ERROR} }}
}}
"""
_NOTE = "mutation AddNote($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id } }"
_COUNTRIES = """
query Countries($code: String!) {
  countries(options: { filter: { code: { eq: $code }, enabled: { eq: true } }, take: 1 }) { totalItems }
}
"""
_CODE = """
query Code($code: String!) {
  promotions(options: { filter: { couponCode: { eq: $code } }, take: 1 }) { items { id description } }
}
"""
_PROMOTION = f"""
mutation CreatePromotion($input: CreatePromotionInput!) {{
  createPromotion(input: $input) {{ __typename {_ERROR} ... on Promotion {{ id }} }}
}}
"""
_GROUP = "mutation CreateGroup($input: CreateCustomerGroupInput!) { createCustomerGroup(input: $input) { id } }"
CUSTOMER = """
query Customer($email: String!) {
  customers(options: { filter: { emailAddress: { eq: $email } }, take: 1 }) { items { id createdAt addresses { id } } }
}
"""


def mark(key: str) -> str:
    """Return what is left in the shop of an act's key."""
    return f"(Pult {key})"


def asked_order(vendure: Vendure, order_id: str) -> dict[str, Any]:
    """Return an order as the shop has it now. Raises Refused where it has none."""
    found: dict[str, Any] | None = vendure.ask(_FULL, id=order_id)["order"]
    if found is None:
        raise Refused("unknown", order_id)
    return found


def notes(vendure: Vendure, order_id: str, kind: str = "ORDER_NOTE") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the ids and contents of an order's history of this kind, the latest first."""
    found = vendure.ask(_HISTORY, id=order_id, kind=kind)["order"]
    for entry in found["history"]["items"] if found else []:
        yield entry["id"], entry["data"]


def _given(payment: Mapping[str, Any], key: str = "") -> int:
    """Return how much of a payment was given back or is about to be, under one key where it is named."""
    wanted = (one for one in payment["refunds"] if one["state"] != "Failed")
    return sum(int(one["total"]) for one in wanted if not key or mark(key) in (one["reason"] or ""))


def _settled(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [payment for payment in raw["payments"] or [] if payment["state"] == "Settled"]


def _left(raw: Mapping[str, Any]) -> int:
    """Return how much can still be given back, as the shop counts."""
    return sum(int(payment["amount"]) - _given(payment) for payment in _settled(raw))


def _sent(raw: Mapping[str, Any]) -> bool:
    return any(one["state"] in orders.SENT for one in raw["fulfillments"] or [])


def plan_cancel(vendure: Vendure, act: Cancel) -> Plan:
    """Say what cancelling would do. Raises Refused."""
    raw = asked_order(vendure, act.order_id)
    if raw["state"] == "Cancelled":
        raise Refused("already_cancelled")
    if _sent(raw):
        raise Refused("already_sent")
    if not raw["orderPlacedAt"] and "Cancelled" not in raw["nextStates"]:
        raise Refused("not_possible", raw["state"])
    currency = raw["currencyCode"]
    amount = vendure.minor(_left(raw), currency) if act.refund else 0
    return Plan(amount=amount, currency=currency, most=vendure.minor(_left(raw), currency))


def cancel(vendure: Vendure, act: Cancel, key: str) -> Done:
    """Cancel an order: first its money, so that what stopped between the two goes on when it is asked again."""
    raw = asked_order(vendure, act.order_id)
    if raw["state"] == "Cancelled":
        cancelled = (data.get("reason") or "" for _, data in notes(vendure, act.order_id, "ORDER_CANCELLATION"))
        if not any(mark(key) in reason for reason in cancelled):
            raise Refused("already_cancelled")
        return _done(vendure, act.order_id)
    plan_cancel(vendure, act)
    reason = f"{act.reason} {mark(key)}"
    if act.refund:
        for payment in _settled(raw):
            if (rest := int(payment["amount"]) - _given(payment)) > 0:
                _give(vendure, payment, rest, reason, _REFUND_CANCELLED, [])
        for payment in raw["payments"] or []:
            if payment["state"] == "Authorized":
                vendure.do(_VOID, id=payment["id"])
    vendure.do(CANCEL, input={"orderId": act.order_id, "cancelShipping": True, "reason": reason})
    return _done(vendure, act.order_id)


def _give(
    vendure: Vendure, payment: Mapping[str, Any], amount: int, reason: str, how: str, lines: list[dict[str, Any]]
) -> None:
    money = {"amount": amount, "lines": lines, "shipping": 0, "adjustment": 0}
    vendure.do(how, input={"paymentId": payment["id"], "reason": reason, **money})


def plan_refund(vendure: Vendure, act: GiveBack) -> Plan:
    """Say what would be given back. Raises Refused."""
    raw = asked_order(vendure, act.order_id)
    return _refundable(vendure, act, raw)


def _refundable(vendure: Vendure, act: GiveBack, raw: Mapping[str, Any]) -> Plan:
    if not _settled(raw):
        raise Refused("not_paid")
    lines = {line["id"]: int(line["orderPlacedQuantity"]) for line in raw["lines"]}
    for part in act.parts:
        if part.quantity > lines.get(part.line_id, 0):
            raise Refused("unknown_line" if part.line_id not in lines else "too_much", part.line_id)
    currency = raw["currencyCode"]
    most = vendure.minor(_left(raw), currency)
    if act.amount > most:
        raise Refused("too_much")
    warnings: list[Warned] = [] if act.parts else ["sum_only"]
    return Plan(amount=act.amount, currency=currency, most=most, warnings=warnings)


def refund(vendure: Vendure, act: GiveBack, key: str) -> Done:
    """Give money back, from one payment after the other where one is not enough."""
    raw = asked_order(vendure, act.order_id)
    wanted = vendure.theirs(act.amount, raw["currencyCode"])
    wanted -= sum(_given(payment, key) for payment in _settled(raw))
    if wanted > 0:
        if not any(_given(payment, key) for payment in _settled(raw)):
            _refundable(vendure, act, raw)
        reason = f"{act.reason} {act.note} {mark(key)}".replace("  ", " ")
        lines = [{"orderLineId": part.line_id, "quantity": part.quantity} for part in act.parts]
        for payment in _settled(raw):
            some = min(wanted, int(payment["amount"]) - _given(payment))
            if some > 0:
                _give(vendure, payment, some, reason, _REFUND, lines)
                wanted, lines = wanted - some, []
    if act.restock and act.parts:
        _take_back(vendure, act, key)
    now = asked_order(vendure, act.order_id)
    reference = next((one["id"] for one in orders.refunds(now) if mark(key) in (one["reason"] or "")), "")
    return Done(reference=str(reference), order=orders.order(vendure, now))


def _take_back(vendure: Vendure, act: GiveBack, key: str) -> None:
    """Have pieces come back into stock, which the shop does for those that are taken out of the order."""
    taken = (data.get("reason") or "" for _, data in notes(vendure, act.order_id, "ORDER_CANCELLATION"))
    if not any(mark(key) in reason for reason in taken):
        lines = [{"orderLineId": part.line_id, "quantity": part.quantity} for part in act.parts]
        vendure.do(_RETURN, input={"orderId": act.order_id, "lines": lines, "reason": f"{act.reason} {mark(key)}"})


def plan_address(vendure: Vendure, act: ChangeAddress) -> Plan:
    """Say whether an order can be sent elsewhere. Raises Refused."""
    raw = asked_order(vendure, act.order_id)
    if raw["state"] == "Cancelled":
        raise Refused("already_cancelled")
    if _sent(raw):
        raise Refused("already_sent")
    if raw["state"] != "Modifying" and "Modifying" not in raw["nextStates"]:
        raise Refused("not_possible", raw["state"])
    known_country(vendure, act.ship_to.country)
    return Plan(currency=raw["currencyCode"], undo=False)


def known_country(vendure: Vendure, code: str) -> None:
    """See to it that the shop sends to a country. Raises Refused."""
    if not code or not vendure.ask(_COUNTRIES, code=code)["countries"]["totalItems"]:
        raise Refused("bad_address", code)


def change_address(vendure: Vendure, act: ChangeAddress, key: str) -> Done:
    """Change the address; the order is in the state Modifying while that is done, and afterwards in its own again."""
    raw = asked_order(vendure, act.order_id)
    done = any(mark(key) in (one["note"] or "") for one in raw["modifications"])
    if not done:
        plan_address(vendure, act)
        if raw["state"] != "Modifying":
            vendure.do(TURN, id=act.order_id, state="Modifying")
        options = {"freezePromotions": True, "recalculateShipping": False}
        changed = {"orderId": act.order_id, "dryRun": False, "note": mark(key), "options": options}
        try:
            vendure.do(_MODIFY, input={**changed, "updateShippingAddress": address(act.ship_to)})
        except ShopError as error:
            if error.permanent:
                _turn_back(vendure, act.order_id)
            raise
    _turn_back(vendure, act.order_id)
    return _done(vendure, act.order_id)


def _turn_back(vendure: Vendure, order_id: str) -> None:
    raw = asked_order(vendure, order_id)
    if raw["state"] == "Modifying":
        states = [data["from"] for _, data in orders.turns(raw) if data.get("to") == "Modifying"]
        vendure.do(TURN, id=order_id, state=states[-1])


def address(place: Place) -> dict[str, str]:
    """Return an address as the shop takes it."""
    first, *rest = [*place.lines, ""]
    return {
        "fullName": place.name,
        "company": place.company,
        "streetLine1": first,
        "streetLine2": ", ".join(line for line in rest if line),
        "city": place.city,
        "province": place.region,
        "postalCode": place.postcode,
        "countryCode": place.country,
        "phoneNumber": place.phone,
    }


def add_note(vendure: Vendure, act: AddNote, key: str) -> Done:
    """Write a note that only the shop's people read."""
    note = next((name for name, data in notes(vendure, act.order_id) if mark(key) in data.get("note", "")), "")
    if not note:
        asked_order(vendure, act.order_id)
        text = f"{act.text}\n{mark(key)}"
        vendure.do(_NOTE, input={"id": act.order_id, "note": text, "isPublic": False})
        note = next((name for name, data in notes(vendure, act.order_id) if mark(key) in data.get("note", "")), "")
    return Done(reference=str(note))


def plan_discount(vendure: Vendure, act: Discount, key: str = "") -> Plan:
    """Say whether a code is free. Raises Refused."""
    taken = known_code(vendure, act.code)
    if taken and not (key and mark(key) in taken["description"]):
        raise Refused("bad_code", act.code)
    if act.buyer.email and not vendure.ask(CUSTOMER, email=act.buyer.email)["customers"]["items"]:
        raise Refused("not_possible", f"{act.buyer.email}: no account")
    return Plan(amount=act.amount or 0, currency=act.currency)


def known_code(vendure: Vendure, code: str) -> dict[str, Any] | None:
    """Return the promotion of a code, None where there is none."""
    found = vendure.ask(_CODE, code=code)["promotions"]["items"]
    return dict(found[0]) if found else None


def discount(vendure: Vendure, act: Discount, key: str) -> Done:
    """Make a code. One that is for one buyer is for a group that he alone is in: Vendure knows no other way."""
    plan_discount(vendure, act, key)
    if taken := known_code(vendure, act.code):
        return Done(reference=str(taken["id"]), code=act.code)
    conditions = []
    if act.minimum:
        least = str(vendure.theirs(act.minimum, act.currency))
        conditions.append(_operation("minimum_order_amount", amount=least, taxInclusive="true"))
    if act.buyer.email:
        (customer,) = vendure.ask(CUSTOMER, email=act.buyer.email)["customers"]["items"]
        group = vendure.do(_GROUP, input={"name": mark(key), "customerIds": [customer["id"]]})
        conditions.append(_operation("customer_group", customerGroupId=str(group["id"])))
    if act.percent:
        action = _operation("order_percentage_discount", discount=str(act.percent))
    else:
        off = str(vendure.theirs(act.amount or 0, act.currency))
        action = _operation("order_fixed_discount", discount=off)
    made = create_promotion(vendure, act, [action], conditions, key)
    return Done(reference=str(made["id"]), code=act.code)


def create_promotion(
    vendure: Vendure, act: Discount, actions: list[Any], conditions: list[Any], key: str, how: str = _PROMOTION
) -> dict[str, Any]:
    """Make a promotion by code, so often as the act says."""
    words = {"languageCode": vendure.facts.language, "name": act.code, "description": mark(key)}
    terms = {"couponCode": act.code, "usageLimit": act.uses, "enabled": True, "translations": [words]}
    until = {"endsAt": written(act.until)} if act.until else {}
    return vendure.do(how, input={**terms, **until, "conditions": conditions, "actions": actions})


GIFT = _PROMOTION.replace("CreatePromotion(", "CreateGift(", 1)


def _operation(code: str, **arguments: str) -> dict[str, Any]:
    return {"code": code, "arguments": [{"name": name, "value": value} for name, value in arguments.items()]}


def _done(vendure: Vendure, order_id: str) -> Done:
    return Done(reference=order_id, order=orders.order(vendure, asked_order(vendure, order_id)))
