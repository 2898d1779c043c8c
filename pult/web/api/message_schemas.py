"""The shapes of messages in answers; see schemas.py."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Schema


class AddressOut(Schema):
    name: str
    address: str


class AuthorOut(Schema):
    kind: Literal["customer", "staff", "system"]
    id: int | None
    name: str
    address: str


class AttachmentOut(Schema):
    id: int
    name: str
    size: int
    type: str
    inline: bool
    content_id: str
    url: str


class AuthOut(Schema):
    """Whether a message is from whom it names, who found out, and what the single methods say."""

    verdict: Literal["pass", "fail", "none", "unknown"]
    by: str
    spf: str
    dkim: str
    dmarc: str
    arc: str
    policy: str
    unusual: bool


class InvitationOut(Schema):
    method: Literal["request", "cancel", "reply", "counter", "publish"]
    summary: str
    starts: str
    ends: str
    repeats: Literal["", "daily", "weekly", "monthly", "yearly", "otherwise"]
    place: str
    organiser: AddressOut
    cancelled: bool
    answer: Literal["", "accepted", "declined", "tentative"]
    more: int


class SpamOut(Schema):
    """Why a message was taken for spam: by "filter" (Pult's own; `clues` told most) or by another, named."""

    by: str
    score: float | None
    limit: float | None
    action: str
    clues: list[str]


class MessageOut(Schema):
    id: int
    direction: Literal["in", "out", "note"]
    kind: str
    subject: str
    text: str
    html: str
    reply: str
    author: AuthorOut
    to: list[AddressOut]
    cc: list[AddressOut]
    bcc: list[AddressOut]
    created_at: datetime
    sent_at: datetime | None
    state: Literal["received", "queued", "sending", "sent", "delivered", "read", "failed", "unknown"]
    state_reason: str
    state_category: str
    send_after: datetime | None
    masked: bool
    warnings: list[str]
    auth: AuthOut | None
    has_remote_images: bool
    has_original: bool
    invitation: InvitationOut | None
    spam: SpamOut | None
    attachments: list[AttachmentOut]
