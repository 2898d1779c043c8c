"""A data folder for each process of a test run: what one test rings or stores is nothing to another process's.

Named in pyproject.toml as a plugin, because the settings take the folder from the environment before any
conftest.py is read.
"""

from __future__ import annotations

import os
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER")

if WORKER and "PULT_DATA_DIR" in os.environ:
    os.environ["PULT_DATA_DIR"] = str(Path(os.environ["PULT_DATA_DIR"]) / WORKER)
