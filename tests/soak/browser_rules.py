"""What in a page could run, leave its frame or ask for a password."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_ELEMENTS = (
    "script iframe frame frameset object embed applet form input button select textarea base link svg math template"
    " video audio source noscript plaintext xmp portal animate set foreignobject"
)
FORBIDDEN = frozenset(_ELEMENTS.split())
_SCHEME = re.compile(r"^(javascript|vbscript|data|file|blob|about):", re.I)
_BLANK = re.compile(r"[\x00-\x20\u200b\ufeff]+")
_PICTURE = re.compile(r"^data:(image/(png|jpeg|gif|webp)[;,]|,)", re.I)
_ACTIVE_STYLE = re.compile(r"expression\s*\(|javascript:|vbscript:|behavior\s*:|-moz-binding|@import", re.I)
_NAMES = "href src action formaction background data cite poster srcdoc xlink:href srcset"
_ADDRESSES = frozenset(_NAMES.split())


class _Looker(HTMLParser):
    def __init__(self, *, styles: int, metas: int) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.styles, self.metas = styles, metas

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self.found.append(f"<{tag}>")
        if tag == "style":
            self.styles -= 1
        if tag == "meta":
            self.metas -= 1
            if any(name == "http-equiv" for name, _ in attrs):
                self.found.append("meta http-equiv")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name == "srcdoc":
            self.found.append(f"{tag} {name}")
        bare = _BLANK.sub("", value)
        if name in _ADDRESSES and _SCHEME.match(bare) and not (tag == "img" and _PICTURE.match(bare)):
            self.found.append(f"{tag} {name}={value[:60]}")
        if name == "style" and _ACTIVE_STYLE.search(value):
            self.found.append(f"{tag} style={value[:60]}")


def dangers(page: str, *, styles: int = 0, metas: int = 0) -> list[str]:
    """Return what is dangerous in a page that may itself bring so many style and meta elements."""
    looker = _Looker(styles=styles, metas=metas)
    looker.feed(page)
    looker.close()
    if looker.styles < 0:
        looker.found.append("a style element")
    if looker.metas < 0:
        looker.found.append("a meta element")
    return looker.found
