"""The shapes in which conversations leave this room."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pult.customers.queries import CustomerView


class Ref(msgspec.Struct, frozen=True):
    """Somebody by id and name."""

    id: int
    name: str


class Item(msgspec.Struct, frozen=True):
    """One line of the inbox list."""

    id: int
    subject: str
    status: str
    channel: str
    store_id: int
    inbox_id: int
    customer: Ref
    assignee: Ref | None
    team_id: int | None
    priority: int
    tags: list[int]
    snippet: str
    last_message_at: datetime
    last_direction: str
    last_author: str
    message_count: int
    has_attachments: bool
    unread: bool
    snoozed_until: datetime | None
    version: int
    created_at: datetime


class Page(msgspec.Struct, frozen=True):
    """Some lines and the cursor of the next page, None at the end."""

    items: list[Item]
    next: str | None


class AddressView(msgspec.Struct, frozen=True):
    """A name and an address."""

    name: str
    address: str


class Author(msgspec.Struct, frozen=True):
    """Who wrote: kind is customer, staff or system."""

    kind: str
    id: int | None
    name: str
    address: str


class AttachmentView(msgspec.Struct, frozen=True):
    """A file of a message."""

    id: int
    name: str
    size: int
    type: str
    inline: bool
    content_id: str
    url: str


class AuthView(msgspec.Struct, frozen=True):
    """Whether a message is from whom it names (see channels.base.Authenticity)."""

    verdict: str
    by: str
    spf: str
    dkim: str
    dmarc: str
    arc: str
    policy: str
    unusual: bool


class InvitationView(msgspec.Struct, frozen=True):
    """What a calendar in a message asks or tells (see channels.base.Invitation)."""

    method: str
    summary: str
    starts: str
    ends: str
    repeats: str
    place: str
    organiser: AddressView
    cancelled: bool
    answer: str
    more: int


class SpamView(msgspec.Struct, frozen=True):
    """Why a message was taken for spam when it came: by "filter" (ours; `clues` are the signs that told most), or by
    another, with its score, the `limit` on its scale from where spam begins, and what it would have done."""

    by: str
    score: float | None = None
    limit: float | None = None
    action: str = ""
    clues: list[str] = []


class MessageView(msgspec.Struct, frozen=True):
    """One message. `html` is cleaned, `reply` is what was newly written, `state` is its fate, `warnings` say that it
    is not from whom it names, or what of it could not be read as its sender meant it (codes: see the channel's
    parser). `auth` is None where nobody has looked at who sent it. `kind` says which machine sent it, if one did.
    `state_reason` is in the provider's words, `state_category` the same in one word that the screen has a sentence
    for. `has_original`: it may still be there as it came."""

    id: int
    direction: str
    kind: str
    subject: str
    text: str
    html: str
    reply: str
    author: Author
    to: list[AddressView]
    cc: list[AddressView]
    bcc: list[AddressView]
    created_at: datetime
    sent_at: datetime | None
    state: str
    state_reason: str
    state_category: str
    send_after: datetime | None
    masked: bool
    warnings: list[str]
    auth: AuthView | None
    has_remote_images: bool
    has_original: bool
    invitation: InvitationView | None
    spam: SpamView | None
    attachments: list[AttachmentView]


class ChangeView(msgspec.Struct, frozen=True):
    """One line of history."""

    id: int
    at: datetime
    actor: Ref | None
    kind: str
    before: str
    after: str


class DraftView(msgspec.Struct, frozen=True):
    """What was written and not sent."""

    kind: str
    text: str
    html: str
    to: list[AddressView]
    cc: list[AddressView]
    bcc: list[AddressView]
    attachments: list[AttachmentView]
    updated_at: datetime
    version: int


class ReplyTo(msgspec.Struct, frozen=True):
    """Where an answer goes unless the agent says otherwise."""

    to: list[AddressView]
    cc: list[AddressView]


class PresentView(msgspec.Struct, frozen=True):
    """Somebody who has the conversation before them: viewing or typing."""

    staff: Ref
    state: str


class Card(msgspec.Struct, frozen=True):
    """A customer beside a conversation: who it is, how many conversations the reader may see, the newest of them."""

    customer: CustomerView
    conversation_count: int
    recent: list[Item]


class CustomerPresenceView(msgspec.Struct, frozen=True):
    """What a customer does in his conversation at this moment: `state` is here, typing or away.

    `text` is what he types, where the shop has switched that on and told him; `page_url` and `page_title` what he looks
    at, with his consent.
    """

    conversation_id: int
    state: str
    text: str
    page_url: str
    page_title: str
    until: datetime


class Detail(msgspec.Struct, frozen=True):
    """A conversation with its newest messages; `older` is the cursor of those before; `visitor` is what the customer
    does who has it open before him."""

    item: Item
    language: str
    messages: list[MessageView]
    older: int | None
    history: list[ChangeView]
    drafts: list[DraftView]
    present: list[PresentView]
    visitor: CustomerPresenceView | None
    reply_to: ReplyTo
    card: Card


class SavedViewView(msgspec.Struct, frozen=True):
    """A named filter. `mine`: the reader made it."""

    id: int
    name: str
    shared: bool
    filters: dict[str, str]
    position: int
    mine: bool


class TagView(msgspec.Struct, frozen=True):
    """A word the desk puts on conversations."""

    id: int
    name: str
    hue: int
