"""A channel is one folder: what is missing in it is named, and a new one is made that holds the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pult.channels import check, registry, scaffold
from pult.channels.adapters import email
from pult.platform import plugins

pytestmark = [pytest.mark.program, pytest.mark.own_database]


def test_every_channel_here_is_complete() -> None:
    assert check.check_channels(None) == []
    assert "email" in [manifest.name for manifest in registry.all_manifests()]


def test_an_unknown_channel_is_named() -> None:
    with pytest.raises(plugins.Unknown, match="smoke"):
        registry.adapter("smoke")
    with pytest.raises(ValueError, match="shout"):
        registry.manifest("email").can("shout")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "email"
    shutil.copytree(Path(email.__path__[0]), copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_what_is_missing_is_named(folder: Path) -> None:
    assert check.problems(folder) == []
    (folder / "icon.svg").unlink()
    shutil.rmtree(folder / "payloads")
    (folder / "channel.py").write_text("\n" * 300)
    assert check.problems(folder) == [
        "icon.svg is missing",
        "payloads/ holds no sample",
        "channel.py is longer than 200 lines: put parsers beside it",
        "channel.py has no class Adapter",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "email"', 'name = "post"', "is not the folder's"),
        ('pl = "E-mail"', "", "no title in pl"),
        ('"inbound"', '"telepathy"', "unknown capabilities telepathy"),
        ("https://", "http://", "no https link"),
        ('"stable"', '"done"', "status is none of"),
        ("[limits]", "[limit]", "manifest.toml: Object contains unknown field"),
    ],
)
def test_a_manifest_that_does_not_fit_is_named(folder: Path, old: str, new: str, problem: str) -> None:
    path = folder / "manifest.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    assert any(problem in text for text in check.problems(folder))


@pytest.mark.parametrize("name", ["Viber", "a", "../x", "with space", "9lives", ""])
def test_a_bad_name_makes_nothing(name: str, tmp_path: Path) -> None:
    with pytest.raises(scaffold.BadName):
        scaffold.make(name, into=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_new_channel_holds_the_contract_as_it_is_made(tmp_path: Path) -> None:
    copy = tmp_path / "pult"
    root = Path(__file__).resolve().parents[3]
    shutil.copytree(root / "pult", copy, ignore=shutil.ignore_patterns("__pycache__", "static", "node_modules"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    made = scaffold.make("viber", into=copy / "channels" / "adapters")
    with pytest.raises(scaffold.BadName):
        scaffold.make("viber", into=copy / "channels" / "adapters")
    environment = os.environ | {"PULT_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(tmp_path)}
    environment.pop("PYTEST_XDIST_WORKER", None)
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(made)]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    style = [sys.executable, "-m", "ruff", "check", "--config", str(tmp_path / "pyproject.toml"), str(made)]
    checked = subprocess.run(style, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
