"""`make check`: style, types, import contracts, adapter folders, locales, lengths. Runs all, then says which failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: list[tuple[str, list[str]]] = [
    ("ruff", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("types", [str(BIN / "mypy"), "--no-error-summary"]),
    ("imports", [str(BIN / "lint-imports"), "--no-logo"]),
    ("lengths", [sys.executable, "scripts/check_lengths.py"]),
    ("locales", [sys.executable, "scripts/check_locales.py"]),
    ("django", [sys.executable, "-m", "pult", "check"]),
    ("migrations", [sys.executable, "-m", "pult", "makemigrations", "--check", "--dry-run"]),
]


def main() -> int:
    """Run every check; print the words of those that fail. Returns the number of failures."""
    failures: list[str] = []
    environment = {"PULT_DATA_DIR": str(ROOT / "var" / "check"), **os.environ}
    for name, command in CHECKS:
        begun = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        verdict = "fine" if done.returncode == 0 else "FAILED"
        print(f"check {name:<11} {verdict:<7} {time.monotonic() - begun:5.1f} s", flush=True)
        if done.returncode != 0:
            failures.append(name)
            print((done.stdout + done.stderr).strip(), flush=True)
    print(f"make check: {'failed: ' + ', '.join(failures) if failures else 'fine'}")
    return len(failures)


if __name__ == "__main__":
    sys.exit(main())
