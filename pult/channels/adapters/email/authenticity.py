"""What the header Authentication-Results (RFC 8601) says of who sent a mail."""

from __future__ import annotations

import re

from pult.channels.adapters.email.headers import MAX_HEADER, Headers
from pult.channels.adapters.email.text import tidy, unfold

_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\b(spf|dkim|dmarc|arc)\s*=\s*([a-z]{1,20})\b", re.IGNORECASE)


def claimed(fields: Headers) -> dict[str, str]:
    """Return the results in the topmost Authentication-Results: `server`, `spf`, `dkim`, `dmarc`, `arc`.

    Nothing in the mail itself says that the header was not written by its sender: these are claims.
    """
    values = fields.get("authentication-results")
    if not values:
        return {}
    value = tidy(unfold(values[0][:MAX_HEADER]))
    for _ in range(3):
        value = _COMMENT.sub(" ", value)
    server, _, rest = value.partition(";")
    found = {} if "=" in server else {"server": server.strip().split(" ")[0][:255]}
    for method, result in _RESULT.findall(rest if found else value):
        if found.get(method.lower()) != "pass":
            found[method.lower()] = result.lower()
    return found
