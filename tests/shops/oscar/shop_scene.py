"""What the tests have happen in the shop, by Oscar's own classes: a product, an order through a basket, a parcel."""

from decimal import Decimal

from django.db import transaction
from oscar.apps.shipping.methods import FixedPrice
from oscar.core.loading import get_class, get_model
from oscar.test.factories import create_order, create_product, create_stockrecord

Basket = get_model("basket", "Basket")
EventHandler = get_class("order.processing", "EventHandler")


def lamp(stock=10, title="Lamp"):
    """Sell a lamp for 24.95."""
    attributes = {"colour": "black"}
    product = create_product(title=title, upc="38300", product_class="Lamps", attributes=attributes)
    create_stockrecord(
        product,
        partner_name="Ljubljana",
        price=Decimal("24.95"),
        num_in_stock=stock,
        partner_sku="LAMP-7",
        currency="EUR",
    )
    return product


def countries():
    """Send to Slovenia and Croatia."""
    for code, name in (("SI", "Slovenia"), ("HR", "Croatia")):
        get_model("address", "Country").objects.get_or_create(
            iso_3166_1_a2=code, defaults={"name": name, "printable_name": name, "is_shipping_country": True}
        )


@transaction.atomic
def bought(number, product, quantity=2, email="maja@kupci.example", paid=True):
    """Place an order of so many lamps, with 4.00 for postage."""
    countries()
    basket = Basket.objects.create()
    basket.strategy = get_class("partner.strategy", "Selector")().strategy()
    basket.add_product(product, quantity)
    address = get_model("order", "ShippingAddress").objects.create(
        first_name="Maja",
        last_name="Kos",
        line1="Slovenska cesta 1",
        line4="Ljubljana",
        postcode="1000",
        country_id="SI",
    )
    method = FixedPrice(Decimal("4.00"), Decimal("4.00"))
    order = create_order(number, basket, shipping_address=address, shipping_method=method, guest_email=email)
    if paid:
        kind, _ = get_model("payment", "SourceType").objects.get_or_create(name="Card")
        source = order.sources.create(source_type=kind, currency="EUR", amount_allocated=order.total_incl_tax)
        source.debit(reference=f"card-{number}")
    return order


def sent(order):
    """Send all of an order."""
    kind, _ = get_model("order", "ShippingEventType").objects.get_or_create(name="Shipped")
    lines = list(order.lines.all())
    EventHandler().handle_shipping_event(order, kind, lines, [line.quantity for line in lines])
    order.set_status("Sent")
