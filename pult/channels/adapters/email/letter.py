"""What a mail says, in its two forms: a plain page that every program shows well, and the text beside it.

The page names no colours but that of a quotation's line, so that a dark mode does as it likes; it fetches nothing and
counts nobody. Outlook for Windows knows no max-width: it gets a table of that width.
"""

from __future__ import annotations

from html import escape

from pult.channels.adapters.email import history
from pult.channels.adapters.email.markup import html_of, plain_html, text_of
from pult.channels.adapters.email.settings import Settings
from pult.channels.base import File, InboxInfo, Logo, OutboundMessage, Page

WIDTH = 640
"""Pixels that the page takes at most."""
_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_HEAD = f"""\
<!DOCTYPE html>
<html lang="{{language}}">
<head>
<meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{{title}}</title>
<style>
:root {{{{ color-scheme: light dark; supported-color-schemes: light dark; }}}}
a {{{{ text-decoration: underline; }}}}
</style>
<!--[if mso]><style>body, td, p, li, a {{{{ font-family: Arial, sans-serif !important; }}}}</style><![endif]-->
</head>
<body style="margin:0;padding:12px;font-family:{_FONT};font-size:16px;line-height:1.5">
<!--[if mso]><table role="presentation" width="{WIDTH}" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<div style="max-width:{WIDTH}px">
"""
_END = """
</div>
<!--[if mso]></td></tr></table><![endif]-->
</body>
</html>
"""


def letter(inbox: InboxInfo, settings: Settings, message: OutboundMessage) -> Page:
    """Return the answer between what the store puts above and below it, and the quotation, where the inbox has it so.

    Where the message has HTML, its text is made from that; where it has text alone, its HTML is.
    """
    languages = (message.language, inbox.language)
    said = _said(message)
    header, footer = _beside(message.header), _beside(message.footer)
    pages = [_logo(message.logo), header.html, said.html, footer.html]
    texts = [header.text, said.text, footer.text]
    if message.quote is not None and (settings.quote_history or message.quote.forwarded):
        pages.append(history.as_html(message.quote, *languages))
        texts.append(history.as_text(message.quote, *languages))
    language = next(filter(None, languages), "en")
    head = _HEAD.format(language=escape(language[:20]), title=escape(" ".join(message.subject.split())[:200]))
    return Page(
        "\n\n".join(kept for part in texts if (kept := part.strip("\n"))), head + "\n".join(filter(None, pages)) + _END
    )


def inline_files(message: OutboundMessage) -> list[File]:
    """Return the pictures that stand inside the page: the store's logo, and those of the answer."""
    inside = [file for file in message.files if file.inline and file.content_id and message.html]
    return [message.logo.file, *inside] if message.logo else inside


def _logo(logo: Logo | None) -> str:
    """The picture with its size, which Outlook and programs that load no pictures need, and the words in its place."""
    if logo is None:
        return ""
    return (
        f'<div style="margin:0 0 16px"><img src="cid:{escape(logo.file.content_id)}" width="{logo.width}"'
        f' height="{logo.height}" alt="{escape(logo.words)}" border="0"'
        f' style="display:block;border:0;max-width:100%;height:auto"></div>'
    )


def _said(message: OutboundMessage) -> Page:
    html = plain_html(message.html) if message.html.strip() else ""
    words = text_of(html)
    if not words and "<img" not in html:
        html = html_of(message.text)
    return Page(text=words or message.text, html=html)


def _beside(html: str) -> Page:
    """What the store puts above or below; where there is none, nothing."""
    page = plain_html(html)
    return Page(text=text_of(page), html=f"<div>{page}</div>" if page else "")
