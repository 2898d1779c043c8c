"""Vouchers of Oscar, as Pult's contract has promotions."""

from django.apps import apps

from pult_oscar.money import minor
from pult_oscar.orders import moments

Voucher = apps.get_model("voucher", "Voucher")


def queryset():
    """Return vouchers with what they take off."""
    return Voucher.objects.prefetch_related("offers__benefit", "offers__condition")


def one(pk):
    """Return a voucher, None where there is none."""
    found = queryset().filter(pk=pk).first() if str(pk).isdigit() else None
    return found and told(found, moments("promotion", [found.pk]).get(str(found.pk)))


def told(voucher, changed_at=None):
    """Return a voucher as JSON."""
    from oscar.core.utils import get_default_currency

    currency = get_default_currency()
    said = {
        "id": str(voucher.pk),
        "title": voucher.name,
        "changed_at": max(filter(None, [changed_at, voucher.date_created])).isoformat(),
        "code": voucher.code,
        "starts_at": voucher.start_datetime.isoformat(),
        "ends_at": voucher.end_datetime.isoformat(),
        "active": not voucher.is_expired(),
    }
    for offer in voucher.offers.all():
        benefit, condition = offer.benefit, offer.condition
        if benefit.type == benefit.PERCENTAGE:
            said["percent"] = float(benefit.value)
        elif benefit.type == benefit.FIXED:
            said |= {"amount": minor(benefit.value, currency), "currency": currency}
        elif benefit.type == benefit.SHIPPING_PERCENTAGE and benefit.value == 100:
            said["delivery"] = True
        if condition.type == condition.VALUE and condition.value:
            said |= {"minimum": minor(condition.value, currency), "currency": currency}
    return said
