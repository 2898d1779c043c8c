"""Names for our own mails that nobody else can make: they lead an answer or a bounce to its conversation.

A token is `<conversation>.<message>.<signature>` in base 36 and base 32, lower case, so that it survives
mailers which change letter case. It is the local part of our Message-ID and the tag of our bounce address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from pult.platform.secrets import keyring

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TOKEN = re.compile(r"\bp\.([0-9a-z]{1,13})\.([0-9a-z]{1,13})\.([a-z2-7]{16})(?![a-z0-9])", re.IGNORECASE)


class Reference(NamedTuple):
    """The conversation and message a token stands for, and the token itself."""

    conversation_id: int
    message_id: int
    token: str


def base36(number: int) -> str:
    """Write a non-negative number with the digits 0-9a-z."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text


def _sign(key: bytes, body: str) -> str:
    digest = hmac.new(key, b"pult mail reference 1\0" + body.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:10]).decode().lower()


def make(conversation_id: int, message_id: int) -> str:
    """Return the token of one message of ours, signed with the newest key."""
    body = f"{base36(conversation_id)}.{base36(message_id)}"
    return f"p.{body}.{_sign(next(iter(keyring().values())), body)}"


def find(text: str) -> Reference | None:
    """Return the last genuine token in a text (an id, an address, a returned mail); None if there is none."""
    if "p." not in text and "P." not in text:
        return None
    for match in reversed(list(_TOKEN.finditer(text))[-200:]):
        conversation, message, signature = (part.lower() for part in match.groups())
        body = f"{conversation}.{message}"
        if any(hmac.compare_digest(_sign(key, body), signature) for key in keyring().values()):
            return Reference(int(conversation, 36), int(message, 36), f"p.{body}.{signature}")
    return None
