"""`make new-shop NAME=shopware`: a folder that already holds the contract, to be bent to the shop.

What is made asks an imagined shop for numbered pages and takes its signed notices. Its tests pass; change it until they
pass against the real one's documentation and answers.
"""

from __future__ import annotations

from pathlib import Path

from pult.commerce.registry import FOLDER
from pult.platform import scaffold
from pult.platform.scaffold import BadName

__all__ = ["BadName", "make"]
FILES = Path(__file__).resolve().parent / "scaffold_files"


def make(name: str, *, into: Path = FOLDER) -> Path:
    """Make the folder of a new shop's connector and return it. Raises BadName."""
    return scaffold.make(name, kind="shop", files=FILES, into=into)
