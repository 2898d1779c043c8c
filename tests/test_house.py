"""The house's own rules hold, and the checks that hold them can fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from scripts import check_lengths, reports

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program in which rules may be broken."""
    shutil.copytree(
        ROOT / "pult", tmp_path / "pult", ignore=shutil.ignore_patterns("*.pyc", "__pycache__", "static", "payloads")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def imports(folder: Path) -> str:
    """Run import-linter in `folder`; return the names of the broken contracts, or 'kept'."""
    done = subprocess.run(
        [str(BIN / "lint-imports"), "--no-logo", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = re.findall(r"^(.+) BROKEN(?: \(.+\))?$", done.stdout, re.MULTILINE)
    assert bool(broken) == (done.returncode != 0), done.stdout + done.stderr
    return ", ".join(broken) or "kept"


BREAKS = {
    "a lower floor imports a higher one": (
        {"pult/platform/broken.py": "import pult.accounts.models\n"},
        "Imports point down only",
    ),
    "a new package chose no floor": ({"pult/attic/__init__.py": ""}, "Imports point down only"),
    "an adapter imports another": (
        {
            "pult/channels/adapters/__init__.py": None,
            "pult/channels/adapters/one/__init__.py": "import pult.channels.adapters.two\n",
            "pult/channels/adapters/two/__init__.py": "",
        },
        "Adapters never import each other",
    ),
    "an adapter imports a room": (
        {
            "pult/channels/adapters/__init__.py": None,
            "pult/channels/adapters/one/__init__.py": "import pult.accounts.models\n",
        },
        "Adapters import channels.base, platform and nothing else",
    ),
    "flows imports the models of customers": (
        {"pult/flows/broken.py": "import pult.customers.models\n"},
        "The models of customers are its own",
    ),
    "two modules import each other": (
        {
            "pult/customers/broken.py": "import pult.customers.broken_too\n",
            "pult/customers/broken_too.py": "import pult.customers.broken\n",
        },
        "No cycles, on any floor",
    ),
}


def test_the_import_contracts_hold_for_the_program_as_it_is(copy: Path) -> None:
    assert imports(copy) == "kept"


@pytest.mark.parametrize("case", BREAKS)
def test_a_forbidden_import_breaks_its_contract(copy: Path, case: str) -> None:
    files, contract = BREAKS[case]
    for name, text in files.items():
        path = copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text)
        elif not path.exists():
            path.touch()

    assert contract in imports(copy)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("from django.dispatch import receiver\n\n__all__ = ['receiver']\n", "TID251"),
        ("from django.db.models.signals import post_save\n\n__all__ = ['post_save']\n", "TID251"),
        ("def f() -> None:\n    import json\n\n    json.dumps(1)\n", "PLC0415"),
    ],
    ids=["dispatch", "signals", "import in a function"],
)
def test_signals_and_hidden_imports_are_refused(copy: Path, source: str, code: str) -> None:
    (copy / "pult" / "flows" / "broken.py").write_text(source)

    done = subprocess.run(
        [str(BIN / "ruff"), "check", "--no-cache", "--output-format=concise", "pult/flows/broken.py"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )

    assert code in done.stdout


def test_a_long_file_and_a_long_function_are_found(tmp_path: Path) -> None:
    room = tmp_path / "pult"
    room.mkdir()
    (room / "fine.py").write_text("def f() -> int:\n" + "    f()\n" * 58 + "    return 1\n")
    assert list(check_lengths.complaints(tmp_path)) == []

    (room / "function.py").write_text("def f() -> int:\n" + "    f()\n" * 60 + "    return 1\n")
    (room / "file.py").write_text("x = 1\n" * 401)

    assert [Path(line.split(":")[0]).name for line in check_lengths.complaints(tmp_path)] == ["file.py", "function.py"]


def locked(name: str) -> set[str]:
    """Return the normalised names of the packages in a lock file."""
    names = re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / name).read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", found).lower() for found in names}


def wanted(requirements: list[str]) -> set[str]:
    """Return the normalised names that requirements ask for."""
    names = [re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0] for requirement in requirements]
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def test_the_lock_files_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    assert wanted(project["dependencies"]) | wanted(extras["s3"]) <= locked("requirements.lock")
    assert wanted(extras["dev"]) | locked("requirements.lock") <= locked("requirements-dev.lock")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"])
def test_a_lock_file_names_no_index_and_no_path_and_hashes_everything(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()

    assert not [line for line in lines if re.search(r"://|--index|--extra-index|--find-links|@ file|^-e|^/", line)]
    pins = [number for number, line in enumerate(lines) if "==" in line]
    assert pins
    assert all("--hash=sha256:" in lines[number + 1] for number in pins)


def test_the_npm_lock_records_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "frontend" / "package-lock.json").read_text()


def test_the_closing_line_sums_the_runs_and_knows_what_no_run_did(tmp_path: Path) -> None:
    ran = '<testcase classname="a" name="{}"/>'
    skipped = '<testcase classname="a" name="{}"><skipped message="{}"/></testcase>'
    failed = '<testcase classname="a" name="x"><failure message="m"/></testcase>'
    one = ran.format("x") + skipped.format("y", "no Redis") + skipped.format("z", "PostgreSQL only")
    for name, cases in (("one", one), ("two", failed + ran.format("z"))):
        (tmp_path / f"{name}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")

    counts, left_out = reports.read([tmp_path / "one.xml", tmp_path / "two.xml"])

    assert counts == Counter(passed=2, skipped=2, failed=1)
    assert left_out == {"no Redis": ["a.y"]}
    line = reports.closing_line(counts, 61.5)
    assert line.strip("= ") == "1 failed, 2 passed, 2 skipped in 61.50s (0:01:01)"
    assert reports.closing_line(Counter(), 1.0).strip("= ") == "no tests ran in 1.00s"


def _is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name == "tests.py" or path.name.startswith("test_")


def test_every_environment_variable_of_the_program_is_in_the_table() -> None:
    sources = [path.read_text() for path in (ROOT / "pult").rglob("*.py") if not _is_test(path)]
    used = {name for text in sources for name in re.findall(r"os\.environ(?:\.\w+\(|\[)\s*\"(\w+)\"", text)}
    table = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "settings.md").read_text()))

    assert used <= table, f"not in docs/settings.md: {', '.join(sorted(used - table))}"
    unread = sorted(name for name in table if not any(f'"{name}"' in text for text in sources))
    assert not unread, f"in docs/settings.md, but nowhere read: {', '.join(unread)}"
