"""The full-text index over everything said, newest first; store marks keep each desk to its stores."""

from __future__ import annotations

from pult.platform.fulltext import FullText

INDEX = FullText("conversations_search")
