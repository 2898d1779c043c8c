"""Pictures of a mail that its HTML names by where they were (Content-Location, RFC 2557) instead of by an id."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping
from email.message import Message
from urllib.parse import unquote

from pult.channels.adapters.email.text import header, tidy, unfold

_SOURCE = re.compile(
    r"""(<(?:img|input|v:imagedata)\b[^<>]{0,4000}?\bsrc\s{0,9}=\s{0,9}["']?)([^"'<>\s]{1,2000})""", re.IGNORECASE
)
_MOST = 500


def content_id(part: Message) -> str:
    """Return a part's Content-ID without brackets, at most 200 characters; "" where it has none."""
    return tidy(unfold(str(part.get("Content-ID", ""))).strip("<> "))[:200]


def location(part: Message) -> str:
    """Return where a part says it was, "" where it says nothing."""
    written = str(part.get("Content-Location", ""))[:2000]
    return _key(re.sub(r"\s+", "", header(written)).strip("\"'<>")) if written else ""


def _key(written: str) -> str:
    return unquote(written.strip())


def by_id(html: str, ids: Mapping[str, str]) -> str:
    """Return the HTML with pictures named by their place named by their id; `ids` has an id for each place."""
    if not ids:
        return html

    def renamed(match: re.Match[str]) -> str:
        found = ids.get(_key(entities.unescape(match[2])))
        return match[0] if found is None else f"{match[1]}cid:{entities.escape(found)}"

    return _SOURCE.sub(renamed, html, count=_MOST)
