"""Normal forms of the addresses, numbers and handles by which people are known."""

from __future__ import annotations

import contextlib
import re
import unicodedata

_NOT_DIGITS = re.compile(r"[^0-9]")


def normal_email(address: str) -> str:
    """Return an address in the form in which two writings of it are equal (RFC 5321: the domain ignores case; so do
    the local parts of every provider that matters). Domains are kept in their Unicode form."""
    address = unicodedata.normalize("NFC", address.strip()).casefold()
    local, at, domain = address.rpartition("@")
    if not at:
        return address[:320]
    if "xn--" in domain:
        with contextlib.suppress(UnicodeError):
            domain = domain.encode("ascii").decode("idna")
    return f"{local}@{domain.rstrip('.')}"[:320]


def normal_phone(number: str) -> str:
    """Return digits with a leading + where an international prefix was written (00 counts as +)."""
    number = number.strip()
    digits = _NOT_DIGITS.sub("", number)
    if number.startswith("+"):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def normal(kind: str, value: str) -> str:
    """Return the normal form of an identity of `kind` (email, phone or handle)."""
    if kind == "email":
        return normal_email(value)
    if kind == "phone":
        return normal_phone(value)
    return value.strip().casefold()[:320]
