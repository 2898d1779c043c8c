"""Baskets that are put together for somebody: orders that he pays himself, what is sent once more, new accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pult.commerce.base import Buyer, Discount, Done, DraftOrder, Option, Place, Plan, Refused, Register, Resend, Wanted
from pult.commerce.connectors.vendure import acts, orders
from pult.commerce.connectors.vendure.asking import Vendure, moment, written
from pult.commerce.connectors.vendure.products import counted

SPARE = timedelta(minutes=10)
"""By so much the shop's clock may be behind ours."""
_ERROR = "... on ErrorResult { errorCode message }"
_VARIANTS = """
query Variants($ids: [String!]!) {
  productVariants(options: { filter: { id: { in: $ids } }, take: 100 }) { items {
    id name enabled priceWithTax price currencyCode trackInventory stockLevels { stockOnHand stockAllocated }
  } }
}
"""
_DELIVERIES = """
query Deliveries($input: TestEligibleShippingMethodsInput!) {
  testEligibleShippingMethods(input: $input) { id name priceWithTax }
}
"""
_DRAFTS = """
query Drafts($options: OrderListOptions!) {
  orders(options: $options) { totalItems items {
    id code state active lines { productVariant { id } quantity } couponCodes customer { id }
    history(options: { take: 20, filter: { type: { eq: "ORDER_NOTE" } } }) { items { data } }
  } }
}
"""
_CREATE = "mutation CreateDraft { createDraftOrder { id code } }"
_MARK = "mutation MarkDraft($input: AddNoteToOrderInput!) { addNoteToOrder(input: $input) { id } }"
_FOR_WHOM = f"""
mutation ForWhom($id: ID!, $customer: ID, $input: CreateCustomerInput) {{
  setCustomerForDraftOrder(orderId: $id, customerId: $customer, input: $input) {{ __typename {_ERROR} }}
}}
"""
_SHIP_TO = """
mutation ShipTo($id: ID!, $input: CreateAddressInput!) {
  setDraftOrderShippingAddress(orderId: $id, input: $input) { id }
}
"""
_BILL_TO = _SHIP_TO.replace("ShipTo(", "BillTo(").replace("ShippingAddress", "BillingAddress")
_ADD = f"""
mutation AddItem($id: ID!, $input: AddItemToDraftOrderInput!) {{
  addItemToDraftOrder(orderId: $id, input: $input) {{ __typename {_ERROR} }}
}}
"""
_COUPON = f"""
mutation UseCode($id: ID!, $code: String!) {{
  applyCouponCodeToDraftOrder(orderId: $id, couponCode: $code) {{ __typename {_ERROR} }}
}}
"""
_ELIGIBLE = "query Eligible($id: ID!) { eligibleShippingMethodsForDraftOrder(orderId: $id) { id priceWithTax } }"
_DELIVER = f"""
mutation DeliverBy($id: ID!, $by: ID!) {{
  setDraftOrderShippingMethod(orderId: $id, shippingMethodId: $by) {{ __typename {_ERROR} }}
}}
"""
_ARRANGE = acts.TURN.replace("TurnOrder(", "ArrangePayment(", 1)
_PAY = f"""
mutation SendGift($input: ManualPaymentInput!) {{
  addManualPaymentToOrder(input: $input) {{ __typename {_ERROR} }}
}}
"""
_CUSTOMER = f"""
mutation CreateCustomer($input: CreateCustomerInput!) {{
  createCustomer(input: $input) {{ __typename {_ERROR} ... on Customer {{ id }} }}
}}
"""
_ADDRESS = """
mutation CreateAddress($id: ID!, $input: CreateAddressInput!) {
  createCustomerAddress(customerId: $id, input: $input) { id }
}
"""


def plan_draft(vendure: Vendure, act: DraftOrder) -> Plan:
    """Say what a basket costs and how it can be delivered, without making one. Raises Refused."""
    if not vendure.settings.get("pay_url"):
        raise Refused("not_possible", "the shop's settings name no address at which a buyer pays")
    _buyable(act.buyer)
    acts.known_country(vendure, act.ship_to.country)
    known = _variants(vendure, act.wanted)
    total, tax = 0, 0
    for wanted in act.wanted:
        variant = known[wanted.variant_id]
        price = vendure.minor(variant["priceWithTax"], act.currency)
        if variant["currencyCode"] != act.currency or wanted.price not in (None, price):
            raise Refused("not_possible", f"{variant['name']}: {variant['priceWithTax']} {variant['currencyCode']}")
        total += price * wanted.quantity
        tax += (price - vendure.minor(variant["price"], act.currency)) * wanted.quantity
    if act.code and acts.known_code(vendure, act.code) is None:
        raise Refused("bad_code", act.code)
    options = _deliveries(vendure, act)
    chosen = next((one for one in options if one.id == act.delivery), options[0] if not act.delivery else None)
    if chosen is None:
        raise Refused("not_possible", act.delivery)
    return Plan(
        currency=act.currency, total=total + chosen.price, shipping=chosen.price, tax=tax, options=options, undo=False
    )


