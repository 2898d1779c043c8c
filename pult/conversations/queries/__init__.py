"""Every read of conversations that others may use."""

from __future__ import annotations

from pult.conversations.queries.card import Matter, card, card_of, card_parts, matter, matter_of
from pult.conversations.queries.detail import PAGE as MESSAGES_PAGE
from pult.conversations.queries.detail import (
    detail,
    drafts,
    message,
    messages_before,
    reply_recipients,
)
from pult.conversations.queries.finding import (
    Place,
    StoredFile,
    html_of,
    payload_of,
    place,
    place_of_message,
    presence_since,
    saved_views,
    search,
    stored_file,
    tags,
)
from pult.conversations.queries.listing import (
    contacts,
    contacts_of,
    conversations,
    count,
    due_snoozes,
    items,
    still_open,
)
from pult.conversations.queries.outside import (
    Said,
    ThreadState,
    customer_presence,
    customers_present_since,
    is_in_threads,
    said,
    thread_state,
    threads_of,
)
from pult.conversations.queries.spam import Arrived, arrived, corresponded, is_answered
from pult.conversations.views import CustomerPresenceView

__all__ = [
    "MESSAGES_PAGE",
    "Arrived",
    "CustomerPresenceView",
    "Matter",
    "Place",
    "Said",
    "StoredFile",
    "ThreadState",
    "arrived",
    "card",
    "card_of",
    "card_parts",
    "contacts",
    "contacts_of",
    "conversations",
    "corresponded",
    "count",
    "customer_presence",
    "customers_present_since",
    "detail",
    "drafts",
    "due_snoozes",
    "html_of",
    "is_answered",
    "is_in_threads",
    "items",
    "matter",
    "matter_of",
    "message",
    "messages_before",
    "payload_of",
    "place",
    "place_of_message",
    "presence_since",
    "reply_recipients",
    "said",
    "saved_views",
    "search",
    "still_open",
    "stored_file",
    "tags",
    "thread_state",
    "threads_of",
]
