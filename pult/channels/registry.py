"""Finds the channels: one folder each under `adapters/`, and entry points `pult.channels` of other packages."""

from __future__ import annotations

import importlib
import importlib.util
import tomllib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import cast

import msgspec

from pult.channels.base import Channel, Previewable

ADAPTERS = Path(__file__).resolve().parent / "adapters"
CAPABILITIES = frozenset(
    {
        "inbound",
        "outbound",
        "subject",
        "html",
        "recipients",
        "attachments",
        "inline_images",
        "threads",
        "delivery_status",
        "read_status",
        "new_conversation",
        "unsubscribe",
        "listener",
        "webhook",
    }
)
"""What core code may ask of a channel; it asks for these and never for a channel's name."""


class UnknownChannel(LookupError):
    """No adapter of that name is installed."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one message. 0 means that the channel sets none."""

    max_text: int = 0
    max_file_bytes: int = 0
    max_total_bytes: int = 0
    max_files: int = 0
    undo_seconds: int = 0
    """How long a message written on the screen can be taken back, in seconds."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What manifest.toml says: `title` by language, `status` stable or beta."""

    name: str
    title: dict[str, str]
    capabilities: frozenset[str]
    status: str
    documentation: str
    limits: Limits = Limits()
    package: str = ""
    folder: str = ""

    def can(self, capability: str) -> bool:
        """Say whether the channel has the capability. Raises ValueError for a word that is none."""
        if capability not in CAPABILITIES:
            raise ValueError(f"{capability!r} is not a capability")
        return capability in self.capabilities


def read_manifest(folder: Path, package: str) -> Manifest:
    """Read one folder's manifest.toml. Raises msgspec.ValidationError where it does not fit."""
    with (folder / "manifest.toml").open("rb") as file:
        data = tomllib.load(file)
    data |= {"package": package, "folder": str(folder)}
    return msgspec.convert(data, Manifest)


@lru_cache(maxsize=1)
def _manifests() -> dict[str, Manifest]:
    found: dict[str, Manifest] = {}
    for path in sorted(ADAPTERS.glob("*/manifest.toml")):
        folder = path.parent
        found[folder.name] = read_manifest(folder, f"pult.channels.adapters.{folder.name}")
    for point in metadata.entry_points(group="pult.channels"):
        spec = importlib.util.find_spec(point.value)
        if spec is None or not spec.submodule_search_locations:
            raise UnknownChannel(f"entry point {point.name}: {point.value} is not a package")
        found[point.name] = read_manifest(Path(spec.submodule_search_locations[0]), point.value)
    return found


def all_manifests() -> list[Manifest]:
    """Return the manifest of every installed channel, by name."""
    return [manifest for _, manifest in sorted(_manifests().items())]


def manifest(channel: str) -> Manifest:
    """Return one channel's manifest. Raises UnknownChannel."""
    try:
        return _manifests()[channel]
    except KeyError:
        raise UnknownChannel(channel) from None


@lru_cache(maxsize=64)
def adapter(channel: str) -> Channel:
    """Return the channel's adapter, one object a process. Raises UnknownChannel."""
    module = importlib.import_module(f"{manifest(channel).package}.channel")
    return cast("Channel", module.Adapter())


def previewer() -> Previewable | None:
    """Return the first channel that puts messages on a page of its own."""
    channels = (adapter(known.name) for known in all_manifests())
    return next((channel for channel in channels if isinstance(channel, Previewable)), None)
