"""`make test`: everything on SQLite and on PostgreSQL, the screens, the browser; says at the end what it left out.

Every step runs even when one before it failed. The last line is pytest's usual one, summed over its runs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import machine
import reports
import shops

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
SLOW = "not browser and not soak"
# Processes of a pass. They wait for one another, for servers and for pages: more of them than there are cores.
SPREAD = ("-n", str(min(os.cpu_count() or 2, 7) + 1), "--dist", "loadgroup")
# Two browsers, each with an installation of its own: one alone mostly waits, three would wait for one another.
IN_PAIRS = ("-n", str(min(os.cpu_count() or 2, 2)), "--dist", "loadfile")


class Run:
    """What happened so far: failed steps, reports of pytest, things left out."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.failed: list[str] = []
        self.reports: list[Path] = []
        self.left_out: list[str] = []

    def step(self, name: str, command: list[str], **environment: str) -> None:
        """Run one command and keep its verdict."""
        print(f"\n--- {name}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False)
        self._judge(name, done.returncode, time.monotonic() - begun)

    def together(self, steps: dict[str, list[str]]) -> None:
        """Run commands beside one another, one for each core; what one said is printed whole when it ends."""

        def run(name: str, command: list[str]) -> tuple[str, subprocess.CompletedProcess[str], float]:
            begun = time.monotonic()
            both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            done = subprocess.run(command, cwd=ROOT, text=True, errors="replace", check=False, **both)
            return name, done, time.monotonic() - begun

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for future in as_completed([pool.submit(run, *one) for one in steps.items()]):
                name, done, seconds = future.result()
                print(f"\n--- {name}\n{done.stdout}", end="")
                self._judge(name, done.returncode, seconds)

    def _judge(self, name: str, code: int, seconds: float) -> None:
        print(f"--- {name}: {'fine' if code == 0 else 'FAILED'}, {seconds:.0f} s", flush=True)
        if code != 0:
            self.failed.append(name)

    def pytest(self, name: str, marks: str, *options: str, **environment: str) -> None:
        """Run pytest on what `marks` chooses, with a data folder of its own."""
        report = RESULTS / f"{name.replace(' ', '-')}.xml"
        self.reports.append(report)
        with tempfile.TemporaryDirectory(prefix="pult-test-") as folder:
            command = [sys.executable, "-m", "pytest", "-q", "-m", marks, f"--junitxml={report}", *options]
            self.step(name, command, PULT_DATA_DIR=folder, **environment)

    def close(self) -> int:
        """Say what was left out and what failed, and end as pytest does."""
        counts, skipped = reports.read(self.reports)
        for reason, names in sorted(skipped.items()):
            self.left_out.append(f"{reason} ({len(names)} tests, such as {names[0]})")
        print("\nLeft out: " + ("nothing" if not self.left_out else ""))
        for line in self.left_out:
            print(f"  - {line}")
        other = [name for name in self.failed if not (RESULTS / f"{name.replace(' ', '-')}.xml").exists()]
        counts["error"] += len(other)
        if self.failed:
            print("Failed: " + ", ".join(self.failed))
        print(reports.closing_line(counts, time.monotonic() - self.begun))
        return 1 if self.failed else 0


def everything(run: Run) -> None:
    """All that `make test` is."""
    run.left_out += machine.install_servers()
    run.left_out += shops.install()
    npm = ["scripts/npm", "--prefix", "frontend", "run", "--silent", "--if-present"]
    screens = {f"screens: {script}": [*npm, script] for script in ("check", "test", "locales", "budget")}
    run.together({"check": [sys.executable, "scripts/check.py"], **screens})
    run.pytest("on SQLite", SLOW, *SPREAD, DATABASE_URL="")
    with machine.postgresql() as url:
        if url:
            run.pytest("on PostgreSQL", SLOW, *SPREAD, "--needs-database", DATABASE_URL=url)
        else:
            run.left_out.append("PostgreSQL: no server answers, and none could be started or installed")
    run.left_out += machine.install_browser()
    run.pytest("in the browser", "browser and not soak", *IN_PAIRS, "tests/e2e", DATABASE_URL="")


def fast(run: Run) -> None:
    """What takes less than a minute: style, and the tests that need no other server."""
    run.step("ruff", [str(Path(sys.executable).parent / "ruff"), "check", "--quiet", "."])
    run.pytest("fast", f"{SLOW} and not corpus and not mailserver and not program", *SPREAD, DATABASE_URL="")


def main() -> int:
    """Run the steps; return 0 when all of them passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fast", action="store_true", help="only what takes less than a minute")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for old in RESULTS.glob("*.xml"):
        old.unlink()
    os.environ.setdefault("PULT_DATA", str(ROOT.parent / "shared" / "data"))
    # Dozens of processes start: each would read Pult's source anew if the first could not leave what it compiled.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    run = Run()
    fast(run) if options.fast else everything(run)
    return run.close()


if __name__ == "__main__":
    sys.exit(main())
