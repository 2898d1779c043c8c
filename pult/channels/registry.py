"""Finds the channels: one folder each under `adapters/`, and entry points `pult.channels` of other packages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec

from pult.channels.base import Channel, Previewable
from pult.platform import plugins

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
        "live",
    }
)
"""What core code may ask of a channel; it asks for these and never for a channel's name.

live: the customer has the conversation open before him and hears of what is written at once.
"""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of one message. 0 means that the channel sets none."""

    max_text: int = 0
    max_file_bytes: int = 0
    max_total_bytes: int = 0
    max_files: int = 0
    undo_seconds: int = 0
    """How long a message written on the screen can be taken back, in seconds."""


class Manifest(plugins.Manifest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a channel's manifest.toml says."""

    limits: Limits = Limits()

    def can(self, capability: str) -> bool:
        """Say whether the channel has the capability. Raises ValueError for a word that is none."""
        if capability not in CAPABILITIES:
            raise ValueError(f"{capability!r} is not a capability")
        return capability in self.capabilities


CHANNELS = plugins.Plugins(ADAPTERS, "pult.channels.adapters", "pult.channels", Manifest)


def all_manifests() -> list[Manifest]:
    """Return the manifest of every installed channel, by name."""
    return list(CHANNELS.manifests.values())


def manifest(channel: str) -> Manifest:
    """Return one channel's manifest. Raises plugins.Unknown."""
    return CHANNELS.manifest(channel)


def settings(channel: str) -> ModuleType:
    """Return the module that describes a channel's settings, see platform.forms. Raises plugins.Unknown."""
    return CHANNELS.module(channel, "settings")


@lru_cache(maxsize=64)
def adapter(channel: str) -> Channel:
    """Return the channel's adapter, one object a process. Raises plugins.Unknown."""
    return cast("Channel", CHANNELS.module(channel, "channel").Adapter())


def previewer() -> Previewable | None:
    """Return the first channel that puts messages on a page of its own."""
    channels = (adapter(known.name) for known in all_manifests())
    return next((channel for channel in channels if isinstance(channel, Previewable)), None)
