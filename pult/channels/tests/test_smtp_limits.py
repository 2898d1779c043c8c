"""What the mail receiver refuses to be burdened with."""

from __future__ import annotations

import smtplib
import socket
import time
from pathlib import Path

import pytest

from pult.channels.adapters.email.smtp import Limits
from pult.channels.tests.test_smtp_receiver import DESK, MAIL, Receiver


def test_connections_are_limited_and_freed(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(connections=2))
    try:
        first, second = receiver.client(), receiver.client()
        with pytest.raises(smtplib.SMTPConnectError) as refusal:
            receiver.client()
        assert refusal.value.smtp_code == 421
        first.quit()
        time.sleep(0.2)
        receiver.client().quit()
        second.quit()
    finally:
        receiver.stop()


def test_recipients_are_limited(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(recipients=3))
    try:
        with receiver.client() as client:
            refused = client.sendmail("a@b.example", [f"desk+{n}@shop.example" for n in range(5)], MAIL)
        assert [code for code, _ in refused.values()] == [452, 452]
    finally:
        receiver.stop()


def test_a_silent_client_is_let_go(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(idle_seconds=0.3))
    try:
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=5) as connection:
            assert connection.recv(100).startswith(b"220")
            assert connection.recv(100) == b""
    finally:
        receiver.stop()


def test_memory_for_mails_under_way_is_bounded(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path, Limits(message_bytes=1_000_000, buffered_bytes=300_000))
    try:
        with receiver.client() as client, pytest.raises(smtplib.SMTPDataError) as refusal:
            client.sendmail("a@b.example", [DESK], b"x" * 900 + b"\r\n" + b"z" * 700_000)
        assert refusal.value.smtp_code == 452
        with receiver.client() as client:
            client.sendmail("a@b.example", [DESK], MAIL)
    finally:
        receiver.stop()
