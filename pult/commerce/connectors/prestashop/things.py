"""PrestaShop's orders, products and cart rules as Pult has them. What makes no sense raises ValueError, KeyError.

Its moments are on the shop's clock and say so nowhere; that of the store here has to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pult.commerce.base import (
    Buyer,
    Fulfilment,
    Line,
    Order,
    OrderState,
    Payment,
    PaymentState,
    Place,
    Product,
    Promotion,
    Refund,
    Shipment,
    ShopInfo,
    Stock,
    Variant,
)
from pult.commerce.connectors.prestashop.beside import Beside
from pult.platform.money import minor


def text(value: object) -> str:
    """Return a text; nothing for what is none. Words in several languages are told in the first."""
    if isinstance(value, list):
        return text(value[0].get("value")) if value and isinstance(value[0], dict) else ""
    return "" if value is None or isinstance(value, bool | dict) else str(value)


def key_of(value: object) -> str:
    """Return an id; 0 stands for none."""
    return "" if text(value) in ("", "0") else text(value)


def moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Return a moment of the shop's clock. Raises ValueError."""
    said = text(value)
    if not said or said.startswith("0000"):
        return None
    return datetime.strptime(said, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)


def must(value: object, zone: ZoneInfo) -> datetime:
    """Return a moment that has to be there. Raises ValueError."""
    found = moment(value, zone)
    if found is None:
        raise ValueError(f"{value!r} is no moment")
    return found


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment as the shop writes it."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def amount(value: object, currency: str) -> int:
    """Return an amount in minor units; PrestaShop writes six digits. Nothing is zero. Raises ValueError."""
    said = text(value)
    return minor(said, currency) if said else 0


def order(said: Mapping[str, Any], beside: Beside, shop: ShopInfo) -> Order:
    """Return an order, with what stands beside it."""
    zone = ZoneInfo(shop.time_zone)
    name = text(said["id"])
    currency = beside.currencies[text(said["id_currency"])]
    total = amount(said.get("total_paid_tax_incl") or said.get("total_paid"), currency)
    bare = said.get("total_paid_tax_excl")
    refunds = [refund(one, currency, zone) for one in beside.slips.get(name, [])]
    payments = [_payment(one, currency, zone) for one in beside.payments.get(text(said.get("reference")), [])]
    place = beside.addresses.get(text(said.get("id_address_delivery")))
    bill = beside.addresses.get(text(said.get("id_address_invoice")))
    current = text(said.get("current_state"))
    paid = sum(one.amount for one in payments) or amount(said.get("total_paid_real"), currency)
    return Order(
        id=name,
        number=text(said.get("reference")) or name,
        placed_at=must(said["date_add"], zone),
        changed_at=must(said["date_upd"], zone),
        currency=currency,
        total=total,
        state=_state(current, shop),
        payment=_payment_state(current, beside, shop, total, paid, sum(one.amount for one in refunds)),
        fulfilment=_fulfilment(current, beside, shop),
        shipping=amount(said.get("total_shipping_tax_incl") or said.get("total_shipping"), currency),
        tax=total - amount(bare, currency) if bare else 0,
        discount=amount(said.get("total_discounts_tax_incl") or said.get("total_discounts"), currency),
        buyer=_buyer(said, beside, bill or place, zone),
        ship_to=_place(place, beside),
        bill_to=_place(bill, beside),
        lines=[_line(one, currency) for one in _association(said, "order_rows")],
        payments=payments,
        refunds=refunds,
        shipments=_shipments(said, beside, shop, zone),
        cancelled_at=_reached(beside, name, {text(shop.settings.get("cancelled_state", 6))}, zone),
        note=text(said.get("note")),
    )


