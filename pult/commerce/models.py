"""Copies of what shops know: who bought what, what became of it, and what there is to buy. The shop is the truth."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pult.platform.secrets import SealedJSONField


class Shop(models.Model):
    """One connected shop of a store. `settings` follow the connector's settings.py."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("accounts.Store", on_delete=models.PROTECT, related_name="shops")
    connector = models.CharField(max_length=24)
    name = models.CharField(max_length=120)
    settings = SealedJSONField(default=dict)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    reader = models.CharField(max_length=64, default="", db_default="")
    """Who reads it at this moment (platform.holders), until `reader_until` at the latest."""
    reader_until = models.DateTimeField(null=True)
    verbs = models.JSONField(null=True)
    """What this very shop can do of what its connector can, null where that is all of it (base.Telling)."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "name"], name="shop_name_once")]

    def __str__(self) -> str:
        return self.name


class Reading(models.Model):
    """How far one kind of thing has been read from a shop, so that reading resumes after any stop."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="readings")
    kind = models.CharField(max_length=12)
    cursor = models.TextField(null=True)
    """Where to go on inside the present run; empty between two."""
    since = models.DateTimeField(null=True)
    """What changed before this is known; the next run asks for what changed after it."""
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.BigIntegerField(default=0)
    of = models.BigIntegerField(null=True)
    changed = models.BigIntegerField(default=0)
    error = models.TextField(default="")
    misfits = models.JSONField(default=dict, db_default={})
    """What was passed over because it made no sense: its id or place, and what is wrong; it goes when it is mended."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind"], name="reading_once")]


class Notice(models.Model):
    """A webhook of a shop, sealed, kept before the shop hears 'accepted' (platform.arrivals).

    Once it is read only its name stays, for as long as the shop may say it again.
    """

    class State(models.TextChoices):
        RECEIVED = "received"
        PARSED = "parsed"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    envelope = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    blob = models.ForeignKey("platform.Blob", null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    received_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=64, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="notice_once")]
        indexes = [
            models.Index(fields=["id"], name="notice_waiting", condition=Q(state="received")),
            models.Index(fields=["shop", "id"], name="notice_failed", condition=Q(state="failed")),
            models.Index(fields=["shop", "-received_at"], name="notice_newest"),
            models.Index(fields=["received_at"], name="notice_age"),
        ]


class Buyer(models.Model):
    """An account in a shop, and who that is here."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=200)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    birthday = models.DateField(null=True)
    registered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="buyer_once")]
        indexes = [models.Index(fields=["customer"], name="buyer_customer")]


