"""The company, its stores, its people and what they may do."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

LANGUAGES = [
    ("sl", "slovenščina"),
    ("hr", "hrvatski"),
    ("el", "ελληνικά"),
    ("pl", "polski"),
    ("en", "English"),
]


class Store(models.Model):
    """One shop front: its languages, currency, time zone and postal address."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=8, choices=LANGUAGES)
    languages = models.JSONField(default=list)
    currency = models.CharField(max_length=3, default="EUR")
    time_zone = models.CharField(max_length=64, default="Europe/Ljubljana")
    address = models.JSONField(default=dict)
    signature = models.TextField(default="")
    active = models.BooleanField(default=True)
    mask_ibans = models.BooleanField(default=True, db_default=True)
    mask_documents = models.BooleanField(default=True, db_default=True)
    own_ibans = models.JSONField(default=list, db_default=[])

    def __str__(self) -> str:
        return self.name


class Letterhead(models.Model):
    """HTML above and below every mail of a store in one of its languages."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="letterheads")
    language = models.CharField(max_length=8, choices=LANGUAGES)
    header = models.TextField(default="")
    footer = models.TextField(default="")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "language"], name="letterhead_once")]


class Logo(models.Model):
    """The picture above a store's mails; it holds its stored file once."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    blob = models.ForeignKey("platform.Blob", on_delete=models.PROTECT, related_name="+")
    media_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()


class Team(models.Model):
    """People who share work."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120, unique=True)
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="teams")

    def __str__(self) -> str:
        return self.name


class StaffManager(BaseUserManager["Staff"]):
    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(email__iexact=username)


class Staff(AbstractBaseUser):
    """A person who signs in. A colleague has no seat: sees only what they are asked."""

    class Role(models.TextChoices):
        COLLEAGUE = "colleague"
        AGENT = "agent"
        LEAD = "lead"
        ADMIN = "admin"

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.AGENT)
    language = models.CharField(max_length=8, choices=LANGUAGES, default="en")
    stores = models.ManyToManyField(Store, related_name="staff", blank=True)
    teams = models.ManyToManyField(Team, related_name="members", blank=True)
    signature = models.TextField(default="", blank=True)
    preferences = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = StaffManager()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split()[0] if self.name else self.email


class Skill(models.Model):
    """What somebody does well: a channel, a language or a topic, with a level from 1 to 5."""

    class Kind(models.TextChoices):
        CHANNEL = "channel"
        LANGUAGE = "language"
        TOPIC = "topic"

    id = models.BigAutoField(primary_key=True)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="skills")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = models.CharField(max_length=40)
    level = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "kind", "value"], name="skill_once"),
            models.CheckConstraint(condition=models.Q(level__gte=1, level__lte=5), name="skill_level_1_to_5"),
        ]


class ApiToken(models.Model):
    """A program's key. Only its SHA-256 is kept; `prefix` is the id shown to people."""

    id = models.BigAutoField(primary_key=True)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class AccessLog(models.Model):
    """One line for every request that read customers' data or erased them. On SQLite it lives in a file of its own."""

    class Kind(models.TextChoices):
        LIST = "list"
        SEARCH = "search"
        PREFETCH = "prefetch"
        OPEN = "open"
        EXPORT = "export"
        STREAM = "stream"
        ERASE = "erase"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=24, default="conversation")
    subject_ids = models.JSONField(default=list)
    customer_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-at"], name="access_log_at"),
            models.Index(fields=["actor", "-id"], name="access_log_actor"),
            models.Index(
                fields=["customer_id", "-id"], name="access_log_of_customer", condition=Q(customer_id__isnull=False)
            ),
            # Of what is rare; anything else is soon met by going back from the newest.
            models.Index(fields=["kind", "-id"], name="access_log_rare", condition=Q(kind__in=["export", "erase"])),
        ]


class CacheRow(models.Model):
    """Django's cache table: the counts behind the rate limits, so that they hold over all processes."""

    cache_key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "accounts_cache"

    def __str__(self) -> str:
        return self.cache_key


class RetentionRule(models.Model):
    """How long one kind of data is kept. A row is never changed: another rule is another version, the newest holds."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey(Store, null=True, on_delete=models.CASCADE, related_name="+")
    """None for what the whole company keeps together."""
    field = models.CharField(max_length=24)
    days = models.PositiveIntegerField()
    active = models.BooleanField()
    version = models.PositiveIntegerField()
    actor = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "field", "version"], name="retention_rule_once"),
            models.UniqueConstraint(
                fields=["field", "version"], name="retention_company_rule_once", condition=Q(store=None)
            ),
        ]


class RetentionRun(models.Model):
    """One night's work on a rule: how far it is, so that it goes on after any stop, and what it did. Ids only."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(RetentionRule, on_delete=models.CASCADE, related_name="runs")
    before = models.DateTimeField()
    """What is older goes."""
    reached = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    sample = models.JSONField(default=list)
    """Ids of the first that went."""
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, default="")
    """done, or replaced where another version of the rule came meanwhile."""

    class Meta:
        indexes = [models.Index(fields=["id"], name="retention_run_open", condition=Q(finished_at=None))]
