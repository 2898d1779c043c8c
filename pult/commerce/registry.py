"""Finds the connectors: one folder each under `connectors/`, and entry points `pult.shops` of other packages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import cast, get_args

from pult.commerce.base import Acting, Connector, Listening, Looking, Verb
from pult.platform.plugins import Manifest, Plugins

FOLDER = Path(__file__).resolve().parent / "connectors"
VERBS: frozenset[Verb] = frozenset(get_args(Verb))
CAPABILITIES = frozenset({"orders", "products", "promotions", "webhook", "new_secret", "changes", "look", *VERBS})
"""What core code may ask of a connector; it asks for these and never for a connector's name.

webhook: it is Listening. new_secret: its notices are signed with a secret that Pult makes (`webhook_secret` of its
settings). look: it is Looking. A verb: it is Acting and can do that. changes: asked what has changed it gives that
alone, so it is asked every few minutes; else once a night.
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


def looking(name: str) -> Looking | None:
    """Return the connector of that name if it can be asked for single things. Raises plugins.Unknown."""
    found = connector(name)
    return found if SHOPS.manifest(name).can("look") and isinstance(found, Looking) else None


def acting(name: str) -> Acting | None:
    """Return the connector of that name if it can do anything in its shop. Raises plugins.Unknown."""
    found = connector(name)
    return found if VERBS & set(SHOPS.manifest(name).capabilities) and isinstance(found, Acting) else None


def settings(name: str) -> ModuleType:
    """Return the module that describes a connector's settings, see platform.forms. Raises plugins.Unknown."""
    return SHOPS.module(name, "settings")
