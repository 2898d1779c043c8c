"""Is a channel's folder complete: manifest, code, settings, payloads, tests, words. For tests and `pult check`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from pult.channels import registry

FILES = ("manifest.toml", "channel.py", "settings.py", "tests.py", "README.md", "icon.svg")
CHANNEL_LINES = 200


def problems(folder: Path) -> list[str]:
    """Return what is wrong with a channel's folder, in words; nothing is imported."""
    found = [f"{name} is missing" for name in FILES if not (folder / name).is_file()]
    if not any((folder / "payloads").glob("*.*")):
        found.append("payloads/ holds no sample")
    channel = folder / "channel.py"
    if channel.is_file():
        text = channel.read_text()
        if text.count("\n") > CHANNEL_LINES:
            found.append(f"channel.py is longer than {CHANNEL_LINES} lines: put parsers beside it")
        if "class Adapter" not in text:
            found.append("channel.py has no class Adapter")
    if (folder / "manifest.toml").is_file():
        found += registry.CHANNELS.problems(folder, registry.CAPABILITIES)
    return found


def check_channels(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Report every channel whose folder is not complete (`pult check channels`)."""
    messages: list[CheckMessage] = []
    for manifest in registry.all_manifests():
        messages += [Error(text, obj=manifest.name, id="channels.E001") for text in problems(Path(manifest.folder))]
        if importlib.util.find_spec(f"{manifest.package}.channel") is None:
            messages.append(Error("channel.py cannot be found", obj=manifest.name, id="channels.E002"))
    return messages
