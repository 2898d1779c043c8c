"""A private rspamd with a private Redis in a temporary folder, on free ports."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pult.channels.tests.mailservers import find, free_port, wait_for_port

PASSWORD = "secret"
_CONF = """
lua = "$RULESDIR/rspamd.lua"
options {{
  filters = "chartable,regexp";
  pidfile = "{folder}/rspamd.pid";
  control_socket = "{folder}/control.sock mode=0600";
  tempdir = "{folder}";
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.05s; retransmits = 1; }}
  local_addrs = [];
}}
logging {{ type = "console"; level = "error"; }}
worker "controller" {{
  bind_socket = "127.0.0.1:{port}"; count = 1; password = "{password}"; secure_ip = "10.255.255.255";
}}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
redis {{ servers = "127.0.0.1:{redis}"; }}
classifier "bayes" {{
  tokenizer {{ name = "osb"; }}
  cache {{ }}
  new_schema = true;
  backend = "redis"; servers = "127.0.0.1:{redis}"; min_tokens = 5; min_learns = 1;
  statfile {{ symbol = "BAYES_HAM"; spam = false; }}
  statfile {{ symbol = "BAYES_SPAM"; spam = true; }}
}}
group "statistics" {{ symbols {{ "BAYES_SPAM" {{ weight = 20; }} "BAYES_HAM" {{ weight = -20; }} }} }}
"""


@dataclasses.dataclass
class Rspamd:
    """A running rspamd; its controller answers at `url`."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def missing() -> str:
    """Say why tests with it must be left out; "" when they can run."""
    if os.geteuid() != 0:
        return "left out: a private rspamd can only be started by root"
    absent = [name for name in ("rspamd", "redis-server") if find(name) is None]
    return f"left out: {', '.join(absent)} not installed (apt-get install rspamd redis-server)" if absent else ""


@contextlib.contextmanager
def rspamd(folder: Path) -> Iterator[Rspamd]:
    """Run an rspamd; `folder` is one that its user can enter."""
    port, redis_port = free_port(), free_port()
    home = folder / "rspamd"
    home.mkdir()
    shutil.chown(home, "_rspamd", "_rspamd")
    (home / "rspamd.conf").write_text(_CONF.format(folder=home, port=port, redis=redis_port, password=PASSWORD))
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    redis = [
        str(find("redis-server")),
        "--port",
        str(redis_port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(home),
    ]
    command = [str(find("rspamd")), "-f", "-c", f"{home}/rspamd.conf", "-u", "_rspamd", "-g", "_rspamd"]
    command += [f"--var={name}={home}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
    running = [subprocess.Popen(redis, **quiet), subprocess.Popen(command, **quiet)]  # type: ignore[call-overload]
    try:
        # Its expressions are compiled before it listens, which takes a while on a busy machine.
        wait_for_port(redis_port)
        wait_for_port(port, seconds=90.0)
        yield Rspamd(port)
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            process.wait(20)
