"""What a channel is: the types that adapters and the rest of Pult exchange. Nothing here names a channel.

An adapter turns what arrived into events (`parse`) and a message into bytes on the wire (`send`). It never
touches the database; whoever calls it does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Somebody on a channel: for mail a name and an addr-spec, for others a name and a handle or number."""

    address: str
    name: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A file that came or goes with a message."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    inline: bool = False


FORGED = "forged_sender"
"""The warning on a message that is not from whom it names."""


@dataclasses.dataclass(frozen=True, slots=True)
class Authenticity:
    """Whether a message is from whom it names.

    `verdict` is pass (whoever runs the sender's domain vouches for it), fail (he says that it is not his), none (he
    says nothing) or unknown (it could not be found out); `by` is who found out. The results of the single methods
    and the domain's `policy` are words of RFC 8601 and 9989, "" where there is none. `unusual` is a message without
    proof from an address whose messages have it.
    """

    verdict: str = "unknown"
    by: str = ""
    spf: str = ""
    dkim: str = ""
    dmarc: str = ""
    arc: str = ""
    policy: str = ""
    unusual: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Opinion:
    """What a filter beside ours says of a message. `spam` is None where it does not say; `score` stands on its own
    scale, on which `limit` is where spam begins; `action` is what it would do, in its words. `trouble` says why it
    could not be asked."""

    by: str
    spam: bool | None = None
    score: float | None = None
    limit: float | None = None
    action: str = ""
    trouble: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Invitation:
    """What a calendar asks or tells (RFC 5546), of the first event it holds.

    `method` is request, cancel, reply, counter or publish. `starts` and `ends` are ISO 8601: a date where it takes
    whole days (`ends` is then the last of them), a time in UTC, or a time without zone that holds wherever one is;
    "" where there is none. `repeats` is daily, weekly, monthly, yearly, otherwise or "". `answer` is what somebody
    replied: accepted, declined, tentative or "". `more` counts the other events.
    """

    method: str
    summary: str = ""
    starts: str = ""
    ends: str = ""
    repeats: str = ""
    place: str = ""
    organiser: Address = Address("")
    cancelled: bool = False
    answer: str = ""
    more: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message as its sender meant it.

    `external_id` is unique in the inbox ("" when the sender gave none usable), `references` runs from the
    first message of the thread to the direct parent, `reply` is what the person newly wrote, without quotation
    and signature. `html` is as received: it is cleaned where it is shown. `conversation_hint` is a conversation
    id that the adapter read from an address or Message-ID signed by us, and only then. `auth` is None where nobody
    whom we trust has looked at who sent it; `opinion` where no filter but ours has looked at it.
    """

    sender: Address
    external_id: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    reply: str = ""
    language: str = ""
    sent_at: datetime | None = None
    in_reply_to: str = ""
    references: Sequence[str] = ()
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    reply_to: Sequence[Address] = ()
    files: Sequence[File] = ()
    kind: str = "person"
    loop_safe: bool = True
    conversation_hint: int | None = None
    subject_number: int | None = None
    warnings: Sequence[str] = ()
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    auth: Authenticity | None = None
    invitation: Invitation | None = None
    opinion: Opinion | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What became of a message of ours. `state`: sent, delivered, read or failed (see Message.State), or complained:
    its reader called it unwanted.

    `external_id` is the Message-ID (or the provider's id) under which it left; `permanent` says that the
    recipient's address is dead, `reason` is in the provider's words, `category` says why in one word that the screen
    has a sentence for (unknown_user, mailbox_full ...; "" where nobody knows).
    """

    external_id: str
    state: str
    recipient: str = ""
    code: str = ""
    reason: str = ""
    permanent: bool = False
    at: datetime | None = None
    category: str = ""


InboundEvent = InboundMessage | DeliveryStatus


@dataclasses.dataclass(frozen=True, slots=True)
class Quote:
    """The message that an answer answers. `at` is in the store's time zone, `text` what its author newly wrote; all of
    it where it is `forwarded`, with what it was about and to whom it went."""

    author: Address
    at: datetime
    text: str
    forwarded: bool = False
    subject: str = ""
    to: Sequence[Address] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Logo:
    """A picture above a message, in the pixels in which it is shown; `words` stand where it is not."""

    file: File
    width: int
    height: int
    words: str


@dataclasses.dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message on its way out. `external_id` was fixed when it was written, and is never changed.
    `header` and `footer` are HTML that the store puts above and below its messages where the channel has pages; `logo`
    is its picture above all of it.
    """

    external_id: str
    sender: Address
    to: Sequence[Address]
    text: str
    html: str = ""
    subject: str = ""
    cc: Sequence[Address] = ()
    bcc: Sequence[Address] = ()
    reply_to: Sequence[Address] = ()
    in_reply_to: str = ""
    references: Sequence[str] = ()
    files: Sequence[File] = ()
    language: str = ""
    automatic: bool = False
    unsubscribe_url: str = ""
    quote: Quote | None = None
    header: str = ""
    footer: str = ""
    logo: Logo | None = None
    conversation_id: int = 0
    message_id: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class SendResult:
    """The channel took the message. `provider_id` is the channel's own name for it, `detail` its words."""

    provider_id: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Raw:
    """What arrived, as stored: body bytes and what the transport knew (`envelope`: sender, recipients,
    headers of a webhook, remote address, content type)."""

    body: bytes
    envelope: Mapping[str, Any]
    received_at: datetime


