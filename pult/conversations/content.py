"""What is kept of what was written: cleaned HTML, a one-line snippet, words to be found by."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import nh3

from pult.platform import words

SNIPPET = 180
_SPACE = re.compile(r"\s+")
_QUOTED = re.compile(r"^>.*$", re.MULTILINE)

_TAGS = nh3.ALLOWED_TAGS | {"font", "style"} - {"style"}
_ATTRIBUTES = {
    tag: set(names)
    for tag, names in {
        **nh3.ALLOWED_ATTRIBUTES,
        "*": {"style", "dir", "lang", "align", "title"},
        "a": {"href", "title", "name"},
        "img": {"src", "alt", "width", "height", "border"},
        "td": {"colspan", "rowspan", "width", "height", "valign", "bgcolor", "align"},
        "th": {"colspan", "rowspan", "width", "height", "valign", "bgcolor", "align"},
        "table": {"width", "height", "border", "cellpadding", "cellspacing", "bgcolor", "align"},
        "font": {"color", "face", "size"},
        "blockquote": {"cite", "type", "class"},
        "div": {"class"},
    }.items()
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_ADDRESSES = frozenset({"href", "src", "cite"})
_UNSEEN = re.compile("[\x00-\x20\x7f-\x9f\u200b-\u200f\u2060\ufeff]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# A mail has no address of its own: what does not say whose it is would be asked of Pult. Browsers take `https:x` for
# such an address too, and `\` for `/`.
_COMPLETE = re.compile(r"https?://[^/\\?#]", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"[/\\]{2}(?=[^/\\?#])")
# What somebody typed for a link as he would into a browser.
_TYPED = re.compile(r"www\.[^\s/\\?#@:]+\.[^\s/\\?#@:]{2,}(?=[/?#:]|\Z)", re.IGNORECASE)
_NOT_FETCHED = re.compile(r"(?:mailto|tel):|#", re.IGNORECASE)
_INSIDE = re.compile(r"cid:", re.IGNORECASE)
_HARMFUL_STYLE = re.compile(
    r"expression\s*\(|behaviou?r\s*:|-moz-binding|javascript:|vbscript:|@import|(?:image-set|image|cross-fade|src)\s*\("
    r"|url\(\s*+['\"]?+(?!https?://[^/\\]|cid:|data:image/)",
    re.IGNORECASE,
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Drop a style that could do more than look, and an address that is not complete or hides its scheme."""
    if name == "style":
        return None if any(_HARMFUL_STYLE.search(form) for form in (value, _without_escapes(value))) else value
    return _address(name, value) if name in _ADDRESSES else value


def _without_escapes(style: str) -> str:
    """Return a style as a browser reads it, which takes `\\75rl(` for `url(`."""
    if "\\" not in style:
        return style
    return _CSS_ESCAPE.sub(lambda found: _letter(found[1]) if found[1] else found[2], style)


def _letter(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else "\ufffd"


def _address(name: str, value: str) -> str | None:
    """Return an address that leads away from Pult or into the mail itself; None for any other."""
    scheme = _SCHEME.match(_UNSEEN.sub("", value))
    if scheme is not None and scheme[1].lower() not in _SCHEMES:
        return None
    seen = value.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    if _WITHOUT_SCHEME.match(seen):
        return _WITHOUT_SCHEME.sub("https://", seen, count=1)
    if name == "href" and _TYPED.match(seen):
        return f"https://{seen}"
    allowed = (_COMPLETE, _INSIDE) if name == "src" else (_COMPLETE, _NOT_FETCHED)
    return seen if any(pattern.match(seen) for pattern in allowed) else None


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style", "title", "template", "noscript"},
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
    attribute_filter=_attribute,
)
# What old browsers took for a program in a style; the cleaner above writes every attribute as name="value".
_ACTIVE_STYLE = re.compile(
    r''' style="[^"]*?(?:expression\s*\(|script\s*:|behaviou?r\s*:|-moz-binding|@import)[^"]*"''', re.I
)
_LONGEST_HTML = 1_000_000
# Cleaning takes the square of the depth: 15,000 lists in each other cost three seconds.
_DEEPEST_HTML = 512
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_UNNESTED = "area br col embed hr img input link meta source wbr p li td th tr dt dd option thead tbody tfoot"
_NEVER_DEEP = frozenset(_UNNESTED.split())


def _too_deep(html: str) -> bool:
    """Whether elements stand in each other deeper than any mail program writes them."""
    if html.count("<") <= _DEEPEST_HTML:
        return False
    depth, open_by_name = 0, dict[str, int]()
    for match in _TAG.finditer(html):
        name = match.group(2).lower()
        if name in _NEVER_DEEP:
            continue
        opened = open_by_name.get(name, 0)
        step = 1 if not match.group(1) else -1 if opened else 0
        open_by_name[name] = opened + step
        depth += step
        if depth > _DEEPEST_HTML:
            return True
    return False


def clean_html(html: str) -> str:
    """Return HTML without anything that could run or leave the frame; it is shown in a sandboxed frame besides.

    Of a page that is nested too deep nothing is kept: the message is then read as text.
    """
    html = html[:_LONGEST_HTML].replace("\x00", "")
    if not html or _too_deep(html):
        return ""
    return _ACTIVE_STYLE.sub("", _CLEANER.clean(html))


def snippet(*candidates: str) -> str:
    """Return the first candidate that says something, on one line, at most SNIPPET characters."""
    for candidate in candidates:
        line = _SPACE.sub(" ", _QUOTED.sub("", candidate[:4000])).strip()
        if line:
            return line if len(line) <= SNIPPET else line[: SNIPPET - 1].rstrip() + "…"
    return ""


def found_by(texts: Iterable[str], language: str) -> list[str]:
    """Return the words a message is found by; one too short to tell its language by the forms in all of them."""
    return words.index_words(texts, *([language] if language else words.LANGUAGES))


def as_html(text: str, html: str) -> str:
    """Return `html`, or where there is none the paragraphs of `text`."""
    if html.strip():
        return html
    paragraphs = (escape(part).replace("\n", "<br>") for part in text.split("\n\n") if part.strip())
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
