"""Who gets what, and what becomes of a client that does not keep up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pult.platform import hub as hubs
from pult.platform.hub import Client, Frame, Hub, Subscriber, allowed, frame


def run(test: Callable[[Hub], Coroutine[object, object, None]]) -> None:
    asyncio.run(test(Hub()))


class Wire:
    """The sending end of a connection, which can be blocked."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, data: bytes) -> None:
        await self.open.wait()
        self.sent.append(data)


def client(hub: Hub, wire: Wire, scopes: frozenset[int] | None, after: int = 0) -> Client:
    made = Client(Subscriber("staff:1", scopes, None), wire.send, hub, after)
    hub.clients.add(made)
    made.go_live()
    return made


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def event(position: int, scopes: frozenset[int] | None = None) -> Frame:
    return frame(position, "a.b", b"{}", scopes)


def test_equal_rights_get_the_very_same_bytes() -> None:
    async def test(hub: Hub) -> None:
        wires = [Wire() for _ in range(3)]
        client(hub, wires[0], frozenset({1, 2}))
        client(hub, wires[1], frozenset({1, 2}))
        client(hub, wires[2], frozenset({3}))
        hub.publish([event(1, frozenset({1})), event(2, frozenset({3})), event(3)], 3)
        await settle()
        assert wires[0].sent[0] is wires[1].sent[0]
        assert wires[0].sent == [event(1).data + event(3).data]
        assert wires[2].sent == [event(2).data + event(3).data]

    run(test)


def test_one_who_does_not_keep_up_is_told_to_load_again_and_goes_on() -> None:
    async def test(hub: Hub) -> None:
        wire = Wire()
        client(hub, wire, None)
        wire.open.clear()
        for position in range(1, 5_000):
            hub.publish([event(position)], position)
            if position % 100 == 0:
                await settle()
        slow = next(iter(hub.clients))
        assert len(slow._queue) <= hubs.QUEUE_FRAMES
        wire.open.set()
        await settle()
        assert b"event: resync\n" in b"".join(wire.sent)
        assert b"".join(wire.sent).endswith(event(4_999).data)
        hub.publish([event(5_000)], 5_000)
        await settle()
        assert wire.sent[-1] == event(5_000).data

    run(test)


def test_a_client_gets_nothing_twice_that_was_replayed_to_it() -> None:
    async def test(hub: Hub) -> None:
        wire = Wire()
        client(hub, wire, None, after=2)
        hub.publish([event(1), event(2), event(3)], 3)
        hub.publish([frame(0, "presence", b"{}", None)], 0)
        await settle()
        assert b"".join(wire.sent) == event(3).data + b"event: presence\ndata: {}\n\n"

    run(test)


def test_the_quiet_hear_a_comment_and_the_expired_are_named() -> None:
    async def test(hub: Hub) -> None:
        wire = Wire()
        quiet = client(hub, wire, None)
        assert hub.beat() == []
        quiet.next_heartbeat = time.monotonic()
        hub.beat()
        await settle()
        assert wire.sent == [b": \n\n"]
        quiet.subscriber = Subscriber("staff:1", None, datetime.now(UTC) - timedelta(seconds=1))
        assert hub.beat() == [quiet]

    run(test)


scopes = st.none() | st.frozensets(st.integers(1, 4), max_size=3)


@given(scopes, scopes)
def test_only_common_scopes_let_an_event_through(mine: frozenset[int] | None, needed: frozenset[int] | None) -> None:
    expected = mine is None or needed is None or bool(mine & needed)
    assert allowed(mine, needed) is expected
