"""What a connector has to do. It imports `commerce.base` and `platform` only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import msgspec

from pult.commerce.base.things import Kind, Thing


class Misfit(msgspec.Struct, frozen=True):
    """A thing that makes no sense: its id, or its place where it has none, and what is wrong."""

    id: str
    error: str


class Page(msgspec.Struct, frozen=True):
    """A part of what a shop has. `next` asks for the following part, None after the last; `done` and `of` count things
    read so far and in all, where the shop tells. `misfits` are passed over and shown with the shop."""

    things: list[Thing]
    next: str | None
    done: int = 0
    of: int | None = None
    misfits: list[Misfit] = []


class ShopError(Exception):
    """The shop could not be asked. `permanent`: asking again will not help, somebody has to change something.

    `after`: the shop wants to be left alone for so many seconds.
    """

    def __init__(self, message: str, *, permanent: bool = False, after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.after = after


class ShopInfo(msgspec.Struct, frozen=True):
    """The connected shop: settings are those of the connector's settings.py, `currency` the store's."""

    id: int
    store_id: int
    settings: Mapping[str, Any]
    currency: str
    time_zone: str


class Connector(Protocol):
    """Reads a shop. One object serves all shops of its kind and keeps nothing."""

    kinds: tuple[Kind, ...]
    """What it reads, in the order of reading: products before the orders that name them."""

    def pages(self, shop: ShopInfo, kind: Kind, *, since: datetime | None, cursor: str | None) -> Iterator[Page]:
        """Give everything that changed since then, page by page, beginning at a cursor that an earlier page gave.

        Raises ShopError. What was given twice does no harm; what is left out is lost.
        """


@runtime_checkable
class Listening(Protocol):
    """A connector whose shop tells of changes by webhooks. Names of headers are in lower case."""

    def verify(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether the shop has sent this: signature checked in constant time."""

    def notice_id(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the shop's id of this delivery, the same when it is delivered again."""

    def parse(self, shop: ShopInfo, headers: Mapping[str, str], body: bytes) -> list[Thing]:
        """Return what the notice says, nothing where it is of no use. Raises ShopError, and ValueError for what is no
        notice. It may be asked days later: whether the signature was made in time was `verify`'s to say. Where a
        notice only names what has changed, the shop is asked for it."""


@runtime_checkable
class Greeted(Listening, Protocol):
    """A listening connector whose shop says something unsigned when a webhook is made there, and wants to hear 200."""

    def greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Say whether this is such a greeting: it carries nothing, and nothing of it is kept."""


@runtime_checkable
class Telling(Protocol):
    """A connector whose shops differ in what they can do: each is asked with every reading."""

    def verbs(self, shop: ShopInfo) -> Sequence[str]:
        """Return those verbs of the manifest that this very shop can do. Raises ShopError."""


@runtime_checkable
class Looking(Protocol):
    """A connector that can be asked for single things as they are at this moment: price, stock, state of an order."""

    def look(self, shop: ShopInfo, kind: Kind, ids: Sequence[str]) -> list[Thing]:
        """Return these things, Gone for those that the shop no longer has; 50 are asked for at most. Raises
        ShopError."""
