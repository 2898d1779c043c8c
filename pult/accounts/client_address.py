"""Which network address a request came from, where proxies may stand before Pult."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8)
def _trusted(text: str) -> tuple[Network, ...] | None:
    """The networks of TRUSTED_PROXIES; None where everybody who reaches Pult is one (`*`)."""
    if text.strip() == "*":
        return None
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(meta: Mapping[str, object]) -> str | None:
    """Return the address of the client, or None where it has none (a Unix socket).

    `meta` is request.META. What X-Forwarded-For says counts only as far as it was written by TRUSTED_PROXIES:
    it is read from the right, and the first address that is not one of them is the client. Anybody can write
    the rest of it.
    """
    forwarded, peer = str(meta.get("HTTP_X_FORWARDED_FOR", "")), str(meta.get("REMOTE_ADDR") or "")
    return _client(settings.TRUSTED_PROXIES, forwarded, peer)


@lru_cache(maxsize=1024)
def _client(trusted: str, forwarded: str, peer: str) -> str | None:
    proxies = _trusted(trusted)
    hops = [*(part.strip() for part in forwarded.split(",") if part.strip()), peer]
    nearest: str | None = None
    for hop in reversed(hops):
        try:
            address = ipaddress.ip_address(hop)
        except ValueError:
            return nearest
        nearest = str(address)
        if proxies is not None and not any(address in network for network in proxies):
            return nearest
    return nearest
