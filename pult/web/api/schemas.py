"""The shapes of requests and, for the OpenAPI document, of answers.

Answers on hot paths are encoded by msgspec from the rooms' own structs; these schemas describe them, and a test
holds the two together.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from pult.web.api.message_schemas import AddressOut, AttachmentOut, MessageOut

StatusName = Literal["open", "waiting_customer", "waiting_colleague", "snoozed", "closed", "spam"]
SettableStatus = Literal["open", "waiting_customer", "waiting_colleague", "snoozed", "closed"]
Text = Field(default="", max_length=200_000)
# One line without control characters, whatever was sent.
Subject = Annotated[str, AfterValidator(lambda text: " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split()))]

_LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv
    ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne
    ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st
    su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905
)


def _language(code: str) -> str:
    if code and code not in _LANGUAGES:
        raise PydanticCustomError("language", "not an ISO 639-1 code")
    return code


LanguageCode = Annotated[str, AfterValidator(_language)]
"""The language somebody writes in, as ISO 639-1 has it (the reader of mails gives no others); "" where unknown."""


class PageQuery(Schema):
    """Which page of a list."""

    after: str = Field(default="", max_length=100)
    limit: int = Field(default=50, ge=1, le=200)


class RefOut(Schema):
    id: int
    name: str


class ItemOut(Schema):
    id: int
    subject: str
    status: StatusName
    channel: str
    store_id: int
    inbox_id: int
    customer: RefOut
    assignee: RefOut | None
    team_id: int | None
    priority: int
    tags: list[int]
    snippet: str
    last_message_at: datetime
    last_direction: Literal["in", "out", "note"]
    last_author: str
    message_count: int
    has_attachments: bool
    unread: bool
    snoozed_until: datetime | None
    version: int
    created_at: datetime


class PageOut(Schema):
    items: list[ItemOut]
    next: str | None


class MessagesOut(Schema):
    items: list[MessageOut]
    next: str | None


class ChangeOut(Schema):
    id: int
    at: datetime
    actor: RefOut | None
    kind: str
    before: str
    after: str


class DraftOut(Schema):
    kind: Literal["reply", "note"]
    text: str
    html: str
    to: list[AddressOut]
    cc: list[AddressOut]
    bcc: list[AddressOut]
    attachments: list[AttachmentOut]
    updated_at: datetime
    version: int = Field(description="The value for If-Match; higher where it was saved later. None yet is 0.")


class DraftsOut(Schema):
    items: list[DraftOut]


class ReplyToOut(Schema):
    to: list[AddressOut]
    cc: list[AddressOut]


class IdentityOut(Schema):
    id: int
    kind: Literal["email", "phone", "handle"]
    value: str
    verified: bool
    proven: bool
    undeliverable: str
    undeliverable_kind: Literal["", "hard", "soft", "complaint"]
    undeliverable_reason: str


class CardOut(Schema):
    id: int
    name: str
    language: str
    company: str
    notes: str
    identities: list[IdentityOut]
    first_contact_at: datetime | None
    last_contact_at: datetime | None
    conversation_count: int
    recent: list[ItemOut]


class PresentOut(Schema):
    staff: RefOut
    state: Literal["viewing", "typing"]


class VisitorOut(Schema):
    """What a customer does who has the conversation open before him; `text` and the page only where that is switched on
    and he was told or agreed."""

    conversation_id: int
    state: Literal["here", "typing", "away"]
    text: str
    page_url: str
    page_title: str
    until: datetime


class DetailOut(ItemOut):
    """`channel_can` is what the conversation's channel can do: subject, html, recipients, live ..."""

    language: str
    channel_can: list[str]
    visitor: VisitorOut | None
    messages: list[MessageOut]
    older: str | None
    history: list[ChangeOut]
    draft: DraftOut | None
    drafts: list[DraftOut]
    reply_to: ReplyToOut
    customer_card: CardOut
    present: list[PresentOut]


