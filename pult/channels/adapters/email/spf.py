"""Whether a server may send for a domain: SPF (RFC 7208)."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import urllib.parse
from collections.abc import Iterator

from pult.channels.adapters.email.lookups import Ask, Temporary

MOST_TERMS = 10
"""Terms that ask the DNS (RFC 7208, 4.6.4)."""
MOST_VOID = 2
"""Questions without an answer."""
MOST_NAMES = 10
MOST_SIGNS = 8_000
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MACRO = r"%\{([a-zA-Z])(\d*)(r?)([.\-+,/_=]*)\}|%([%_-])"
_MACROS = re.compile(_MACRO, re.IGNORECASE)
_STRING = re.compile(rf"(?:{_MACRO}|[!-$&-~])*", re.IGNORECASE)
_TOP_LABEL = re.compile(r"(?=.*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_TERM = re.compile(r"([+?~-]?)([a-z0-9]++)(?![a-z0-9_.-]*=)((?:[:/].*)?)\Z", re.IGNORECASE | re.DOTALL)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)\Z", re.IGNORECASE | re.DOTALL)
_WITH_CIDR = re.compile(r"(?::(.+?))?(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?\Z", re.DOTALL)
_PLAIN_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[^.]{1,63}\.)+[^.]{1,63}\Z")

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class PermError(Exception):
    """The domain's record is wrong."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Term:
    result: str
    name: str
    spec: str = ""
    bits: tuple[int, int] = (32, 128)


def check(ask: Ask, *, peer: str, sender: str, helo: str) -> str:
    """Return the result for a mail from `peer` (an IP address) under the envelope's sender: pass, fail, softfail,
    neutral, none, temperror or permerror. Without a sender the name is asked that the server gave (HELO)."""
    try:
        ip: Ip = ipaddress.ip_address(peer)
    except ValueError:
        return "none"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    local, _, domain = (sender if "@" in sender else f"postmaster@{sender or helo}").rpartition("@")
    try:
        return _Check(ask, ip, local or "postmaster", domain, helo).of(domain)
    except Temporary:
        return "temperror"
    except PermError:
        return "permerror"


class _Check:
    def __init__(self, ask: Ask, ip: Ip, local: str, domain: str, helo: str) -> None:
        self.ask, self.ip, self.local, self.domain, self.helo = ask, ip, local, domain, helo
        self.terms = self.void = 0

    def of(self, domain: str) -> str:
        """Return the result of a domain's record."""
        domain = domain.rstrip(".")
        if not _PLAIN_DOMAIN.match(domain) or not domain.isascii():
            return "none"
        found = [text for text in self.ask(domain, "TXT") if re.match(r"v=spf1(?: |\Z)", text, re.IGNORECASE)]
        if not found:
            return "none"
        if len(found) > 1 or len(found[0]) > MOST_SIGNS or not found[0].isascii():
            raise PermError
        terms, redirect = _parse(found[0])
        for term in terms:
            if self._matches(term, domain):
                return term.result
        if not redirect:
            return "neutral"
        self._count()
        result = self.of(self._expand(redirect, domain))
        if result == "none":
            raise PermError
        return result

    def _count(self) -> None:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise PermError

    def _found(self, name: str, kind: str) -> tuple[str, ...]:
        found = self.ask(name, kind) if _PLAIN_DOMAIN.match(name.rstrip(".")) else ()
        if not found:
            self.void += 1
            if self.void > MOST_VOID:
                raise PermError
        return found

    def _matches(self, term: _Term, domain: str) -> bool:
        if term.name == "all":
            return True
        if term.name in {"ip4", "ip6"}:
            return self.ip in ipaddress.ip_network(term.spec, strict=False)
        self._count()
        target = self._expand(term.spec, domain) if term.spec else domain
        if term.name == "include":
            result = self.of(target)
            if result == "none":
                raise PermError
            return result == "pass"
        if term.name == "exists":
            return bool(self._found(target, "A"))
        if term.name == "ptr":
            suffix = target.rstrip(".").casefold()
            return any(name == suffix or name.endswith(f".{suffix}") for name in self._names())
        if term.name == "a":
            return self._among([*self._found(target, self._kind)], term.bits)
        exchanges = self._found(target, "MX")
        if len(exchanges) > MOST_NAMES:
            raise PermError
        return any(self._among(self._found(name, self._kind), term.bits) for name in exchanges if name)

    @property
    def _kind(self) -> str:
        return "A" if self.ip.version == 4 else "AAAA"

    def _among(self, addresses: tuple[str, ...] | list[str], bits: tuple[int, int]) -> bool:
        length = bits[0] if self.ip.version == 4 else bits[1]
        return any(self.ip in ipaddress.ip_network(f"{address}/{length}", strict=False) for address in addresses)

    def _names(self) -> Iterator[str]:
        """Yield the names of the peer that lead back to it; what goes wrong in this means that there is none."""
        try:
            names = self._found(self.ip.reverse_pointer, "PTR")[:MOST_NAMES]
        except Temporary:
            return
        for name in names:
            try:
                if str(self.ip) in {str(ipaddress.ip_address(a)) for a in self.ask(name, self._kind)}:
                    yield name.rstrip(".").casefold()
            except (Temporary, ValueError):
                continue

    def _expand(self, spec: str, domain: str) -> str:
        """Fill in macros (RFC 7208, 7); of a name that becomes too long the left labels go."""
        name = _MACROS.sub(lambda macro: self._value(macro, domain), spec)
        while len(name.rstrip(".")) > 253 and "." in name:
            name = name.partition(".")[2]
        return name

    def _value(self, macro: re.Match[str], domain: str) -> str:
        if macro.group(5):
            return {"%": "%", "_": " ", "-": "%20"}[macro.group(5)]
        letter, digits, turned, delimiters = macro.group(1), macro.group(2), macro.group(3), macro.group(4)
        value = self._letter(letter.lower(), domain)
        parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
        if turned:
            parts.reverse()
        value = ".".join(parts[-int(digits) :] if digits else parts)
        return urllib.parse.quote(value, safe="-._~") if letter.isupper() else value

    def _letter(self, letter: str, domain: str) -> str:
        if letter == "p":
            names = list(self._names())
            own = [name for name in names if name == domain or name.endswith(f".{domain}")]
            return (sorted(own, key=len) or names or ["unknown"])[0]
        if letter == "i":
            return str(self.ip) if self.ip.version == 4 else ".".join(self.ip.exploded.replace(":", ""))
        return {
            "s": f"{self.local}@{self.domain}",
            "l": self.local,
            "o": self.domain,
            "d": domain,
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.helo,
        }[letter]


