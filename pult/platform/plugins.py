"""Folders that each add one thing of a kind: found by their manifest.toml, and as entry points of other packages."""

from __future__ import annotations

import importlib
import importlib.util
import tomllib
from functools import cached_property
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

import msgspec

from pult.platform.labels import LANGUAGES

STATUSES = frozenset({"stable", "beta"})


class Unknown(LookupError):
    """No plugin of that name is installed."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every manifest.toml says: `title` by language, `status` stable or beta. `package` and `folder` are found."""

    name: str
    title: dict[str, str]
    capabilities: frozenset[str]
    status: str
    documentation: str
    package: str = ""
    folder: str = ""


M = TypeVar("M", bound=Manifest)


class Plugins(Generic[M]):
    """All plugins of one kind: a folder each below `folder`, whose package is `package`, and those of the entry points
    `group`. Manifests are read once a process."""

    def __init__(self, folder: Path, package: str, group: str, manifest: type[M]) -> None:
        self._folder, self._package, self._group, self._type = folder, package, group, manifest

    def read(self, folder: Path, package: str) -> M:
        """Read one folder's manifest.toml. Raises msgspec.ValidationError where it does not fit."""
        with (folder / "manifest.toml").open("rb") as file:
            data = tomllib.load(file)
        return msgspec.convert(data | {"package": package, "folder": str(folder)}, self._type)

    def problems(self, folder: Path, capabilities: frozenset[str]) -> list[str]:
        """Return what is wrong with the manifest of a folder, in words; `capabilities` are those there are."""
        try:
            manifest = self.read(folder, "")
        except (msgspec.ValidationError, ValueError) as error:
            return [f"manifest.toml: {error}"]
        found = []
        if manifest.name != folder.name:
            found.append(f"manifest.toml: the name {manifest.name!r} is not the folder's")
        if missing := [language for language in LANGUAGES if not manifest.title.get(language)]:
            found.append(f"manifest.toml: no title in {', '.join(missing)}")
        if unknown := manifest.capabilities - capabilities:
            found.append(f"manifest.toml: unknown capabilities {', '.join(sorted(unknown))}")
        if not manifest.documentation.startswith("https://"):
            found.append("manifest.toml: documentation is no https link")
        if manifest.status not in STATUSES:
            found.append(f"manifest.toml: status is none of {', '.join(sorted(STATUSES))}")
        return found

    @cached_property
    def manifests(self) -> dict[str, M]:
        """The manifest of every installed plugin by name."""
        found: dict[str, M] = {}
        for path in sorted(self._folder.glob("*/manifest.toml")):
            found[path.parent.name] = self.read(path.parent, f"{self._package}.{path.parent.name}")
        for point in metadata.entry_points(group=self._group):
            spec = importlib.util.find_spec(point.value)
            if spec is None or not spec.submodule_search_locations:
                raise Unknown(f"entry point {point.name}: {point.value} is not a package")
            found[point.name] = self.read(Path(spec.submodule_search_locations[0]), point.value)
        return dict(sorted(found.items()))

    def manifest(self, name: str) -> M:
        """Return one plugin's manifest. Raises Unknown."""
        try:
            return self.manifests[name]
        except KeyError:
            raise Unknown(name) from None

    def module(self, name: str, module: str) -> ModuleType:
        """Import a module of a plugin, such as its settings. Raises Unknown."""
        return importlib.import_module(f"{self.manifest(name).package}.{module}")
