"""A connector is one folder: what is missing in it is named, and a new one is made that holds the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pult.commerce import check, registry, scaffold
from pult.commerce.connectors import http

pytestmark = [pytest.mark.program, pytest.mark.own_database]


def test_every_connector_here_is_complete() -> None:
    assert check.check_connectors(None) == []
    assert {"csv", "http"} <= registry.SHOPS.manifests.keys()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "http"
    shutil.copytree(Path(http.__path__[0]), copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_what_is_missing_is_named(folder: Path) -> None:
    assert check.problems(folder) == []
    (folder / "README.md").unlink()
    (folder / "connector.py").write_text("")
    (folder / "tests.py").write_text("")
    assert check.problems(folder) == [
        "README.md is missing",
        "connector.py has no class Connector",
        "tests.py does not hold the connector to ShopContract",
        "connector.py has no verify, though it can do webhook",
        "connector.py has no look, though the manifest names it",
        "connector.py has no plan and perform, though the manifest names what it can do",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "http"', 'name = "post"', "is not the folder's"),
        ("pl = ", "de = ", "no title in pl"),
        ('"changes"', '"telepathy"', "unknown capabilities telepathy"),
        ('"webhook", ', "", "new_secret without webhook"),
        ("https://", "http://", "no https link"),
        ('"beta"', '"done"', "status is none of"),
        ("[title]", "[titles]", "manifest.toml: Object"),
    ],
)
def test_a_manifest_that_does_not_fit_is_named(folder: Path, old: str, new: str, problem: str) -> None:
    path = folder / "manifest.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    assert any(problem in text for text in check.problems(folder))


@pytest.mark.parametrize("name", ["Shopware", "a", "../x", "with space", "9lives", ""])
def test_a_bad_name_makes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(scaffold.BadName):
        scaffold.make(name, into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_shop_holds_the_contract_as_it_is_made(tmp_path: Path) -> None:
    copy = tmp_path / "pult"
    root = Path(__file__).resolve().parents[3]
    shutil.copytree(root / "pult", copy, ignore=shutil.ignore_patterns("__pycache__", "static", "node_modules"))
    shutil.copytree(root / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    made = scaffold.make("bigbasket", into=copy / "commerce" / "connectors")
    with pytest.raises(scaffold.BadName):
        scaffold.make("bigbasket", into=copy / "commerce" / "connectors")
    environment = os.environ | {"PULT_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(made)]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    style = [sys.executable, "-m", "ruff", "check", "--config", str(tmp_path / "pyproject.toml"), str(made)]
    checked = subprocess.run(style, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
