"""A mail's HTML as a document of its own: no scripts, nothing from elsewhere unless asked, in a sandbox."""

from __future__ import annotations

import html
import re

from django.http import HttpResponse

from pult.conversations.content import clean_html
from pult.conversations.views import MessageView

_CID = re.compile(r"cid:([^\"'\s)>]+)", re.I)
_STYLE = """
:root { color-scheme: light; }
html { background: #fff; }
body { margin: 0; padding: 2px; font: 14px/1.5 system-ui, sans-serif; color: #1b1f24; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; }
table { max-width: 100%; }
pre { white-space: pre-wrap; }
blockquote { margin: 8px 0 8px 2px; padding-left: 12px; border-left: 2px solid #d0d5db; color: #57606a; }
a { color: #1a56c4; }
"""


def page(message: MessageView, *, remote: bool) -> HttpResponse:
    """Return the page of a message for `<iframe sandbox="allow-same-origin allow-popups">`.

    Pictures named by Content-ID come from the message's own attachments; those from elsewhere are held back
    by the policy unless `remote`.
    """
    by_cid = {a.content_id.strip("<>"): a.id for a in message.attachments if a.content_id}

    def inline(match: re.Match[str]) -> str:
        attachment = by_cid.get(html.unescape(match.group(1)))
        return f"/api/v1/attachments/{attachment}/content?inline=1" if attachment else "data:,"

    # Cleaned when it was stored; cleaned again here, so that a better cleaner helps old mail too.
    body = _CID.sub(inline, clean_html(message.html)) if message.html else f"<pre>{html.escape(message.text)}</pre>"
    pictures = "'self' data: https: http:" if remote else "'self' data:"
    response = HttpResponse(
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta name="referrer" content="no-referrer"><title>{html.escape(message.subject)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    response["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {pictures}; style-src 'unsafe-inline'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-popups"
        " allow-popups-to-escape-sandbox"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, max-age=3600"
    return response


def picture_type(head: bytes) -> str | None:
    """Return the media type of a raster picture by its first bytes, None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None
