"""`make new-channel NAME=viber`: a folder that already holds the contract, to be bent to the provider.

What is made speaks to an imagined provider: signed JSON webhooks in, JSON over HTTP out. Its tests pass; change it
until they pass against the real one's documentation and payloads.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pult.channels.registry import ADAPTERS
from pult.platform import scaffold
from pult.platform.scaffold import BadName

__all__ = ["BadName", "make"]

FILES = Path(__file__).resolve().parent / "scaffold_files"


def make(name: str, *, into: Path = ADAPTERS) -> Path:
    """Make the folder of a new channel and return it. Raises BadName."""
    return scaffold.make(name, kind="channel", files=FILES, into=into)


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