def _association(said: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = said.get("associations")
    rows = found.get(name) if isinstance(found, dict) else None
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _is(current: str, shop: ShopInfo, *names: str) -> bool:
    usual = {"cancelled_state": 6, "refunded_state": 7, "failed_state": 8, "delivered_state": 5}
    return current in {text(shop.settings.get(name, usual[name])) for name in names}


def _state(current: str, shop: ShopInfo) -> OrderState:
    if _is(current, shop, "cancelled_state", "failed_state"):
        return "cancelled"
    return "completed" if _is(current, shop, "delivered_state", "refunded_state") else "open"


def _payment_state(current: str, beside: Beside, shop: ShopInfo, total: int, paid: int, back: int) -> PaymentState:
    if _is(current, shop, "refunded_state") or (back and back >= total):
        return "refunded"
    if back:
        return "part_refunded"
    if text(beside.states.get(current, {}).get("paid")) == "1" or (paid and paid >= total):
        return "paid"
    if _is(current, shop, "failed_state"):
        return "failed"
    return "voided" if _is(current, shop, "cancelled_state") else "pending"


def _fulfilment(current: str, beside: Beside, shop: ShopInfo) -> Fulfilment:
    if _is(current, shop, "delivered_state"):
        return "delivered"
    return "sent" if text(beside.states.get(current, {}).get("shipped")) == "1" else "none"


def _buyer(said: Mapping[str, Any], beside: Beside, address: Mapping[str, Any] | None, zone: ZoneInfo) -> Buyer:
    """A guest is a customer of PrestaShop too, but has no account."""
    customer = beside.customers.get(text(said.get("id_customer")), {})
    guest = text(customer.get("is_guest")) == "1"
    born = text(customer.get("birthday"))
    return Buyer(
        id="" if guest else key_of(said.get("id_customer")),
        email=text(customer.get("email")),
        phone=text((address or {}).get("phone_mobile")) or text((address or {}).get("phone")),
        name=_name(customer),
        language=beside.languages.get(text(said.get("id_lang")), "")[:2],
        birthday=date.fromisoformat(born) if born and not born.startswith("0000") else None,
        registered_at=None if guest else moment(customer.get("date_add"), zone),
    )


def _name(said: Mapping[str, Any]) -> str:
    return " ".join(part for part in (text(said.get("firstname")), text(said.get("lastname"))) if part)


def _place(said: Mapping[str, Any] | None, beside: Beside) -> Place:
    if not said:
        return Place()
    return Place(
        name=_name(said),
        company=text(said.get("company")),
        lines=[one for one in (text(said.get("address1")), text(said.get("address2"))) if one],
        postcode=text(said.get("postcode")),
        city=text(said.get("city")),
        region=beside.regions.get(text(said.get("id_state")), ""),
        country=beside.countries.get(text(said.get("id_country")), ""),
        phone=text(said.get("phone_mobile")) or text(said.get("phone")),
    )


def _line(said: Mapping[str, Any], currency: str) -> Line:
    """A price has six digits, and only the whole line is rounded."""
    exact = Decimal(text(said.get("unit_price_tax_incl") or said.get("product_price")) or "0")
    pieces = int(text(said.get("product_quantity")) or 0)
    return Line(
        id=text(said["id"]),
        title=text(said.get("product_name")),
        quantity=pieces,
        price=minor(exact, currency),
        total=minor(exact * pieces, currency),
        sku=text(said.get("product_reference")),
        product_id=key_of(said.get("product_id")),
        variant_id=key_of(said.get("product_attribute_id")) or key_of(said.get("product_id")),
    )


def _payment(said: Mapping[str, Any], currency: str, zone: ZoneInfo) -> Payment:
    """What PrestaShop notes as a payment has come; of a card number that it keeps nothing is taken."""
    return Payment(
        text(said["id"]),
        text(said.get("payment_method")),
        "paid",
        amount(said.get("amount"), currency),
        at=moment(said.get("date_add"), zone),
    )


def refund(said: Mapping[str, Any], currency: str, zone: ZoneInfo) -> Refund:
    """Return a credit slip."""
    goods = amount(said.get("total_products_tax_incl"), currency) or amount(said.get("amount"), currency)
    post = amount(said.get("total_shipping_tax_incl"), currency) or amount(said.get("shipping_cost_amount"), currency)
    return Refund(text(said["id"]), goods + post, at=moment(said.get("date_add"), zone))


def _reached(beside: Beside, order_id: str, states: set[str], zone: ZoneInfo) -> datetime | None:
    """Return when an order first came into one of these states."""
    at = [
        found
        for one in beside.histories.get(order_id, [])
        if text(one.get("id_order_state")) in states and (found := moment(one.get("date_add"), zone)) is not None
    ]
    return min(at, default=None)


def _shipments(said: Mapping[str, Any], beside: Beside, shop: ShopInfo, zone: ZoneInfo) -> list[Shipment]:
    """A parcel is what has a number; it left when the order came into a state that means so."""
    name = text(said["id"])
    sent_states = {state for state, one in beside.states.items() if text(one.get("shipped")) == "1"}
    sent = _reached(beside, name, sent_states, zone)
    delivered = _reached(beside, name, {text(shop.settings.get("delivered_state", 5))}, zone)
    found: list[Shipment] = []
    for one in beside.parcels.get(name, []):
        number, carrier = text(one.get("tracking_number")), beside.carriers.get(text(one.get("id_carrier")), {})
        if number:
            url = text(carrier.get("url")).replace("@", number)
            found.append(
                Shipment(text(one["id"]), number, text(carrier.get("name")), url, sent_at=sent, delivered_at=delivered)
            )
    return found


def product(said: Mapping[str, Any], beside: Beside, shop: ShopInfo) -> Product:
    """Return a product. The shop reckons `final` and `usual` with tax; what a combination adds is without, and is
    reckoned as the whole is."""
    zone, name, title = ZoneInfo(shop.time_zone), text(said["id"]), text(said.get("name"))
    final, usual = amount(said.get("final"), shop.currency), amount(said.get("usual"), shop.currency)
    bare = amount(said.get("price"), shop.currency)
    variants: list[Variant] = []
    for one in beside.combinations.get(name, []):
        extra = _with_tax(amount(one.get("price"), shop.currency), usual, bare)
        variants.append(_variant(one, title, text(one["id"]), final + extra, usual + extra, beside, shop.currency))
    if not variants:
        variants.append(_variant(said, title, "0", final, usual, beside, shop.currency))
    base = text(shop.settings["url"]).rstrip("/")
    return Product(
        id=name,
        title=title,
        changed_at=must(said["date_upd"], zone),
        variants=variants,
        category=beside.categories.get(text(said.get("id_category_default")), ""),
        vendor=text(said.get("manufacturer_name")),
        url=f"{base}/index.php?controller=product&id_product={name}",
        attributes=beside.features(said),
        active=text(said.get("active")) == "1",
    )


def _with_tax(extra: int, usual: int, bare: int) -> int:
    return round(extra * usual / bare) if bare else extra


def _variant(
    said: Mapping[str, Any], title: str, combination: str, price: int, usual: int, beside: Beside, currency: str
) -> Variant:
    options = beside.options(said) if combination != "0" else {}
    stock = beside.stock.get((text(said.get("id_product")) or text(said["id"]), combination))
    return Variant(
        id=text(said["id"]),
        title=f"{title} – {', '.join(options.values())}" if options else title,
        price=price,
        currency=currency,
        sku=text(said.get("reference")),
        barcode=text(said.get("ean13")),
        before=usual if usual > price else None,
        attributes=options,
        stock=[Stock("", stock)] if stock is not None else [],
    )


def promotion(said: Mapping[str, Any], beside: Beside, shop: ShopInfo) -> Promotion:
    """Return a cart rule."""
    zone = ZoneInfo(shop.time_zone)
    percent = float(text(said.get("reduction_percent")) or 0)
    currency = beside.currencies.get(text(said.get("reduction_currency")), shop.currency)
    off = amount(said.get("reduction_amount"), currency)
    least = amount(said.get("minimum_amount"), currency)
    only = key_of(said.get("reduction_product"))
    return Promotion(
        id=text(said["id"]),
        title=text(said.get("name")),
        changed_at=must(said.get("date_upd") or said.get("date_add"), zone),
        code=text(said.get("code")),
        percent=percent or None,
        amount=off or None,
        currency=currency,
        minimum=least or None,
        delivery=text(said.get("free_shipping")) == "1",
        starts_at=moment(said.get("date_from"), zone),
        ends_at=moment(said.get("date_to"), zone),
        product_ids=[only] if only and not only.startswith("-") else [],
        active=text(said.get("active")) == "1" and text(said.get("quantity")) != "0",
    )


def all_of(found: Sequence[Mapping[str, Any]], field: str) -> set[str]:
    """Return what a field says of each thing."""
    return {text(one.get(field)) for one in found}
