"""Which server to name as the one that checks senders, told from the newest mails of an inbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

from pult.channels.adapters.email import authres, proofs
from pult.channels.adapters.email.authenticity import NO_ID
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import Hint, Raw

_HEAD = 200_000
_MOST_HOPS = 6
"""Received lines below which no server of one's own is looked for."""
_FEWEST = 3
"""Mails from which something can be told."""
_MOST_OF = 0.6
"""The part of the mails that has to bear a server's header before it is proposed."""


class _Seen(NamedTuple):
    """The topmost Authentication-Results of a server in one mail, with the Received lines above it."""

    server: str
    hops: int


def hints(settings: Settings, recent: Sequence[Raw]) -> list[Hint]:
    """Say in one hint how the named server does, or which one to name; nothing from few mails, or from a provider."""
    mails = [raw for raw in recent if raw.envelope.get("transport") != "webhook"]
    if len(mails) < _FEWEST:
        return []
    seen = [_seen(_head(raw)) for raw in mails]
    proposed = _proposed(seen)
    named = settings.authserv_id.strip().casefold()
    if named:
        return [_of_named(named, settings.authserv_hops, seen, proposed)]
    if all(proofs.peer_of(raw.envelope) for raw in mails):
        return [Hint("own", count=len(mails), of=len(mails))]
    if proposed is None:
        return [Hint("none", of=len(mails))]
    return [_hint("name", proposed, seen)]


def _of_named(named: str, hops: int, seen: Sequence[Sequence[_Seen]], proposed: _Seen | None) -> Hint:
    found = [one.hops for mail in seen for one in mail if one.server == named]
    within = sum(one <= hops for one in found)
    if within >= len(seen) * _MOST_OF or (within and proposed is None):
        return Hint("good", server=named, hops=hops, count=within, of=len(seen))
    if len(found) >= len(seen) * _MOST_OF:
        return Hint("hops", server=named, hops=_common(found), count=len(found), of=len(seen))
    return _hint("other", proposed, seen) if proposed else Hint("lost", server=named, hops=hops, of=len(seen))


def _hint(kind: str, proposed: _Seen, seen: Sequence[Sequence[_Seen]]) -> Hint:
    count = sum(any(one.server == proposed.server for one in mail) for mail in seen)
    return Hint(kind, server=proposed.server, hops=proposed.hops, count=count, of=len(seen))


def _proposed(seen: Sequence[Sequence[_Seen]]) -> _Seen | None:
    """Return the server whose header is topmost in most mails: one's own stands above what senders bring along."""
    tops = Counter(mail[0].server for mail in seen if mail)
    if not tops:
        return None
    server, count = tops.most_common(1)[0]
    if count < len(seen) * _MOST_OF:
        return None
    return _Seen(server, _common([one.hops for mail in seen for one in mail[:1] if one.server == server]))


def _common(hops: Sequence[int]) -> int:
    """Return the least number that holds for nine mails of ten: a sender's own lines stand below."""
    ordered = sorted(hops)
    return ordered[max(0, -(-len(ordered) * 9 // 10) - 1)]


def _head(raw: Raw) -> Message:
    return BytesHeaderParser(policy=policy.compat32).parsebytes(raw.body[:_HEAD])


def _seen(mail: Message) -> list[_Seen]:
    found: dict[str, _Seen] = {}
    received = 0
    for name, value in mail.raw_items():
        lowered = str(name).lower()
        received += lowered == "received"
        if received > _MOST_HOPS:
            break
        if lowered == "authentication-results":
            server = authres.read(str(value)).server or NO_ID
            found.setdefault(server, _Seen(server, received))
    return list(found.values())
