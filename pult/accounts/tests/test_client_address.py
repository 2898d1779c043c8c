"""Whose address counts when proxies stand before Pult."""

from __future__ import annotations

from typing import Any

import pytest

from pult.accounts.client_address import client_address


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "expected"),
    [
        ("127.0.0.1,::1", "203.0.113.5", "", "203.0.113.5"),
        ("127.0.0.1,::1", "203.0.113.5", "198.51.100.1", "203.0.113.5"),  # he wrote the header himself
        ("127.0.0.1,::1", "127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1,::1", "127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # 1.1.1.1 is what he claims
        ("127.0.0.1,10.0.0.0/8", "127.0.0.1", "198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "unknown", "127.0.0.1"),
        ("*", "172.17.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1,::1", "::1", "2001:db8::5", "2001:db8::5"),
        ("127.0.0.1", "", "198.51.100.1", None),
    ],
)
def test_only_what_trusted_proxies_wrote_counts(
    settings: Any, trusted: str, remote: str, forwarded: str, expected: str | None
) -> None:
    settings.TRUSTED_PROXIES = trusted
    meta = {"REMOTE_ADDR": remote} | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})
    assert client_address(meta) == expected
