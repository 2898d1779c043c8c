"""`make shops`: the real shops that connectors are tested against, installed by locked hashes under tests/shops/.

Vendure comes from npm, django-oscar from PyPI. Each step is done again only when what it is made from changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOPS = ROOT / "tests" / "shops"


class Missing(Exception):
    """A shop cannot be installed here."""


def install() -> list[str]:
    """Install the shops; return what is missing and why."""
    missing = []
    for name, step in (("Vendure", vendure), ("django-oscar", oscar)):
        try:
            step()
        except Missing as error:
            missing.append(f"tests with a real {name}: {error}")
    return missing


def vendure() -> None:
    """Bring Vendure by npm, and fill an empty shop once: each test run begins with a copy. Raises Missing."""
    folder = SHOPS / "vendure"
    modules, key = folder / "node_modules" / ".installed", folder / ".seeded" / "key"
    if _older(modules, folder / "package-lock.json", folder / "package.json"):
        print("Installing Vendure for the tests ...", flush=True)
        # No package of these needs its scripts: the database is WebAssembly.
        _run([str(ROOT / "scripts" / "npm"), "ci", "--ignore-scripts", "--loglevel=error"], folder)
        modules.touch()
    if _older(key, modules, folder / "shop.js", folder / "seed.js"):
        print("Filling a Vendure for the tests ...", flush=True)
        key.parent.mkdir(exist_ok=True)
        for old in key.parent.iterdir():
            old.unlink()
        _run([sys.executable, "-m", "tests.shops.vendure"], ROOT)


def oscar() -> None:
    """Bring django-oscar by pip into an environment of its own. Raises Missing."""
    folder = SHOPS / "oscar"
    stamp = folder / ".venv" / ".installed"
    if _older(stamp, folder / "requirements.lock"):
        print("Installing django-oscar for the tests ...", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(stamp.parent)], folder)
        pip = [str(stamp.parent / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", "requirements.lock"], folder)
        stamp.touch()
    tables = folder / ".seeded" / "shop.sqlite"
    if _older(tables, stamp, folder / "shop_settings.py", *(ROOT / "contrib/oscar/pult_oscar/migrations").glob("*.py")):
        tables.parent.mkdir(exist_ok=True)
        tables.unlink(missing_ok=True)
        os.environ["OSCAR_DATABASE"] = str(tables)
        _run([str(stamp.parent / "bin" / "python"), "shop.py", '{"seed": true}'], folder)


def _older(made: Path, *sources: Path) -> bool:
    return not made.exists() or any(source.stat().st_mtime > made.stat().st_mtime for source in sources)


def _run(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=900,
            env={**os.environ, "npm_config_update_notifier": "false"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(str(error)) from error
    if done.returncode != 0:
        print((done.stdout + done.stderr)[-2000:], flush=True)
        raise Missing(f"{Path(command[0]).name} did not succeed")


if __name__ == "__main__":
    found = install()
    print("\n".join(found) or "The shops are there.")
    sys.exit(1 if found else 0)
