"""Fill an empty Vendure and keep it: `python -m tests.shops.vendure`."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.shops import running

FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Make .seeded/shop.sqlite and .seeded/key."""
    node = running.node()
    assert node is not None, "there is no Node"
    seeded = FOLDER / ".seeded"
    told = {"port": running.free_port(), "file": str(seeded / "shop.sqlite"), "seed": str(seeded / "key")}
    with subprocess.Popen(
        [node, str(FOLDER / "shop.js"), json.dumps(told)],
        env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules"), "NODE_ENV": "production"},
        stdin=subprocess.PIPE,
    ) as process:
        assert process.wait(timeout=240) == 0, "Vendure could not be filled"


if __name__ == "__main__":
    main()
