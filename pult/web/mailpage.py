"""A mail's HTML as a document of its own: no scripts, nothing from elsewhere unless asked, in a sandbox."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpResponse

from pult.conversations.content import clean_html
from pult.conversations.views import MessageView

_CID = re.compile(r"""( src="|\burl\(\s*(?:&quot;|["'])?)cid:(.+?)(?=["'\s)>]|&quot;)""", re.I)
_REMOTE = re.compile(r"""( src="|\burl\(\s*(?:&quot;|["'])?)(https?://.+?)(?=["'\s)>]|&quot;)""", re.I)
_NOTHING = "data:,"
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


def page(message: MessageView, *, remote: bool, origin: str) -> HttpResponse:
    """Return the page of a message for `<iframe sandbox="allow-same-origin allow-popups">`.

    Pictures named by Content-ID come from the message's own attachments, below `origin` (Pult's own as the reader's
    browser names it), and nothing else does; those from elsewhere are held back by the policy unless `remote`.
    """
    by_cid = {_content_id(a.content_id): a.id for a in message.attachments if a.content_id}
    files: set[str] = set()
    own = {_host(origin), _host(settings.PUBLIC_URL)}

    def inline(match: re.Match[str]) -> str:
        attachment = by_cid.get(_content_id(html.unescape(match[2])))
        if attachment is None:
            return f"{match[1]}{_NOTHING}"
        file = f"/api/v1/attachments/{attachment}/content"
        files.add(f"{origin}{file}")
        return f"{match[1]}{file}?inline=1"

    def elsewhere(match: re.Match[str]) -> str:
        host = _host(html.unescape(match[2]))
        return match[0] if host and host not in own else f"{match[1]}{_NOTHING}"

    if message.html:
        # Cleaned when it was stored; cleaned again here, so that a better cleaner helps old mail too.
        body = _CID.sub(inline, _REMOTE.sub(elsewhere, clean_html(message.html)))
    else:
        body = f"<pre>{html.escape(message.text)}</pre>"
    pictures = " ".join([*sorted(files), "data:", *(["https:", "http:"] if remote else [])])
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


def _content_id(written: str) -> str:
    """Return a Content-ID as it is compared: an address escapes it (RFC 2392), and programs differ in case."""
    return unquote(written).strip("<> ").casefold()[:200]


def _host(address: str) -> str:
    """Return host and port that an address leads to, "" where it cannot be read."""
    try:
        parts = urlsplit(unquote(address))
        port = parts.port or {"https": 443}.get(parts.scheme, 80)
        return f"{(parts.hostname or '').rstrip('.')}:{port}" if parts.hostname else ""
    except ValueError:
        return ""


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
