"""HTML and text of a mail, each made from the other by rule, so that both parts say the same."""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

_ALLOWED = (
    "a abbr b blockquote br cite code dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre q s small span"
    " strong sub sup table tbody td tfoot th thead tr u ul"
)
_TAGS = frozenset(_ALLOWED.split())
_ATTRIBUTES = {
    "*": {"dir", "lang", "style"},
    "a": {"href"},
    "blockquote": {"type"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan", "valign"},
    "th": {"align", "colspan", "rowspan", "valign"},
}
# What a style may say: nothing about colours, which fight the reader's dark mode, and nothing that is fetched.
_STYLE = re.compile(
    r"\s*((?:text-align|font-weight|font-style|text-decoration|list-style-type)\s*:\s*[a-z0-9 -]{1,40})\s*",
    re.IGNORECASE,
)
_LINK = re.compile(r"(?:https?://[^/\\?#\s]|mailto:|tel:)", re.IGNORECASE)
_CARRIED = re.compile(r"cid:\S", re.IGNORECASE)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return ";".join(found[1] for part in value.split(";") if (found := _STYLE.fullmatch(part))) or None
    if name == "href":
        return value.strip() if _LINK.match(value.strip()) else None
    if name == "src":
        return value if _CARRIED.match(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style", "title", "template", "noscript"},
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    url_schemes={"http", "https", "mailto", "tel", "cid"},
    link_rel=None,
    set_tag_attribute_values={"a": {"style": "text-decoration:underline"}},
    strip_comments=True,
    attribute_filter=_attribute,
)


def plain_html(html: str) -> str:
    """Return HTML as it may leave: nothing active, nothing fetched, no colours, links underlined."""
    return _CLEANER.clean(html)


_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_NOT_OF_ADDRESS = ".,;:!?'»”’"
_QUOTED = re.compile(r">[ ]?")


def html_of(text: str) -> str:
    """Return a text as HTML: paragraphs, line breaks, links, quotations marked by ">" as quotations."""
    pieces: list[str] = []
    lines: list[str] = []
    quoted: list[str] = []
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith(">"):
            pieces += _paragraph(lines)
            lines = []
            quoted.append(_QUOTED.sub("", line, count=1))
            continue
        if quoted:
            pieces.append(quotation(_within(quoted)))
            quoted = []
        if line.strip():
            lines.append(line)
        else:
            pieces += _paragraph(lines)
            lines = []
    return "".join(pieces)


DEEPEST = 20
"""Quotations in quotations above which marks are shown as they are."""


def _within(quoted: list[str]) -> str:
    inner = "\n".join(quoted)
    deep = any(re.match(rf"(?:> ?){{{DEEPEST}}}", line) for line in quoted)
    return "".join(_paragraph(quoted)) if deep else html_of(inner)


def quotation(html: str) -> str:
    """Return HTML as a quotation that mail programs know for one, and fold."""
    return f'<blockquote type="cite" style="{QUOTATION}">{html}</blockquote>'


QUOTATION = "margin:0 0 0 8px;padding:0 0 0 12px;border-left:2px solid #999"


def _paragraph(lines: list[str]) -> list[str]:
    return [f"<p>{'<br>'.join(map(_line, lines))}</p>"] if lines else []


def _line(line: str) -> str:
    bare = line.lstrip(" \t")
    indent = "&nbsp;" * len(line[: len(line) - len(bare)].expandtabs(4))
    pieces, end = [indent], 0
    for found in _ADDRESS.finditer(bare):
        address = found[0].rstrip(_NOT_OF_ADDRESS)
        if address.endswith(")") and "(" not in address:
            address = address.rstrip(")").rstrip(_NOT_OF_ADDRESS)
        if not _LINK.match(address):
            continue
        stop = found.start() + len(address)
        shown = escape(address)
        link = f'<a href="{shown}" style="text-decoration:underline">{shown}</a>'
        pieces += [escape(bare[end : found.start()], quote=False), link]
        end = stop
    return "".join([*pieces, escape(bare[end:], quote=False)]).replace("  ", " &nbsp;")


_TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)((?:\s+[^\s=>]+(?:=\"[^\"]*\")?)*)\s*/?>|([^<]+)|<")
_VALUE = re.compile(r"([a-z]+)=\"([^\"]*)\"")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_LAID_OUT = "div dl dd dt h1 h2 h3 h4 h5 h6 li ol p pre table tbody td tfoot th thead tr ul blockquote"
_BLOCKS = frozenset(_LAID_OUT.split())
_APART = "p h1 h2 h3 h4 h5 h6 pre ul ol dl table blockquote"
_PARTED = frozenset(_APART.split())
"""Blocks with an empty line before and after them."""


class _Text:
    """Lays well-formed HTML (as the cleaner writes it) out as text."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""
        self.depth = 0
        self.lists: list[int | None] = []
        self.marker = ""
        self.links: list[tuple[str, int]] = []
        self.verbatim = 0
        self.gap = False

    def flush(self) -> None:
        """End the line; an empty one is not written."""
        line = self.line.rstrip(" ") if self.line.strip(" ") else ""
        self.line = ""
        if not line and not self.marker:
            return
        if self.gap and self.lines:
            self.lines.append(self._quote_mark(min(self.depth, _depth(self.lines[-1]))))
        self.gap = False
        indent = "  " * max(len(self.lists) - 1, 0)
        if self.marker:
            line, self.marker = f"{indent}{self.marker}{line}".rstrip(), ""
        elif self.lists:
            line = f"{indent}  {line}"
        self.lines.append(f"{self._quote_mark(self.depth)} {line}" if self.depth else line)

    @staticmethod
    def _quote_mark(depth: int) -> str:
        return " ".join(">" * depth)

    def open(self, tag: str, values: dict[str, str]) -> None:
        if tag == "br":
            self._break()
        elif tag == "hr":
            self.flush()
            self.gap = True
        elif tag == "img":
            self.line += f"[{values['alt'].strip()}]" if values.get("alt", "").strip() else ""
        elif tag == "a":
            self.links.append((values.get("href", ""), len(self.line)))
        elif tag in _BLOCKS:
            self._open_block(tag, values)

    def _break(self) -> None:
        if self.line.strip(" ") or self.marker:
            self.flush()
        else:
            self.gap = True

    def _open_block(self, tag: str, values: dict[str, str]) -> None:
        if tag in {"td", "th"}:
            self.line += " " if self.line.strip() and not self.line.endswith(" ") else ""
            return
        if not (self.marker and not self.line.strip()):
            self.flush()
        self.gap = self.gap or (tag in _PARTED and not self.lists)
        if tag == "blockquote":
            self.depth += 1
        elif tag in {"ul", "ol"}:
            start = values.get("start", "1")
            self.lists.append((int(start) if start.isdecimal() else 1) if tag == "ol" else None)
        elif tag == "li":
            self.marker = self._next_marker()
        self.verbatim += tag == "pre"

    def _next_marker(self) -> str:
        number = self.lists[-1] if self.lists else None
        if number is None:
            return "- "
        self.lists[-1] = number + 1
        return f"{number}. "

    def close(self, tag: str) -> None:
        if tag == "a" and self.links:
            self._end_link()
        if tag not in _BLOCKS or tag in {"td", "th"}:
            return
        self.flush()
        if tag == "blockquote":
            self.depth = max(self.depth - 1, 0)
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
        self.gap = self.gap or (tag in _PARTED and not self.lists)
        self.verbatim -= tag == "pre"

    def _end_link(self) -> None:
        """Write where a link leads, unless its words say so already."""
        address, start = self.links.pop()
        words = self.line[start:].strip() if start <= len(self.line) else ""
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        said = {bare, bare.rstrip("/"), bare.partition("://")[2].rstrip("/"), bare.replace(" ", "")}
        if bare and words.replace("\xa0", " ") not in said:
            self.line += f" ({bare})" if words else bare

    def write(self, text: str) -> None:
        text = unescape(text)
        if self.verbatim > 0:
            first, *others = text.split("\n")
            self.line += first
            for other in others:
                self.flush()
                self.line = other
            return
        text = _SPACE.sub(" ", text)
        self.line += text.lstrip(" ") if not self.line or self.line.endswith(" ") else text


def _depth(line: str) -> int:
    depth = 0
    while line.startswith(">"):
        depth += 1
        line = line[1:].removeprefix(" ")
    return depth


def text_of(html: str) -> str:
    """Return the words of HTML that `plain_html` wrote: links as `words (https://...)`, lists, quotations by "> "."""
    text = _Text()
    for closing, tag, values, words in _TOKEN.findall(html):
        if words:
            text.write(words)
        elif tag and closing:
            text.close(tag)
        elif tag:
            text.open(tag, {name: unescape(value) for name, value in _VALUE.findall(values)})
        else:
            text.write("<")
    text.flush()
    return "\n".join(text.lines).replace("\xa0", " ").strip("\n")