@dataclasses.dataclass(frozen=True, slots=True)
class InboxInfo:
    """What an adapter may know of its inbox: settings are unsealed and typed by the adapter's Settings."""

    id: int
    address: str
    name: str
    store_name: str
    language: str
    settings: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """What came of trying one part of an inbox's settings: `detail` is in the other side's words."""

    name: str
    ok: bool
    detail: str


@dataclasses.dataclass(frozen=True, slots=True)
class Hint:
    """What `count` of the `of` newest messages tell of an inbox's settings; the screen has a sentence for a `kind`."""

    kind: str
    server: str = ""
    hops: int = 0
    count: int = 0
    of: int = 0


class ChannelError(Exception):
    """The channel refused; `reason` is shown to the agent in the provider's words."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TemporaryFailure(ChannelError):
    """Try again later. `retry_after` is in seconds where the provider said one."""

    def __init__(self, reason: str, *, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after


class PermanentFailure(ChannelError):
    """It will never go. `recipient_dead` marks the address as undeliverable, `category` says why in one word."""

    def __init__(self, reason: str, *, code: str = "", recipient_dead: bool = False, category: str = "") -> None:
        super().__init__(reason, code=code)
        self.recipient_dead = recipient_dead
        self.category = category


class OutcomeUnknown(ChannelError):
    """The connection ended after the whole message was handed over and before the answer: never resend."""


class Unauthentic(ChannelError):
    """The webhook's signature is wrong: answer 401 and keep nothing."""


class Channel(Protocol):
    """What every adapter's `channel.py` offers as a class named `Adapter`."""

    def verify(self, inbox: InboxInfo, raw: Raw) -> str:
        """Check a webhook's signature; return its external id. Raises Unauthentic."""
        ...

    def parse(self, inbox: InboxInfo, raw: Raw) -> Sequence[InboundEvent]:
        """Turn what arrived into events. May raise anything: the payload is kept and shown to a person."""
        ...

    def send(self, inbox: InboxInfo, message: OutboundMessage, *, before_handover: Callable[[], None]) -> SendResult:
        """Hand the message over.

        `before_handover` is called once, at the last moment at which nothing can have left yet; after it the
        caller treats an unexplained end as unknown. Raises TemporaryFailure, PermanentFailure, OutcomeUnknown.
        """
        ...

    def new_external_id(self, inbox: InboxInfo, *, conversation_id: int, message_id: int) -> str:
        """Return the id (for mail a signed Message-ID, without angle brackets) for a message about to be written."""
        ...


@runtime_checkable
class Checkable(Protocol):
    """A channel whose settings can be tried out before they are relied on."""

    def check(self, inbox: InboxInfo) -> Sequence[Check]:
        """Try to reach what the settings name, within seconds; change nothing there. Raises nothing."""
        ...


@runtime_checkable
class Advising(Protocol):
    """A channel that can tell from what arrived how an inbox is best set."""

    def hints(self, inbox: InboxInfo, recent: Sequence[Raw]) -> Sequence[Hint]:
        """Return what to tell the admin, from the newest messages as they came. Raises nothing."""
        ...


SenderCheck = Callable[[float], Authenticity]
"""check(deadline in time.monotonic()) asks others who sent a message, and ends about then. Raises nothing."""


@runtime_checkable
class Vouching(Protocol):
    """A channel that can find out who sent a message, where that takes time."""

    def sender_check(self, inbox: InboxInfo, raw: Raw) -> SenderCheck | None:
        """Return how to find out who sent it, None where there is nothing to ask."""
        ...


SpamCheck = Callable[[float], Opinion]
"""check(deadline in time.monotonic()) asks a filter beside ours, and ends about then. Raises nothing."""


@runtime_checkable
class Screening(Protocol):
    """A channel whose inboxes may name a filter beside ours, which is asked and told what people say."""

    def spam_check(self, inbox: InboxInfo, raw: Raw) -> SpamCheck | None:
        """Return how to ask it, None where the inbox names none."""
        ...

    def teach(self, inbox: InboxInfo, raw: Raw, *, spam: bool) -> str:
        """Tell it what a person said of a message; return its name, "" where the inbox names none.

        Raises TemporaryFailure, PermanentFailure.
        """
        ...


class Page(NamedTuple):
    """How a message looks when it leaves: the page, and the text beside it."""

    text: str
    html: str


@runtime_checkable
class Previewable(Protocol):
    """A channel that puts messages on a page of its own."""

    def preview(self, inbox: InboxInfo, message: OutboundMessage) -> Page:
        """Return the page of a message, without sending anything."""
        ...


class Incoming(NamedTuple):
    """One thing that arrived: `external_id` is what makes its sender's retry the same thing."""

    inbox_id: int
    external_id: str
    envelope: Mapping[str, Any]
    body: bytes


ReceiveMany = Callable[[Sequence[Incoming]], Sequence[int | None]]
"""Keep several in one transaction; returns an id for each, None for what had been received before."""

Receive = Callable[[int, str, Mapping[str, Any], bytes], None]
"""receive(inbox_id, external_id, envelope, body): returns once the payload is stored, raises if it is not."""


class Listener(Protocol):
    """Something that waits for messages itself (SMTP, IMAP). The worker runs it and hands it `receive`."""

    def run(self, receive: Receive, stop: Callable[[], bool]) -> None: ...
