"""Options and order of the whole suite."""

from __future__ import annotations

import pytest

DATABASE = {"db", "transactional_db", "django_db_setup"}
PROGRAMS = ("program", "mailserver")  # these start processes, which tests of one file share, and wait for them


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --needs-database."""
    text = "leave out tests that no database can change: they have run with the other one"
    parser.addoption("--needs-database", action="store_true", help=text)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, one file of it in one process; leave out what was asked to be left out."""
    if config.getoption("--needs-database"):
        kept = [item for item in items if _needs_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept
    spread = config.pluginmanager.hasplugin("xdist")
    for item in items:
        if spread and _starts_programs(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: not _starts_programs(item))


def _starts_programs(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in PROGRAMS)


def _needs_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("own_database"):
        return False
    # What a program is started with has a database that the settings name.
    marked = any(item.get_closest_marker(name) for name in ("django_db", "program"))
    return marked or bool(DATABASE & set(getattr(item, "fixturenames", ())))
