"""On whose pages a chat runs: those that its inbox names, and Pult's own."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from pult.channels.queries import InboxRecord


def allowed_origin(inbox: InboxRecord, origin: str, *, host: str) -> str | None:
    """Return the origin to name in the answer, "" where the request is no page's of another; None where it is refused.

    Browsers name the origin of every page that asks across origins, and cannot be made to lie about it.
    """
    if not origin:
        return ""
    parts = urlsplit(origin)
    if parts.netloc and parts.netloc == host:
        return origin
    named = {one.rstrip("/").lower() for one in str(inbox.settings.get("origins", "")).split()}
    ours = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
    return origin if origin.lower() in named | {ours.lower()} else None
