"""What can go wrong with conversations; the API turns each into problem+json."""

from __future__ import annotations


class ConversationNotFound(Exception):
    """There is no such conversation, or none that this person may see."""


class MessageNotFound(Exception):
    """There is no such message."""


class NewerMessage(Exception):
    """The customer wrote again after what the agent had read; `message_id` is the newest."""

    def __init__(self, message_id: int) -> None:
        super().__init__(message_id)
        self.message_id = message_id


class VersionConflict(Exception):
    """Somebody changed the conversation meanwhile; `version` is the present one."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


class NoRecipient(Exception):
    """The reply has nobody to go to."""


class TooLate(Exception):
    """The message has left, or is leaving: it cannot be undone."""


class Refused(Exception):
    """The change makes no sense; `reason` is a code for the reader's language, `field` what it is about."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
