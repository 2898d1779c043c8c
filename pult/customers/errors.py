"""What can go wrong with customers; the API turns each into problem+json."""

from __future__ import annotations


class CustomerNotFound(Exception):
    """There is no such customer."""


class RemarkNotFound(Exception):
    """Nothing of the kind was written down about this customer."""


class MergeRefused(Exception):
    """The two cannot be merged, or the merge cannot be taken back. `reason` is a code for the reader's language."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
