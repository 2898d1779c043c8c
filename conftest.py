"""Options of the whole suite."""

from __future__ import annotations

import pytest

DATABASE = {"db", "transactional_db", "django_db_setup"}
ELSEWHERE = ("program", "mailserver")  # what these tests start has a database of its own


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --needs-database."""
    text = "leave out tests that no database can change: they have run with the other one"
    parser.addoption("--needs-database", action="store_true", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep only what a database can change, where that is asked for."""
    if not config.getoption("--needs-database"):
        return
    kept = [item for item in items if _needs_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


def _needs_database(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("django_db", *ELSEWHERE))
    return marked or bool(DATABASE & set(getattr(item, "fixturenames", ())))
