"""E-mail: received by SMTP, LMTP, IMAP or a provider's webhook; sent by SMTP or a provider."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pult.channels.adapters.email import advice, check, parse, proofs, rspamd, smtp_send, tokens, webhook
from pult.channels.adapters.email.compose import ascii_domain, bounce_address, compose, needs_utf8
from pult.channels.adapters.email.imap import ImapListener, Save
from pult.channels.adapters.email.letter import letter
from pult.channels.adapters.email.settings import read
from pult.channels.base import (
    Check,
    Hint,
    InboundEvent,
    InboxInfo,
    Listener,
    OutboundMessage,
    Page,
    Raw,
    SenderCheck,
    SendResult,
    SpamCheck,
)


def _provider(module: str) -> Any:
    """Load what needs the providers' classes when a provider is first used: 15 MB that others are spared."""
    return importlib.import_module(f"pult.channels.adapters.email.{module}")


class Adapter:
    """The e-mail channel."""

    def verify(self, inbox: InboxInfo, raw: Raw) -> str:
        """Check a provider's webhook; return its external id. Raises Unauthentic."""
        return webhook.verify(read(inbox.settings), raw)

    def parse(self, inbox: InboxInfo, raw: Raw) -> Sequence[InboundEvent]:
        """Turn a mail, or a provider's webhook, into events."""
        if raw.envelope.get("transport") == "webhook":
            events: Sequence[InboundEvent] = _provider("provider_events").events(inbox, raw)
            return events
        return parse.events(inbox, raw)

    def sender_check(self, inbox: InboxInfo, raw: Raw) -> SenderCheck | None:
        """Return how to find out who sent a mail that came right from the internet; None where a server that the
        inbox trusts did so, or its peer is not known."""
        if inbox.settings.get("authserv_id") or not proofs.peer_of(raw.envelope):
            return None
        return proofs.checking(raw, str(inbox.settings.get("arc_sealers") or ""))

    def spam_check(self, inbox: InboxInfo, raw: Raw) -> SpamCheck | None:
        """Return how to ask the inbox's rspamd about a mail; None where it has none, or no mail as it travelled."""
        url, password = (str(inbox.settings.get(name) or "") for name in ("rspamd_url", "rspamd_password"))
        if not url or raw.envelope.get("transport") == "webhook":
            return None
        return rspamd.checking(url, password, raw)

    def teach(self, inbox: InboxInfo, raw: Raw, *, spam: bool) -> str:
        """Tell the inbox's rspamd what a person said of a mail."""
        url, password = (str(inbox.settings.get(name) or "") for name in ("rspamd_url", "rspamd_password"))
        if not url or raw.envelope.get("transport") == "webhook":
            return ""
        rspamd.teach(url, password, raw, spam=spam)
        return rspamd.NAME

    def send(self, inbox: InboxInfo, message: OutboundMessage, *, before_handover: Callable[[], None]) -> SendResult:
        """Hand the mail over to the inbox's SMTP server or provider."""
        settings = read(inbox.settings)
        if settings.send == "provider":
            deliver = _provider("provider_send").deliver
            result: SendResult = deliver(inbox, settings, message, before_handover=before_handover)
            return result
        everyone = [*message.to, *message.cc, *message.bcc]
        recipients = list(dict.fromkeys(ascii_domain(person.address) for person in everyone))
        return smtp_send.deliver(
            settings,
            envelope_sender=bounce_address(inbox, settings, message),
            recipients=recipients,
            raw=compose(inbox, settings, message),
            utf8=needs_utf8(message),
            before_handover=before_handover,
        )

    def preview(self, inbox: InboxInfo, message: OutboundMessage) -> Page:
        """Return a mail as it would leave."""
        return letter(inbox, read(inbox.settings), message)

    def listener(self, inbox: InboxInfo, value: Mapping[str, Any], save: Save) -> Listener | None:
        """Return what reads the mailbox by IMAP from where `value` says; None where mail comes another way."""
        settings = read(inbox.settings)
        return ImapListener(inbox, value, save) if settings.receive == "imap" and settings.imap_host else None

    def new_external_id(self, inbox: InboxInfo, *, conversation_id: int, message_id: int) -> str:
        """Return a signed Message-ID: an answer to it leads to its conversation without a look-up."""
        domain = ascii_domain(inbox.address).rpartition("@")[2]
        return f"{tokens.make(conversation_id, message_id)}@{domain}"

    def check(self, inbox: InboxInfo) -> Sequence[Check]:
        """Try the servers of the inbox out."""
        return check.checks(read(inbox.settings))

    def hints(self, inbox: InboxInfo, recent: Sequence[Raw]) -> Sequence[Hint]:
        """Say which server to name as the one that checks senders."""
        return advice.hints(read(inbox.settings), recent)