def _parse(record: str) -> tuple[list[_Term], str]:
    """Return the mechanisms and the redirection of a record. Raises PermError for anything wrong anywhere in it."""
    terms: list[_Term] = []
    modifiers: dict[str, str] = {}
    for word in record.split(" ")[1:]:
        if not word:
            continue
        if modifier := _MODIFIER.match(word):
            name = modifier.group(1).lower()
            if name in {"redirect", "exp"}:
                if name in modifiers:
                    raise PermError
                modifiers[name] = _domain_spec(modifier.group(2))
            else:
                _macro_string(modifier.group(2), "slodiphcrtv")
        elif mechanism := _TERM.match(word):
            sign, name, rest = mechanism.groups()
            terms.append(_term(_RESULTS[sign or "+"], name.lower(), rest))
        else:
            raise PermError
    return terms, modifiers.get("redirect", "")


def _term(result: str, name: str, rest: str) -> _Term:
    if name == "all" and not rest:
        return _Term(result, name)
    if name in {"ip4", "ip6"} and rest.startswith(":"):
        return _Term(result, name, _network(name, rest[1:]))
    if name in {"include", "exists"} and rest.startswith(":"):
        return _Term(result, name, _domain_spec(rest[1:]))
    if name == "ptr" and (not rest or rest.startswith(":")):
        return _Term(result, name, _domain_spec(rest[1:]) if rest else "")
    if name in {"a", "mx"} and (found := _WITH_CIDR.match(rest)):
        spec, four, six = found.groups()
        bits = (int(four or 32), int(six or 128))
        if bits[0] <= 32 and bits[1] <= 128:
            return _Term(result, name, _domain_spec(spec) if spec is not None else "", bits)
    raise PermError


def _network(name: str, text: str) -> str:
    _, slash, bits = text.partition("/")
    if slash and not re.fullmatch(r"0|[1-9]\d{0,2}", bits):
        raise PermError
    kind = ipaddress.IPv4Network if name == "ip4" else ipaddress.IPv6Network
    try:
        return str(kind(text, strict=False))
    except ValueError as error:
        raise PermError from error


def _macro_string(text: str, letters: str) -> None:
    if not _STRING.fullmatch(text):
        raise PermError
    for macro in _MACROS.finditer(text):
        letter, digits = macro.group(1), macro.group(2)
        if letter and (letter.lower() not in letters or (digits and int(digits) == 0)):
            raise PermError


def _domain_spec(text: str) -> str:
    _macro_string(text, "slodiphv")
    rest, dot, label = text.removesuffix(".").rpartition(".")
    if not (rest and dot and _TOP_LABEL.fullmatch(label)) and not _ends_in_macro(text):
        raise PermError
    return text


def _ends_in_macro(text: str) -> bool:
    begin = text.rfind("%{")
    return text[-2:] in {"%%", "%_", "%-"} or (begin >= 0 and text.find("}", begin) == len(text) - 1)