def _buyable(buyer: Buyer) -> None:
    if not buyer.email:
        raise Refused("not_possible", "a buyer needs an e-mail address")


def _variants(vendure: Vendure, wanted: list[Wanted]) -> dict[str, dict[str, Any]]:
    ids = [one.variant_id for one in wanted]
    known = {one["id"]: one for one in vendure.ask(_VARIANTS, ids=ids)["productVariants"]["items"]}
    for one in wanted:
        variant = known.get(one.variant_id)
        if variant is None or not variant["enabled"]:
            raise Refused("unknown", one.variant_id)
        there = sum(level["stockOnHand"] - level["stockAllocated"] for level in variant["stockLevels"])
        if counted(vendure, variant) and there < one.quantity:
            raise Refused("no_stock", f"{variant['name']}: {there}")
    return known


def _deliveries(vendure: Vendure, act: DraftOrder) -> list[Option]:
    lines = [{"productVariantId": one.variant_id, "quantity": one.quantity} for one in act.wanted]
    asked = {"shippingAddress": acts.address(act.ship_to), "lines": lines}
    found = vendure.ask(_DELIVERIES, input=asked)["testEligibleShippingMethods"]
    if not found:
        raise Refused("bad_address", act.ship_to.country)
    options = [Option(one["id"], one["name"], vendure.minor(one["priceWithTax"], act.currency)) for one in found]
    return sorted(options, key=lambda option: option.price)


def draft(vendure: Vendure, act: DraftOrder, key: str, at: datetime) -> Done:
    """Put an order together and leave it to its buyer to pay."""
    known = _marked(vendure, key, at)
    if known is None or known["state"] == "Draft":
        if known is None:
            plan_draft(vendure, act)
        known = _filled(vendure, act, key, known)
        vendure.do(_ARRANGE, id=known["id"], state="ArrangingPayment")
    url = str(vendure.settings.get("pay_url")).replace("{code}", known["code"]).replace("{id}", str(known["id"]))
    return Done(reference=str(known["id"]), url=url)


def _marked(vendure: Vendure, key: str, at: datetime) -> dict[str, Any] | None:
    """Return the order that was made under a key, as far as it got."""
    skip = 0
    while True:
        options = {"filter": {"createdAt": {"after": written(at - SPARE)}}, "sort": {"id": "ASC"}, "skip": skip}
        said = vendure.ask(_DRAFTS, options={**options, "take": 100})["orders"]
        for order in said["items"]:
            if any(acts.mark(key) in entry["data"].get("note", "") for entry in order["history"]["items"]):
                return dict(order)
        skip += len(said["items"])
        if not said["items"] or skip >= said["totalItems"]:
            return None


def _filled(vendure: Vendure, act: DraftOrder, key: str, known: dict[str, Any] | None) -> dict[str, Any]:
    """Fill a draft with what it lacks; the mark comes first, so that a draft that stopped half-way is found again."""
    if known is None:
        made = vendure.do(_CREATE)
        note = f"{act.note}\n{acts.mark(key)}".strip()
        vendure.do(_MARK, input={"id": made["id"], "note": note, "isPublic": False})
        known = {**made, "lines": [], "couponCodes": []}
    draft_id = known["id"]
    _for_whom(vendure, draft_id, act.buyer)
    vendure.do(_SHIP_TO, id=draft_id, input=acts.address(act.ship_to))
    vendure.do(_BILL_TO, id=draft_id, input=acts.address(act.bill_to if act.bill_to.lines else act.ship_to))
    there = {line["productVariant"]["id"] for line in known["lines"]}
    for one in act.wanted:
        if one.variant_id not in there:
            vendure.do(_ADD, id=draft_id, input={"productVariantId": one.variant_id, "quantity": one.quantity})
    if act.code and act.code not in known["couponCodes"]:
        vendure.do(_COUPON, id=draft_id, code=act.code)
    by = act.delivery
    if not by:
        found = vendure.ask(_ELIGIBLE, id=draft_id)["eligibleShippingMethodsForDraftOrder"]
        if not found:
            raise Refused("bad_address", act.ship_to.country)
        by = min(found, key=lambda one: int(one["priceWithTax"]))["id"]
    vendure.do(_DELIVER, id=draft_id, by=by)
    return known


