"""Finds the connectors: one folder each under `connectors/`, and entry points `pult.shops` of other packages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import cast

from pult.commerce.base import Connector, Listening
from pult.platform.plugins import Manifest, Plugins

FOLDER = Path(__file__).resolve().parent / "connectors"
CAPABILITIES = frozenset({"orders", "products", "webhook", "new_secret", "changes"})
"""What core code may ask of a connector; it asks for these and never for a connector's name.

webhook: it is Listening. new_secret: its notices are signed with a secret that Pult makes (`webhook_secret` of its
settings). changes: asked what has changed it gives that alone, so it is asked every few minutes; else once a night.
"""


class ShopManifest(Manifest, frozen=True, kw_only=True):
    """What a connector's manifest.toml says."""

    def can(self, capability: str) -> bool:
        """Say whether the connector can do this."""
        return capability in self.capabilities


SHOPS = Plugins(FOLDER, "pult.commerce.connectors", "pult.shops", ShopManifest)


@lru_cache(maxsize=64)
def connector(name: str) -> Connector:
    """Return the connector of that name, one object a process. Raises plugins.Unknown."""
    return cast("Connector", SHOPS.module(name, "connector").Connector())


def listening(name: str) -> Listening | None:
    """Return the connector of that name if it takes notices. Raises plugins.Unknown."""
    found = connector(name)
    return found if SHOPS.manifest(name).can("webhook") and isinstance(found, Listening) else None


def settings(name: str) -> ModuleType:
    """Return the module that describes a connector's settings, see platform.forms. Raises plugins.Unknown."""
    return SHOPS.module(name, "settings")