class AddressIn(Schema):
    address: str = Field(max_length=320, pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$")
    name: str = Field(default="", max_length=200)


class ConversationIn(Schema):
    """A conversation begun by a program: `from` for a customer's matter, `to` for a mail of ours."""

    inbox_id: int | None = None
    sender: AddressIn | None = Field(default=None, alias="from")
    to: list[AddressIn] | None = None
    cc: list[AddressIn] = Field(default_factory=list)
    subject: Subject = Field(default="", max_length=500)
    text: str = Text
    html: str = Text
    attachment_ids: list[int] = Field(default_factory=list, max_length=50)
    undo_seconds: int = Field(default=0, ge=0, le=60)


class ReplyIn(Schema):
    text: str = Text
    html: str = Text
    to: list[AddressIn] | None = Field(default=None, max_length=50)
    cc: list[AddressIn] | None = Field(default=None, max_length=50)
    bcc: list[AddressIn] = Field(default_factory=list, max_length=50)
    attachment_ids: list[int] = Field(default_factory=list, max_length=50)
    close: bool = False
    undo_seconds: int = Field(default=0, ge=0, le=60)
    seen_message_id: int | None = None


class NoteIn(Schema):
    text: str = Text
    html: str = Text
    attachment_ids: list[int] = Field(default_factory=list, max_length=50)


class ChangesIn(Schema):
    status: SettableStatus | None = None
    assignee_id: int | None = None
    team_id: int | None = None
    priority: int | None = None
    subject: Subject | None = Field(default=None, max_length=500)
    tags: list[int] | None = Field(default=None, max_length=50)
    snoozed_until: AwareDatetime | None = None


class ReadIn(Schema):
    message_id: int


class DraftIn(Schema):
    kind: Literal["reply", "note"] = "reply"
    text: str = Text
    html: str = Text
    to: list[AddressIn] = Field(default_factory=list, max_length=50)
    cc: list[AddressIn] = Field(default_factory=list, max_length=50)
    bcc: list[AddressIn] = Field(default_factory=list, max_length=50)
    attachment_ids: list[int] = Field(default_factory=list, max_length=50)


class PresenceIn(Schema):
    state: Literal["viewing", "typing", "left"]


class ViewIn(Schema):
    name: str = Field(max_length=80)
    shared: bool = False
    filters: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict, max_length=30
    )
    position: int = Field(default=0, ge=-1_000_000, le=1_000_000)


class ViewOut(Schema):
    id: int
    name: str
    shared: bool
    filters: dict[str, str]
    position: int
    mine: bool


class ViewsOut(Schema):
    items: list[ViewOut]
    next: str | None


class CountsOut(Schema):
    counts: dict[str, int]
    ceiling: int


class TagIn(Schema):
    name: str = Field(max_length=60)
    hue: int = Field(default=220, ge=0, le=359)


class TagChanges(Schema):
    """Only the fields that are sent are changed."""

    name: str | None = Field(default=None, max_length=60)
    hue: int | None = Field(default=None, ge=0, le=359)


class TagMergeIn(Schema):
    into_id: int


class TagOut(Schema):
    id: int
    name: str
    hue: int


class UploadOut(Schema):
    id: int
    name: str
    size: int
    type: str


class CustomerOut(Schema):
    id: int
    name: str
    language: str
    company: str
    notes: str
    identities: list[IdentityOut]
    first_contact_at: datetime | None
    last_contact_at: datetime | None


class CustomersOut(Schema):
    items: list[CustomerOut]
    next: str | None


class CustomerIn(Schema):
    name: str | None = Field(default=None, max_length=200)
    language: LanguageCode | None = None
    company: str | None = Field(default=None, max_length=200)
    notes: str | None = Field(default=None, max_length=20_000)


class MergeIn(Schema):
    other_id: int


class MergeOut(Schema):
    id: int
    kept_id: int
    absorbed_id: int
    absorbed_name: str
    by: str
    at: datetime
    undone_at: datetime | None


class MergesOut(Schema):
    items: list[MergeOut]
    next: str | None


class HealthOut(Schema):
    status: Literal["ok", "degraded"]
    version: str
    database: str
    demo: bool
    queue: dict[str, int]


class ProblemOut(Schema):
    type: str
    title: str
    status: int
    detail: str = ""
