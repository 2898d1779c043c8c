"""Noting what has changed, in the same transaction as the change itself."""

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from pult_oscar import telling
from pult_oscar.models import Change


def _order(thing):
    return [("order", thing.pk)]


def _of_order(thing):
    return [("order", thing.order_id)]


def _of_source(thing):
    return [("order", thing.source.order_id)]


def _of_shipping_address(thing):
    return [
        ("order", pk)
        for pk in apps.get_model("order", "Order").objects.filter(shipping_address=thing).values_list("pk", flat=True)
    ]


def _product(thing):
    return [("product", thing.parent_id or thing.pk)]


def _of_product(thing):
    return _product(thing.product)


def _voucher(thing):
    return [("promotion", thing.pk)]


_WATCHED = [
    ("order", "Order", _order),
    ("order", "Line", _of_order),
    ("order", "ShippingEvent", _of_order),
    ("order", "PaymentEvent", _of_order),
    ("order", "ShippingAddress", _of_shipping_address),
    ("payment", "Source", _of_order),
    ("payment", "Transaction", _of_source),
    ("catalogue", "Product", _product),
    ("catalogue", "ProductAttributeValue", _of_product),
    ("partner", "StockRecord", _of_product),
    ("voucher", "Voucher", _voucher),
]


def watched(registry):
    """Give the models whose changes are noted, and how to find what they belong to."""
    for app, name, found in _WATCHED:
        yield registry.get_model(app, name), found


def _things(sender, instance):
    for model, found in watched(apps):
        if sender is model:
            return [(kind, pk) for kind, pk in found(instance) if pk]
    return []


def _is_whole(sender, instance):
    """Say whether this is an order, product or voucher itself, and no part of one."""
    wholes = (("order", "Order"), ("voucher", "Voucher"), ("catalogue", "Product"))
    return any(sender is apps.get_model(*one) for one in wholes) and not getattr(instance, "parent_id", None)


def saved(sender, instance, created=False, raw=False, **kwargs):
    """Note that something was saved."""
    if not raw:
        note(_things(sender, instance), anew=created and _is_whole(sender, instance))


def deleted(sender, instance, **kwargs):
    """Note that something was deleted: the thing itself is gone, or a part of it."""
    note(_things(sender, instance), gone=_is_whole(sender, instance))


def note(things, *, gone=False, anew=False):
    """Keep that these have changed now."""
    for kind, pk in things:
        if not (gone or anew) and Change.objects.filter(kind=kind, thing=pk, gone=True).exists():
            continue  # a part of what is being deleted
        Change.objects.update_or_create(
            kind=kind, thing=str(pk), defaults={"at": timezone.now(), "gone": gone, "told": False}
        )
    if things:
        transaction.on_commit(telling.soon)
