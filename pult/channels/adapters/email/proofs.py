"""Who really sent a mail that another server handed to ours, found out by SPF, DKIM, DMARC and ARC."""

from __future__ import annotations

import dataclasses
import ipaddress
import logging
import re
from collections.abc import Callable, Mapping
from email.message import Message
from typing import Any

import dkim

from pult.channels.adapters.email import authenticity, authres, dmarc, mime, spf
from pult.channels.adapters.email.authenticity import Found, ascii_domain
from pult.channels.adapters.email.dmarc import Policy
from pult.channels.adapters.email.headers import MAX_HEADER
from pult.channels.adapters.email.lookups import Ask, Lookups, Temporary
from pult.channels.adapters.email.text import unfold
from pult.channels.base import Authenticity, Raw, SenderCheck

BY = "Pult"
MOST_SIGNATURES = 5
MOST_SEALS = 10
MOST_AUTHORS = 3
MIN_KEY_BITS = 1024
_AAR_INSTANCE = re.compile(r"\s*i\s*=\s*\d+\s*;")
_DOMAIN = re.compile(r"(?:\A|;)\s*d\s*=\s*([^;\s]+)", re.IGNORECASE)
log = logging.getLogger(__name__)
_silent = logging.getLogger("pult.dkim")
_silent.disabled = True


def peer_of(envelope: Mapping[str, Any]) -> str:
    """Return the address of the server that handed a mail to our receiver from the internet, "" where none did: what
    stands in our own network is a relay, and the sender's server is behind it."""
    if envelope.get("transport") != "smtp":
        return ""
    peer = str(envelope.get("peer") or "")
    try:
        return peer if ipaddress.ip_address(peer).is_global else ""
    except ValueError:
        return ""


def checking(raw: Raw, sealers: str) -> SenderCheck:
    """Return the check of a mail; `sealers` are domains between commas or spaces."""
    known = frozenset(ascii_domain(name) for name in re.split(r"[\s,;]+", sealers) if name)

    def run(deadline: float) -> Authenticity:
        try:
            mail = mime.read(raw.body)[0]
            return authenticity.spared(mail, check(Lookups(deadline), raw.body, mail, raw.envelope, sealers=known))
        except Exception:
            log.exception("a sender could not be checked")
            return Authenticity()

    return run


def check(ask: Ask, raw: bytes, mail: Message, envelope: Mapping[str, Any], *, sealers: frozenset[str]) -> Authenticity:
    """Return who sent a mail as far as the DNS tells within the time that `ask` has.

    `sealers` are the domains whose word is taken for how a mail was before they forwarded it (RFC 8617).
    """
    author = authenticity.author_domain(mail)
    if not author:
        return _ambiguous(ask, mail)
    found, policy = _policy(ask, author)
    found = _signatures(ask, raw, mail, found, policy, author)
    found = _server(ask, envelope, found, policy, author)
    if found.dmarc == "fail" and mail.get("ARC-Seal") is not None:
        return _tried(lambda: _forwarded(ask, raw, mail, found, author, sealers)) or Authenticity("fail", BY)
    return authenticity.judged(found, author, by=BY)


def _ambiguous(ask: Ask, mail: Message) -> Authenticity:
    """A From of several domains, or none: nothing proves such a mail, and one domain that asks for proof fails it."""
    findings = [_policy(ask, domain)[0] for domain in authenticity.author_domains(mail)[:MOST_AUTHORS]]
    found = next((one for one in findings if one.dmarc == "fail"), None) or next(iter(findings), Found())
    return authenticity.judged(found, "", by=BY)


def _policy(ask: Ask, author: str) -> tuple[Found, Policy | None]:
    """Ask first what the author's domain says, before anybody whom the mail names can use up the time. What it says
    counts as failed until something proves the mail."""
    try:
        policy = dmarc.policy_of(ask, author)
    except Temporary:
        return Found(dmarc="temperror", dmarc_domain=author), None
    if policy is None:
        return Found(dmarc="none", dmarc_domain=author), None
    return Found(dmarc="fail", dmarc_domain=author, policy=policy.policy), policy


def _server(ask: Ask, envelope: Mapping[str, Any], found: Found, policy: Policy | None, author: str) -> Found:
    """Add whether the peer may send for the envelope's sender."""
    sender, helo = str(envelope.get("sender") or ""), str(envelope.get("helo") or "")
    domain = ascii_domain(sender.rpartition("@")[2] or helo)
    result = _tried(lambda: spf.check(ask, peer=peer_of(envelope), sender=sender, helo=helo)) or "permerror"
    found = dataclasses.replace(found, spf=result, spf_domain=domain)
    strict = policy is not None and policy.strict_spf
    return _weighed(ask, found, policy, author, domain, result, strict=strict)


