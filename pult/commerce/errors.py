"""What can go wrong in commerce."""

from __future__ import annotations


class OrderNotFound(Exception):
    """There is no such order, or the asker may not see it."""


class ShopNotFound(Exception):
    """There is no such shop, or the asker may not see it."""


class Unauthentic(Exception):
    """What came in a shop's name is not signed by it."""


class BeingRead(Exception):
    """Somebody else reads the shop at this moment."""
