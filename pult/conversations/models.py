"""Conversations, one per matter, and everything said in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models
from django.db.models import Q


class Status(models.TextChoices):
    OPEN = "open"
    WAITING_CUSTOMER = "waiting_customer"
    WAITING_COLLEAGUE = "waiting_colleague"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    SPAM = "spam"


class Priority(models.IntegerChoices):
    LOW = -1
    NORMAL = 0
    HIGH = 1
    URGENT = 2


class Conversation(models.Model):
    """One matter. What the inbox list shows is kept on the row (`last_*`, `snippet`, `customer_name`)."""

    id = models.BigAutoField(primary_key=True)
    store = models.ForeignKey("accounts.Store", on_delete=models.PROTECT, related_name="+")
    inbox = models.ForeignKey("channels.Inbox", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=24)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    customer_name = models.CharField(max_length=200, default="")
    subject = models.CharField(max_length=500, default="")
    language = models.CharField(max_length=8, default="")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    priority = models.SmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    assignee = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    team = models.ForeignKey("accounts.Team", null=True, on_delete=models.SET_NULL, related_name="+")
    tag_ids = models.JSONField(default=list)
    snoozed_until = models.DateTimeField(null=True)
    last_message = models.ForeignKey("Message", null=True, on_delete=models.SET_NULL, related_name="+")
    last_message_at = models.DateTimeField()
    last_direction = models.CharField(max_length=4, default="in")
    last_author = models.CharField(max_length=200, default="")
    snippet = models.CharField(max_length=200, default="")
    message_count = models.IntegerField(default=0)
    attachment_count = models.IntegerField(default=0)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    """When its words were forgotten because of their age."""

    class Meta:
        indexes = [
            models.Index(fields=["store", "status", "-last_message_at", "-id"], name="conv_store_status"),
            models.Index(fields=["store", "-last_message_at", "-id"], name="conv_store_all"),
            models.Index(
                fields=["assignee", "status", "-last_message_at", "-id"],
                name="conv_assignee",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(fields=["customer", "-last_message_at"], name="conv_customer"),
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(status="snoozed")),
        ]


class ThreadKey(models.Model):
    """The name by which an inbox knows a thread; its uniqueness makes one conversation of two racing mails."""

    id = models.BigAutoField(primary_key=True)
    inbox = models.ForeignKey("channels.Inbox", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="thread_keys")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "key"], name="thread_key_once")]


MACHINE_KINDS = frozenset({"auto_reply", "bounce", "feedback", "receipt"})
"""What machines send by themselves: it is shown, and answers go past it to the people of the conversation."""

ASIDE_KINDS = frozenset({"forward", "aside"})
"""What was forwarded to somebody outside, and what is said with him about it: the customer's answers go past it."""


class Message(models.Model):
    """Something said: in by a customer, out by us, or a note among ourselves."""

    class Direction(models.TextChoices):
        IN = "in"
        OUT = "out"
        NOTE = "note"

    class State(models.TextChoices):
        RECEIVED = "received"
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        DELIVERED = "delivered"
        READ = "read"
        FAILED = "failed"
        UNKNOWN = "unknown"

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    inbox = models.ForeignKey("channels.Inbox", on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=4, choices=Direction.choices)
    kind = models.CharField(max_length=16, default="person")
    external_id = models.CharField(max_length=200, default="")
    in_reply_to = models.CharField(max_length=200, default="")
    subject = models.CharField(max_length=500, default="")
    text = models.TextField(default="")
    html = models.TextField(default="")
    reply = models.TextField(default="")
    language = models.CharField(max_length=8, default="")
    author_name = models.CharField(max_length=200, default="")
    author_address = models.CharField(max_length=320, default="")
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.SET_NULL, related_name="+")
    staff = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    recipients = models.JSONField(default=dict)
    headers = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    state_reason = models.TextField(default="")
    send_after = models.DateTimeField(null=True)
    masked = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "-id"], name="message_conversation"),
            models.Index(fields=["external_id"], name="message_external", condition=~Q(external_id="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["inbox", "external_id"], name="message_external_once", condition=~Q(external_id="")
            ),
        ]


class Attachment(models.Model):
    """A file of a message; without a message it is an upload that waits for one."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="attachments")
    blob = models.ForeignKey("platform.Blob", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    content_id = models.CharField(max_length=200, default="")
    inline = models.BooleanField(default=False)
    uploaded_by = models.ForeignKey("accounts.Staff", null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="attachment_waiting", condition=Q(message=None))]


class Tag(models.Model):
    """A word the desk puts on conversations. A retired one is taken off them and is offered nowhere; it stays, so
    that what is on its way to it still finds where it went (`merged_into`, the id of another tag)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    hue = models.PositiveSmallIntegerField(default=220)
    retired = models.BooleanField(default=False, db_default=False)
    merged_into = models.BigIntegerField(null=True)


class ConversationTag(models.Model):
    """The tag on the conversation; `Conversation.tag_ids` repeats it for the list."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "conversation"], name="conversation_tag_once")]


class Draft(models.Model):
    """What an agent has written and not sent; one per agent and conversation, on every device."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    staff = models.ForeignKey("accounts.Staff", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, default="reply")
    html = models.TextField(default="")
    text = models.TextField(default="")
    recipients = models.JSONField(default=dict)
    attachment_ids = models.JSONField(default=list)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "staff", "kind"], name="draft_once")]

    @property
    def version(self) -> int:
        """Tells one saving from the next: when it was, in microseconds since 1970."""
        return (self.updated_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class ReadMark(models.Model):
    """How far one agent has read one conversation."""

    id = models.BigAutoField(primary_key=True)
    staff = models.ForeignKey("accounts.Staff", on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "conversation"], name="read_mark_once")]


class Change(models.Model):
    """The history of a conversation: who changed what, from what, to what. Ids and codes, never content."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="changes")
    actor = models.CharField(max_length=40)
    kind = models.CharField(max_length=24)
    before = models.CharField(max_length=200, default="")
    after = models.CharField(max_length=200, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["conversation", "id"], name="change_conversation")]


class SavedView(models.Model):
    """A named filter, of one person (`owner`) or shared with all (no owner; `made_by` shared it)."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("accounts.Staff", null=True, on_delete=models.CASCADE, related_name="+")
    made_by = models.ForeignKey("accounts.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    filters = models.JSONField(default=dict)
    position = models.IntegerField(default=0)


class Presence(models.Model):
    """Who has a conversation before them right now; a line older than `until` means nobody."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    staff = models.ForeignKey("accounts.Staff", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, default="viewing")
    until = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "staff"], name="presence_once")]
        indexes = [models.Index(fields=["updated_at"], name="presence_recent")]


class CustomerPresence(models.Model):
    """What the customer does in a conversation that he has open before him; a line older than `until` means nothing."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="+")
    state = models.CharField(max_length=8, default="here")
    text = models.CharField(max_length=2000, default="")
    page_url = models.CharField(max_length=500, default="")
    page_title = models.CharField(max_length=200, default="")
    until = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="customer_presence_recent")]
