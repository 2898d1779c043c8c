"""`make new-channel NAME=viber`: a folder that already holds the contract, to be bent to the provider.

What is made speaks to an imagined provider: signed JSON webhooks in, JSON over HTTP out. Its tests pass; change it
until they pass against the real one's documentation and payloads.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from string import Template

from pult.channels.registry import ADAPTERS

FILES = Path(__file__).resolve().parent / "scaffold_files"
_NAME = re.compile(r"^[a-z][a-z0-9]{1,23}$")


class BadName(ValueError):
    """The name is no folder's name, or taken."""


def make(name: str, *, into: Path = ADAPTERS) -> Path:
    """Make the folder of a new channel and return it. Raises BadName."""
    if not _NAME.match(name):
        raise BadName(f"{name!r}: a channel's name is 2 to 24 small letters and digits")
    folder = into / name
    if folder.exists():
        raise BadName(f"{name!r}: there is such a channel")
    for source in sorted(FILES.rglob("*.template")):
        target = folder / source.relative_to(FILES).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text()).substitute(name=name, title=name.capitalize()))
    (folder / "__init__.py").touch()
    return folder


def main(arguments: list[str]) -> int:
    """Make the channel named on the command line."""
    if len(arguments) != 1:
        print("usage: python -m pult.channels.scaffold NAME")
        return 2
    try:
        folder = make(arguments[0])
    except BadName as error:
        print(error)
        return 1
    print(f"made {folder}; read its README.md, then: pytest {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
