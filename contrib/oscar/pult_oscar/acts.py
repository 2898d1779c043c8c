"""What Pult may have done in the shop. Each act leaves its key in the same transaction as what it does."""

from datetime import timedelta

from django.apps import apps
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from oscar.core.loading import get_class

from pult_oscar import conf, orders
from pult_oscar.models import Deed
from pult_oscar.money import major, minor

EventHandler = get_class("order.processing", "EventHandler")


class Refused(Exception):
    """The shop does not do this; `code` is one of the contract's."""

    def __init__(self, code, detail=""):
        super().__init__(detail or code)
        self.code, self.detail = code, detail


def verbs():
    """Return what can be done: money is given back only where the shop has said how."""
    money = ["refund"] if conf.function("REFUND") else []
    return ["cancel", "change_address", "note", "discount", *money]


def plan(act):
    """Say what would happen; change nothing."""
    return _of(act)[0](act)


def perform(act, key):
    """Do it, once for a key."""
    with transaction.atomic():
        deed, made = Deed.objects.select_for_update().get_or_create(key=key, defaults={"verb": act["verb"]})
        if not made:
            return deed.answer
        planned, doing = _of(act)
        planned(act)
        deed.answer = doing(act, key)
        deed.save(update_fields=["answer"])
        return deed.answer


def _of(act):
    known = {
        "cancel": (plan_cancel, cancel),
        "change_address": (plan_address, change_address),
        "note": (plan_note, note),
        "discount": (plan_discount, discount),
        "refund": (plan_refund, refund),
    }
    if act.get("verb") not in verbs():
        raise Refused("not_possible", str(act.get("verb")))
    return known[act["verb"]]


def _order(act):
    found = orders.queryset().filter(pk=act["order_id"]).first() if str(act.get("order_id", "")).isdigit() else None
    if found is None:
        raise Refused("unknown")
    return found


def _left(order):
    return sum(source.amount_available_for_refund for source in order.sources.all())


def _done(order, reference):
    return {"reference": str(reference), "order": orders.one(order.pk)}


def plan_cancel(act):
    order = _order(act)
    if order.status == conf.get("CANCELLED"):
        raise Refused("already_cancelled")
    if order.shipping_events.exists():
        raise Refused("already_sent")
    if conf.get("CANCELLED") not in order.available_statuses():
        raise Refused("not_possible", order.status)
    back = act.get("refund", True) and _left(order)
    said = {"currency": order.currency, "most": minor(_left(order), order.currency)}
    if back and not conf.function("REFUND"):
        return {**said, "warnings": ["paid_elsewhere"]}
    return {**said, "amount": minor(back or 0, order.currency)}


def cancel(act, key):
    order = _order(act)
    handler = EventHandler()
    if act.get("refund", True) and conf.function("REFUND"):
        _give_back(order, _left(order), key)
    if act.get("restock", True):
        handler.cancel_stock_allocations(order)
    handler.handle_order_status_change(order, conf.get("CANCELLED"), note_msg=f"Pult: {act.get('reason', 'customer')}")
    return _done(order, order.pk)


def plan_refund(act):
    order = _order(act)
    most = minor(_left(order), order.currency)
    if not any(source.amount_debited for source in order.sources.all()):
        raise Refused("not_paid")
    if act["amount"] > most:
        raise Refused("too_much", str(_left(order)))
    return {"amount": act["amount"], "currency": order.currency, "most": most, "warnings": ["sum_only"]}


def refund(act, key):
    order = _order(act)
    return _done(order, _give_back(order, major(act["amount"], order.currency), key))


def _give_back(order, amount, key):
    """Have the shop's own function move the money, and book it where Oscar does."""
    give, reference = conf.function("REFUND"), ""
    for source in order.sources.all():
        some = min(amount, source.amount_available_for_refund)
        if some > 0:
            reference = give(order=order, source=source, amount=some, key=key) or key
            source.refund(some, reference=reference, status=f"Pult {key}"[:128])
            amount -= some
    return reference


def plan_address(act):
    order = _order(act)
    if order.status == conf.get("CANCELLED"):
        raise Refused("already_cancelled")
    if order.shipping_events.exists():
        raise Refused("already_sent")
    if order.shipping_address is None:
        raise Refused("not_possible")
    _country(act["ship_to"])
    return {"currency": order.currency}


def _country(place):
    countries = apps.get_model("address", "Country").objects
    found = countries.filter(iso_3166_1_a2=place.get("country", ""), is_shipping_country=True).first()
    if found is None or not place.get("lines"):
        raise Refused("bad_address", place.get("country", ""))
    return found


def change_address(act, key):
    order, place = _order(act), act["ship_to"]
    address = order.shipping_address
    first, _, last = place.get("name", "").rpartition(" ")
    lines = [*place.get("lines", []), "", "", ""]
    address.first_name, address.last_name = first, last
    address.line1, address.line2, address.line3 = lines[:3]
    address.line4, address.postcode = place.get("city", ""), place.get("postcode", "")
    address.state, address.country = place.get("region", ""), _country(place)
    if place.get("phone"):
        address.phone_number = place["phone"]
    address.save()
    return _done(order, order.pk)


def plan_note(act):
    _order(act)
    return {}


def note(act, key):
    order = _order(act)
    made = order.notes.create(note_type="System", message=act["text"])
    return {"reference": str(made.pk)}


def plan_discount(act):
    if apps.get_model("voucher", "Voucher").objects.filter(code=act["code"]).exists():
        raise Refused("bad_code", act["code"])
    if act.get("buyer"):
        raise Refused("not_possible", "a voucher for one buyer")
    return {"amount": act.get("amount", 0), "currency": act.get("currency", "")}


def discount(act, key):
    """Make a voucher with an offer of its own over the whole catalogue."""
    everything, _ = apps.get_model("offer", "Range").objects.get_or_create(
        name="Everything (Pult)", defaults={"includes_all_products": True}
    )
    kinds = apps.get_model("offer", "Benefit"), apps.get_model("offer", "Condition")
    least = act.get("minimum")
    condition = kinds[1].objects.create(
        range=everything,
        type=kinds[1].VALUE if least else kinds[1].COUNT,
        value=major(least, act.get("currency", "")) if least else 1,
    )
    percent = act.get("percent")
    benefit = kinds[0].objects.create(
        range=everything,
        type=kinds[0].PERCENTAGE if percent else kinds[0].FIXED,
        value=percent or major(act["amount"], act.get("currency", "")),
    )
    offer = apps.get_model("offer", "ConditionalOffer").objects.create(
        name=f"{act['code']} (Pult)",
        offer_type="Voucher",
        condition=condition,
        benefit=benefit,
        max_global_applications=act.get("uses", 1),
    )
    now = timezone.now()
    until = parse_datetime(act["until"]) if act.get("until") else now + timedelta(days=365 * 10)
    voucher = apps.get_model("voucher", "Voucher").objects.create(
        name=f"{act['code']} (Pult)", code=act["code"], usage="Multi-use", start_datetime=now, end_datetime=until
    )
    voucher.offers.add(offer)
    return {"reference": str(voucher.pk), "code": act["code"]}
