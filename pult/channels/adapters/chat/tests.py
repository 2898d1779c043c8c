"""The contract of a channel, held by the chat."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pult.channels.base import InboxInfo, Raw
from pult.channels.testing import NOW, ChannelContract

PAYLOADS = Path(__file__).parent / "payloads"
WHO = {"visitor": "visitor-1a2b", "thread": "visitor-1a2b.1", "message": "m1", "language": "sl", "name": "Maja"}


def raw(body: Any, **envelope: Any) -> Raw:
    return Raw(body if isinstance(body, bytes) else json.dumps(body).encode(), WHO | envelope, NOW)


class TestChat(ChannelContract):
    channel = "chat"
    inbox = InboxInfo(1, "polhec", "Klepet", "Polhec", "sl", {})

    def webhook(self) -> Raw | None:
        return None

    def with_text(self, text: str) -> Raw:
        return raw({"text": text, "files": []})

    def with_file(self, name: str, content: bytes) -> Raw | None:
        file = {"name": name, "type": "application/pdf", "content": base64.b64encode(content).decode()}
        return raw({"text": "", "files": [file]})

    def outlet(self, behaviour: str) -> AbstractContextManager[InboxInfo] | None:
        return None

    def samples(self) -> Sequence[Raw]:
        return [raw(path.read_bytes()) for path in sorted(PAYLOADS.glob("*.json"))]

    def test_all_that_a_visitor_writes_goes_on_with_one_thread(self) -> None:
        first, second = (self.texts(raw({"text": text}, message=name))[0] for text, name in (("a", "1"), ("b", "2")))
        assert first.references == second.references == ["visitor-1a2b.1"]
        assert (first.external_id, first.sender.address, first.sender.name) == ("1", "visitor-1a2b", "Maja")

    def test_only_whom_the_shop_vouches_for_is_an_address(self) -> None:
        (said,) = self.texts(raw({"text": "a"}, email="maja@example.com"))
        assert (said.sender.address, said.auth) == ("visitor-1a2b", None)
        (proven,) = self.texts(raw({"text": "a"}, email="maja@example.com", proven=True))
        assert proven.sender.address == "maja@example.com"
        assert proven.auth is not None
        assert (proven.auth.verdict, proven.auth.by) == ("pass", "shop")

    def test_a_long_first_line_is_cut_at_a_word_for_the_subject(self) -> None:
        (said,) = self.texts(self.with_text("beseda " * 40))
        assert len(said.subject) <= 81
        assert said.subject.endswith("beseda…")
