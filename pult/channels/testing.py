"""What every channel must hold: a channel's tests.py subclasses ChannelContract and says how its provider behaves."""

from __future__ import annotations

import contextlib
import dataclasses
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pult.channels import check, registry
from pult.channels.base import (
    Address,
    Channel,
    DeliveryStatus,
    InboundEvent,
    InboundMessage,
    InboxInfo,
    OutboundMessage,
    OutcomeUnknown,
    PermanentFailure,
    Raw,
    SendResult,
    TemporaryFailure,
    Unauthentic,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ODD_TEXT = "Čšž đĐ łąę Ωραίο ελληνικά ß “quotes” 😀 e\u0301 \u200fעברית"
STATES = {"sent", "delivered", "read", "failed"}
Outlet = Callable[[str], AbstractContextManager[InboxInfo]]
"""outlet(behaviour) runs a stand-in for the provider and gives the inbox that sends there. Behaviours: accept,
temporary, permanent, rate_limit, silence (takes the whole message and never answers)."""


class ChannelContract:
    """Fill in the attributes and methods; all tests are inherited. Return None for what the channel cannot do."""

    channel: str
    inbox: InboxInfo

    def webhook(self) -> Raw | None:
        """Return a genuine webhook for `inbox`, signed now."""
        raise NotImplementedError

    def with_text(self, text: str) -> Raw:
        """Return what arrives when a person writes `text`."""
        raise NotImplementedError

    def with_file(self, name: str, content: bytes) -> Raw | None:
        """Return what arrives when a person sends a file."""
        raise NotImplementedError

    def outlet(self, behaviour: str) -> AbstractContextManager[InboxInfo] | None:
        """See Outlet. None where the channel hands nothing to anybody: the customer's own page fetches it."""
        raise NotImplementedError

    def samples(self) -> Sequence[Raw]:
        """Return real payloads, scrubbed, from payloads/."""
        raise NotImplementedError

    # What follows holds for every channel.

    @property
    def adapter(self) -> Channel:
        """Return the channel under test."""
        return registry.adapter(self.channel)

    def message(self, inbox: InboxInfo) -> OutboundMessage:
        """Return a small message to one person."""
        name = self.adapter.new_external_id(inbox, conversation_id=5, message_id=9)
        return OutboundMessage(
            name,
            Address(inbox.address, "Ana"),
            [Address("person@customers.example", "Person")],
            ODD_TEXT,
            subject="Odgovor",
        )

    def send(self, behaviour: str) -> tuple[SendResult, int]:
        """Send through a provider that behaves so; return the result and how often before_handover was called."""
        calls: list[int] = []
        outlet = self.outlet(behaviour)
        if outlet is None:
            assert registry.manifest(self.channel).can("live")
            if behaviour != "accept":
                pytest.skip("nobody stands between this channel and the customer")
            outlet = contextlib.nullcontext(self.inbox)
        with outlet as inbox:
            result = self.adapter.send(inbox, self.message(inbox), before_handover=lambda: calls.append(1))
        return result, len(calls)

    def texts(self, raw: Raw) -> list[InboundMessage]:
        """Parse and return the messages."""
        return [event for event in self.adapter.parse(self.inbox, raw) if isinstance(event, InboundMessage)]

    def test_the_folder_is_complete(self) -> None:
        assert check.problems(Path(registry.manifest(self.channel).folder)) == []

    def test_ids_of_our_messages_are_unique_and_lasting(self) -> None:
        def name(conversation: int, message: int) -> str:
            return self.adapter.new_external_id(self.inbox, conversation_id=conversation, message_id=message)

        assert len({name(1, 1), name(1, 2), name(2, 1)}) == 3
        assert 0 < len(name(10**12, 10**12)) <= 200

    def test_a_bad_signature_is_refused(self) -> None:
        raw = self._webhook()
        forged = dataclasses.replace(raw, envelope={**raw.envelope, "headers": {}}, body=raw.body + b" ")
        with pytest.raises(Unauthentic):
            self.adapter.verify(self.inbox, forged)
        nobody = dataclasses.replace(self.inbox, settings={})
        with pytest.raises(Unauthentic):
            self.adapter.verify(nobody, raw)

    def test_a_repeated_webhook_has_the_same_name_even_an_hour_later(self) -> None:
        first, again = self._webhook(), self._webhook()
        later = dataclasses.replace(again, received_at=NOW + timedelta(hours=1))
        name = self.adapter.verify(self.inbox, first)
        assert name
        assert self.adapter.verify(self.inbox, later) == name

    def test_every_sample_says_something(self) -> None:
        for raw in self.samples():
            events = self.adapter.parse(self.inbox, raw)
            assert events
            for event in events:
                self._plausible(event)

    def test_odd_letters_arrive_whole(self) -> None:
        (message,) = self.texts(self.with_text(ODD_TEXT))
        assert ODD_TEXT in message.text
        assert message.sender.address

    def test_a_file_arrives_byte_for_byte(self) -> None:
        content = bytes(range(256)) * 10
        raw = self.with_file("račun 1.pdf", content)
        if raw is None:
            assert not registry.manifest(self.channel).can("attachments")
            return
        (message,) = self.texts(raw)
        assert [(file.name, file.content) for file in message.files] == [("račun 1.pdf", content)]

    def test_the_same_payload_means_the_same_whenever_it_is_read(self) -> None:
        raw = self.with_text("hello")
        late = dataclasses.replace(raw, received_at=raw.received_at + timedelta(days=3))
        assert self.texts(raw)[0].text == self.texts(late)[0].text

    def test_damage_never_ends_the_process_and_never_lasts_long(self) -> None:
        rng = random.Random(5)  # noqa: S311
        for raw in [*self.samples(), self.with_text("hello")]:
            for _ in range(20):
                body = bytearray(raw.body)
                for _ in range(max(1, len(body) // 200)):
                    body[rng.randrange(len(body))] = rng.randrange(256)
                with contextlib.suppress(Exception):
                    self.adapter.parse(
                        self.inbox, dataclasses.replace(raw, body=bytes(body[: rng.randrange(len(body))]))
                    )

    def test_a_message_is_handed_over_once(self) -> None:
        result, calls = self.send("accept")
        assert isinstance(result, SendResult)
        assert calls == 1

    def test_a_temporary_refusal_is_tried_again(self) -> None:
        with pytest.raises(TemporaryFailure) as failure:
            self.send("temporary")
        assert failure.value.reason

    def test_a_permanent_refusal_is_not(self) -> None:
        with pytest.raises(PermanentFailure) as failure:
            self.send("permanent")
        assert failure.value.reason

    def test_a_rate_limit_is_a_temporary_refusal(self) -> None:
        with pytest.raises(TemporaryFailure):
            self.send("rate_limit")

    def test_an_answer_that_never_came_is_unknown(self) -> None:
        with pytest.raises(OutcomeUnknown):
            self.send("silence")

    def _webhook(self) -> Raw:
        raw = self.webhook()
        if raw is None:
            assert not registry.manifest(self.channel).can("webhook")
            pytest.skip("this channel has no webhook")
        return raw

    def _plausible(self, event: InboundEvent) -> None:
        if isinstance(event, DeliveryStatus):
            assert event.external_id
            assert event.state in STATES
            return
        assert event.text or event.html or event.files or event.subject
        for text in (event.text, event.subject, event.html, event.reply):
            assert "\x00" not in text
            text.encode()
