"""What a server that the inbox trusts wrote into a mail's header about spam (SpamAssassin, rspamd, amavis).

Such headers name no writer, so they count by their place alone, as Authentication-Results do; and only where they
say that it is spam: what a sender writes himself can then only harm himself.
"""

from __future__ import annotations

import re
from email.message import Message

from pult.channels.adapters.email.authenticity import NO_ID, above
from pult.channels.base import Opinion

_NAMES = frozenset({"x-spam-flag", "x-spam-status", "x-spam"})
_YES = re.compile(r"\s*yes\b", re.IGNORECASE)
_NUMBER = r"\s*=\s*(-?[0-9]{1,4}(?:\.[0-9]{1,4})?)\b"
_SCORE = re.compile(rf"\bscore{_NUMBER}", re.IGNORECASE)
_LIMIT = re.compile(rf"\brequired{_NUMBER}", re.IGNORECASE)


def opinion(mail: Message | None, server: str, hops: int) -> Opinion | None:
    """Return the word of `server` that a mail is spam, with its score where it wrote one; None where it wrote none."""
    if mail is None:
        return None
    found = {name: value[:1000] for name, value in above(mail, hops) if name in _NAMES and _YES.match(value)}
    if not found:
        return None
    status = found.get("x-spam-status", "")
    score, limit = (pattern.search(status) for pattern in (_SCORE, _LIMIT))
    return Opinion(
        by="" if server == NO_ID else server.strip()[:200],
        spam=True,
        score=float(score.group(1)) if score else None,
        limit=float(limit.group(1)) if limit else None,
    )
