"""What can go wrong in commerce."""

from __future__ import annotations


class OrderNotFound(Exception):
    """There is no such order, or the asker may not see it."""


class ShopNotFound(Exception):
    """There is no such shop, or the asker may not see it."""
