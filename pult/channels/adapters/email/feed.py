"""Python's own parser of mails, without the regular expression that it compiles for every boundary.

No two mails have the same boundary, so each costs a compilation: a sixth of what reading a mail took. Everything
else is email.feedparser as it is, loaded a second time so that its name for `re` can be another; a test holds what
both read equal.
"""

from __future__ import annotations

import importlib.util
import re
from email import policy
from email.message import Message
from types import ModuleType
from typing import Any

_SEPARATOR = "(?P<sep>"
_REST = r")(?P<end>--)?(?P<ws>[ \t]*)(?P<linesep>\r\n|\r|\n)?$"
_AFTER = re.compile(r"(?P<end>--)?(?P<ws>[ \t]*)(?P<linesep>\r\n|\r|\n)?$")


class _Boundary:
    """What a pattern of this separator, and what may follow it, would match."""

    def __init__(self, separator: str) -> None:
        self.separator = separator

    def match(self, line: str) -> re.Match[str] | None:
        """Match a line that begins with the separator."""
        return _AFTER.match(line, len(self.separator)) if line.startswith(self.separator) else None


class _Re:
    """`re` as email.feedparser uses it."""

    escape = staticmethod(lambda text: text)

    @staticmethod
    def compile(pattern: str) -> Any:
        """Return what matches the pattern of a boundary, whose separator `escape` has left as it is."""
        if pattern.startswith(_SEPARATOR) and pattern.endswith(_REST):
            return _Boundary(pattern[len(_SEPARATOR) : -len(_REST)])
        raise NotImplementedError(pattern)


def _load() -> ModuleType:
    spec = importlib.util.find_spec("email.feedparser")
    if spec is None or spec.loader is None:
        raise ImportError("email.feedparser")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.re = _Re  # type: ignore[attr-defined]
    return module


_feedparser: Any = _load()


def parse(raw: bytes) -> Message:
    """Read a mail as email.parser.BytesParser does with the policy compat32."""
    parser = _feedparser.FeedParser(policy=policy.compat32)
    parser.feed(raw.decode("ascii", "surrogateescape"))
    message: Message = parser.close()
    return message
