"""Is a connector's folder complete: manifest, code, settings, tests, words. For tests and `pult check`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from pult.commerce import registry

FILES = ("manifest.toml", "connector.py", "settings.py", "tests.py", "README.md")


def problems(folder: Path) -> list[str]:
    """Return what is wrong with a connector's folder, in words; nothing is imported."""
    found = [f"{name} is missing" for name in FILES if not (folder / name).is_file()]
    connector = folder / "connector.py"
    text = connector.read_text() if connector.is_file() else "class Connector"
    if "class Connector" not in text:
        found.append("connector.py has no class Connector")
    tests = folder / "tests.py"
    if tests.is_file() and "ShopContract" not in tests.read_text():
        found.append("tests.py does not hold the connector to ShopContract")
    if (folder / "manifest.toml").is_file():
        found += _manifest_problems(folder, text)
    return found


def _manifest_problems(folder: Path, connector: str) -> list[str]:
    found = registry.SHOPS.problems(folder, registry.CAPABILITIES)
    try:
        manifest = registry.SHOPS.read(folder, "")
    except (msgspec.ValidationError, ValueError):
        return found
    if manifest.can("webhook") and "def verify" not in connector:
        found.append("connector.py has no verify, though it can do webhook")
    if manifest.can("look") and "def look" not in connector:
        found.append("connector.py has no look, though the manifest names it")
    if registry.VERBS & set(manifest.capabilities) and not ("def plan" in connector and "def perform" in connector):
        found.append("connector.py has no plan and perform, though the manifest names what it can do")
    if manifest.can("new_secret") and not manifest.can("webhook"):
        found.append("manifest.toml: new_secret without webhook")
    return found


def check_connectors(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report every connector whose folder is not complete (`pult check`)."""
    messages: list[CheckMessage] = []
    for manifest in registry.SHOPS.manifests.values():
        messages += [Error(text, obj=manifest.name, id="commerce.E001") for text in problems(Path(manifest.folder))]
        if importlib.util.find_spec(f"{manifest.package}.connector") is None:
            messages.append(Error("connector.py cannot be found", obj=manifest.name, id="commerce.E002"))
    return messages
