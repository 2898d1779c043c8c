"""The full-text index over names and addresses of customers."""

from __future__ import annotations

from pult.platform.fulltext import FullText

INDEX = FullText("customers_search")
