"""Orders of Oscar, as Pult's contract has them."""

from django.apps import apps

from pult_oscar import conf
from pult_oscar.money import minor

Order = apps.get_model("order", "Order")
Change = apps.get_model("pult_oscar", "Change")
PARTS = (
    "lines__product",
    "lines__attributes__option",
    "sources__source_type",
    "sources__transactions",
    "shipping_events__event_type",
)


def queryset():
    """Return orders with all that is told of them."""
    near = ("user", "shipping_address__country", "billing_address__country")
    return Order.objects.select_related(*near).prefetch_related(*PARTS)


def one(pk):
    """Return an order, None where there is none."""
    found = queryset().filter(pk=pk).first() if str(pk).isdigit() else None
    return found and told(found, moments("order", [found.pk]).get(str(found.pk)))


def moments(kind, pks):
    """Return when things were changed last, by id."""
    found = Change.objects.filter(kind=kind, thing__in=[str(pk) for pk in pks])
    return dict(found.values_list("thing", "at"))


def told(order, changed_at=None):
    """Return an order as JSON."""
    currency = order.currency

    def amount(value):
        return minor(value, currency)

    sources = list(order.sources.all())
    meant = conf.get("STATES").get(order.status, {})
    said = {
        "id": str(order.pk),
        "number": order.number,
        "placed_at": order.date_placed.isoformat(),
        "changed_at": max(filter(None, [changed_at, order.date_placed])).isoformat(),
        "currency": currency,
        "total": amount(order.total_incl_tax),
        "shipping": amount(order.shipping_incl_tax),
        "tax": amount(order.total_incl_tax) - amount(order.total_excl_tax),
        "discount": sum(amount(one.amount) for one in order.discounts.all()),
        "state": "open",
        "payment": payment(sources, order),
        "fulfilment": "sent" if order.shipping_events.all() else "none",
        "buyer": buyer(order),
        "ship_to": place(order.shipping_address),
        "bill_to": place(order.billing_address),
        "lines": [_line(line, amount) for line in order.lines.all()],
        "payments": [_source(one, amount) for one in sources],
        "refunds": [
            {"id": str(one.pk), "amount": amount(one.amount), "at": one.date_created.isoformat(), "reason": one.status}
            for source in sources
            for one in source.transactions.all()
            if one.txn_type == one.REFUND
        ],
        "shipments": [
            {"id": str(event.pk), "carrier": order.shipping_method, "sent_at": event.date_created.isoformat()}
            for event in order.shipping_events.all()
        ],
    }
    return {**said, **meant}


def payment(sources, order):
    """Return what is known of an order's money: Oscar's sources say what was set aside, taken and given back."""
    debited = sum(one.amount_debited for one in sources)
    refunded = sum(one.amount_refunded for one in sources)
    if refunded:
        return "refunded" if refunded >= debited else "part_refunded"
    if debited:
        return "paid" if debited >= order.total_incl_tax else "pending"
    return "authorised" if any(one.amount_allocated for one in sources) else "pending"


def buyer(order):
    """Return who bought. Who has no account is known by what was left with the order."""
    user, address = order.user, order.shipping_address or order.billing_address
    said = {"email": order.guest_email, "phone": str(getattr(address, "phone_number", "") or "")}
    if user is not None:
        joined = getattr(user, "date_joined", None)
        said |= {"id": str(user.pk), "email": user.email or order.guest_email, "name": user.get_full_name()}
        said |= {"registered_at": joined.isoformat()} if joined else {}
    if not said.get("name") and address is not None:
        said["name"] = address.name
    return {name: value for name, value in said.items() if value}


def place(address):
    """Return an address. Oscar's fourth line is the city."""
    if address is None:
        return {}
    country = getattr(address, "country", None)
    return {
        "name": address.name,
        "lines": [line for line in (address.line1, address.line2, address.line3) if line],
        "postcode": address.postcode or "",
        "city": address.line4 or "",
        "region": address.state or "",
        "country": country.iso_3166_1_a2 if country else "",
        "phone": str(getattr(address, "phone_number", "") or ""),
    }


def _line(line, amount):
    product = line.product
    said = {
        "id": str(line.pk),
        "title": line.title,
        "quantity": line.quantity,
        "price": amount(line.unit_price_incl_tax or 0),
        "total": amount(line.line_price_incl_tax),
        "sku": line.partner_sku,
        "options": {one.option.name: str(one.value) for one in line.attributes.all() if one.option},
    }
    if product is not None:
        said |= {"product_id": str(product.parent_id or product.pk), "variant_id": str(product.pk)}
    return said


def _source(source, amount):
    state = "paid" if source.amount_debited else "authorised" if source.amount_allocated else "pending"
    taken = source.amount_debited or source.amount_allocated
    return {"id": str(source.pk), "method": source.source_type.name, "state": state, "amount": amount(taken)}
