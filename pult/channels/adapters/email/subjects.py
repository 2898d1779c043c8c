"""The conversation's number in a subject: "Where is my parcel? [#1234]"."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\s*\[#([1-9][0-9]{0,14})\]", re.ASCII)


def number_in(subject: str) -> int | None:
    """Return the last conversation's number in a subject, None where there is none.

    Anyone can write a number: it joins only who takes part in that conversation.
    """
    found = _NUMBER.findall(subject)
    return int(found[-1]) if found else None


def numbered(subject: str, conversation_id: int) -> str:
    """Return a subject with this conversation's number at its end, and with no other."""
    return f"{_NUMBER.sub('', subject)} [#{conversation_id}]".strip()