def _weighed(
    ask: Ask, found: Found, policy: Policy | None, author: str, domain: str, result: str, *, strict: bool
) -> Found:
    """Add what a proof for `domain`, or the lack of an answer about it, means for the author's."""
    near = authenticity.covers(domain, author) if policy is None else dmarc.may_align(policy, domain)
    if not near or result not in {"pass", "temperror"} or found.dmarc == "pass":
        return found
    aligned = False
    if result == "pass" and policy is not None:
        try:
            aligned = dmarc.aligned(ask, policy, domain, author, strict=strict)
        except Temporary:
            result = "temperror"
    if aligned:
        return dataclasses.replace(found, dmarc="pass")
    if result == "temperror":
        return dataclasses.replace(found, unsure=True, dmarc="temperror" if found.dmarc == "fail" else found.dmarc)
    return found


class _Keys:
    """Asks for public keys as dkimpy does, and remembers whether one could not be had for now."""

    def __init__(self, ask: Ask) -> None:
        self.ask, self.temporary = ask, False

    def __call__(self, name: bytes, timeout: float = 0) -> bytes | None:
        try:
            found = self.ask(name.decode("ascii"), "TXT")
        except UnicodeDecodeError:
            return None
        except Temporary:
            self.temporary = True
            return None
        return found[0].encode("latin-1") if found else None


def _signatures(ask: Ask, raw: bytes, mail: Message, found: Found, policy: Policy | None, author: str) -> Found:
    """Add what the signatures prove; those of the author's own domain come first."""
    domains = [_signer(str(value)) for value in mail.get_all("DKIM-Signature") or ()]
    own = author.rpartition(".")[0].rpartition(".")[2]
    near = {index for index, domain in enumerate(domains) if own and own in domain.split(".")}
    right: list[str] = []
    results = []
    for index in sorted(range(len(domains)), key=lambda index: index not in near)[:MOST_SIGNATURES]:
        keys = _Keys(ask)
        # One object each: dkimpy keeps what it read of the signature before.
        domain = _tried(lambda index=index, keys=keys: _verified(raw, index, keys)) or ""  # type: ignore[misc]
        result = "pass" if domain else "temperror" if keys.temporary else "fail"
        right += [domain] if domain else []
        results.append(result)
        strict = policy is not None and policy.strict_dkim
        found = _weighed(ask, found, policy, author, domain or domains[index], result, strict=strict)
    best = next((word for word in ("pass", "temperror", "fail") if word in results), "none")
    return dataclasses.replace(found, dkim=best, dkim_domains=right)


def _verified(raw: bytes, index: int, keys: _Keys) -> str:
    one = dkim.DKIM(raw, logger=_silent, minkey=MIN_KEY_BITS)
    return _whole(one.signature_fields) if one.verify(idx=index, dnsfunc=keys) else ""


def _signer(signature: str) -> str:
    match = _DOMAIN.search(unfold(signature[:MAX_HEADER]))
    return ascii_domain(match.group(1)) if match else ""


def _tried(step: Callable[[], Any]) -> Any:
    """Do what reads a stranger's signature; whatever goes wrong in it means that it proves nothing."""
    try:
        return step()
    except Exception:
        return None


def _whole(fields: Mapping[bytes, bytes]) -> str:
    """Return the domain of a signature over the sender and the whole body, by a hash that can be relied on; "" for
    another: whoever has a mail under `l=` can write on below, and SHA-1 is no proof any more (RFC 8301)."""
    signed = {name.strip().lower() for name in fields.get(b"h", b"").split(b":")}
    if b"from" not in signed or b"l" in fields or fields.get(b"a") == b"rsa-sha1":
        return ""
    return ascii_domain(fields.get(b"d", b"").decode("utf-8", "replace"))


def _forwarded(ask: Ask, raw: bytes, mail: Message, found: Found, author: str, sealers: frozenset[str]) -> Authenticity:
    """Ask those who passed a mail on that fails now: all must be known, and the first must have found it right."""
    seals = [str(value) for value in mail.get_all("ARC-Seal") or ()]
    keys = _Keys(ask)
    results: list[Mapping[str, Any]] = []
    chain = b"fail"
    if len(seals) <= MOST_SEALS:
        verified = _tried(lambda: dkim.ARC(raw, logger=_silent, minkey=MIN_KEY_BITS).verify(dnsfunc=keys))
        chain, results = (verified[0], verified[1]) if verified else (b"fail", [])
    arc = "pass" if chain == b"pass" else "temperror" if keys.temporary else "fail"
    found = dataclasses.replace(found, arc=arc)
    names = {ascii_domain(one["as-domain"].decode("ascii", "replace")) for one in results if "as-domain" in one}
    if arc != "pass" or not names or not names <= sealers:
        return authenticity.judged(found, author, by=BY)
    said = _AAR_INSTANCE.sub("", results[-1]["aar-value"].decode("utf-8", "replace"), count=1)
    before = authenticity.of_results(authres.read(said), author, by=", ".join(sorted(names)))
    if before.verdict != "pass":
        return authenticity.judged(found, author, by=BY)
    return dataclasses.replace(authenticity.judged(found, author, by=f"ARC {before.by}"), verdict="pass")
