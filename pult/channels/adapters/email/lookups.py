"""Questions to the DNS with short time-outs and a small cache: one that is slow or down never holds a mail for long."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

import dns.exception
import dns.name
import dns.rdata
import dns.resolver

ONE_SECONDS = 1.5
"""Seconds for one question."""
SHORTEST_TTL, LONGEST_TTL, EMPTY_TTL, FAILED_TTL = 30.0, 3_600.0, 300.0, 20.0
DOWN_SECONDS = 30.0
"""Seconds in which nothing is asked once the DNS has answered nothing at all."""
MOST_KEPT = 10_000

log = logging.getLogger(__name__)
_kept: dict[tuple[str, str], tuple[float, tuple[str, ...] | None]] = {}
_lock = threading.Lock()
_down_until = 0.0
_local = threading.local()


class Temporary(Exception):
    """The DNS gave no answer in time: another day it may."""


class Ask(Protocol):
    """How what is checked asks for records."""

    def __call__(self, name: str, kind: str) -> tuple[str, ...]:
        """Return the records of a kind (TXT, A, AAAA, MX, PTR) in text, () where there are none. Raises Temporary."""
        ...


class Lookups:
    """The questions about one mail, which end at `deadline` (time.monotonic) whatever is still unknown."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline

    def __call__(self, name: str, kind: str) -> tuple[str, ...]:
        """Return records (see Ask)."""
        key = (name.rstrip(".").casefold(), kind)
        now = time.monotonic()
        expires, found = _kept.get(key, (0.0, None))
        if expires > now:
            if found is None:
                raise Temporary(name)
            return found
        if now >= self.deadline or now < _down_until:
            raise Temporary(name)
        try:
            found, ttl = _resolve(key[0], kind, min(ONE_SECONDS, self.deadline - now))
        except Temporary:
            _keep(key, None, FAILED_TTL)
            raise
        _keep(key, found, ttl)
        return found


def forget() -> None:
    """Forget every answer."""
    global _down_until
    with _lock:
        _kept.clear()
        _down_until = 0.0


def _keep(key: tuple[str, str], found: tuple[str, ...] | None, ttl: float) -> None:
    with _lock:
        if len(_kept) >= MOST_KEPT:
            for old in list(_kept)[: MOST_KEPT // 4]:
                del _kept[old]
        _kept[key] = (time.monotonic() + ttl, found)


def resolver() -> dns.resolver.Resolver:
    """Return this thread's resolver, as the machine is set up. Raises dns.resolver.NoResolverConfiguration."""
    if not hasattr(_local, "resolver"):
        _local.resolver = dns.resolver.Resolver()
    found: dns.resolver.Resolver = _local.resolver
    return found


def _resolve(name: str, kind: str, seconds: float) -> tuple[tuple[str, ...], float]:
    try:
        answer = resolver().resolve(f"{name}.", kind, lifetime=seconds, raise_on_no_answer=False, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.YXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong):
        return (), EMPTY_TTL
    except (dns.name.EmptyLabel, dns.name.IDNAException, UnicodeError):
        return (), EMPTY_TTL
    except dns.exception.Timeout as error:
        _mind_silence()
        raise Temporary(name) from error
    except (dns.exception.DNSException, OSError) as error:
        raise Temporary(name) from error
    if answer.rrset is None:
        return (), EMPTY_TTL
    ttl = min(max(float(answer.rrset.ttl), SHORTEST_TTL), LONGEST_TTL)
    return tuple(_text(record, kind) for record in answer.rrset), ttl


def _text(record: dns.rdata.Rdata, kind: str) -> str:
    if kind == "TXT":
        return b"".join(getattr(record, "strings", ())).decode("latin-1")
    return str(getattr(record, "exchange", record)).rstrip(".")


def _mind_silence() -> None:
    """Ask nothing for a while where not even the root is known. One domain's silence proves nothing: whoever sends
    a mail can have a domain that never answers."""
    global _down_until
    try:
        resolver().resolve(".", "NS", lifetime=0.5, raise_on_no_answer=False, search=False)
    except dns.exception.Timeout:
        log.warning("the DNS does not answer: senders are not checked for %.0f seconds", DOWN_SECONDS)
        _down_until = time.monotonic() + DOWN_SECONDS
    except (dns.exception.DNSException, OSError):
        return
