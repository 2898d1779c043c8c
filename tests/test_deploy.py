"""What an installation is made of: units, image and compose file say what they should, and systemd agrees."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy import run_dockerfile

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_has_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/pult/.venv/bin/pult", "/bin/true"))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *[str(tmp_path / unit.name) for unit in UNITS]],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_runs_without_privileges(unit: Path) -> None:
    text = unit.read_text()

    for line in ("User=pult", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes"):
        assert f"\n{line}\n" in text
    allowed = "CAP_NET_BIND_SERVICE" if unit.stem == "pult-smtp" else ""
    assert f"\nCapabilityBoundingSet={allowed}\n" in text


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_service_starts_a_command_that_pult_has(unit: Path) -> None:
    found = re.search(r"^ExecStart=/opt/pult/\.venv/bin/pult (\w+)", unit.read_text(), re.MULTILINE)

    assert found
    assert found[1] in {"migrate", *commands()}


def commands() -> set[str]:
    """The commands of Pult's own rooms."""
    return {path.stem for path in (DEPLOY.parent / "pult").glob("*/management/commands/[a-z]*.py")}


def test_every_service_of_the_compose_file_starts_a_command_that_pult_has() -> None:
    started = re.findall(r"^    command: \[(\w+)\]$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE)

    assert sorted(started) == ["migrate", "smtp", "stream", "web", "worker"]
    assert set(started) <= {"migrate", *commands()}


def test_the_image_runs_as_its_own_user_and_says_how_it_is() -> None:
    steps = list(run_dockerfile.instructions((DEPLOY / "Dockerfile").read_text()))
    last = steps[max(number for number, (keyword, _) in enumerate(steps) if keyword == "FROM") :]

    assert ("USER", "pult") in last
    assert any(keyword == "HEALTHCHECK" for keyword, _ in last)
    assert last.index(("USER", "pult")) > max(n for n, (keyword, _) in enumerate(last) if keyword in {"RUN", "COPY"})