class Order(models.Model):
    """An order. What every list shows lies in columns, the rest of what the shop said in `body`."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    number = models.CharField(max_length=64)
    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    placed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    state = models.CharField(max_length=12)
    payment = models.CharField(max_length=16, default="")
    fulfilment = models.CharField(max_length=12, default="")
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField()
    refunded = models.BigIntegerField(default=0)
    open_parcels = models.SmallIntegerField(default=0)
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)
    erased = models.BooleanField(default=False)
    """Who bought asked to be forgotten: whatever the shop says later, it is not written again."""
    trimmed = models.BooleanField(default=False, db_default=False)
    """Where it went was forgotten because of its age, and is not written again."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="order_once")]
        indexes = [
            # Everything that a card sums up lies in the index: a buyer of thousands is read without the orders.
            models.Index(
                fields=[
                    "customer",
                    "-placed_at",
                    "-id",
                    "shop",
                    "currency",
                    "state",
                    "payment",
                    "fulfilment",
                    "total",
                    "refunded",
                    "open_parcels",
                ],
                name="order_card",
            ),
            models.Index(fields=["shop", "number"], name="order_number"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
        ]


class OrderLine(models.Model):
    """What was bought, for questions that begin at the product."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=100, default="")
    product_id = models.CharField(max_length=200, default="")
    variant_id = models.CharField(max_length=200, default="")
    title = models.CharField(max_length=300)
    quantity = models.IntegerField()
    total = models.BigIntegerField()


class OrderChange(models.Model):
    """What changed of an order, when, from what, to what: codes and amounts, never addresses."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="changes")
    field = models.CharField(max_length=16)
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    at = models.DateTimeField()


class Product(models.Model):
    """A product; `body` holds its attributes and variants."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    category = models.CharField(max_length=200, default="")
    changed_at = models.DateTimeField()
    active = models.BooleanField(default=True)
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="product_once")]


class Promotion(models.Model):
    """A reduction that a shop offers for a time; `body` says for what, and how much it is."""

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    code = models.CharField(max_length=64, default="")
    changed_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "external_id"], name="promotion_once")]
        indexes = [models.Index(fields=["shop", "ends_at"], name="promotion_now", condition=Q(active=True))]


class ShopAct(models.Model):
    """Something that somebody had done in a shop, from what was shown to him to what became of it.

    `act` and `result` hold addresses and are sealed; everything else is ids, codes and amounts.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        WAITING = "waiting"
        APPROVED = "approved"
        DOING = "doing"
        DONE = "done"
        REFUSED = "refused"
        FAILED = "failed"
        DECLINED = "declined"
        WITHDRAWN = "withdrawn"
        UNDOING = "undoing"
        UNDONE = "undone"

    id = models.BigAutoField(primary_key=True)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+", db_index=False)
    order = models.ForeignKey(Order, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    conversation_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=16)
    act = SealedJSONField(default=dict)
    plan = models.JSONField(default=dict)
    """What was shown (base.Plan): what is done is this, or nothing."""
    amount = models.BigIntegerField(default=0)
    """Money that moves, in minor units of `currency`."""
    stake = models.BigIntegerField(null=True)
    """What it costs the shop, which limits count; null where nobody knows."""
    percent = models.SmallIntegerField(null=True)
    currency = models.CharField(max_length=3, default="")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    key = models.CharField(max_length=36)
    asked_by = models.CharField(max_length=40)
    asked_by_staff_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=40, default="")
    decided_at = models.DateTimeField(null=True)
    reason = SealedJSONField(null=True)
    """Why it was declined, in words."""
    done_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=200, default="")
    result = SealedJSONField(default=dict)
    """What the shop answered (base.Done without the order)."""
    payment = models.CharField(max_length=8, default="")
    """Of a basket: failed or paid, as the shop told it last."""
    error = models.CharField(max_length=24, default="")
    """Why it was refused (base.Refusal), or `away` while the shop cannot be asked."""
    words = SealedJSONField(null=True)
    """The shop's own words for that."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="act_key_once")]
        indexes = [
            models.Index(fields=["order", "-id"], name="act_of_order"),
            models.Index(fields=["conversation_id", "-id"], name="act_of_conversation"),
            models.Index(fields=["customer"], name="act_of_customer"),
            models.Index(fields=["shop", "reference"], name="act_reference"),
            models.Index(fields=["id"], name="act_waiting", condition=Q(state="waiting")),
            models.Index(fields=["created_at"], name="act_planned", condition=Q(state="planned")),
        ]


class ActStep(models.Model):
    """The audit trail of an act: who brought it to which state, when. Never changed, never deleted."""

    id = models.BigAutoField(primary_key=True)
    act = models.ForeignKey(ShopAct, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10)
    actor = models.CharField(max_length=40)
    amount = models.BigIntegerField(default=0)
    error = models.CharField(max_length=24, default="")
    at = models.DateTimeField()


class ActLimit(models.Model):
    """Up to which sum, in minor units of the store's currency, somebody of a role may do something without a second
    person; null where there is none. `percent` is that of discounts in percent."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("accounts.Store", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=12)
    verb = models.CharField(max_length=16)
    alone = models.BigIntegerField(null=True)
    percent = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "role", "verb"], name="limit_once")]


class Numbering(models.Model):
    """How a shop writes its orders' numbers (commerce.mentions.numbers): learned from its orders, and told by an admin.
    `tells_parcels`: it says which parcels its orders went by."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, primary_key=True, related_name="numbering")
    learned = models.JSONField(default=list)
    told = models.JSONField(default=list)
    tells_parcels = models.BooleanField(default=False)
    learned_at = models.DateTimeField(null=True)


class Merchant(models.Model):
    """Another shop that customers take this one for, beside those that everybody knows; `ours`: we sell there."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80, unique=True)
    words = models.JSONField(default=list)
    domains = models.JSONField(default=list)
    ours = models.BooleanField(default=False)
