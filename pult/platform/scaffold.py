"""Makes the folder of a new plugin from templates, with tests that pass."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

_NAME = re.compile(r"^[a-z][a-z0-9]{1,23}$")


class BadName(ValueError):
    """The name is no folder's name, or taken."""


def make(name: str, *, kind: str, files: Path, into: Path) -> Path:
    """Make the folder of a new plugin of a kind, in words, and return it. Raises BadName."""
    if not _NAME.match(name):
        raise BadName(f"{name!r}: a {kind}'s name is 2 to 24 small letters and digits")
    folder = into / name
    if folder.exists():
        raise BadName(f"{name!r}: there is such a {kind}")
    for source in sorted(files.rglob("*.template")):
        target = folder / source.relative_to(files).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text()).substitute(name=name, title=name.capitalize()))
    (folder / "__init__.py").touch()
    return folder