def _for_whom(vendure: Vendure, draft_id: str, buyer: Buyer) -> None:
    found = vendure.ask(acts.CUSTOMER, email=buyer.email)["customers"]["items"]
    if found:
        vendure.do(_FOR_WHOM, id=draft_id, customer=found[0]["id"], input=None)
    else:
        vendure.do(_FOR_WHOM, id=draft_id, customer=None, input=_new_customer(buyer))


def _new_customer(buyer: Buyer) -> dict[str, str]:
    first, _, last = buyer.name.partition(" ")
    named = {"firstName": first, "lastName": last, "emailAddress": buyer.email}
    return named | ({"phoneNumber": buyer.phone} if buyer.phone else {})


def plan_resend(vendure: Vendure, act: Resend) -> Plan:
    """Say whether pieces can be sent once more. Raises Refused."""
    _again(vendure, act)
    return Plan(undo=False)


def _again(vendure: Vendure, act: Resend) -> DraftOrder:
    """Return the basket that is sent once more."""
    raw = acts.asked_order(vendure, act.order_id)
    lines = {line["id"]: line for line in raw["lines"]}
    wanted = []
    for part in act.parts:
        line = lines.get(part.line_id)
        if line is None:
            raise Refused("unknown_line", part.line_id)
        if part.quantity > int(line["orderPlacedQuantity"]):
            raise Refused("too_much", part.line_id)
        wanted.append(Wanted(line["productVariant"]["id"], part.quantity))
    if not wanted:
        raise Refused("unknown_line")
    order = orders.order(vendure, raw)
    place: Place = act.ship_to or order.ship_to
    acts.known_country(vendure, place.country)
    _buyable(order.buyer)
    _variants(vendure, wanted)
    return DraftOrder(order.currency, wanted, order.buyer, place, order.bill_to, note=f"{order.number}: {act.reason}")


def resend(vendure: Vendure, act: Resend, key: str, at: datetime) -> Done:
    """Send pieces once more: an order that a code makes free, used up by it."""
    known = _marked(vendure, key, at)
    if known is None or known["state"] == "Draft":
        basket = _again(vendure, act)
        code = "AGAIN-" + key.replace("-", "")[:16].upper()
        if acts.known_code(vendure, code) is None:
            free = [
                {"code": "order_percentage_discount", "arguments": [{"name": "discount", "value": "100"}]},
                {"code": "free_shipping", "arguments": []},
            ]
            acts.create_promotion(vendure, Discount(code), free, [], key, acts.GIFT)
        with_code = DraftOrder(
            basket.currency, basket.wanted, basket.buyer, basket.ship_to, basket.bill_to, code=code, note=basket.note
        )
        known = _filled(vendure, with_code, key, known)
        vendure.do(acts.TURN, id=known["id"], state="ArrangingPayment")
    raw = acts.asked_order(vendure, known["id"])
    if raw["state"] == "ArrangingPayment":
        vendure.do(_PAY, input={"orderId": known["id"], "method": "pult", "transactionId": key, "metadata": {}})
        raw = acts.asked_order(vendure, known["id"])
    return Done(reference=str(known["id"]), order=orders.order(vendure, raw))


def plan_register(vendure: Vendure, act: Register) -> Plan:
    """Say whether somebody can be given an account. Raises Refused."""
    _buyable(act.buyer)
    if vendure.ask(acts.CUSTOMER, email=act.buyer.email)["customers"]["items"]:
        raise Refused("already_done", act.buyer.email)
    return Plan(warnings=["shop_writes"])


def register(vendure: Vendure, act: Register, at: datetime) -> Done:
    """Make an account; the shop asks by mail for a password. Its address is its key: there is one account for it."""
    _buyable(act.buyer)
    found = vendure.ask(acts.CUSTOMER, email=act.buyer.email)["customers"]["items"]
    if found and moment(found[0]["createdAt"]) < at - SPARE:
        raise Refused("already_done", act.buyer.email)
    customer = found[0] if found else vendure.do(_CUSTOMER, input=_new_customer(act.buyer))
    if act.ship_to.lines and not customer.get("addresses"):
        acts.known_country(vendure, act.ship_to.country)
        vendure.do(_ADDRESS, id=customer["id"], input=acts.address(act.ship_to))
    return Done(reference=str(customer["id"]))
