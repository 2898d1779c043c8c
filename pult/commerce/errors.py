"""What can go wrong in commerce."""

from __future__ import annotations


class BadShape(Exception):
    """This is no shape of a number. `shape` is what was given."""

    def __init__(self, shape: str) -> None:
        super().__init__(shape)
        self.shape = shape


class OrderNotFound(Exception):
    """There is no such order, or the asker may not see it."""


class ShopNotFound(Exception):
    """There is no such shop, or the asker may not see it."""


class Unauthentic(Exception):
    """What came in a shop's name is not signed by it."""


class BeingRead(Exception):
    """Somebody else reads the shop at this moment."""


class ActNotFound(Exception):
    """There is no such act, or the asker may not see it."""


class ActRefused(Exception):
    """It is not done; `code` says why (base.Refusal, or one of ours), `words` are the shop's."""

    def __init__(self, code: str, words: str = "") -> None:
        super().__init__(words or code)
        self.code = code
        self.words = words


class ShopAway(Exception):
    """The shop could not be asked just now; the message says what came of it."""
