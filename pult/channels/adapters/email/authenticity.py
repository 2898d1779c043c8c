"""Who really sent a mail: what a server that we trust found out (RFC 8601), and what follows from the findings."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Sequence
from email.message import Message

from pult.channels.adapters.email import authres, headers
from pult.channels.adapters.email.authres import Result, Results
from pult.channels.adapters.email.headers import Headers
from pult.channels.base import Authenticity

HOPS = 1
"""Received lines that may stand above the trusted header unless the inbox says otherwise: its own server's."""
NO_ID = "-"
"""As an inbox's authserv-id: the server writes none (Exchange Online)."""
_MAX_HEADERS = 200
_MAX_RESULTS = 20
_DAEMONS = frozenset({"mailer-daemon", "postmaster"})
_METHODS = ("spf", "dkim", "dmarc", "arc")
_TEMPORARY = frozenset({"temperror", "error"})
_POLICY = re.compile(r"\b(?:p|policy|dis)\s*=\s*(none|quarantine|reject)\b", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """The findings of one reader of the mail, and the domains that they speak of."""

    spf: str = ""
    spf_domain: str = ""
    dkim: str = ""
    dkim_domains: Sequence[str] = ()
    """Domains whose signature is right."""
    dmarc: str = ""
    dmarc_domain: str = ""
    policy: str = ""
    arc: str = ""
    unsure: bool = False
    """A proof for the author's domain could not be looked at for now; others' do not matter: whoever sends a mail
    can name a server that never answers."""


def by_server(mail: Message | None, server: str, hops: int) -> Authenticity:
    """Return what the topmost Authentication-Results of `server` says; others, and those below more than `hops`
    Received lines, may be anybody's and say nothing (RFC 8601, 5)."""
    if mail is None:
        return Authenticity()
    for results in _within(mail, hops):
        if results.server == ("" if server == NO_ID else server.strip().casefold()):
            found = of_results(results, author_domain(mail), by=results.server or "Authentication-Results")
            return spared(mail, found)
    return Authenticity()


def of_results(results: Results, author: str, *, by: str) -> Authenticity:
    """Draw the conclusion from a header that is to be believed."""
    return judged(_findings(results, author), author, by=by)


def spared(mail: Message, found: Authenticity) -> Authenticity:
    """Call no server's report forged: few sign their own, and what one says of a message of ours is believed by our
    signature in it, not by its sender."""
    if found.verdict != "fail" or mail.get_content_type() != "multipart/report":
        return found
    people = headers.parse_addresses(str(mail.get("From", "")))
    daemon = bool(people) and people[0].address.partition("@")[0].casefold() in _DAEMONS
    return dataclasses.replace(found, verdict="none") if daemon else found


def _within(mail: Message, hops: int) -> Iterator[Results]:
    values = [value for name, value in above(mail, hops) if name == "authentication-results"]
    return map(authres.read, values[:_MAX_RESULTS])


def above(mail: Message, hops: int) -> Iterator[tuple[str, str]]:
    """Yield the headers that stand above all but `hops` Received lines, names in small letters: below, they may be
    anybody's."""
    received = 0
    for name, value in list(mail.raw_items())[:_MAX_HEADERS]:
        lowered = str(name).lower()
        received += lowered == "received"
        if received > hops:
            return
        yield lowered, str(value)


def author_domain(mail: Message) -> str:
    """Return the one domain that From names; "" where it names none, or several: then nobody can vouch for what is
    shown (RFC 9989, 11.5)."""
    domains = author_domains(mail)
    return domains[0] if len(domains) == 1 else ""


def author_domains(mail: Message) -> list[str]:
    """Return the domains that From names, in ASCII, each once; From may stand there twice."""
    values = [str(value) for name, value in mail.raw_items() if str(name).lower() == "from"][:5]
    people = (one for value in values for one in headers.parse_addresses(value))
    return list(dict.fromkeys(ascii_domain(one.address.rpartition("@")[2]) for one in people))


def ascii_domain(domain: str) -> str:
    """Return a domain in small ASCII letters (RFC 5891), as it was where it is none; without a dot at its end."""
    domain = domain.strip().rstrip(".").casefold()
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            return domain.encode("idna").decode("ascii")
    return domain


def covers(domain: str, author: str) -> bool:
    """Say whether a proof for `domain` is one for `author` where no record tells how far a domain reaches: it is the
    same, or stands above it. One below proves nothing: providers hand those to strangers."""
    domain = ascii_domain(domain)
    return bool(author) and (domain == author or ("." in domain and author.endswith(f".{domain}")))


def judged(found: Found, author: str, *, by: str) -> Authenticity:
    """Draw the conclusion from findings; `author` is the domain that From names."""
    return Authenticity(_verdict(found, author), by, found.spf, found.dkim, found.dmarc, found.arc, found.policy)


def _verdict(found: Found, author: str) -> str:
    if found.dmarc == "fail":
        return "fail"
    if found.dmarc == "pass":
        # Another From may have been looked at than the one that is shown.
        return "pass" if covers(found.dmarc_domain or author, author) else "none"
    if found.dmarc in _TEMPORARY:
        return "unknown"
    if any(covers(domain, author) for domain in found.dkim_domains):
        return "pass"
    if found.spf == "pass" and covers(found.spf_domain, author):
        return "pass"
    return "unknown" if found.unsure else "none"


def _findings(results: Results, author: str) -> Found:
    spfs = sorted(results.of("spf"), key=lambda one: not _envelope_sender(one))
    spf, dmarc, arc = (next(iter(found), None) for found in (spfs, results.of("dmarc"), results.of("arc")))
    signed = results.of("dkim")
    right = [one for one in signed if one.value == "pass"]
    spf_domain = _envelope_sender(spf).rpartition("@")[2] if spf else ""
    open_ends = [_signer(one) for one in signed if one.value in _TEMPORARY]
    open_ends += [spf_domain] if spf and spf.value in _TEMPORARY else []
    return Found(
        spf=spf.value if spf else "",
        spf_domain=spf_domain,
        dkim=(right or signed)[0].value if signed else "",
        dkim_domains=[_signer(one) for one in right],
        dmarc=dmarc.value if dmarc else "",
        dmarc_domain=dmarc.properties.get("header.from", "").rpartition("@")[2] if dmarc else "",
        policy=_policy(dmarc) if dmarc else "",
        arc=arc.value if arc else "",
        unsure=any(covers(domain, author) for domain in open_ends),
    )


def _envelope_sender(result: Result) -> str:
    """Return whom SPF was asked about; servers of before 2012 write `smtp.mail`."""
    return result.properties.get("smtp.mailfrom") or result.properties.get("smtp.mail", "")


def _signer(result: Result) -> str:
    return (result.properties.get("header.d") or result.properties.get("header.i", "")).rpartition("@")[2]


def _policy(dmarc: Result) -> str:
    """Return what the domain asks for; servers write it as a comment, a property or the action they took."""
    for name in ("policy.published-domain-policy", "policy.dmarc", "policy", "action"):
        value = dmarc.properties.get(name, "").casefold()
        if value in {"none", "quarantine", "reject", "oreject"}:
            return value.removeprefix("o")
    match = _POLICY.search(dmarc.comment)
    return match.group(1).casefold() if match else ""


def claimed(fields: Headers) -> dict[str, str]:
    """Return the results in the topmost Authentication-Results: `server`, `spf`, `dkim`, `dmarc`, `arc`.

    Nothing in the mail itself says that the header was not written by its sender: these are claims.
    """
    values = fields.get("authentication-results")
    if not values:
        return {}
    results = authres.read(values[0])
    found = {"server": results.server} if results.server else {}
    for result in results.results:
        if result.method in _METHODS and found.get(result.method) != "pass":
            found[result.method] = result.value
    return found
