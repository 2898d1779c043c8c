"""Real mail servers for tests: a private Dovecot and a private Postfix in a temporary folder, on free ports."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from imapclient import IMAPClient

PASSWORD = "secret"


def missing(*programs: str) -> str:
    """Say why tests with these servers must be left out; "" when they can run."""
    if os.geteuid() != 0:
        return "left out: private mail servers can only be started by root"
    absent = [name for name in programs if find(name) is None]
    return (
        f"left out: {', '.join(absent)} not installed (apt-get install dovecot-imapd dovecot-lmtpd postfix)"
        if absent
        else ""
    )


def find(program: str) -> str | None:
    """Return a server's path; Debian keeps them out of some users' PATH."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that the servers' users can enter; pytest closes its own to everybody but us."""
    with tempfile.TemporaryDirectory(prefix="pult-mail-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def _run(program: str, *arguments: str) -> None:
    """Run a server's command; a daemon that stays keeps no pipe of ours open."""
    quiet = subprocess.DEVNULL
    command = [str(find(program)), *arguments]
    subprocess.run(command, check=False, stdin=quiet, stdout=quiet, stderr=quiet, timeout=30)


def free_port() -> int:
    """Return a port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, *, seconds: float = 15.0) -> None:
    """Return when somebody listens. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


@dataclasses.dataclass
class Dovecot:
    """An IMAP and LMTP server; any user name is a mailbox, the password is always the same."""

    folder: Path
    imap_port: int
    lmtp_port: int

    @property
    def config(self) -> Path:
        return self.folder / "dovecot.conf"

    def write(self) -> None:
        """Write the configuration and make the folders."""
        mail = self.folder / "mail"
        mail.mkdir(exist_ok=True)
        owner = pwd.getpwnam("nobody")
        os.chown(mail, owner.pw_uid, owner.pw_gid)
        self.config.write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{mail}/%u
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mail}/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
"""
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        _run("dovecot", "-c", str(self.config))
        wait_for_port(self.imap_port)
        wait_for_port(self.lmtp_port)

    def stop(self) -> None:
        """Stop the server and wait until it has let go of its port."""
        _run("dovecot", "-c", str(self.config), "stop")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.imap_port), timeout=1).close()
            except OSError:
                return
            time.sleep(0.05)

    def client(self, user: str) -> IMAPClient:
        """Sign in as somebody."""
        client = IMAPClient("127.0.0.1", self.imap_port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def put(self, user: str, *mails: bytes) -> None:
        """Put mails into somebody's inbox."""
        with self.client(user) as client:
            for mail in mails:
                client.append("INBOX", mail)

    def files(self, user: str) -> list[Path]:
        """Return the files of the mails in somebody's inbox, the oldest first."""
        folder = self.folder / "mail" / user
        return sorted((path for part in ("new", "cur") for path in (folder / part).iterdir()), key=lambda p: p.name)

    def new_uidvalidity(self, user: str, value: int) -> None:
        """Give the inbox another UIDVALIDITY and its mails other UIDs, as a restored server does."""
        lists = self.folder / "mail" / user / "dovecot-uidlist"
        index = [path for path in lists.parent.glob("dovecot.index*") if path.is_file()]
        for path in index:
            path.unlink()
        if lists.exists():
            names = [line.split(":", 1)[1] for line in lists.read_text().splitlines()[1:] if ":" in line]
            head = f"3 V{value} N{1000 + len(names)} G{value:032x}"
            body = [f"{900 + number} :{name}" for number, name in enumerate(names)]
            lists.write_text("\n".join([head, *body]) + "\n")
            owner = pwd.getpwnam("nobody")
            os.chown(lists, owner.pw_uid, owner.pw_gid)


@contextlib.contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """Run a private Dovecot."""
    server = Dovecot(folder, free_port(), free_port())
    server.write()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclasses.dataclass
class Postfix:
    """An SMTP server that hands each domain's mail to an LMTP port."""

    folder: Path
    port: int

    def log(self) -> str:
        """Return what it has written to its log."""
        path = self.folder / "maillog"
        return path.read_text() if path.exists() else ""

    def command(self, name: str, *arguments: str) -> None:
        """Run one of Postfix's commands on this instance."""
        _run(name, "-c", str(self.folder / "conf"), *arguments)


SERVICES = (
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "proxymap unix - - n - - proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "lmtp unix - - n - - lmtp",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
)


@contextlib.contextmanager
def postfix(folder: Path, routes: Mapping[str, int]) -> Iterator[Postfix]:
    """Run a private Postfix that delivers mail for each domain by LMTP to the port given for it."""
    server = Postfix(folder, free_port())
    conf, queue, data = folder / "conf", folder / "queue", folder / "data"
    for path in (conf, queue, data):
        path.mkdir()
    os.chown(data, pwd.getpwnam("postfix").pw_uid, -1)
    table = ", ".join(f"{{ {domain} = lmtp:inet:127.0.0.1:{port} }}" for domain, port in routes.items())
    (conf / "main.cf").write_text(
        f"""compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/maillog
maillog_file_prefixes = /
myhostname = relay.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
default_transport = error:no way out
virtual_mailbox_domains = {" ".join(routes)}
virtual_mailbox_maps = static:all
transport_maps = inline:{{ {table} }}
smtpd_recipient_restrictions = permit_mynetworks, reject
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
biff = no
alias_maps =
local_recipient_maps =
"""
    )
    services = [f"127.0.0.1:{server.port} inet n - n - - smtpd", *SERVICES]
    (conf / "master.cf").write_text("\n".join(services) + "\n")
    server.command("postfix", "start")
    wait_for_port(server.port)
    try:
        yield server
    finally:
        server.command("postfix", "stop")
