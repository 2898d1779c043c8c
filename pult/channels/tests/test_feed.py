"""Mails are read as Python's own parser reads them."""

from __future__ import annotations

from email import policy
from email.message import Message
from email.parser import BytesParser

from hypothesis import given, settings
from hypothesis import strategies as st

from pult.channels.adapters.email import feed

_OWN = BytesParser(policy=policy.compat32)
_BOUNDARIES = st.sampled_from(["b", "a.b", "x+*", "(?P<", "b--", "--", "[a", "b b", "\\d", "$"])
_ENDS = st.sampled_from(["\r\n", "\n", "\r", " \t\r\n", "--\r\n", "-- \n", "-x\r\n", ""])
_BITS = st.sampled_from(
    ["text\r\n", "Content-Type: text/html\r\n\r\n", "\r\n", "--\r\n", "Subject: a\r\n", " more\n", "š\r\n", ".\r"]
)


def everything(message: Message) -> list[object]:
    """Return all that was read."""
    return [
        (part.items(), part.preamble, part.epilogue, [type(d).__name__ for d in part.defects])
        + ((None,) if part.is_multipart() else (part.get_payload(),))
        for part in message.walk()
    ]


@settings(deadline=None)
@given(st.lists(_BOUNDARIES, min_size=1, max_size=2), st.lists(st.tuples(st.integers(0, 2), _ENDS, _BITS), max_size=12))
def test_whatever_the_boundary_the_parts_are_the_same(
    boundaries: list[str], pieces: list[tuple[int, str, str]]
) -> None:
    inner = f'Content-Type: multipart/alternative; boundary="{boundaries[-1]}"\r\n\r\n'
    text = f'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="{boundaries[0]}"\r\n\r\n'
    for which, end, bit in pieces:
        text += (inner if which == 2 else f"--{boundaries[which % len(boundaries)]}{end}") + bit
    raw = text.encode()
    assert everything(feed.parse(raw)) == everything(_OWN.parsebytes(raw))
