"""Trying a mailbox's settings out, against a real SMTP server."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pult.channels import registry
from pult.channels.base import Checkable, InboxInfo


class Keeper:
    """Takes mails and keeps count of them."""

    def __init__(self) -> None:
        self.mails = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails += 1
        return "250 OK"


def let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"shop", b"right"), handled=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def smtp() -> Iterator[tuple[int, Keeper]]:
    keeper, port = Keeper(), free_port()
    server = Controller(keeper, "127.0.0.1", port, authenticator=let_in, auth_require_tls=False, auth_required=True)
    server.start()
    yield port, keeper
    server.stop()


def check(**settings: object) -> list[tuple[str, bool, str]]:
    adapter = registry.adapter("email")
    assert isinstance(adapter, Checkable)
    inbox = InboxInfo(
        1, "p@example.si", "P", "Trgovina", "sl", {"smtp_host": "127.0.0.1", "smtp_tls": "none", **settings}
    )
    return [(done.name, done.ok, done.detail) for done in adapter.check(inbox)]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_the_right_password_is_told_from_a_wrong_one_and_nothing_is_sent(smtp: tuple[int, Keeper]) -> None:
    port, keeper = smtp
    ((name, ok, detail),) = check(smtp_port=port, smtp_user="shop", smtp_password="right")
    assert (name, ok) == ("smtp", True)
    assert detail.startswith("250")
    ((_, ok, detail),) = check(smtp_port=port, smtp_user="shop", smtp_password="wrong")
    assert not ok
    assert detail.startswith("535")
    assert keeper.mails == 0


def test_a_server_that_is_not_there_is_told_in_words() -> None:
    port = free_port()
    done = check(smtp_port=port, receive="imap", imap_host="127.0.0.1", imap_port=port, imap_tls="none")
    assert [(name, ok) for name, ok, _ in done] == [("imap", False), ("smtp", False)]
    assert all("refused" in detail.lower() for _, _, detail in done)


def test_a_server_that_says_nothing_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pult.channels.adapters.email.check.TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        ((_, ok, detail),) = check(smtp_port=mute.getsockname()[1])
    assert not ok
    assert "timed out" in detail
