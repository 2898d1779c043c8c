"""The header Authentication-Results (RFC 8601), read as it is written: comments, quotations, several results."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from pult.channels.adapters.email.headers import MAX_HEADER
from pult.channels.adapters.email.text import tidy, unfold

_TOKEN = re.compile(r'\s+|"(?:[^"\\]|\\.)*+"?|[;=(]|[^\s"();=]+|.', re.DOTALL)
_IN_COMMENT = re.compile(r"[()]|\\.|[^()\\]+|\\", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_WORD = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
_MAX_RESULTS = 40
_GAP, _EQUALS, _END, _OPEN, _CLOSE = " ", "=", ";", "(", ")"


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of one method; names of methods, results and properties (`header.d`) in small letters."""

    method: str
    value: str
    properties: Mapping[str, str]
    comment: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Results:
    """A header: `server` is the authserv-id in small letters, "" where none is given (Exchange Online)."""

    server: str
    results: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        """Return the results of a method in their order."""
        return [result for result in self.results if result.method == method]


def read(value: str) -> Results:
    """Read the header's value. What does not fit the grammar is passed over; never raises."""
    segments = list(_segments(tidy(unfold(value[:MAX_HEADER]))))
    head, _ = segments[0]
    server = "" if _EQUALS in head else next((word for word in head if word != _GAP), "").casefold()
    found = [] if server or _EQUALS not in head else [segments[0]]
    results = (_result(words, comment) for words, comment in [*found, *segments[1 : _MAX_RESULTS + 1]])
    return Results(server[:255], tuple(result for result in results if result is not None))


def _segments(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield what stands between semicolons: its words, with gaps and "=" between them, and its comments."""
    words: list[str] = []
    comments: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        token = match.group() if match else text[position]
        position += len(token)
        if token == _OPEN:
            comment, position = _comment(text, position)
            comments.append(comment)
            words.append(_GAP)
        elif token == _END:
            yield words, " ".join(comments)
            words, comments = [], []
        elif token.isspace():
            words.append(_GAP)
        elif token.startswith('"') and len(token) > 1:
            words.append(_ESCAPED.sub(r"\1", token[1:].removesuffix('"')).replace(_EQUALS, "") or '""')
        else:
            words.append(token)
    yield words, " ".join(comments)


def _comment(text: str, position: int) -> tuple[str, int]:
    """Return a comment, which may hold others, and where it ends; one without an end takes the rest."""
    begin, depth = position, 1
    while position < len(text) and depth:
        match = _IN_COMMENT.match(text, position)
        token = match.group() if match else text[position]
        position += len(token)
        depth += (token == _OPEN) - (token == _CLOSE)
    return text[begin : position - (depth == 0)], position


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what is named and what it is set to: `smtp . mailfrom = "a"@b` is one pair."""
    name, value, filling = "", "", False
    for index, word in enumerate(words):
        if word == _GAP:
            glued = value if filling else name
            after = next((other for other in words[index + 1 : index + 4] if other != _GAP), "")
            if filling and value:
                yield name, value
                name, value, filling = "", "", False
            elif not filling and after != _EQUALS and not glued.endswith((".", "/")) and after[:1] not in {".", "/"}:
                name = ""
        elif word == _EQUALS and not filling:
            filling = True
        elif filling:
            value += word
        else:
            name += word
    if filling and value:
        yield name, value


def _result(words: list[str], comment: str) -> Result | None:
    pairs = [(name.casefold(), value) for name, value in _pairs(words)]
    if not pairs:
        return None
    method, value = pairs[0][0].partition("/")[0], pairs[0][1].casefold()
    if not _WORD.match(method) or not _WORD.match(value):
        return None
    properties: dict[str, str] = {}
    for name, said in pairs[1:]:
        properties.setdefault(name[:80], said[:320])
    return Result(method, value, properties, comment)
