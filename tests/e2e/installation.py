"""A real Pult for the browser tests: its own data, its own ports, all its processes, a catch-all for what it sends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.e2e import conversations

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 240.0

T = TypeVar("T")


def free_port() -> int:
    """Return a TCP port that nobody uses just now: none of those that the system gives to whoever connects."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(look: Callable[[], T], *, seconds: float = 15.0, what: str = "it") -> T:
    """Call `look` until it returns something true; return that. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return found


class CatchAll:
    """A mail server that takes everything and hands nothing on."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        """Keep one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def start(self) -> None:
        """Begin to listen."""
        self._controller.start()

    def stop(self) -> None:
        """End it."""
        self._controller.stop()


class Pult:
    """A running installation. `demo` is what is known of it: sign-in, token, mailbox, people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.smtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.demo: dict[str, Any] = {}
        self.catch_all = CatchAll()

    def start(self, shared: Path) -> None:
        """Make the tables, fill them, start all processes; return when it answers and a few conversations are in.

        `shared` is a folder for what every installation begins with alike: it is made once.
        """
        self.catch_all.start()
        self._make_tables(shared)
        self.demo = json.loads(self._command("-m", "tests.e2e.seed", str(self.catch_all.port)))
        # Its words go into a file: a pipe that nobody reads would stop it.
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pult", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._answers, seconds=STARTS_WITHIN, what="Pult to answer")
        for number, (name, subject, text) in enumerate(conversations.EARLIER):
            sender = {"name": name, "address": f"customer{number}@example.com"}
            self.begin(subject, text, sender=sender)

    def _make_tables(self, shared: Path) -> None:
        if os.environ.get("DATABASE_URL"):
            self._command("-m", "pult", "migrate", "-v0", "--skip-checks")
            return
        empty = shared / "empty-installation"
        with (shared / "empty-installation.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not empty.exists():
                self._command("-m", "pult", "migrate", "-v0", "--skip-checks")
                self._command("-m", "pult", "migrate", "-v0", "--skip-checks", "--database=log")
                shutil.copytree(self.folder, empty)
                return
        shutil.copytree(empty, self.folder, dirs_exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes find in their environment."""
        return {
            **{name: value for name, value in os.environ.items() if name != "PUBLIC_URL"},
            "DJANGO_SETTINGS_MODULE": "pult.settings",
            "PULT_DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "SMTP_PORT": str(self.smtp_port),
            "HTTP_ALLOW_HOSTS": "127.0.0.1",
            "MAIL_URL": f"smtp://127.0.0.1:{self.catch_all.port}",
        }

    def _command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"Pult ended:\n{self.output()}"
        try:
            return httpx2.get(f"{self.url}/api/v1/health", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def begin(self, subject: str, text: str, *, sender: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Begin a conversation of a customer by the API; return its list item."""
        content = {
            "inbox_id": self.demo["inbox_id"],
            "from": sender or {"name": "Maja Novak", "address": "maja.novak@example.com"},
            "subject": subject,
            "text": text,
        }
        made: dict[str, Any] = self.api("POST", "/conversations", content)
        return made

    def output(self) -> str:
        """Return what the processes printed, at most the last 8,000 characters."""
        return (self.folder / "output").read_text(errors="replace")[-8000:]

    def stop(self) -> None:
        """End all processes in order."""
        self.catch_all.stop()
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def api(self, method: str, path: str, content: object = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """Call the API as the demo's token; return the decoded answer. Raises on an error status."""
        answer = httpx2.request(
            method,
            f"{self.url}/api/v1{path}",
            json=content,
            headers={"Authorization": f"Bearer {self.demo['api_token']}", **(headers or {})},
            timeout=20,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def send_mail(
        self,
        subject: str,
        text: str,
        *,
        sender: str = "Maja Novak <maja.novak@example.com>",
        to: str = "",
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
        html: str = "",
    ) -> EmailMessage:
        """Write to the shop as any mail program does; return what was sent."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, to or self.demo["mailbox"], subject
        mail["Message-ID"] = make_msgid(domain="example.com")
        for name, value in (headers or {}).items():
            mail[name] = value
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
        for name, content in (files or {}).items():
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as client:
            client.send_message(mail)
        return mail

    def outbox(self) -> list[EmailMessage]:
        """Return the mails that left, oldest first."""
        return list(self.catch_all.mails)

    def mail_out(self, subject: str, *, seconds: float = 30.0) -> EmailMessage:
        """Wait for a mail to leave whose subject contains `subject`; return it."""

        def look() -> EmailMessage | None:
            return next((mail for mail in self.outbox() if subject in str(mail["Subject"])), None)

        found = wait_for(look, seconds=seconds, what=f"a mail out about {subject!r}")
        assert found is not None
        return found

    def conversation(self, subject: str, *, seconds: float = 15.0) -> dict[str, Any]:
        """Wait until a conversation with this subject is in the inbox; return its list item."""

        def look() -> dict[str, Any] | None:
            items = self.api("GET", "/conversations?limit=20")["items"]
            return next((item for item in items if item["subject"] == subject), None)

        found = wait_for(look, seconds=seconds, what=f"the conversation {subject!r}")
        assert found is not None
        return found
