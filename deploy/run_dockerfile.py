"""Run a Dockerfile's own steps in bare Debian folders (debootstrap and chroot), where there is no Docker.

Understands what deploy/Dockerfile uses: FROM debian AS, WORKDIR, ENV, COPY [--from], RUN, USER, EXPOSE, VOLUME,
HEALTHCHECK, ENTRYPOINT, CMD. `python deploy/run_dockerfile.py FOLDER` builds below FOLDER, starts the image's
command and waits until its health check passes. Needs root.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEALTHY_WITHIN = 120.0
# What a container runtime would give as well: how names are found, and whom this network's connections are signed by.
FROM_THE_HOST = {
    "/etc/resolv.conf": "/etc/resolv.conf",
    "/etc/hosts": "/etc/hosts",
    "/etc/ssl/certs/ca-certificates.crt": "/etc/ssl/host.crt",
}
NETWORK = dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"), "/etc/ssl/host.crt")


@dataclass
class Stage:
    """One image as it is being built."""

    root: Path
    workdir: str = "/"
    user: str = "root"
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: str = ""

    def chroot(self, command: list[str]) -> list[str]:
        """Return the command line that runs `command` inside."""
        settings = [f"{name}={value}" for name, value in (NETWORK | self.environment).items()]
        inside = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(command)}"
        user = [] if self.user == "root" else [f"--userspec={self.user}:{self.user}"]
        return ["chroot", *user, str(self.root), "/usr/bin/env", "-i", *settings, "/bin/sh", "-c", inside]

    def run(self, shell: str) -> int:
        """Run a shell line inside; return its exit code."""
        return subprocess.run(self.chroot(["/bin/sh", "-c", shell]), check=False).returncode


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield keyword and rest of every instruction."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if line.strip() and not line.startswith("#"):
            keyword, _, rest = line.strip().partition(" ")
            yield keyword.upper(), rest.strip()


def bare_debian(folder: Path, release: str) -> Path:
    """Make a bare Debian in `folder`; it is made once a release and copied."""
    template = folder / f"debian-{release}"
    if not (template / "usr/bin/env").exists():
        mirror = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
        subprocess.run(["debootstrap", "--variant=minbase", release, str(template), mirror], check=True)
    return template


def start(folder: Path, name: str, base: str) -> Stage:
    """Begin a stage from a bare Debian."""
    release = re.fullmatch(r"debian:(\w+)-slim", base)
    if not release:
        raise SystemExit(f"FROM {base}: only debian:RELEASE-slim is understood")
    root = folder / name
    subprocess.run(["cp", "-a", str(bare_debian(folder, release[1])), str(root)], check=True)
    for path, inside in FROM_THE_HOST.items():
        if Path(path).exists():
            (root / inside.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, root / inside.lstrip("/"))
    return Stage(root)


def copy(stage: Stage, stages: dict[str, Stage], rest: str) -> None:
    """COPY: from the repository (what git knows) or from another stage."""
    words = shlex.split(rest)
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *names, target = words
    goal = stage.root / Path(stage.workdir, target).as_posix().lstrip("/")
    for name in names:
        origin = source / name.lstrip("/")
        into = goal / origin.name if target.endswith("/") else goal
        into.parent.mkdir(parents=True, exist_ok=True)
        if source != ROOT:
            subprocess.run(["cp", "-a", str(origin), str(into)], check=True)
            continue
        listed = subprocess.run(["git", "ls-files", "-z", name], cwd=ROOT, capture_output=True, text=True, check=True)
        for file in filter(None, listed.stdout.split("\0")):
            below = into if origin.is_file() else into / Path(file).relative_to(name)
            below.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, below)


def apply(stage: Stage, stages: dict[str, Stage], keyword: str, rest: str) -> None:
    """Do one instruction."""
    match keyword:
        case "WORKDIR":
            stage.workdir = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        case "ENV":
            name, _, value = rest.partition("=")
            stage.environment[name] = value
        case "COPY":
            copy(stage, stages, rest)
        case "RUN":
            if code := stage.run(rest):
                raise SystemExit(f"RUN {rest}: ended with {code}")
        case "USER":
            stage.user = rest
        case "HEALTHCHECK":
            stage.health = rest.partition("CMD ")[2]
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "CMD":
            stage.command = json.loads(rest)
        case "EXPOSE" | "VOLUME":
            pass
        case _:
            raise SystemExit(f"{keyword} is not understood")


@contextlib.contextmanager
def mounted(root: Path) -> Iterator[None]:
    """Give the stage /proc and a few devices while the block runs."""
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
    subprocess.run(["mount", "--bind", "/dev", str(root / "dev")], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(root / "dev"), str(root / "proc")], check=False)


def build(folder: Path) -> Stage:
    """Run all instructions; return the last stage."""
    stages: dict[str, Stage] = {}
    with contextlib.ExitStack() as mounts:
        for keyword, rest in instructions((ROOT / "deploy" / "Dockerfile").read_text()):
            print(f"--- {keyword} {rest}", flush=True)
            if keyword == "FROM":
                base, _, name = rest.partition(" AS ")
                stages[name] = stage = start(folder, name or "image", base)
                mounts.enter_context(mounted(stage.root))
            else:
                apply(stage, stages, keyword, rest)
    return stage


def free_port() -> int:
    """Return a TCP port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def healthy(stage: Stage) -> bool:
    """Start the image's command; return whether its health check passes in time. Ends what it started."""
    # No network of its own here: take ports that nobody uses.
    stage.environment |= {"PORT": str(free_port()), "SMTP_PORT": str(free_port())}
    command = stage.chroot([*stage.entrypoint, *stage.command])
    with mounted(stage.root), subprocess.Popen(command, start_new_session=True) as running:
        try:
            deadline = time.monotonic() + HEALTHY_WITHIN
            while time.monotonic() < deadline and running.poll() is None:
                if stage.run(f"{stage.health} 2>/dev/null") == 0:
                    return True
                time.sleep(1)
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGTERM)
            running.wait(30)


def main() -> int:
    """Build and start below the folder named; return 0 when the image is healthy."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    stage = build(folder)
    size = subprocess.run(["du", "-smx", str(stage.root)], capture_output=True, text=True, check=True)
    print(f"--- the image holds {size.stdout.split()[0]} MB", flush=True)
    fine = healthy(stage)
    print(f"--- health check: {'passed' if fine else 'FAILED'}", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
